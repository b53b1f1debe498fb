"""The wheel holds all that an installed agence needs, and the version is said once."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.util import find_spec

import pytest

from tests.conftest import ROOT

GIVEN = (
    "agence/py.typed",
    "agence/commands.json",
    "agence/codex-template/PRINCIPLES.md",
    "agence/codex-template/LAWS.md",
    "agence/codex-template/RULES.md",
    "agence/codex-template/AIPOLICY.toml",
)


@pytest.fixture(scope="module")
def project():
    with open(f"{ROOT}/pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    if find_spec("pip") is None or find_spec("hatchling") is None:
        pytest.skip("building needs pip and hatchling, which the extra 'dev' brings")
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    where = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), ROOT]
    built = subprocess.run([*pip, *where], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_is_pure(wheel, project):
    assert wheel.name == f"agence-{project['version']}-py3-none-any.whl"


def test_the_wheel_holds_what_is_given(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert set(GIVEN) <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_the_program_says_the_version_of_the_project(repo, project):
    assert project["version"] in repo.agence("--version").split()
