"""Installed functions: what names their code; nothing is looked for where none is pinned."""

import os
import sys

import pytest

from agence.base.errors import TrustError
from agence.shard.installed import function, installed
from tests.functions import HIGHEST, LOWEST, environment, forget, install


@pytest.fixture
def functions(tmp_path):
    with environment(tmp_path / "environment") as folder:
        yield folder


@pytest.fixture
def top(tmp_path):
    """A work tree beside what is installed."""
    os.mkdir(tmp_path / "tree")
    return str(tmp_path / "tree")


def test_the_hash_is_of_every_file_of_code_and_of_nothing_else(functions, top):
    home = install(functions, "highest", HIGHEST)
    seen = {installed("highest", top).hash}
    for name, text in (("joins.py", LOWEST), ("__init__.py", "x = 1\n"), ("joins.py", HIGHEST)):
        with open(f"{home}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
        seen.add(installed("highest", top).hash)
    assert len(seen) == 4
    with open(f"{home}/notes.txt", "w", encoding="utf-8") as file:
        file.write("x")
    assert installed("highest", top).hash in seen


def test_an_editable_install_has_the_hash_of_the_wheel(functions, top, tmp_path):
    install(functions, "highest", HIGHEST)
    listed = installed("highest", top)
    with environment(tmp_path / "other") as other, environment(tmp_path / "source") as source:
        sys.path.remove(functions)
        forget()
        install(other, "highest", HIGHEST, listed=False, module=source)
        pointing = installed("highest", top)
        sys.path.insert(0, functions)
    assert pointing.hash == listed.hash
    assert all(path.startswith(str(tmp_path / "source")) for path in pointing.files.values())


def test_code_that_is_not_all_python_is_refused(functions, top):
    install(functions, "highest", HIGHEST)
    about = f"{functions}/highest_functions-1.0.dist-info"
    with open(f"{about}/RECORD", "a", encoding="utf-8") as file:
        file.write("highest_functions/fast.so,,\n")
    with pytest.raises(TrustError, match="compiled"):
        installed("highest", top)


def test_a_file_that_is_gone_is_named_as_damage(functions, top):
    os.unlink(f"{install(functions, 'highest', HIGHEST)}/joins.py")
    with pytest.raises(TrustError, match="damaged"):
        installed("highest", top)


@pytest.mark.parametrize(
    "code", ["merge = 5\n", "raise ValueError('x')\n", "import sys\nsys.exit(3)\n", "x = 1\n"]
)
def test_what_is_no_function(functions, top, code):
    install(functions, "highest", code)
    with pytest.raises(TrustError, match=r"no function|can't be imported"):
        function(installed("highest", top), top)


def test_a_link_that_leads_into_the_repository_is_refused(functions, top):
    install(top, "planted", HIGHEST)
    install(functions, "planted", HIGHEST)
    home = f"{functions}/planted_functions"
    for name in os.listdir(home):
        os.unlink(f"{home}/{name}")
    os.rmdir(home)
    os.symlink(f"{top}/planted_functions", home)
    with pytest.raises(TrustError, match="inside of this repository"):
        installed("planted", top)


def test_nothing_is_looked_for_where_nothing_is_pinned(repo):
    """Counting what is installed takes longer than the rest of a line."""
    look = (
        "import sys; from agence.cli.main import main; main(['^state', '--hash']);"
        " sys.exit('importlib.metadata' in sys.modules or 'hypothesis' in sys.modules)"
    )
    repo.agence("^init")
    repo.agence("^learn", "something")
    for _ in range(2):
        repo.run(sys.executable, "-c", look)
