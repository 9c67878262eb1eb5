"""The proof that somebody was erased: what can be shown from the database and the chain by whoever holds both."""

from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.accounts.models import Account
from pswallet.kit import trail
from pswallet.kit.trail import TrailBroken
from pswallet.kit.vault import DataKey, Erased, Vault
from pswallet.kyc.models import CheckedIdentity
from pswallet.privacy import retention
from pswallet.privacy.catalogue import sealed_holdings
from pswallet.privacy.erasure import rows_left


@dataclass
class Proof:
    """What was looked at: a claim, what was found, and whether it holds."""

    account_id: str
    claims: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every claim does."""
        return all(holds for _, _, holds in self.claims)

    def add(self, claim: str, found: str, holds: bool) -> None:
        """Note one claim."""
        self.claims.append((claim, found, holds))


# The other side of each of an address's entries: what others paid it or got from it, as their own history has it.
# Mints and redemptions have no other side here; a payment to oneself is its own.
_OTHER_SIDES = text(
    """
    SELECT count(*) AS own, count(other.account) AS others, count(DISTINCT own.counterparty) AS people
    FROM entries own LEFT JOIN entries other
      ON other.block = own.block AND other.log_index = own.log_index AND other.leg = 1 - own.leg
      AND other.account = own.counterparty AND other.delta_fen = -own.delta_fen
    WHERE own.account = :address AND own.kind = 'transfer'
    """
)


def prove(session: Session, vault: Vault, who: str) -> Proof:
    """Look whether the account of an id or address was erased, and nothing else with it. Raises AccountUnknown."""
    account = accounts.find_account(session, who)
    proof = Proof(account.id)
    _prove_key(session, vault, account, proof)
    _prove_indexes(session, account, proof)
    left = {table: rows for table, rows in rows_left(session, account).items() if rows}
    proof.add("sessions, codes, kept answers, notices are deleted", str(left or "none left"), not left)
    _prove_retained(session, account, proof)
    sides = session.execute(_OTHER_SIDES, {"address": account.address}).one()
    told = f"{sides.others} of {sides.own} payments stand in the history of the {sides.people} others"
    proof.add("nobody else's history has changed", told, sides.own == sides.others)
    _prove_trail(session, account, proof)
    return proof


def _prove_key(session: Session, vault: Vault, account: Account, proof: Proof) -> None:
    key = session.get(DataKey, account.id)
    destroyed = key is not None and key.wrapped is None and key.destroyed_at is not None
    proof.add("the person's key is destroyed", f"{key and key.destroyed_at}", destroyed)
    values = {"account_id": account.id, "address": account.address}
    for holding in sealed_holdings():
        columns = holding.table.__table__.columns
        query = select(*[columns[name] for name in holding.sealed]).where(holding.theirs)
        for row in session.execute(query, values).mappings():
            for column, name in holding.sealed.items():
                if row[column] is not None:
                    opens = _opens(session, vault, account.id, name, row[column])
                    told = "opens" if opens else "opens for nobody"
                    proof.add(f"{holding.table.__tablename__}.{column} is unreadable", told, not opens)


def _opens(session: Session, vault: Vault, person: str, name: str, sealed: bytes) -> bool:
    try:
        vault.unseal(session, person, name, sealed)
    except Erased:
        return False
    return True


def _prove_indexes(session: Session, account: Account, proof: Proof) -> None:
    identity = session.get(CheckedIdentity, account.id)
    for name, index in (("phone", account.phone_index), ("document", identity.number_index if identity else None)):
        proof.add(f"the {name} leads nowhere", "an index is left" if index else "no index", index is None)


def _prove_retained(session: Session, account: Account, proof: Proof) -> None:
    kept = retention.find_retained(session, account.id)
    if kept is None:
        told = "nothing"
    elif kept.locked is None:
        told = f"destroyed at {kept.destroyed_at}"
    else:
        told = f"{', '.join(kept.fields)}: locked, storage only, until {kept.ends_at:%Y-%m-%d} ({kept.basis})"
    proof.add("what the law keeps", told, True)


def _prove_trail(session: Session, account: Account, proof: Proof) -> None:
    written = [entry for entry in trail.entries_about(session, account.id) if entry.act == "erase-person"]
    try:
        told, whole = f"whole; head {trail.verify(session)}", True
    except TrailBroken as broken:
        told, whole = str(broken), False
    proof.add("the trail says when", str(written[0].at) if written else "no entry", bool(written))
    proof.add("the trail is whole", told, whole)
