"""What somebody does at a clone with git and an editor, and what a forge does without our driver.

Each function is a step: it takes the seat and the Random that its choices are drawn from, and
returns what came of it. Where git says no, that is an answer like any other.
"""

import os
import random

from tests.commands.desk import DAY
from tests.flows.forge import LOG, Forge, Merged
from tests.sim.world import Doing, Seat, some

SIDES = ("ours", "theirs", "markers", "abort")


def other_file(seat: Seat, draw: random.Random) -> None:
    """A commit of the project's own files, and of nothing else."""
    name = draw.choice(("README.md", "src/shop.py", f"notes/{seat.name}.txt"))
    os.makedirs(os.path.dirname(seat.path(name)) or ".", exist_ok=True)
    with open(seat.path(name), "a", encoding="utf-8") as file:
        file.write(f"more {seat.world.number()}\n")
    seat.git("add", "--", name)
    seat.git("commit", "--quiet", "-m", f"Change {name}", "--", name)


def commit_all(seat: Seat, draw: random.Random) -> None:
    seat.git("add", "--all")
    seat.git("commit", "--quiet", "-m", "All of it")


def new_branch(seat: Seat, draw: random.Random) -> str:
    name = f"{seat.name}-{draw.randrange(3)}"
    seat.git("checkout", "--quiet", "--no-track", "-b", name)
    return name


def switch(seat: Seat, draw: random.Random) -> str:
    name = "main" if draw.random() < 0.6 else draw.choice(_branches(seat, "refs/heads"))
    seat.git("checkout", "--quiet", name)
    return name


def delete_branch(seat: Seat, draw: random.Random) -> str:
    names = [one for one in _branches(seat, "refs/heads") if one != "main"]
    name = some(draw, names)
    seat.git("branch", "--quiet", "-D", name)
    return str(name)


def merge(seat: Seat, draw: random.Random, *options: str) -> str:
    """Merge some branch, ours or fetched, into what is checked out."""
    name = draw.choice(_branches(seat, "refs/heads", "refs/remotes"))
    done = seat.try_git("merge", "--quiet", "--no-edit", *options, name)
    return f"{name} {finish(seat, draw, 'merge', done.returncode)}"


def merge_main(seat: Seat, draw: random.Random) -> str:
    """Merge what was fetched, and bring the branch into main: both ways."""
    name = seat.git("rev-parse", "--abbrev-ref", "HEAD")
    done = seat.try_git("merge", "--quiet", "--no-edit", "main")
    if finish(seat, draw, "merge", done.returncode) == "aborted":
        return "aborted"
    seat.git("checkout", "--quiet", "main")
    done = seat.try_git("merge", "--quiet", "--no-edit", "--no-ff", name)
    return f"{name} {finish(seat, draw, 'merge', done.returncode)}"


def merge_how(*options: str) -> Doing:
    """A merge with options."""
    return lambda seat, draw: merge(seat, draw, *options)


def squash(seat: Seat, draw: random.Random) -> str:
    name = draw.choice(_branches(seat, "refs/heads", "refs/remotes"))
    done = seat.try_git("merge", "--quiet", "--squash", name)
    said = finish(seat, draw, "merge", done.returncode)
    seat.try_git("commit", "--quiet", "-m", f"Squash {name}")
    return f"{name} {said}"


def octopus(seat: Seat, draw: random.Random) -> str:
    names = _branches(seat, "refs/heads", "refs/remotes")
    chosen = draw.sample(names, min(3, len(names)))
    done = seat.try_git("merge", "--quiet", "--no-edit", *chosen)
    if done.returncode:
        seat.try_git("reset", "--quiet", "--merge")
    return f"{chosen} {done.returncode}"


def rebase(seat: Seat, draw: random.Random) -> str:
    onto = draw.choice(_branches(seat, "refs/heads", "refs/remotes"))
    done = seat.try_git("rebase", "--quiet", onto)
    return f"{onto} {finish(seat, draw, 'rebase', done.returncode)}"


def cherry_pick(seat: Seat, draw: random.Random) -> str:
    name = draw.choice(_branches(seat, "refs/heads", "refs/remotes"))
    listed = seat.git("rev-list", "--no-merges", "-n", "12", name).split()
    chosen = draw.choice(listed)
    done = seat.try_git("cherry-pick", chosen)
    return f"{name} {finish(seat, draw, 'cherry-pick', done.returncode)}"


def revert_merge(seat: Seat, draw: random.Random) -> str:
    merges = seat.git("rev-list", "--merges", "-n", "5", "HEAD").split()
    done = seat.try_git("revert", "--no-edit", "-m", "1", some(draw, merges))
    return finish(seat, draw, "revert", done.returncode)


def revert(seat: Seat, draw: random.Random) -> str:
    commits = seat.git("rev-list", "--no-merges", "-n", "5", "HEAD").split()
    done = seat.try_git("revert", "--no-edit", some(draw, commits))
    return finish(seat, draw, "revert", done.returncode)


def reset(seat: Seat, draw: random.Random) -> str:
    return seat.git("reset", "--quiet", "--hard", f"HEAD~{draw.randrange(4)}")


def stash(seat: Seat, draw: random.Random) -> str:
    if draw.random() < 0.5 and seat.git("stash", "list"):
        done = seat.try_git("stash", "pop", "--quiet")
        if done.returncode:
            seat.try_git("checkout", "--quiet", "--theirs", "--", ".")
            seat.try_git("reset", "--quiet")
        return f"pop {done.returncode}"
    options = draw.choice(([], ["--include-untracked"], ["--all"]))
    return seat.git("stash", "push", "--quiet", *options)


def fetch(seat: Seat, draw: random.Random) -> None:
    seat.git("fetch", "--quiet", "--prune", "origin")


def fetch_shallow(seat: Seat, draw: random.Random) -> str:
    if os.path.exists(os.path.join(seat.clone.path, ".git", "shallow")) and draw.random() < 0.6:
        seat.git("fetch", "--quiet", "--unshallow", "origin")
        return "unshallow"
    seat.git("fetch", "--quiet", "--depth", str(draw.randint(1, 6)), "origin")
    return "shallow"


def collect_garbage(seat: Seat, draw: random.Random) -> None:
    if draw.random() < 0.5:
        seat.git("reflog", "expire", "--expire=now", "--all")
    seat.git("gc", "--quiet", "--prune=now")


def linked(seat: Seat, draw: random.Random) -> str:
    """Add the linked work tree, or take it away."""
    path = f"{seat.clone.path}-linked"
    if os.path.isdir(path):
        seat.sit()
        seat.git("worktree", "remove", "--force", path)
        return "removed"
    name = f"{seat.name}-{draw.randrange(3)}"
    there = name in _branches(seat, "refs/heads")
    seat.git("worktree", "add", "--quiet", *([path, name] if there else ["-b", name, path]))
    return f"added on {name}"


def push_branch(seat: Seat, draw: random.Random) -> str:
    name = seat.git("rev-parse", "--abbrev-ref", "HEAD")
    force = ["--force"] if name != "main" else []
    seat.git("push", "--quiet", *force, "origin", f"HEAD:refs/heads/{name}")
    return name


def hand_edit(seat: Seat, draw: random.Random) -> str:
    """An editor that knows nothing of agence adds a line to a view, or changes its title."""
    folder = seat.path(".agence", "synthetic", "lessons")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    name = some(draw, [one for one in names if one.endswith(".md")])
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        lines = file.read().split("\n")
    below = max((at + 1 for at, line in enumerate(lines) if line == "+++"), default=0)
    titles = [at for at, line in enumerate(lines) if line.startswith("title = ")]
    typed = f"typed {seat.world.number()}"
    if titles and draw.random() < 0.3:
        lines[titles[0]] = f'title = "Title {typed}"'
    else:
        lines.insert(draw.randint(below, len(lines)), typed)
    with open(file.name, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    seat.world.typed.add(f".agence/synthetic/lessons/{name}")
    return str(name)


def lose_view(seat: Seat, draw: random.Random) -> str:
    folder = seat.path(".agence", "synthetic", draw.choice(("lessons", "plans")))
    name = some(draw, sorted(os.listdir(folder)) if os.path.isdir(folder) else [])
    os.unlink(os.path.join(folder, name))
    return str(name)


def forget_index(seat: Seat, draw: random.Random) -> None:
    folder = os.path.join(seat.clone.path, ".git", "agence", "nexus")
    for name in os.listdir(folder):
        if name.startswith("index.db"):
            os.unlink(os.path.join(folder, name))


def month_later(seat: Seat, draw: random.Random) -> None:
    seat.world.now += draw.randint(1, 40) * DAY


# What a forge does, where no driver of ours is.


def forge_merge(seat: Seat, draw: random.Random) -> str:
    """The buttons "merge" and "squash and merge"."""
    forge, branch = seat.world.forge, _at_forge(seat, draw)
    into = "main" if draw.random() < 0.7 else _at_forge(seat, draw)
    squash = draw.random() < 0.5
    parents = [forge.tip(into), *([] if squash else [forge.tip(branch)])]
    how = _land(forge, draw, into, (forge.tip(into), forge.tip(branch)), parents)
    return f"{'squash' if squash else 'merge'} {branch} into {into}, {how}"


def forge_apply(seat: Seat, draw: random.Random) -> str:
    """The buttons "cherry-pick" and "revert", of one commit."""
    forge, branch = seat.world.forge, _at_forge(seat, draw)
    listed = forge.git("rev-list", "--no-merges", "--min-parents=1", "-n", "6", branch).split()
    pair = [commit := some(draw, listed), f"{commit}^"]
    change, base = pair if draw.random() < 0.5 else pair[::-1]
    sides = [forge._commit(f"{one}^{{tree}}", [forge.tip(base)]) for one in ("main", change)]
    how = _land(forge, draw, "main", (sides[0], sides[1]), [forge.tip("main")])
    return f"{'cherry-pick' if change == commit else 'revert'} of {branch}, {how}"


def _land(
    forge: Forge, draw: random.Random, into: str, sides: tuple[str, str], parents: list[str]
) -> str:
    """Merge two sides and move a branch there; where files conflict somebody takes one side."""
    merged = forge.try_merge(*sides)
    way = draw.choice(SIDES[:3])
    tree = merged.tree
    if merged.conflicts and way != "markers":
        tree = _settled(forge, merged, sides[SIDES.index(way)])
    forge._move(into, tree, parents)
    return f"{in_log(merged.conflicts)}{way}" if merged.conflicts else "clean"


def _settled(forge: Forge, merged: Merged, side: str) -> str:
    """The merged tree with the files of one side where they conflict, or without them."""
    entries = {}
    for line in forge.git("ls-tree", "-r", side).splitlines():
        entry, _, path = line.partition("\t")
        entries[path] = f"100644 {entry.split()[2]}"
    feed = "".join(
        f"0 {'0' * 40}\t{path}\n" + (f"{entries[path]}\t{path}\n" if path in entries else "")
        for path in merged.conflicts
    )
    index = ("env", f"GIT_INDEX_FILE={os.path.join(forge.path, 'settling')}", "git")
    forge.run(*index, "read-tree", merged.tree)
    forge.run(*index, "update-index", "--index-info", feed=feed)
    return forge.run(*index, "write-tree").stdout.strip()


def forge_delete(seat: Seat, draw: random.Random) -> str:
    name = _at_forge(seat, draw)
    seat.world.forge.git("branch", "--quiet", "-D", name)
    return name


def finish(seat: Seat, draw: random.Random, verb: str, code: int) -> str:
    """Bring what stopped at a conflict to an end, in one of the ways in which people do."""
    if code == 0:
        return "clean"
    conflicts = seat.try_git("diff", "--name-only", "--diff-filter=U").stdout.split()
    way = draw.choice(SIDES)
    for _ in range(20 if conflicts and way != "abort" else 0):
        settle_files(seat, way)
        words = ["commit", "--quiet", "--no-edit"] if verb == "merge" else [verb, "--continue"]
        if seat.try_git(*words).returncode == 0:
            return f"{in_log(conflicts)}{way}"
        if not seat.try_git("diff", "--name-only", "--diff-filter=U").stdout:
            break
    seat.try_git(verb, "--abort")
    seat.try_git("reset", "--quiet", "--merge")
    return "aborted"


def in_log(conflicts: list[str]) -> str:
    """A word about conflicts in the log, which are as rare as two reverts of one publication.

    There git takes a segment that is gone and one that shares lines with it for a renamed one.
    """
    inside = [path for path in conflicts if path.startswith(LOG)]
    return f"{len(inside)} in the log, " if inside else ""


def settle_files(seat: Seat, way: str) -> None:
    """Take one side of every file that conflicts, or leave what the merge left; stage all."""
    if way in ("ours", "theirs"):
        for path in seat.git("diff", "--name-only", "--diff-filter=U").splitlines():
            seat.try_git("checkout", "--quiet", f"--{way}", "--", path)
    seat.git("add", "--all")


def _branches(seat: Seat, *prefixes: str) -> list[str]:
    names = seat.git("for-each-ref", "--format=%(refname:short) %(symref)", *prefixes).splitlines()
    return [one.strip() for one in names if one.endswith(" ")]


def _at_forge(seat: Seat, draw: random.Random) -> str:
    words = ("for-each-ref", "--format=%(refname:short)", "refs/heads")
    names = seat.world.forge.git(*words).splitlines()
    return str(some(draw, [one for one in names if one != "main"]))
