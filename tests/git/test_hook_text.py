"""A block goes into any script of a shell and comes out again, and leaves every other byte."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agence.git.hook_text import (
    HOOKS,
    has_block,
    lefthook_file,
    own_file,
    script,
    takes_block,
    with_block,
    without,
)

shebangs = st.sampled_from([b"#!/bin/sh\n", b"#!/usr/bin/env bash\r\n", b"#! /bin/dash -e\n", b""])
bodies = st.binary(max_size=60) | st.sampled_from([b"exit 1", b"echo\n\n", b"#!/bin/sh\n"])
scripts = st.builds(bytes.__add__, shebangs, bodies)
hooks = st.sampled_from(HOOKS)


@given(scripts, hooks)
def test_what_goes_in_comes_out(content, hook):
    with_it = with_block(content, hook)
    assert has_block(with_it)
    assert without(with_it) == content
    assert not has_block(content)
    assert without(content) == content


@given(scripts, hooks)
def test_the_first_line_stays_the_first(content, hook):
    if content.startswith(b"#!"):
        assert with_block(content, hook).split(b"\n")[0] == content.split(b"\n")[0]


@pytest.mark.parametrize("content", [*map(own_file, HOOKS), lefthook_file()])
def test_a_file_of_ours_leaves_nothing(content):
    assert has_block(content)
    assert without(content) == b""


@given(hooks, st.binary(min_size=1, max_size=30))
def test_what_was_added_to_a_file_of_ours_stays(hook, added):
    assert without(own_file(hook) + added) == b"#!/bin/sh\n" + added


SCRIPTS = [
    (b"#!/bin/sh\n", True),
    (b"#!/usr/bin/env -S bash -e\necho", True),
    (b"echo without a first line\n", True),
    (b"#!/usr/bin/env python3\n", False),
    (b"#!/usr/bin/perl -w\n", False),
    (b"#!/bin/sh", False),
    (b"#!\n", False),
    (b"\x7fELF\0\0", False),
]


@pytest.mark.parametrize(("content", "takes"), SCRIPTS)
def test_only_a_script_of_a_shell_takes_a_block(content, takes):
    assert takes_block(content) is takes


def ran(folder, content, feed):
    path = folder / "hook"
    path.write_bytes(content)
    done = subprocess.run(
        ["sh", str(path), "origin", "a url"],
        cwd=folder,
        input=feed,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "feed", [b"", b"a 1 b 2\n", b"a 1 b 2\nc 3 d 4\n", b"$(touch x) `y` \\ $z\n"]
)
def test_theirs_gets_its_words_and_its_input(repo, tmp_path, feed):
    theirs = b'#!/bin/sh\necho "$1|$2"\ncat\nexit 3\n'
    alone = ran(tmp_path, theirs, feed)
    assert alone == (3, b"origin|a url\n" + feed, b"")
    assert ran(tmp_path, with_block(theirs, "pre-push"), feed)[:2] == alone[:2]
    assert not (tmp_path / "x").exists()


CODES = [(0, 0), (1, 0), (2, 0), (3, 0), (5, 1), (70, 0), (126, 0)]


@pytest.mark.parametrize(("code", "ends"), CODES)
def test_only_a_refusal_stops_git(tmp_path, code, ends):
    program = tmp_path / "it's agence"
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    ended, _, said = ran(tmp_path, script(os.fspath(program), "pre-push"), b"")
    assert ended == ends
    assert (b"checked nothing" in said) is (code not in (0, 5))


@pytest.mark.parametrize("hook", HOOKS)
def test_without_the_program_it_warns_and_lets_pass(tmp_path, hook):
    ended, _, said = ran(tmp_path, script(f"{tmp_path}/gone", hook), b"")
    assert ended == 0
    assert f"'{tmp_path}/gone' is not there any more".encode() in said
