"""Giving a red packet: one signed authorization whose nonce is the packet's id brings money and terms together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import standing
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import RECEIVE_WITH_AUTHORIZATION, Domain
from pswallet.chain.terms import Terms, packet_id
from pswallet.kit.clock import from_unix, shanghai_day_start, to_unix
from pswallet.kit.merkle import MerkleList
from pswallet.kit.problems import Problem
from pswallet.kit.rows import insert_rows
from pswallet.payments.service import SignedPayment, accept
from pswallet.redpackets import errors, rules
from pswallet.redpackets.models import Draw, PacketGuest, PacketRefusal, PhraseKey, RedPacket

_PROBLEMS: dict[str, type[Problem]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Problem)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePacket:
    """What a creator asks for. `kind`: equal or lucky (a group), exclusive, link or phrase; times in Unix seconds.

    `contract_verdict`: what the creator's own contract says of the signature (ERC-1271), None for a person's key.
    """

    creator: str
    terms: Terms
    valid_after: int
    valid_before: int
    signature: str
    kind: str
    guests: Sequence[str]
    greeting: str
    cover: str
    draw_id: str | None
    contract_verdict: bool | None = None

    def judged(self, verdict: bool) -> CreatePacket:
        """Return the same command with the verdict of the creator's contract."""
        return replace(self, contract_verdict=verdict)


@dataclass(frozen=True, slots=True)
class PacketAccepted:
    """A packet that waits for the chain: `submitted` until it opens or is refused."""

    id: str
    transfer_id: str


def create(
    session: Session, command: CreatePacket, *, token: Domain, escrow: Domain, dealer: str, now: datetime
) -> PacketAccepted:
    """Ask the escrow for a packet. `now` is the last indexed block's time, `dealer` this gateway's.

    Raises a Problem of redpackets.errors, or what payments refuses an authorization for.
    """
    terms = command.terms
    if terms.creator != command.creator:
        raise token_errors.SignatureInvalid()
    broken = rules.violation(terms, chain_time=to_unix(now))
    if broken is not None:
        raise _PROBLEMS[broken](total_fen=terms.total, shares=terms.shares, expiry=terms.expiry)
    _check_words(command)
    guests = _check_audience(command)
    packet = packet_id(escrow, terms)
    _check_draw(session, command, packet, dealer=dealer)
    _check_phrase_key(session, command, packet)
    _check_sender(session, command, now=now)
    transfer_id = _take_money(session, command, packet, token=token, escrow=escrow, now=now)
    _keep(session, command, packet, guests, now=now)
    enqueue(session, [_call(command, packet)])
    return PacketAccepted(packet, transfer_id)


def _check_words(command: CreatePacket) -> None:
    if len(command.greeting) > rules.MAX_GREETING:
        raise errors.GreetingTooLong(limit=rules.MAX_GREETING)
    if command.cover not in rules.COVERS:
        raise errors.CoverUnknown(known=list(rules.COVERS))


def _check_audience(command: CreatePacket) -> MerkleList | None:
    """Return the guest list of a group or exclusive packet, whose root must be the signed one."""
    terms = command.terms
    has_guests = terms.guests != rules.ZERO_WORD
    fits = rules.kind_fits(command.kind, lucky=terms.lucky, shares=terms.shares, guests=len(command.guests))
    if not fits or has_guests is not bool(command.guests):
        raise errors.AudienceMismatch(kind=command.kind)
    if not has_guests:
        return None
    try:
        guests = rules.guest_list(command.guests)
    except ValueError as wrong:
        raise errors.GuestListMismatch(limit=rules.MAX_GUESTS) from wrong
    if "0x" + guests.root.hex() != terms.guests:
        raise errors.GuestListMismatch(root="0x" + guests.root.hex())
    return guests


def _check_draw(session: Session, command: CreatePacket, packet: str, *, dealer: str) -> None:
    terms = command.terms
    if not terms.lucky:
        if command.draw_id is not None:
            raise errors.DrawTermsMismatch()
        return
    if terms.dealer != dealer or command.draw_id is None:
        raise errors.DrawTermsMismatch(dealer=dealer)
    # The draw's row is the right to bind it: of two packets at once, the second must find the first.
    draw = session.scalar(select(Draw).where(Draw.id == command.draw_id).with_for_update())
    if draw is None or draw.creator != command.creator or draw.commitment != terms.draw_commitment:
        raise errors.DrawUnknown(draw_id=command.draw_id)
    bound = session.scalar(select(RedPacket.id).where(RedPacket.draw_id == command.draw_id))
    if bound is not None and bound != packet:
        raise errors.DrawAlreadyBound(draw_id=command.draw_id)


def _check_phrase_key(session: Session, command: CreatePacket, packet: str) -> None:
    if command.kind != "phrase":
        return
    claim_key = command.terms.claim_key
    key = session.scalar(select(PhraseKey).where(PhraseKey.claim_key == claim_key).with_for_update())
    used = session.scalar(select(RedPacket.id).where(RedPacket.phrase_key == claim_key))
    if key is None or key.creator != command.creator or used not in (None, packet):
        raise errors.PhraseKeyUnknown(claim_key=claim_key)


def _check_sender(session: Session, command: CreatePacket, *, now: datetime) -> None:
    """Hold the creator to its tier and to what one may give in a day; packets that the chain refused do not count."""
    creator = standing(session, [command.creator])[command.creator]
    if creator.frozen:
        raise token_errors.AccountIsFrozen(account=command.creator)
    if creator.tier < rules.LOWEST_SENDING_TIER:
        raise errors.SendingTierTooLow(tier=creator.tier)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"packets|{command.creator}", 0))))
    refused = select(PacketRefusal.packet).where(
        PacketRefusal.packet == RedPacket.id, PacketRefusal.kind == CallKind.PACKET_CREATE
    )
    count, given = session.execute(
        select(func.count(), func.coalesce(func.sum(RedPacket.total_fen), 0)).where(
            RedPacket.creator == command.creator,
            RedPacket.created_at >= shanghai_day_start(now),
            ~refused.exists(),
        )
    ).one()
    if count >= rules.PACKETS_PER_DAY:
        raise errors.PacketDailyCountExceeded(limit=rules.PACKETS_PER_DAY)
    attempted = int(given) + command.terms.total
    if attempted > rules.SENT_PER_DAY:
        raise errors.PacketDailyTotalExceeded(attempted=attempted, limit=rules.SENT_PER_DAY)


def _take_money(
    session: Session, command: CreatePacket, packet: str, *, token: Domain, escrow: Domain, now: datetime
) -> str:
    payment = SignedPayment(
        payer=command.creator,
        recipient=escrow.verifying_contract,
        value_fen=command.terms.total,
        valid_after=command.valid_after,
        valid_before=command.valid_before,
        nonce=packet,
        signature=command.signature,
        contract_verdict=command.contract_verdict,
    )
    outcome = accept(session, [payment], domain=token, struct=RECEIVE_WITH_AUTHORIZATION, purpose="packet", now=now)[0]
    if isinstance(outcome, Problem):
        raise outcome
    return outcome.id


def _keep(session: Session, command: CreatePacket, packet: str, guests: MerkleList | None, *, now: datetime) -> None:
    terms = command.terms
    session.add(
        RedPacket(
            id=packet,
            creator=command.creator,
            kind=command.kind,
            terms=terms.to_json(),
            total_fen=terms.total,
            shares=terms.shares,
            lucky=terms.lucky,
            largest_share_fen=rules.largest_share(
                total=terms.total, shares=terms.shares, max_share=terms.max_share, lucky=terms.lucky
            ),
            claim_key=terms.claim_key,
            expires_at=from_unix(terms.expiry),
            greeting=command.greeting,
            cover=command.cover,
            draw_id=command.draw_id,
            phrase_key=terms.claim_key if command.kind == "phrase" else None,
            created_at=now,
        )
    )
    session.flush()
    if guests is not None:
        rows = [
            {"packet": packet, "account": account, "place": place, "proof": proof, "invited_at": now}
            for place, (account, proof) in enumerate(zip(command.guests, guests.proofs, strict=True))
        ]
        insert_rows(session, PacketGuest, rows)


def _call(command: CreatePacket, packet: str) -> Call:
    return Call(
        key=f"packet-create:{packet}",
        kind=CallKind.PACKET_CREATE,
        arguments={
            "terms": command.terms.to_json(),
            "validAfter": command.valid_after,
            "validBefore": command.valid_before,
            "signature": command.signature,
        },
        lane=packet,
    )
