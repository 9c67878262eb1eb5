"""Claims, the hot path: a list in, one statement a table, and each accepted claim's position fixed before the answer.

A position is given only to a claim that the escrow will find eligible: a skipped claim would leave a hole, and every
later position of the packet would be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import Standing, standing
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import LINK_CLAIM, Domain, SignatureMalformed, digest, recover
from pswallet.kit.clock import shanghai_day_start
from pswallet.kit.lines import stand_in_line
from pswallet.kit.problems import Problem
from pswallet.kit.rows import array_literal, insert_rows
from pswallet.redpackets import errors, rules
from pswallet.redpackets.models import PacketClaim


class TicketSigner(Protocol):
    """The dealer, as far as tickets go."""

    def sign_ticket(self, packet: str, claimant: str, position: int) -> bytes:
        """Sign PositionTicket(packet, claimant, position): 65 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class ClaimPacket:
    """`account` asks for a share of `packet`. `link_signature` opens a link or phrase packet; guests leave it empty.

    `trace`: the `traceparent` of the request.
    """

    packet: str
    account: str
    link_signature: str = ""
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that waits for the chain: `submitted` until its share or its refusal is seen."""

    packet: str
    account: str
    position: int
    ticket: str


@dataclass(slots=True)
class _Packet:
    """A packet's terms as far as claims go, and how many positions are given; counts on while a list is worked off."""

    creator: str
    shares: int
    lucky: bool
    claim_key: str
    largest_share_fen: int
    expires_at: datetime
    is_open: bool
    ended: bool
    given: int
    """Positions given; those of refused claims are not given again."""
    taken: int
    """Shares promised or drawn."""


@dataclass(frozen=True, slots=True)
class _Asker:
    """What is known of one (packet, account): its place among the guests, and what it has already."""

    place: int | None
    proof: bytes | None
    has_claimed: bool
    refusal: str | None


# The rows are locked in one order, so that two processes never wait for each other; what is counted next is counted
# by another statement, which sees what was committed while this one waited.
_LOCK = text(
    "SELECT id, creator, shares, lucky, claim_key, largest_share_fen, expires_at FROM red_packets"
    " WHERE id = ANY(CAST(:packets AS text[])) ORDER BY id FOR UPDATE"
)

_COUNT = text(
    """
    SELECT asked.packet,
        EXISTS (SELECT FROM packet_openings o WHERE o.packet = asked.packet) AS is_open,
        EXISTS (SELECT FROM packet_refunds r WHERE r.packet = asked.packet) AS ended,
        (SELECT count(*) FROM packet_claims c WHERE c.packet = asked.packet) AS given,
        (SELECT count(*) FROM packet_refusals f WHERE f.packet = asked.packet AND f.kind = 'packet-claim') AS refused,
        CASE WHEN asked.lucky THEN 0 ELSE
            (SELECT count(*) FROM packet_shares s WHERE s.packet = asked.packet AND NOT EXISTS
                (SELECT FROM packet_claims c WHERE c.packet = s.packet AND c.account = s.account))
        END AS elsewhere
    FROM unnest(CAST(:packets AS text[]), CAST(:lucky AS boolean[])) AS asked(packet, lucky)
    """
)
"""An equal packet's shares may also be claimed past this gateway, a lucky one's never: no dealer would have signed."""

_ASKERS = text(
    """
    SELECT asked.packet, asked.account, g.place, g.proof,
        EXISTS (SELECT FROM packet_claims c WHERE c.packet = asked.packet AND c.account = asked.account)
        OR EXISTS (SELECT FROM packet_shares s WHERE s.packet = asked.packet AND s.account = asked.account)
            AS has_claimed,
        (SELECT f.error FROM packet_refusals f
            WHERE f.packet = asked.packet AND f.account = asked.account AND f.kind = 'packet-claim' LIMIT 1) AS refusal
    FROM unnest(CAST(:packets AS text[]), CAST(:accounts AS text[])) AS asked(packet, account)
    LEFT JOIN packet_guests g ON g.packet = asked.packet AND g.account = asked.account
    """
)

_RECEIVED = text(
    """
    SELECT asked.account,
        (SELECT coalesce(sum(value_fen), 0) FROM packet_shares s WHERE s.account = asked.account AND s.at >= :day)
        + (SELECT coalesce(sum(bound_fen), 0) FROM packet_claims c
            WHERE c.account = asked.account AND c.claimed_at >= :day
              AND NOT EXISTS (SELECT FROM packet_shares s WHERE s.packet = c.packet AND s.account = c.account)
              AND NOT EXISTS (SELECT FROM packet_refusals f
                WHERE f.packet = c.packet AND f.account = c.account AND f.kind = 'packet-claim')) AS received
    FROM unnest(CAST(:accounts AS text[])) AS asked(account)
    """
)


@dataclass(slots=True)
class _Desk:
    """All that a list of claims is decided on, read once and carried along."""

    packets: dict[str, _Packet]
    askers: dict[tuple[str, str], _Asker]
    people: dict[str, Standing]
    received: dict[str, int]
    """What the day has brought to people with a limit on it, promised shares included [fen]."""
    domain: Domain
    now: datetime

    def refusal(self, command: ClaimPacket) -> Problem | None:
        """Return why the escrow or the gateway would not give this share, or None."""
        packet = self.packets.get(command.packet)
        if packet is None:
            return errors.PacketUnknown(packet=command.packet)
        return (
            self._packet_problem(command, packet)
            or self._asker_problem(command)
            or self._evidence_problem(command, packet)
            or self._received_problem(command, packet)
        )

    def _packet_problem(self, command: ClaimPacket, packet: _Packet) -> Problem | None:
        asker = self.askers[command.packet, command.account]
        if asker.refusal is not None:
            return errors.ClaimRefused(packet=command.packet, error=asker.refusal)
        if asker.has_claimed:
            return errors.AlreadyClaimed(packet=command.packet)
        if self.now >= packet.expires_at:
            return errors.PacketExpired(packet=command.packet, expired_at=packet.expires_at.isoformat())
        if not packet.is_open or packet.ended:
            return errors.PacketNotOpen(packet=command.packet)
        if self.people[packet.creator].frozen:
            return errors.CreatorIsFrozen(packet=command.packet)
        return errors.PacketEmpty(packet=command.packet) if packet.taken >= packet.shares else None

    def _asker_problem(self, command: ClaimPacket) -> Problem | None:
        person = self.people[command.account]
        if person.tier < 1:
            return token_errors.AccountNotRegistered(account=command.account)
        return token_errors.RecipientIsFrozen(account=command.account) if person.frozen else None

    def _evidence_problem(self, command: ClaimPacket, packet: _Packet) -> Problem | None:
        if packet.claim_key == rules.ZERO_ADDRESS:
            is_guest = self.askers[command.packet, command.account].place is not None
            return None if is_guest else errors.NotAGuest(packet=command.packet)
        message = {"packet": command.packet, "claimant": command.account}
        try:
            signer = recover(digest(self.domain, LINK_CLAIM, message), bytes.fromhex(command.link_signature[2:]))
        except (SignatureMalformed, ValueError):
            signer = ""
        return None if signer == packet.claim_key else errors.LinkSignatureInvalid(packet=command.packet)

    def _received_problem(self, command: ClaimPacket, packet: _Packet) -> Problem | None:
        if command.account not in self.received:
            return None
        attempted = self.received[command.account] + packet.largest_share_fen
        if attempted <= rules.RECEIVED_PER_DAY:
            return None
        return errors.ReceivedDailyLimitExceeded(attempted=attempted, limit=rules.RECEIVED_PER_DAY)

    def give(self, command: ClaimPacket) -> int:
        """Give the claim the packet's next position, and count it."""
        packet = self.packets[command.packet]
        asker = self.askers[command.packet, command.account]
        position = packet.given
        packet.given, packet.taken = packet.given + 1, packet.taken + 1
        if command.account in self.received:
            self.received[command.account] += packet.largest_share_fen
        self.askers[command.packet, command.account] = replace(asker, has_claimed=True)
        return position


def claim(
    session: Session, commands: Sequence[ClaimPacket], *, dealer: TicketSigner, domain: Domain, now: datetime
) -> list[Claim | Problem]:
    """Ask the escrow for one share each. A Problem stands in its command's place; claims stay `submitted`.

    `domain` is the escrow's, `now` the last indexed block's time. Commands of one packet get their positions in order.
    """
    desk = _open_desk(session, commands, domain=domain, now=now)
    outcomes: list[Claim | Problem] = []
    rows: list[dict[str, Any]] = []
    calls: list[Call] = []
    for command in commands:
        problem = desk.refusal(command)
        if problem is not None:
            outcomes.append(problem)
            continue
        asker, packet = desk.askers[command.packet, command.account], desk.packets[command.packet]
        position = desk.give(command)
        ticket = dealer.sign_ticket(command.packet, command.account, position)
        outcomes.append(Claim(command.packet, command.account, position, "0x" + ticket.hex()))
        calls.append(_call(command, asker, position if packet.lucky else None))
        rows.append(
            {
                "packet": command.packet,
                "account": command.account,
                "position": position,
                "ticket": ticket,
                "bound_fen": packet.largest_share_fen,
                "claimed_at": now,
            }
        )
    insert_rows(session, PacketClaim, rows)
    enqueue(session, calls)
    return outcomes


def _open_desk(session: Session, commands: Sequence[ClaimPacket], *, domain: Domain, now: datetime) -> _Desk:
    packets = _packets(session, {command.packet for command in commands})
    known = [command for command in commands if command.packet in packets]
    people = standing(
        session, [command.account for command in commands] + [packet.creator for packet in packets.values()]
    )
    return _Desk(
        packets=packets,
        askers=_askers(session, known),
        people=dict(people),
        received=_received(session, {command.account for command in known}, people, now=now),
        domain=domain,
        now=now,
    )


def _packets(session: Session, ids: set[str]) -> dict[str, _Packet]:
    locked = session.execute(_LOCK, {"packets": array_literal(ids)}).all()
    asked = {
        "packets": array_literal(row.id for row in locked),
        "lucky": array_literal(row.lucky for row in locked),
    }
    counted = {row.packet: row for row in session.execute(_COUNT, asked)}
    return {row.id: _packet(row, counted[row.id]) for row in locked}


def _packet(row: Row[Any], counted: Row[Any]) -> _Packet:
    return _Packet(
        creator=row.creator,
        shares=row.shares,
        lucky=row.lucky,
        claim_key=row.claim_key,
        largest_share_fen=row.largest_share_fen,
        expires_at=row.expires_at,
        is_open=counted.is_open,
        ended=counted.ended,
        given=counted.given,
        taken=counted.given - counted.refused + counted.elsewhere,
    )


def _askers(session: Session, commands: Sequence[ClaimPacket]) -> dict[tuple[str, str], _Asker]:
    if not commands:
        return {}
    pairs = list({(command.packet, command.account) for command in commands})
    asked = {
        "packets": array_literal(packet for packet, _ in pairs),
        "accounts": array_literal(account for _, account in pairs),
    }
    return {(row[0], row[1]): _Asker(*row[2:]) for row in session.execute(_ASKERS, asked)}


def _received(session: Session, accounts: set[str], people: Any, *, now: datetime) -> dict[str, int]:
    """Return what the day brought to those on whom facts.md §2a puts a limit (T0 and T1)."""
    limited = [account for account in accounts if people[account].tier <= rules.HIGHEST_RECEIVING_LIMITED_TIER]
    if not limited:
        return {}
    stand_in_line(session, "received", limited)  # always after the packets' rows
    rows = session.execute(_RECEIVED, {"accounts": array_literal(limited), "day": shanghai_day_start(now)})
    return {row.account: int(row.received) for row in rows}


def _call(command: ClaimPacket, asker: _Asker, position: int | None) -> Call:
    return Call(
        key=f"packet-claim:{command.packet}:{command.account}",
        kind=CallKind.PACKET_CLAIM,
        arguments={
            "packet": command.packet,
            "account": command.account,
            "index": asker.place or 0,
            "evidence": command.link_signature if asker.place is None else "0x" + (asker.proof or b"").hex(),
            "position": position,
        },
        lane=command.packet,
        trace=command.trace,
    )
