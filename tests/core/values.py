"""What hypothesis draws in the tests of the core: canonical values, drafts, chains of events."""

from hypothesis import strategies as st

from agence.base.canonical import LARGEST
from agence.base.stamps import Stamp
from agence.events.event import Draft, write

SEEDS = [bytes([number]) * 32 for number in range(1, 4)]
SHARD = "5" * 64
NOW = 1_767_225_600_000  # 2026-01-01

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True)
numbers = st.integers(-LARGEST, LARGEST)
values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(names, values, max_size=4)
stamps = st.builds(Stamp, st.integers(0, 2**42), st.integers(0, 1000))
ids = st.text("0123456789abcdef", min_size=64, max_size=64)


def draft(data, entity="", parents=(), kind="lesson"):
    return Draft(kind, entity, data, SHARD, f"collective:{SHARD}", "ada", tuple(parents))


def event(data, entity="", parents=(), *, seed=SEEDS[0], seq=1, prev="", stamp=None, salt=None):
    """One event; what is not given is fixed."""
    return write(
        draft(data, entity, parents),
        seed,
        seq,
        prev or ("" if seq == 1 else "0" * 64),
        stamp or Stamp(NOW + seq, 0),
        salt or bytes(16),
    )


def chain(count, seed=SEEDS[0], body="text", start=NOW):
    """`count` events of one writer, each with its own entity, in order of seq."""
    events = []
    prev = ""
    for seq in range(1, count + 1):
        data = {"effects": [{"op": "set", "field": "title", "value": f"{body} {seq}"}]}
        made = event(data, seed=seed, seq=seq, prev=prev, stamp=Stamp(start + seq, 0))
        events.append(made)
        prev = made.id
    return events
