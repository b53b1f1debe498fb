"""Records and lines of sessions that several tests use."""

import json

from agence.session.record import Said, Seen, new

GIT = {
    "branch": "main",
    "head": "a" * 40,
    "upstream": "origin/main",
    "dirty": [],
    "staged": [],
    "untracked": [],
}
IDENTITY = "69a8f74c" + "0" * 24


def record(identity=IDENTITY, **said):
    about = {"title": "Halfway", "agent": "claudia", "by": "Ada", **said}
    seen = Seen(cwd="src", repo="/srv/shop", git=dict(GIT))
    return new(identity, 1_772_680_867_000, Said(**about), seen)


def line(entry):
    return json.dumps(entry, separators=(",", ":")).encode()


def moved(action, status, identity=IDENTITY, **more):
    return {
        "v": 1,
        "session": identity,
        "session_id": identity[:8],
        "action": action,
        "status": status,
        "at": "2026-03-05T04:00:00Z",
        "by": "Ada",
        **more,
    }


def keep_all(_text):
    return False
