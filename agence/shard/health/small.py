"""Whether the small files of the folder say what they say in every shard.

What somebody added to one of them stays: only the lines that are missing are put back.
"""

import os
from collections.abc import Iterable

from agence.fold.adoption import has_two_versions, is_nobodys
from agence.shard.health.check import Check, Finding, counted, ill, some
from agence.shard.health.tracked import put_into
from agence.shard.layout import TRACKED
from agence.shard.shard import Shard
from agence.shard.small import missing
from agence.shard.views import read, small_files

_ATTRIBUTES = f"{TRACKED}/.gitattributes"  # git itself is asked what its lines come to
_TOML = f"{TRACKED}/agence.toml"


def _small(shard: Shard) -> Finding:
    if not os.path.isdir(os.path.join(shard.repo.work_tree, TRACKED)):
        return Finding(f"nothing of {TRACKED} is checked out")
    gone, marked, lacking = missing(shard), _marked(shard), _lacking(shard)
    said = [f"{counted(len(gone), 'file')} gone or empty: {some(gone)}"] if gone else []
    said += [f"a merge left two versions in '{path}'" for path in marked]
    said += [f"'{path}' lacks {some(lines)}" for path, lines in lacking.items()]
    if not said:
        return Finding("all are there, with their lines")
    if set(marked) - _nobodys(shard, marked).keys():
        return ill("; ".join(said), "take out what is not right, and the lines that mark it")
    return ill("; ".join(said), "`agence ^doctor --fix` puts back what is missing")


def _mend(shard: Shard) -> None:
    whole = missing(shard) | _nobodys(shard, _marked(shard))
    for path, lines in _lacking(shard).items():
        if path not in whole:
            there = read(shard.repo.work_tree, path) or b""
            ours = "".join(f"{line}\n" for line in lines).encode()
            end = b"" if there.endswith(b"\n") else b"\n"
            whole[path] = ours + there if path == _TOML else there + end + ours
    put_into(shard.repo.work_tree, whole)


def _lacking(shard: Shard) -> dict[str, list[str]]:
    """Path -> our lines that a file lacks, of those where a missing line is no matter of order."""
    found: dict[str, list[str]] = {}
    for path, text in small_files().items():
        there = read(shard.repo.work_tree, path) or b""
        if there.strip() and path != _ATTRIBUTES:
            lines = {line.strip() for line in there.decode(errors="replace").splitlines()}
            lost = [line for line in text.decode().splitlines() if not _is_there(line, lines)]
            found |= {path: lost} if lost else {}
    return found


def _is_there(line: str, lines: Iterable[str]) -> bool:
    """Whether a line is among these; of a setting, as `format = 1`, any value will do."""
    name, setting, _ = line.partition("=")
    if setting:
        return any(one.partition("=")[0].strip() == name.strip() for one in lines)
    return line.startswith("#") or line in lines


def _marked(shard: Shard) -> list[str]:
    """The small files in which a merge left two versions."""
    top = shard.repo.work_tree
    return [p for p, text in small_files().items() if has_two_versions(read(top, p) or b"", [text])]


def _nobodys(shard: Shard, paths: Iterable[str]) -> dict[str, bytes]:
    """Those in which nothing stands but our lines and the marks: path -> what they should say."""
    said, top = small_files(), shard.repo.work_tree
    return {p: said[p] for p in paths if is_nobodys(read(top, p) or b"", [said[p]])}


CHECKS = (Check("small files", _small, _mend),)
