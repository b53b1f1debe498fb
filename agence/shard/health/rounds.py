"""All checks of a clone's health, in the order in which one rests on another."""

from agence.shard.health import (
    configured,
    hooked,
    local,
    merging,
    repository,
    small,
    tracked,
    underway,
)
from agence.shard.health.check import Check, Result, examine
from agence.shard.shard import Shard

CHECKS: tuple[Check, ...] = (
    *repository.CHECKS,
    local.INDEX,
    configured.PINS,
    *configured.CHECKS,
    *small.CHECKS,
    *merging.CHECKS,
    *underway.CHECKS,
    *tracked.CHECKS,
    *local.CHECKS,
    *hooked.CHECKS,
    local.SIZE,
)


def rounds(shard: Shard, *, fix: bool) -> list[Result]:
    """The result of every check."""
    return examine(shard, CHECKS, fix=fix)
