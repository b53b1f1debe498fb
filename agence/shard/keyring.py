"""The keys of this clone: one that signs the shared chain, one that signs the private one.

A writer is a key bound to one clone: to the inode of its git directory and to the machine. Where
the binding does not fit (a copied folder, a restored backup) a new writer is made, and the old key
never signs again; a container and its host, which see one folder as two machines, each find their
own.
"""

import json
import os
from collections.abc import Callable
from typing import NamedTuple

from agence.base.errors import TrustError
from agence.events.signature import public_key
from agence.shard.files import outside, read_bytes, replace
from agence.shard.layout import Layout, folder

_MACHINE = ("/etc/machine-id", "/var/lib/dbus/machine-id")


class Key(NamedTuple):
    """`seed` is the secret, 32 bytes; `writer` the public key as hex; `bound` where it may sign."""

    seed: bytes
    writer: str
    chain: str
    bound: str
    retired: str


class Keyring:
    """The keys in hermetic/keys. Call `current` only under the lock of the chain's own log."""

    def __init__(self, layout: Layout, common_dir: str, entropy: Callable[[int], bytes]) -> None:
        self._folder = layout.keys
        self._common_dir = common_dir
        self._entropy = entropy

    def current(self, chain: str) -> Key:
        """The key that signs here; a new one when none is bound to this clone."""
        bound = self.binding()
        for key in self.keys(chain):
            if key.bound == bound and not key.retired:
                return key
        return self._make(chain, bound)

    def keys(self, chain: str) -> list[Key]:
        """All keys of a chain, whatever they are bound to. Raises TrustError for a damaged one."""
        if not os.path.isdir(self._folder):
            return []
        with outside(self._folder):
            names = sorted(os.listdir(self._folder))
        found = [name for name in names if name.startswith(f"{chain}-") and name.endswith(".json")]
        return [self._load(os.path.join(self._folder, name)) for name in found]

    def retire(self, key: Key, why: str) -> None:
        """Never sign with `key` again."""
        self._save(key._replace(retired=why))

    def binding(self) -> str:
        """What a writer of this clone is bound to."""
        with outside(self._common_dir):
            inode = os.stat(self._common_dir).st_ino
        return f"{inode}@{_machine()}"

    def path(self, key: Key) -> str:
        """The file of a key."""
        return os.path.join(self._folder, f"{key.chain}-{key.writer[:16]}.json")

    def _make(self, chain: str, bound: str) -> Key:
        seed = self._entropy(32)
        key = Key(seed, public_key(seed).hex(), chain, bound, "")
        self._save(key)
        return key

    def _save(self, key: Key) -> None:
        with outside(self._folder):
            folder(self._folder)
        record = key._asdict() | {"seed": key.seed.hex()}
        replace(self.path(key), json.dumps(record).encode() + b"\n", 0o600)

    def _load(self, path: str) -> Key:
        content = read_bytes(path)
        try:
            record = json.loads(content)
            key = Key(
                bytes.fromhex(record["seed"]),
                *(str(record[field]) for field in ("writer", "chain", "bound", "retired")),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise TrustError(
                f"the key file '{path}' is damaged", "move it aside; a new writer is made then"
            ) from error
        if len(key.seed) != 32 or public_key(key.seed).hex() != key.writer:
            raise TrustError(f"the key file '{path}' holds no key", "move it aside")
        return key


def _machine() -> str:
    for path in _MACHINE:
        try:
            with open(path, encoding="ascii") as file:
                return file.read().strip()
        except OSError:
            continue
    return os.uname().nodename
