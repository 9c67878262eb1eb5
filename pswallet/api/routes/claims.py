"""Opening red packets: the hot route, the list of shares, and one's own claim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from pswallet.accounts.errors import AccountNotRegistered, RecipientIsFrozen
from pswallet.accounts.service import SessionOwner, authenticate
from pswallet.api.deps import Credentials, Gateway, GatewayParts, KeyHeader, MemberPost, Owner, Transaction, gateway_of
from pswallet.api.idempotency import Answer, Key, answer_of, lookup_many, once, store_many
from pswallet.api.intake import Desk, Hot, accepted, hot_route, intake_of, parse, sent
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import ChainAway, RequestInvalid, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.red_packets import PacketId
from pswallet.api.shapes import Address, Bytes32, FreeText, Shape, Signature
from pswallet.api.traces import trace_of
from pswallet.chain.signing import escrow_domain
from pswallet.kit import clock
from pswallet.kit.db import transaction
from pswallet.kit.problems import Problem
from pswallet.redpackets import errors, rules, service
from pswallet.redpackets.service import ClaimPacket

router = APIRouter(prefix="/red-packets", tags=["red packets"], route_class=PolledRoute)

_PACKET_ID = re.compile(r"0x[0-9a-f]{64}")


class OpenPacket(Shape):
    """A guest sends nothing; a link's holder its signature over LinkClaim; a friend the phrase (口令)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"phrase": "坪山客家擂茶"}]})

    link_signature: Signature | None = None
    phrase: Annotated[FreeText, StringConstraints(min_length=1, max_length=rules.MAX_PHRASE)] | None = None


class ClaimAccepted(Shape):
    """The claim waits for the chain, its position fixed by the dealer's signature."""

    packet: Bytes32
    account: Address
    position: int = Field(description="0-based; final, across retries and reorganisations")
    ticket: Signature = Field(description="the dealer's signature over PositionTicket(packet, claimant, position)")
    status: str = Field(description="submitted")


class ClaimShape(Shape):
    """One's own claim and what the chain says of it."""

    packet: Bytes32
    account: Address
    position: int | None
    ticket: str | None
    status: str = Field(description="submitted, refused, claimed, owed or collected")
    error: str | None = Field(description="why it was refused, or why the share is owed: the name of a problem")
    amount_fen: int | None


class ShareShape(Shape):
    """A drawn share."""

    position: int
    account: Address
    masked_name: str | None = Field(description="*小萍; null while a visitor, and for whoever takes no part")
    thanks: str | None = Field(description="the reply to the creator; null for whoever takes no part")
    amount_fen: int
    status: str = Field(description="claimed, owed or collected")
    best: bool = Field(description="手气最佳; known after the last share")
    at: datetime


class GiveThanks(Shape):
    """A short reply to the creator; one a share, for ever."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"words": "谢谢，新年快乐"}]})

    words: Annotated[FreeText, StringConstraints(min_length=1, max_length=rules.MAX_THANKS, strip_whitespace=True)]


class Thanked(Shape):
    """The reply as everybody who takes part in the packet reads it."""

    packet: Bytes32
    words: str


class Shares(Shape):
    """The drawn shares in order of position; a packet has 100 at most."""

    items: list[ShareShape]


def _desk(gateway: Gateway) -> Desk[ClaimPacket]:
    domain = escrow_domain(gateway.deployment)

    def act(session: Session, commands: Sequence[ClaimPacket], now: datetime) -> Sequence[Answer | Problem]:
        outcomes = service.claim(session, commands, dealer=gateway.dealer, domain=domain, now=now)
        return [outcome if isinstance(outcome, Problem) else _accepted(outcome) for outcome in outcomes]

    return Desk(gateway, act)


def _accepted(claim: service.Claim) -> Answer:
    return accepted(
        {
            "packet": claim.packet,
            "account": claim.account,
            "position": claim.position,
            "ticket": claim.ticket,
            "status": "submitted",
        }
    )


async def _serve(request: Request) -> Response:
    intake = intake_of(request, "claims", _desk)
    packet = request.path_params["packet"].lower()
    if not _PACKET_ID.fullmatch(packet):
        raise RequestInvalid(errors=[{"at": "path.packet", "why": "0x and 64 hexadecimal digits are wanted"}])
    body, token, key, print_ = await parse(request, OpenPacket)
    signature = body.link_signature or ""
    if body.phrase is not None:
        answer = await run_in_threadpool(_answer_phrase, gateway_of(request), packet, body.phrase, token, key, print_)
        if not isinstance(answer, str):
            return sent(answer)
        signature = answer

    def command(owner: SessionOwner) -> ClaimPacket:
        return ClaimPacket(packet, owner.address, signature, trace_of(request.scope))

    return sent(await intake.answer(Hot(token, key, print_, command)))


def _answer_phrase(
    gateway: Gateway, packet: str, phrase: str, token: str, key: str, print_: bytes
) -> str | Answer | Problem:
    """Return the gateway's link signature for the right phrase; else the answer. A wrong try is counted and kept."""
    now = clock.now()
    with transaction(gateway.sessions) as session:
        owner = authenticate(session, [token], now)[0]
        if isinstance(owner, Problem):
            return owner
        name = Key(owner.account_id, key, print_)
        before = lookup_many(session, gateway.vault, [name])[0]
        if before is not None:
            return before
        answer = service.answer_phrase(
            session,
            gateway.vault,
            packet=packet,
            account=owner.address,
            phrase=phrase,
            domain=escrow_domain(gateway.deployment),
            now=now,
        )
        if isinstance(answer, Problem):
            store_many(session, gateway.vault, [(name, answer_of(answer, 0))], now=now)
        return answer


hot = hot_route("/red-packets/{packet}/claims", _serve)


_CLAIMING = (
    ChainAway,
    TextInvalid,
    errors.PacketUnknown,
    errors.PacketNotOpen,
    errors.PacketExpired,
    errors.PacketEmpty,
    errors.NotAGuest,
    errors.AlreadyClaimed,
    errors.LinkSignatureInvalid,
    errors.PhraseWrong,
    errors.PhraseTriesExhausted,
    errors.ReceivedDailyLimitExceeded,
    errors.CreatorIsFrozen,
    AccountNotRegistered,
    RecipientIsFrozen,
)


@router.post("/{packet}/claims", status_code=202, responses=refused(*_CLAIMING))
def open_packet(packet: PacketId, body: OpenPacket, credentials: Credentials, key: KeyHeader = None) -> ClaimAccepted:
    """Open a red packet: get a position in its queue at once, signed; the share follows with the block."""
    raise NotImplementedError  # the intake serves it; this describes it


@router.get("/{packet}/claims", responses=refused(errors.PacketUnknown))
def list_shares(packet: PacketId, session: Transaction, owner: Owner, gateway: GatewayParts) -> Shares:
    """List the drawn shares. Who takes no part in the packet sees what the chain shows: no names."""
    return Shares(
        items=[
            ShareShape(
                position=share.position,
                account=share.account,
                masked_name=share.masked_name,
                thanks=share.thanks,
                amount_fen=share.amount_fen,
                status=share.status,
                best=share.luckiest,
                at=share.at,
            )
            for share in service.claims_of(session, gateway.vault, packet, reader=owner.address)
        ]
    )


@router.post(
    "/{packet}/thanks",
    status_code=201,
    responses=refused(
        TextInvalid, errors.PacketUnknown, errors.ClaimUnknown, errors.ShareNotDrawn, errors.AlreadyThanked
    ),
)
@once
def give_thanks(packet: PacketId, body: GiveThanks, post: MemberPost) -> Thanked:
    """Say thanks for a drawn share, once: the creator hears of it, and who takes part reads it."""
    owner = post.owner
    service.thank(
        post.session,
        post.gateway.vault,
        packet=packet,
        account=owner.address,
        person=owner.account_id,
        words=body.words,
        now=post.now,
    )
    return Thanked(packet=packet, words=body.words)


@router.get("/{packet}/claims/mine", responses=refused(errors.PacketUnknown, errors.ClaimUnknown))
def show_own_claim(packet: PacketId, session: Transaction, owner: Owner) -> ClaimShape:
    """Show one's own claim."""
    found = service.find_claim(session, packet, owner.address)
    if found is None:
        raise errors.ClaimUnknown(packet=packet)
    return ClaimShape(
        packet=found.packet,
        account=found.account,
        position=found.position,
        ticket=found.ticket,
        status=found.status,
        error=found.error,
        amount_fen=found.amount_fen,
    )
