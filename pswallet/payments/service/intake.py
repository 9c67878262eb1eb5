"""Taking signed payments in: what the chain would refuse, as far as it can be known now, is refused here, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import Standing, standing
from pswallet.chain.outbox import Call, CallKind, authorization_key, enqueue
from pswallet.chain.signing import (
    TRANSFER_WITH_AUTHORIZATION,
    Domain,
    SignatureMalformed,
    StructType,
    digest,
    is_signed_by,
    recover,
)
from pswallet.kit.clock import to_unix
from pswallet.kit.ids import new_id
from pswallet.kit.lines import stand_in_line
from pswallet.kit.money import MAX_FEN, Fen
from pswallet.kit.problems import Problem
from pswallet.kit.rows import insert_new_rows, upsert_rows
from pswallet.merchants.rules.codelimits import CodeKind
from pswallet.payments import errors, rules
from pswallet.payments.models import Authorization
from pswallet.payments.rules import Excess, Limits, Purse
from pswallet.payments.service.codepaying import CodeDay, code_day, kind_of
from pswallet.payments.service.ledger import limits_by_tier, paused_until, purses
from pswallet.payments.service.tries import Earlier, earlier

_PROBLEMS: dict[str, type[Problem]] = {
    name: kind
    for module in (token_errors, errors)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Problem)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPayment:
    """An ERC-3009 authorization as its owner signed it.

    `valid_after`, `valid_before`: Unix seconds. `contract_verdict`: what the payer's own contract says of the signature
    (ERC-1271), None for a person's key. `trace`: the `traceparent` of the request.
    """

    payer: str
    recipient: str
    value_fen: int
    valid_after: int
    valid_before: int
    nonce: str
    signature: str
    contract_verdict: bool | None = None
    trace: str | None = None

    def message(self) -> dict[str, str | int]:
        """Return the EIP-712 message that was signed."""
        return {
            "from": self.payer,
            "to": self.recipient,
            "value": self.value_fen,
            "validAfter": self.valid_after,
            "validBefore": self.valid_before,
            "nonce": self.nonce,
        }


@dataclass(frozen=True, slots=True)
class Accepted:
    """A payment that waits for the chain: `submitted` until its event or its refusal is seen.

    `tries`: how often the chain refused it before.
    """

    id: str
    payment: SignedPayment
    tries: int = 0


def transfer(
    session: Session, payments: Sequence[SignedPayment], *, domain: Domain, now: datetime, purpose: str = "transfer"
) -> list[Accepted | Problem]:
    """Ask the token for each payment; a Problem stands in a refused one's place. `now`: the last block's time."""
    outcomes = accept(session, payments, domain=domain, struct=TRANSFER_WITH_AUTHORIZATION, purpose=purpose, now=now)
    enqueue(session, [call_of(outcome) for outcome in outcomes if isinstance(outcome, Accepted)])
    return outcomes


def call_of(accepted: Accepted) -> Call:
    """Return the call that carries a signed payment."""
    payment, tries = accepted.payment, accepted.tries
    form = {"erc1271": True} if payment.contract_verdict else {}
    key = authorization_key(payment.payer, payment.nonce, payment.recipient, payment.value_fen)
    return Call(
        key=f"{key}:{tries}" if tries else key,
        kind=CallKind.AUTHORIZATION,
        arguments={**payment.message(), "signature": payment.signature, "tries": tries, **form},
        trace=payment.trace,
    )


def accept(
    session: Session,
    payments: Sequence[SignedPayment],
    *,
    domain: Domain,
    struct: StructType,
    purpose: str,
    now: datetime,
) -> list[Accepted | Problem]:
    """Check and keep each authorization, without asking for its call: the money of a packet travels in another call.

    In a pause every payment is refused: its signature is not kept and may be used again when the pause has ended.
    `purpose` "packet" and "checkout" pay a SYSTEM contract, all else a person. Earlier payments in the list count for
    later ones. An order's payment that the chain refused may be signed again, and stays the same transfer; all else
    takes another nonce.
    """
    outcomes: list[Accepted | Problem | None] = [
        _unsound(payment, domain=domain, struct=struct, chain_time=to_unix(now)) for payment in payments
    ]
    sound = [payment for payment, outcome in zip(payments, outcomes, strict=True) if outcome is None]
    desk = _open_desk(session, sound, purpose=purpose, now=now)
    settled = [outcome or desk.decide(payment) for payment, outcome in zip(payments, outcomes, strict=True)]
    return _keep(session, settled, purpose=purpose, now=now)


def _unsound(payment: SignedPayment, *, domain: Domain, struct: StructType, chain_time: int) -> Problem | None:
    """Return what is wrong with the message itself."""
    if payment.value_fen == 0:
        return token_errors.ZeroAmount()
    if not 0 < payment.value_fen <= MAX_FEN:
        return token_errors.ValueTooLarge()
    reason = rules.validity_violation(
        valid_after=payment.valid_after, valid_before=payment.valid_before, chain_time=chain_time
    )
    if reason is not None:
        return _PROBLEMS[reason](
            valid_after=payment.valid_after, valid_before=payment.valid_before, chain_time=chain_time
        )
    return _signature_problem(payment, domain=domain, struct=struct)


def contract_digest(payment: SignedPayment, *, domain: Domain, struct: StructType) -> bytes | None:
    """Return what the payer's contract must be asked about (ERC-1271), or None when the payer's own key has signed.

    A person's malformed signature is asked about too: only the chain knows that there is no contract.
    """
    signed = digest(domain, struct, payment.message())
    return None if is_signed_by(payment.payer, signed, payment.signature) else signed


def _signature_problem(payment: SignedPayment, *, domain: Domain, struct: StructType) -> Problem | None:
    if payment.contract_verdict:
        return None
    try:
        signer = recover(digest(domain, struct, payment.message()), bytes.fromhex(payment.signature[2:]))
    except SignatureMalformed as malformed:
        return malformed
    return None if signer == payment.payer else token_errors.SignatureInvalid()


_TO_CONTRACTS = ("packet", "checkout")


@dataclass(slots=True)
class _Desk:
    """All that a list of payments is decided on, read once and carried along."""

    purpose: str
    parties: Mapping[str, Standing] = field(default_factory=dict)
    limits: dict[int, Limits] = field(default_factory=dict)
    known: dict[tuple[str, str], Earlier] = field(default_factory=dict)
    purses: dict[str, Purse] = field(default_factory=dict)
    paused_until: datetime | None = None
    codes: CodeDay = field(default_factory=CodeDay)

    def decide(self, payment: SignedPayment) -> Accepted | Problem:
        """Return what becomes of `payment`, and count it when it is accepted."""
        name = (payment.payer, payment.nonce)
        before = self.known.get(name)
        if before is not None and not before.refused:
            return token_errors.AuthorizationAlreadyUsed(transfer=before.id)
        problem = self._payer_problem(payment) or self._recipient_problem(payment)
        kind = self.code_kind(payment)
        if problem is None and kind is not None:
            problem = self.codes.problem(payment.payer, kind, payment.value_fen)
        if problem is not None:
            return problem
        if kind is not None:
            self.codes.count(payment.payer, kind, payment.value_fen)
        tries = before.refused if before else 0
        accepted = Accepted((before and before.id) or new_id("trf"), payment, tries)
        self.known[name] = Earlier(accepted.id, refused=0)
        self.purses[payment.payer].pay(payment.value_fen)
        if payment.recipient in self.purses:
            self.purses[payment.recipient].expect(payment.value_fen)
        return accepted

    def _payer_problem(self, payment: SignedPayment) -> Problem | None:
        payer = payment.payer
        barred = self.bar(payer)
        if barred is not None:
            return barred
        if self.paused_until is not None:
            return token_errors.PaymentsPaused(until=self.paused_until.isoformat())
        limits = self.limits[self.parties[payer].tier]
        return _problem_of(payer, rules.debit_excess(self.purses[payer], limits, payment.value_fen))

    def code_kind(self, payment: SignedPayment) -> CodeKind | None:
        """Return by what kind of code `payment` is made, if it is."""
        payer, recipient = self.parties.get(payment.payer), self.parties.get(payment.recipient)
        tiers = {"payer_tier": payer.tier if payer else 0, "recipient_tier": recipient.tier if recipient else 0}
        return kind_of(self.purpose, **tiers)

    def bar(self, payer: str) -> Problem | None:
        """Return why `payer` can send nothing at all, or None."""
        found = self.parties[payer]
        if found.tier not in self.limits:
            return token_errors.AccountNotRegistered(account=payer)
        return token_errors.AccountIsFrozen(account=payer) if found.frozen else None

    def _recipient_problem(self, payment: SignedPayment) -> Problem | None:
        if self.purpose in _TO_CONTRACTS:
            return None
        # A payment to oneself lifts nothing: the debit comes first.
        lift = 0 if payment.recipient == payment.payer else payment.value_fen
        return self.credit_problem(payment.recipient, lift)

    def credit_problem(self, account: str, value: int) -> Problem | None:
        """Return why the token would not credit `account` with `value` fen, or None."""
        recipient = self.parties.get(account)
        if recipient is not None and recipient.tier == rules.SYSTEM_TIER:
            return token_errors.SystemRecipient(account=account)
        if recipient is None or recipient.tier not in self.limits:
            return token_errors.AccountNotRegistered(account=account)
        if recipient.frozen:
            return token_errors.RecipientIsFrozen(account=account)
        return _problem_of(account, rules.credit_excess(self.purses[account], self.limits[recipient.tier], value))


def _problem_of(account: str, excess: Excess | None) -> Problem | None:
    if excess is None:
        return None
    return _PROBLEMS[excess.error](account=account, attempted=excess.attempted, limit=excess.limit)


def _open_desk(session: Session, payments: Sequence[SignedPayment], *, purpose: str, now: datetime) -> _Desk:
    if not payments:
        return _Desk(purpose)
    payers = {payment.payer for payment in payments}
    recipients = set() if purpose in _TO_CONTRACTS else {payment.recipient for payment in payments}
    desk = _desk_for(session, payers | recipients, purpose=purpose)
    desk.paused_until = paused_until(session, now=now)
    queue_up(session, [payer for payer in payers if desk.bar(payer) is None])
    desk.known = earlier(session, payments, purpose=purpose)
    desk.purses = _purses(session, desk, now=now)
    desk.codes = code_day(session, _by_code(desk, payments), now=now)
    return desk


def _by_code(desk: _Desk, payments: Sequence[SignedPayment]) -> dict[str, str]:
    """Return who of the payers pays by a code: address → account's id."""
    payers = {payment.payer for payment in payments if desk.code_kind(payment) is not None}
    return {payer: desk.parties[payer].account_id or "" for payer in payers}


def credit_problem(session: Session, account: str, value: Fen, *, now: datetime) -> Problem | None:
    """Return why the token would not credit `account` with `value` as of `now` (the last block's time), or None."""
    desk = _desk_for(session, {account}, purpose="credit")
    desk.purses = _purses(session, desk, now=now)
    return desk.credit_problem(account, value)


def _desk_for(session: Session, addresses: set[str], *, purpose: str) -> _Desk:
    return _Desk(purpose, standing(session, list(addresses)), limits_by_tier(session))


def _purses(session: Session, desk: _Desk, *, now: datetime) -> dict[str, Purse]:
    limits = desk.limits
    lifetime = {
        address: found.tier in limits and limits[found.tier].lifetime for address, found in desk.parties.items()
    }
    return purses(session, lifetime, now=now)


def queue_up(session: Session, payers: Sequence[str]) -> None:
    """Wait until no other process has payments of `payers` under way, and have others wait until our commit."""
    stand_in_line(session, "spent", payers)


def _keep(
    session: Session, outcomes: list[Accepted | Problem], *, purpose: str, now: datetime
) -> list[Accepted | Problem]:
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    again = [_row(one, purpose=purpose, now=now) for one in accepted if one.tries]
    upsert_rows(session, Authorization, again, key="id", renewed=("signature", "valid_before", "accepted_at", "tries"))
    fresh = [_row(one, purpose=purpose, now=now) for one in accepted if not one.tries]
    if insert_new_rows(session, Authorization, fresh) == len(fresh):
        return outcomes
    # Another process took one of these nonces a moment ago: the one that is kept stands.
    kept = earlier(session, [one.payment for one in accepted], purpose=purpose)
    return [
        token_errors.AuthorizationAlreadyUsed(transfer=kept[outcome.payment.payer, outcome.payment.nonce].id)
        if isinstance(outcome, Accepted) and kept[outcome.payment.payer, outcome.payment.nonce].id != outcome.id
        else outcome
        for outcome in outcomes
    ]


def _row(accepted: Accepted, *, purpose: str, now: datetime) -> dict[str, object]:
    payment = accepted.payment
    return {
        "id": accepted.id,
        "payer": payment.payer,
        "recipient": payment.recipient,
        "value_fen": payment.value_fen,
        "valid_after": payment.valid_after,
        "valid_before": payment.valid_before,
        "nonce": payment.nonce,
        "signature": payment.signature,
        "purpose": purpose,
        "accepted_at": now,
        "tries": accepted.tries,
    }
