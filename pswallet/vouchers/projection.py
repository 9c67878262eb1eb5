"""What the voucher contract's events become: the only place where a campaign opens and a voucher is issued or spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from pswallet.chain.events import (
    CallRefused,
    CampaignClosed,
    CampaignOpened,
    Event,
    VoucherIssued,
    VoucherRestored,
    VoucherReturned,
    VoucherSpent,
    WinnersListed,
)
from pswallet.chain.outbox import CallKind
from pswallet.kit.clock import from_unix
from pswallet.kit.rows import insert_new_rows, insert_rows
from pswallet.notifications.rules import Kind
from pswallet.notifications.service import Notice, notify
from pswallet.vouchers.models import CampaignClosing, CampaignOpening, VoucherEntry, VoucherRefusal, WinnerListing

Row = dict[str, Any]


def on_campaigns_opened(session: Session, events: Sequence[CampaignOpened]) -> None:
    """The whole budgets are in the contract: campaigns are open."""
    rows = [
        {
            "campaign": event.campaign,
            "sponsor": event.sponsor,
            "terms": event.terms.to_json(),
            "budget_fen": event.terms.budget,
            "ends_at": from_unix(event.terms.end),
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, CampaignOpening, rows)
    notify(session, [_notice(event, event.sponsor, "campaign-opened", event.terms.budget) for event in events])


def on_winners_listed(session: Session, events: Sequence[WinnersListed]) -> None:
    """Lists of winners hold from here on."""
    rows = [{"campaign": event.campaign, "root": event.winners, **_place(event)} for event in events]
    insert_rows(session, WinnerListing, rows)


def on_vouchers_issued(session: Session, events: Sequence[VoucherIssued]) -> None:
    """Vouchers are their winners': the only place where a claim becomes issued."""
    rows = [_entry(event, "issued", count=event.count) for event in events]
    insert_rows(session, VoucherEntry, rows)
    notify(session, [_notice(event, event.account, "voucher-issued", event.value) for event in events])


def on_vouchers_spent(session: Session, events: Sequence[VoucherSpent]) -> None:
    """Vouchers went to merchants in orders."""
    rows = [_entry(event, "spent", merchant=event.merchant) for event in events]
    insert_rows(session, VoucherEntry, rows)
    notify(
        session,
        [_notice(event, event.account, "voucher-spent", event.value, to=event.merchant) for event in events],
    )


def on_vouchers_restored(session: Session, events: Sequence[VoucherRestored]) -> None:
    """Vouchers came back from refunds and can be spent again."""
    insert_rows(session, VoucherEntry, [_entry(event, "restored") for event in events])
    notify(session, [_notice(event, event.account, "voucher-restored", event.value) for event in events])


def on_vouchers_returned(session: Session, events: Sequence[VoucherReturned]) -> None:
    """Vouchers came back from refunds after the end, and went to the sponsors."""
    insert_rows(session, VoucherEntry, [_entry(event, "returned") for event in events])
    notify(session, [_notice(event, event.account, "voucher-returned", event.value) for event in events])


def on_campaigns_closed(session: Session, events: Sequence[CampaignClosed]) -> None:
    """What was left went back to the sponsors."""
    rows = [
        {
            "campaign": event.campaign,
            "sponsor": event.sponsor,
            "unissued_fen": event.unissued,
            "open_fen": event.open,
            **_place(event),
        }
        for event in events
    ]
    insert_rows(session, CampaignClosing, rows)
    notify(
        session,
        [_notice(event, event.sponsor, "campaign-closed", event.unissued + event.open) for event in events],
    )


_KINDS = (CallKind.CAMPAIGN_OPEN, CallKind.WINNERS_LIST, CallKind.VOUCHER_ISSUE, CallKind.CAMPAIGN_CLOSE)

_REFUSED: dict[str, tuple[Kind, str]] = {
    CallKind.CAMPAIGN_OPEN: ("campaign-refused", "sponsor"),
    CallKind.VOUCHER_ISSUE: ("voucher-refused", "account"),
}
"""What is told of a refusal, and the argument that says to whom."""


def on_calls_refused(session: Session, events: Sequence[CallRefused]) -> None:
    """The chain refused calls about campaigns; whoever asked is told why, and nothing moved."""
    refused = [event for event in events if event.kind in _KINDS]
    rows = [
        {
            "key": event.key,
            "campaign": event.arguments["campaign"],
            "account": event.arguments.get("account", ""),
            "kind": event.kind,
            "count": event.arguments.get("number"),
            "error": event.error,
            **_place(event),
        }
        for event in refused
    ]
    insert_new_rows(session, VoucherRefusal, rows)
    notify(session, [_refusal_notice(event) for event in refused if event.kind in _REFUSED])


def _refusal_notice(event: CallRefused) -> Notice:
    kind, asker = _REFUSED[event.kind]
    body = {"campaign": event.arguments["campaign"], "error": event.error}
    return Notice(address=event.arguments[asker], kind=kind, body=body, block=event.block, log_index=event.log_index)


def _place(event: Event) -> Row:
    return {"at": event.block_time, "block": event.block, "log_index": event.log_index}


def _entry(
    event: VoucherIssued | VoucherSpent | VoucherRestored | VoucherReturned,
    kind: str,
    *,
    count: int | None = None,
    merchant: str | None = None,
) -> Row:
    return {
        "campaign": event.campaign,
        "account": event.account,
        "kind": kind,
        "value_fen": event.value,
        "count": count,
        "merchant": merchant,
        **_place(event),
    }


def _notice(
    event: CampaignOpened | CampaignClosed | VoucherIssued | VoucherSpent | VoucherRestored | VoucherReturned,
    address: str,
    kind: Kind,
    fen: int,
    **more: str,
) -> Notice:
    body = {"campaign": event.campaign, "amount_fen": fen, **more}
    return Notice(address=address, kind=kind, body=body, block=event.block, log_index=event.log_index)
