"""Ed25519 by libsodium's rules, and only libsodium's: another verifier would accept another set.

Source: RFC 8032; Chalkias and others, "Taming the many EdDSAs", 2020, for why it must be one
library.
"""

from nacl.bindings import (
    crypto_sign,
    crypto_sign_BYTES,
    crypto_sign_open,
    crypto_sign_PUBLICKEYBYTES,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import CryptoError

KEY = crypto_sign_PUBLICKEYBYTES
SIGNATURE = crypto_sign_BYTES


def public_key(seed: bytes) -> bytes:
    """The public key, 32 bytes, of a seed of 32 bytes."""
    return crypto_sign_seed_keypair(seed)[0]


def sign(message: bytes, seed: bytes) -> bytes:
    """The signature, 64 bytes, of `message` under the key of `seed`."""
    return crypto_sign(message, crypto_sign_seed_keypair(seed)[1])[:SIGNATURE]


def holds(message: bytes, signature: bytes, key: bytes) -> bool:
    """Whether `signature` is one of `message` under the public `key`."""
    if len(signature) != SIGNATURE or len(key) != KEY:  # libsodium would read past a short key
        return False
    try:
        crypto_sign_open(signature + message, key)
    except CryptoError:
        return False
    return True
