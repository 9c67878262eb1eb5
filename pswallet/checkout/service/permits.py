"""Permits: an account lets the checkout move its money, so that budgets can pay and funded orders be refunded.

The permit bounds nothing: a budget's count and a refund's signature do. So it is for all or for nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import PERMIT, Domain, digest, recover
from pswallet.checkout import errors
from pswallet.checkout.service import calls
from pswallet.checkout.service.refused import again
from pswallet.kit.clock import to_unix
from pswallet.kit.rows import array_literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """ERC-2612: `owner` lets `spender` move all of its money, or (`allow` false) nothing more. `deadline`: Unix s."""

    owner: str
    spender: str
    allow: bool
    number: int
    deadline: int
    signature: str

    @property
    def value(self) -> int:
        """Return the value that is signed."""
        return calls.UNLIMITED if self.allow else 0


def permit(session: Session, command: Permit, *, token: Domain, number: int, now: datetime) -> None:
    """Ask the token for a permit. `number`: the owner's next nonce, which the node tells; `now`: the last block's time.

    Raises PermitNumberMismatch, AuthorizationExpired, SignatureMalformed, SignatureInvalid.
    """
    if command.number != number:
        raise errors.PermitNumberMismatch(expected=number)
    if command.deadline <= to_unix(now):
        raise token_errors.AuthorizationExpired(valid_before=command.deadline, chain_time=to_unix(now))
    message = {
        "owner": command.owner,
        "spender": command.spender,
        "value": command.value,
        "nonce": command.number,
        "deadline": command.deadline,
    }
    if recover(digest(token, PERMIT, message), bytes.fromhex(command.signature[2:])) != command.owner:
        raise token_errors.SignatureInvalid()
    key = f"permit:{command.owner}:{command.spender}:{command.value}:{command.number}"
    data = calls.permitting(command.owner, command.spender, command.value, command.deadline, command.signature)
    arguments = {
        "data": data,
        "owner": command.owner,
        "spender": command.spender,
        "number": str(command.value),
        "subject": command.owner,
    }
    enqueue(session, [Call(again(session, key, CallKind.PERMIT, command.owner), CallKind.PERMIT, arguments)])


_NEWEST = text(
    """
    SELECT DISTINCT ON (owner) owner, value FROM allowances
    WHERE owner = ANY(CAST(:owners AS text[])) AND spender = :spender ORDER BY owner, block DESC, log_index DESC
    """
)


def allowed(session: Session, owners: Collection[str], *, spender: str) -> dict[str, int]:
    """Return what each account last let `spender` move [fen], 0 for none; what was moved since is not taken off."""
    rows = session.execute(_NEWEST, {"owners": array_literal(owners), "spender": spender})
    found = {owner: int(value) for owner, value in rows}
    return {owner: found.get(owner, 0) for owner in owners}


def require_allowance(session: Session, owner: str, value: int, *, spender: str) -> None:
    """Raises AllowanceInsufficient when `spender` may not move `value` fen of `owner`."""
    if allowed(session, [owner], spender=spender)[owner] < value:
        raise token_errors.AllowanceInsufficient(account=owner)
