"""Signatures and digests: exactly libsodium's answers, and the published hashes."""

import json
import os

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from agence.base.digest import digest, hex_digest
from agence.events.signature import holds, public_key, sign
from tests.conftest import ROOT


def vectors(name):
    with open(os.path.join(ROOT, "tests", "vectors", name), encoding="utf-8") as file:
        return json.load(file)


def raw(row, *fields):
    return [bytes.fromhex(row[field]) for field in fields]


def test_rfc_8032():
    for row in vectors("ed25519_rfc8032.json"):
        seed, key, message, signature = raw(row, "seed", "key", "message", "signature")
        assert public_key(seed) == key
        assert sign(message, seed) == signature
        assert holds(message, signature, key)


def test_wycheproof_is_accepted_exactly():
    rows = vectors("ed25519_wycheproof.json")
    accepted = {row["case"] for row in rows if holds(*raw(row, "message", "signature", "key"))}
    assert len(rows) == 151
    assert accepted == {row["case"] for row in rows if row["result"] == "valid"}
    assert len(accepted) == 88


def test_of_the_doubtful_signatures_only_number_3_is_accepted():
    """Libraries differ here. Another set than libsodium's would be another set of events."""
    rows = vectors("ed25519_speccheck.json")
    accepted = [
        number
        for number, row in enumerate(rows)
        if holds(*raw(row, "message", "signature", "pub_key"))
    ]
    assert (len(rows), accepted) == (12, [3])


@given(st.binary(min_size=41, max_size=50), st.integers(0, 104), st.integers(0, 32))
def test_parts_of_another_length_are_no_signature(message, signature, key):
    whole = sign(message, bytes(32)) + message
    if signature != 64 or key < 32:
        assert not holds(message, whole[:signature], public_key(bytes(32))[:key])
    assert not holds(message, whole[:64], public_key(bytes(32)) + b"\0")


def test_a_signature_is_not_read_across_its_end():
    """The last byte of a cut signature must not be taken from the message."""
    message, seed = b"\x00 hello", bytes(32)
    signature = sign(message[1:], seed)
    assert not holds(signature[-1:] + message[1:], signature[:-1], public_key(seed))


def test_the_published_hashes():
    rows = vectors("blake3.json")
    for row in rows:
        content = bytes(at % 251 for at in range(row["input_len"]))
        assert blake3(content).hexdigest() == row["hash"]
    assert len(rows) == 35


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_a_digest_has_one_purpose(a, b):
    assert digest("agence/event/1", a, b) == blake3(b"agence/event/1\0" + a + b).digest()
    assert hex_digest("agence/data/1", a, b) != hex_digest("agence/event/1", a, b)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_has_32_bytes(seed):
    with pytest.raises(ValueError, match="seed"):
        sign(b"", seed)
