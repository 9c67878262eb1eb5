"""What the worker forgets: not a second before it is of no use."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from pswallet.accounts import rules
from pswallet.accounts.service import give_nonce
from pswallet.api.idempotency import KEPT_FOR, Answer, Key, store_many
from pswallet.api.limits import Limit, take
from pswallet.api.tidying import tidy
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault

NOW = clock.from_unix(1_800_000_000)


def rows(sessions: Sessions, table: str) -> int:
    with transaction(sessions) as session:
        found: int = session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        return found


@pytest.fixture
def used(sessions: Sessions, vault: Vault) -> Sessions:
    """A database in which something of each kind was noted at NOW."""
    with transaction(sessions) as session:
        store_many(session, vault, [(Key("acc", "k", b""), Answer(200, b"{}"))], now=NOW)
        give_nonce(session, now=NOW)
    take(sessions, "codes|client", Limit(1, 60), now=NOW)
    return sessions


@pytest.mark.parametrize(
    ("table", "life"),
    [("kept_answers", KEPT_FOR), ("rate_windows", KEPT_FOR), ("sign_in_nonces", rules.NONCE_LIFETIME)],
)
def test_things_are_forgotten_when_their_time_is_over(used: Sessions, table: str, life: timedelta) -> None:
    last: datetime = NOW + life - timedelta(seconds=1)
    tidy(used, now=last)
    assert rows(used, table) == 1
    tidy(used, now=NOW + life)
    assert rows(used, table) == 0
