"""A repository that is nothing but a shard: there, publishing follows each write by itself."""

from agence.base.errors import OutsideError, ShardError
from agence.git.publish import publish
from agence.shard.publishing import plan
from agence.shard.shard import STANDALONE, Shard


def follow(shard: Shard) -> None:
    """Publish what was just written, where this repository is a shard and nothing else.

    What can't be published now is durable all the same: it is said, and goes with the next write.
    """
    if not shard.repo.flag(STANDALONE):
        return
    fresh = Shard(shard.repo, shard.ports)
    try:
        planned = plan(fresh)
        publish(fresh.repo, planned.changes, planned.message)
    except (OutsideError, ShardError) as error:
        shard.ports.notice(f"kept, but not published yet: {error.message}")
    finally:
        fresh.forget()
