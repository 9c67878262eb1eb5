"""Tiers, freezes and replacements as the chain tells them, and the standing that follows."""

from typing import Any

import pytest

from pswallet.accounts import projection
from pswallet.accounts.service import Standing, standing
from pswallet.chain.events import AccountFrozen, AccountReplaced, AccountUnfrozen, CallRefused, TierSet
from pswallet.chain.outbox import CallKind
from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.notifications import service as notifications

PING = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MEI = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


def at(block: int, log_index: int = 0) -> dict[str, Any]:
    return {
        "block": block,
        "log_index": log_index,
        "block_time": clock.from_unix(1_800_000_000 + block),
        "transaction": "0x" + "ab" * 32,
        "contract": "0x" + "cd" * 20,
    }


def tier(block: int, number: int, who: str = PING, log_index: int = 0) -> TierSet:
    return TierSet(**at(block, log_index), account=who, tier=number)


def found(sessions: Sessions, who: str = PING) -> Standing:
    with transaction(sessions) as session:
        return standing(session, [who])[who]


def tell(sessions: Sessions, project: Any, *events: Any) -> None:
    with transaction(sessions) as session:
        project(session, list(events))


def test_nobody_has_a_tier_before_its_event(sessions: Sessions) -> None:
    assert found(sessions) == Standing(account_id=None, tier=0, frozen=False)


def test_the_last_tier_holds_whatever_their_order_in_the_table(sessions: Sessions) -> None:
    tell(sessions, projection.on_tier_set, tier(9, 3), tier(2, 1), tier(9, 4, log_index=2), tier(9, 2, log_index=1))
    assert found(sessions).tier == 4


def test_tiers_of_many_are_found_at_once(sessions: Sessions) -> None:
    tell(sessions, projection.on_tier_set, tier(1, 1), tier(1, 2, MEI, 1))
    with transaction(sessions) as session:
        people = standing(session, [PING, MEI, PING, "0x" + "0" * 40])
    assert {who: one.tier for who, one in people.items()} == {PING: 1, MEI: 2, "0x" + "0" * 40: 0}


def test_a_freeze_holds_until_it_is_lifted(sessions: Sessions) -> None:
    tell(sessions, projection.on_account_frozen, AccountFrozen(**at(1), account=PING))
    assert found(sessions).frozen
    assert not found(sessions, MEI).frozen
    tell(sessions, projection.on_account_unfrozen, AccountUnfrozen(**at(2), account=PING))
    assert not found(sessions).frozen


def test_a_successor_carries_tier_and_freeze_on(sessions: Sessions) -> None:
    tell(sessions, projection.on_tier_set, tier(1, 3))
    tell(sessions, projection.on_account_frozen, AccountFrozen(**at(2), account=PING))
    tell(sessions, projection.on_account_replaced, AccountReplaced(**at(3), account=PING, successor=MEI))
    assert (found(sessions).tier, found(sessions, MEI).tier, found(sessions, MEI).frozen) == (0, 3, True)


def test_a_successor_takes_over_what_held_at_that_log_not_what_came_later(sessions: Sessions) -> None:
    # The indexer hands over a whole range: all its tiers first, then its replacements.
    tell(sessions, projection.on_tier_set, tier(1, 2), tier(3, 4, MEI))
    tell(sessions, projection.on_account_replaced, AccountReplaced(**at(2), account=PING, successor=MEI))
    assert (found(sessions).tier, found(sessions, MEI).tier) == (0, 4)


@pytest.mark.parametrize(
    ("project", "event", "kind"),
    [
        (projection.on_tier_set, tier(1, 2), "tier-set"),
        (projection.on_account_frozen, AccountFrozen(**at(1), account=PING), "account-frozen"),
        (projection.on_account_unfrozen, AccountUnfrozen(**at(1), account=PING), "account-unfrozen"),
        (projection.on_account_replaced, AccountReplaced(**at(1), account=PING, successor=MEI), "account-replaced"),
        (
            projection.on_call_refused,
            CallRefused(
                **at(1, -1),
                key="tier:x",
                kind=CallKind.SET_TIER,
                error="SystemAccount",
                arguments={"account": PING, "tier": 2},
            ),
            "tier-refused",
        ),
    ],
)
def test_the_person_is_told(sessions: Sessions, project: Any, event: Any, kind: str) -> None:
    tell(sessions, project, event)
    with transaction(sessions) as session:
        told = notifications.notices_after(session, address=PING, last_id=0, limit=10)
    assert [(one.kind, one.block) for one in told] == [(kind, 1)]


def test_refusals_of_other_calls_are_not_ours_to_tell(sessions: Sessions) -> None:
    other = CallRefused(**at(1), key="mint:x", kind=CallKind.MINT, error="ReserveExceeded", arguments={"to": PING})
    tell(sessions, projection.on_call_refused, other)
    with transaction(sessions) as session:
        assert notifications.notices_after(session, address=PING, last_id=0, limit=10) == []
