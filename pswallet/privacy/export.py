"""Everything we hold of a person, opened and in one piece (PIPL Art. 44 to 47)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.kit.money import Fen
from pswallet.kit.vault import Vault
from pswallet.payments import service as payments
from pswallet.privacy import rules
from pswallet.privacy.catalogue import HOLDINGS, Holding
from pswallet.privacy.errors import FreshSignInRequired


@dataclass(frozen=True)
class Export:
    """A person's data. `records`: table → rows; `withheld` and `erasure` say the same of every table there is."""

    account_id: str
    address: str
    balance_fen: Fen
    records: dict[str, list[dict[str, Any]]]
    withheld: dict[str, str]
    erasure: dict[str, str]


def require_fresh(session: Session, session_id: str, *, now: datetime) -> None:
    """Refuse a session that was opened more than 10 minutes ago. Raises FreshSignInRequired."""
    if now - accounts.session_opened_at(session, session_id) > rules.FRESH_FOR:
        raise FreshSignInRequired(minutes=int(rules.FRESH_FOR.total_seconds()) // 60)


def export(session: Session, vault: Vault, *, account_id: str) -> Export:
    """Collect everything that we hold of an account. Raises AccountUnknown."""
    account = accounts.find_account(session, account_id)
    return Export(
        account_id=account.id,
        address=account.address,
        balance_fen=payments.balances(session, [account.address])[account.address],
        records={
            holding.table.__tablename__: rows_of(session, vault, holding, account.id, account.address)
            for holding in HOLDINGS
        },
        withheld={
            f"{holding.table.__tablename__}.{column}": why
            for holding in HOLDINGS
            for column, why in holding.withheld.items()
        },
        erasure={holding.table.__tablename__: holding.erasure for holding in HOLDINGS},
    )


def rows_of(session: Session, vault: Vault, holding: Holding, account_id: str, address: str) -> list[dict[str, Any]]:
    """Return a person's rows of one table as JSON can carry them, what is sealed opened under its plain name."""
    columns = holding.table.__table__.columns
    shown = [column for column in columns if column.name not in holding.withheld]
    query = select(*shown).where(holding.theirs).order_by(*[column for column in columns if column.primary_key])
    rows = session.execute(query, {"account_id": account_id, "address": address}).mappings().all()
    opened = [_opened(session, vault, holding, account_id, dict(row)) for row in rows]
    return [{column: _plain(value) for column, value in row.items()} for row in opened]


def _opened(session: Session, vault: Vault, holding: Holding, account_id: str, row: dict[str, Any]) -> dict[str, Any]:
    for column, name in holding.sealed.items():
        sealed = row.pop(column)
        opened = None if sealed is None else vault.unseal(session, account_id, name, sealed)
        row[column.removesuffix("_sealed")] = opened
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value.isoformat() if isinstance(value, date) else value
