"""What the token's events say of the bank's money: issued, burnt, refused, attested."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from pswallet.bank.models import BankMint, BankMintRefusal, BankRedemption, ReserveAttestation
from pswallet.chain.events import CallRefused, Minted, Redeemed, ReserveAttested
from pswallet.chain.outbox import CallKind
from pswallet.kit.clock import from_unix
from pswallet.kit.money import MAX_FEN
from pswallet.kit.rows import insert_new_rows, insert_rows
from pswallet.notifications.service import Notice, notify


def on_minted(session: Session, events: Sequence[Minted]) -> None:
    """Money was issued for bank entries: the only place where one becomes `issued`."""
    rows = [
        {
            "entry": event.entry,
            "account": event.to,
            "value_fen": event.value,
            "at": event.block_time,
            "block": event.block,
            "log_index": event.log_index,
        }
        for event in events
    ]
    insert_rows(session, BankMint, rows)
    notify(
        session,
        [
            Notice(event.to, "money-arrived", {"amount_fen": event.value}, event.block, event.log_index)
            for event in events
        ],
    )


def on_redeemed(session: Session, events: Sequence[Redeemed]) -> None:
    """Money was burnt against bank payments."""
    rows = [
        {
            "account": event.account,
            "bank_reference": event.bank_reference,
            "value_fen": event.value,
            "at": event.block_time,
            "block": event.block,
            "log_index": event.log_index,
        }
        for event in events
    ]
    insert_rows(session, BankRedemption, rows)


def on_calls_refused(session: Session, events: Sequence[CallRefused]) -> None:
    """The chain would not issue: the money stays at the bank, and its owner is told why."""
    refused = [event for event in events if event.kind == CallKind.MINT]
    rows = [
        {
            "key": event.key,
            "entry": event.arguments["entry"],
            "error": event.error,
            "at": event.block_time,
            "block": event.block,
            "log_index": event.log_index,
        }
        for event in refused
    ]
    insert_new_rows(session, BankMintRefusal, rows)
    notices = [
        Notice(
            event.arguments["to"],
            "money-refused",
            {"amount_fen": event.arguments["value"], "error": event.error},
            event.block,
            event.log_index,
        )
        for event in refused
    ]
    notify(session, notices)


def on_reserve_attested(session: Session, events: Sequence[ReserveAttested]) -> None:
    """The custodian stated the reserve."""
    rows = [
        {
            # The token keeps 64 bits, a column 63: whatever is above is above every supply.
            "reserve_fen": min(event.reserve, MAX_FEN),
            "expires_at": from_unix(event.expiry),
            "block": event.block,
            "log_index": event.log_index,
        }
        for event in events
    ]
    insert_rows(session, ReserveAttestation, rows)
