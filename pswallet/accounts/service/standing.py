"""What the chain lets an address do, and asking it for another tier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, bindparam, func, select, text, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from pswallet.accounts.errors import AccountUnknown
from pswallet.accounts.models import Account, AccountFreeze, AccountTier
from pswallet.chain import outbox
from pswallet.chain.outbox import Call, CallKind
from pswallet.kit.rows import TEXTS

NO_TIER = 0
"""Chain tier of who is not registered, or no longer."""

VISITOR_TIER = 1
"""Chain tier of T0: a phone and an address, nothing more."""


@dataclass(frozen=True)
class Standing:
    """What the chain lets an address do: tier 0 until its tier event is seen. `account_id` is None for strangers."""

    account_id: str | None
    tier: int
    frozen: bool


_STANDING = text(
    "SELECT wanted.address, accounts.id AS account_id, COALESCE(tiers.tier, 0) AS tier,"
    " COALESCE(freezes.frozen, false) AS frozen"
    " FROM unnest(:addresses) AS wanted(address)"
    " LEFT JOIN accounts ON accounts.address = wanted.address"
    " LEFT JOIN LATERAL (SELECT tier FROM account_tiers WHERE account_tiers.address = wanted.address"
    " ORDER BY block DESC, log_index DESC LIMIT 1) AS tiers ON true"
    " LEFT JOIN LATERAL (SELECT frozen FROM account_freezes WHERE account_freezes.address = wanted.address"
    " ORDER BY block DESC, log_index DESC LIMIT 1) AS freezes ON true"
).bindparams(bindparam("addresses", type_=TEXTS))


def standing(session: Session, addresses: Sequence[str]) -> Mapping[str, Standing]:
    """Return what the chain lets each address do, as far as the indexer has read, with one query."""
    rows = session.execute(_STANDING, {"addresses": list(set(addresses))})
    return {row.address: Standing(row.account_id, row.tier, row.frozen) for row in rows}


def unregistered(session: Session) -> list[str]:
    """Return the ids of accounts that were not erased and whose registration the chain has taken back all the same."""
    tier = (
        select(AccountTier.tier)
        .where(AccountTier.address == Account.address)
        .order_by(AccountTier.block.desc(), AccountTier.log_index.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = select(Account.id).where(Account.erased_at.is_(None), tier == NO_TIER)
    return list(session.scalars(found.order_by(Account.id)))


def may_receive(address: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Return the condition that the chain has given `address` (another table's column) a tier, and not frozen it."""
    tier = (
        select(AccountTier.tier)
        .where(AccountTier.address == address)
        .order_by(AccountTier.block.desc(), AccountTier.log_index.desc())
        .limit(1)
    )
    frozen = (
        select(AccountFreeze.frozen)
        .where(AccountFreeze.address == address)
        .order_by(AccountFreeze.block.desc(), AccountFreeze.log_index.desc())
        .limit(1)
    )
    own = address.class_
    return and_(
        func.coalesce(tier.correlate(own).scalar_subquery(), 0) > 0,
        ~func.coalesce(frozen.correlate(own).scalar_subquery(), False),
    )


def request_tier(session: Session, *, account_id: str, tier: int) -> None:
    """Ask the chain to give the account `tier` (chain numbering: T0 is 1). It holds once its event is seen.

    Raises AccountUnknown.
    """
    row = session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(tier_serial=Account.tier_serial + 1)
        .returning(Account.address, Account.tier_serial)
    ).one_or_none()
    if row is None:
        raise AccountUnknown()
    call = Call(
        key=f"tier:{row.address}:{tier}:{row.tier_serial}",
        kind=CallKind.SET_TIER,
        arguments={"account": row.address, "tier": tier},
        lane=f"tier:{row.address}",  # a later tier must not overtake an earlier one
    )
    outbox.enqueue(session, [call])
