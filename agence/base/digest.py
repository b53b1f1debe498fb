"""Domain-separated BLAKE3-256.

Source: BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn), 2020. A digest of one purpose can never
stand for one of another: the purpose and a zero byte are hashed first.
"""

from blake3 import blake3


def digest(purpose: str, *parts: bytes) -> bytes:
    """BLAKE3-256 over `purpose`, a zero byte and the parts joined: 32 bytes."""
    return blake3(purpose.encode() + b"\0" + b"".join(parts)).digest()


def hex_digest(purpose: str, *parts: bytes) -> str:
    """The same, as 64 lower-case hex digits."""
    return blake3(purpose.encode() + b"\0" + b"".join(parts)).hexdigest()
