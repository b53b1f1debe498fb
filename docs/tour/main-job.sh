#!/bin/sh
# The main job in one go, in a fresh folder: a shard of its own, no repository and no remote needed.
set -eu
folder=$(mktemp -d)
cd "$folder"
export GIT_AUTHOR_NAME="${GIT_AUTHOR_NAME:-you}" GIT_AUTHOR_EMAIL="${GIT_AUTHOR_EMAIL:-you@localhost}"
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
say() {
    printf '\n$ %s\n' "$*"
    "$@"
}
say agence ^init --standalone
say agence ^learn "Never auto-heal paths" --body "A validator never repairs broken symlinks." --tag paths
say agence "~learn" "Ask Dana before touching billing"
say agence ^recall "broken symlink repair"
say agence ^save "Halfway through deployment" --todo "run migration" --todo "flip DNS"
say agence ^resume
say agence /git-status
say agence ^verify
printf '\nAll of it is in %s; in a repository of yours, begin with: agence ^init\n' "$folder"
