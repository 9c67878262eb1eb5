"""What the chain says of accounts, as rows: tiers, freezes, replacements. The only writer of an account's standing."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.accounts.models import AccountFreeze, AccountTier
from pswallet.chain.events import AccountFrozen, AccountReplaced, AccountUnfrozen, CallRefused, TierSet
from pswallet.chain.outbox import CallKind
from pswallet.kit.rows import insert_rows
from pswallet.notifications.rules import Kind
from pswallet.notifications.service import Notice, notify


def on_tier_set(session: Session, events: list[TierSet]) -> None:
    """The chain gave accounts their tiers."""
    rows = [{**_place(event), "address": event.account, "tier": event.tier} for event in events]
    insert_rows(session, AccountTier, rows)
    notify(session, [_notice(event, event.account, "tier-set", {"tier": event.tier}) for event in events])


def on_account_frozen(session: Session, events: list[AccountFrozen]) -> None:
    """Accounts may no longer send."""
    insert_rows(session, AccountFreeze, [_freeze(event, event.account, True) for event in events])
    notify(session, [_notice(event, event.account, "account-frozen", {}) for event in events])


def on_account_unfrozen(session: Session, events: list[AccountUnfrozen]) -> None:
    """Accounts may send again."""
    insert_rows(session, AccountFreeze, [_freeze(event, event.account, False) for event in events])
    notify(session, [_notice(event, event.account, "account-unfrozen", {}) for event in events])


_AT = text(
    "SELECT COALESCE((SELECT tier FROM account_tiers WHERE address = :address AND (block, log_index) < (:block, :place)"
    " ORDER BY block DESC, log_index DESC LIMIT 1), 0) AS tier,"
    " COALESCE((SELECT frozen FROM account_freezes WHERE address = :address AND (block, log_index) < (:block, :place)"
    " ORDER BY block DESC, log_index DESC LIMIT 1), false) AS frozen"
)


def on_account_replaced(session: Session, events: list[AccountReplaced]) -> None:
    """Successors carry tier and freeze on; the replaced accounts fall to tier 0. Rare: one event at a time."""
    for event in events:
        before = session.execute(_AT, {"address": event.account, "block": event.block, "place": event.log_index}).one()
        tiers = {event.account: 0, event.successor: before.tier}
        insert_rows(
            session, AccountTier, [{**_place(event), "address": who, "tier": tier} for who, tier in tiers.items()]
        )
        insert_rows(session, AccountFreeze, [_freeze(event, event.successor, before.frozen)])
        body = {"successor": event.successor}
        notify(session, [_notice(event, event.account, "account-replaced", body)])


def on_call_refused(session: Session, events: list[CallRefused]) -> None:
    """A tier that the chain would not give is told to the account; its old tier stays."""
    refused = [event for event in events if event.kind == CallKind.SET_TIER]
    notify(
        session,
        [
            _notice(event, event.arguments["account"], "tier-refused", {"error": event.error, **_tier_of(event)})
            for event in refused
        ],
    )


def _tier_of(event: CallRefused) -> dict[str, Any]:
    return {"tier": event.arguments["tier"]}


def _place(event: Any) -> dict[str, Any]:
    return {"block": event.block, "log_index": event.log_index}


def _freeze(event: Any, address: str, frozen: bool) -> dict[str, Any]:
    return {**_place(event), "address": address, "frozen": frozen}


def _notice(event: Any, address: str, kind: Kind, body: dict[str, Any]) -> Notice:
    return Notice(address=address, kind=kind, body=body, block=event.block, log_index=event.log_index)
