"""A new master key takes over while everybody works: database first, then every data key, batch by batch.

It may be killed anywhere and run again: what is wrapped anew already is passed over.
"""

from datetime import datetime

from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault

AT_ONCE = 500


class KeysLeft(Exception):
    """Data keys remain under an older master key: it must not be thrown away."""


def rewrap_all(sessions: Sessions, vault: Vault, *, now: datetime) -> int:
    """Let the master key of `vault`, which every process can find by now, wrap every data key; return how many.

    Each batch is its own transaction. Raises SealBroken for a data key that no known master key wrapped, KeysLeft
    should one remain.
    """
    with transaction(sessions) as session:
        vault.take_over(session, now=now)
        count = vault.wrapped_by_others(session)
    last: str | None = ""
    while last is not None:
        with transaction(sessions) as session:
            last = vault.rewrap(session, after=last, limit=AT_ONCE)
    with transaction(sessions) as session:
        left = vault.wrapped_by_others(session)
    if left:
        raise KeysLeft(left)
    return count
