"""Giving red packets, looking at them, and what happens after their claims."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints
from sqlalchemy.orm import Session

from pswallet.accounts.errors import AccountNotRegistered, BalanceLimitExceeded, PaymentsPaused, RecipientIsFrozen
from pswallet.api.deps import Gateway, MemberPost, Owner, Post, Transaction
from pswallet.api.idempotency import once
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import ChainAway, TextInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.transfers import PAYING, with_verdict
from pswallet.api.shapes import Address, AmountFen, Bytes20, Bytes32, FreeText, Shape, Signature, UnixTime
from pswallet.chain.outbox import last_block
from pswallet.chain.signing import RECEIVE_WITH_AUTHORIZATION, escrow_domain, token_domain
from pswallet.chain.terms import Terms, packet_id
from pswallet.kit.clock import from_unix, to_unix
from pswallet.payments.service import SignedPayment
from pswallet.redpackets import errors, rules, service
from pswallet.redpackets.service import CreatePacket, PacketView

router = APIRouter(prefix="/red-packets", tags=["red packets"], route_class=PolledRoute)

PacketId = Annotated[
    str,
    Path(pattern=r"^0x[0-9a-fA-F]{64}$", description="EIP-712 hash of the packet's terms"),
    AfterValidator(str.lower),
]

PacketRole = Annotated[
    Literal["given", "invited", "received"],
    Query(description="given: one's own gifts; invited: one is on the guest list; received: one drew a share"),
]
PacketCursor = Annotated[
    str | None, Query(pattern=r"^[0-9]{1,11}\.0x[0-9a-f]{64}$", description="`older` of the page before")
]
PacketLimit = Annotated[int, Query(ge=1, le=100, description="packets of a page")]

_ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
_EXAMPLE_TERMS: dict[str, JsonValue] = {
    "creator": _ADDRESS,
    "total": 8_888,
    "shares": 10,
    "expiry": 1_800_086_400,
    "max_share": 20_000,
    "lucky": True,
    "guests": "0x" + "3c" * 32,
    "claim_key": rules.ZERO_ADDRESS,
    "dealer": "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
    "draw_commitment": "0x" + "7e" * 20,
    "salt": "0x" + "a1" * 32,
}


class TermsShape(Shape):
    """What the creator signs for; `RedPacket` of /v1/typed-data. Their hash is the packet's id."""

    creator: Address
    total: AmountFen = Field(description="all the money [fen]; an equal packet divides it without rest")
    shares: int = Field(strict=True, ge=0, lt=2**16, description="1 to 100")
    expiry: UnixTime = Field(description="the first second at which claims fail; at most 24 hours away")
    max_share: int = Field(strict=True, ge=0, lt=2**63, description="the most a lucky share may be [fen]; 0 if equal")
    lucky: bool = Field(strict=True)
    guests: Bytes32 = Field(description="Merkle root of the guest list, or zero")
    claim_key: Address = Field(description="address of the link's or phrase's key, or zero")
    dealer: Address = Field(description="of POST /v1/draws in a lucky packet, else zero")
    draw_commitment: Bytes20 = Field(description="of POST /v1/draws in a lucky packet, else zero")
    salt: Bytes32

    def terms(self) -> Terms:
        """Return the terms as the escrow knows them."""
        return Terms(**self.model_dump())


class MoneyIn(Shape):
    """ERC-3009 ReceiveWithAuthorization to the escrow; its nonce is the packet's id."""

    valid_after: UnixTime
    valid_before: UnixTime
    signature: Signature


class GivePacket(Shape):
    """A red packet: one signature brings money and terms."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "terms": _EXAMPLE_TERMS,
                    "authorization": {
                        "valid_after": 0,
                        "valid_before": 1_800_000_600,
                        "signature": "0x" + "11" * 32 + "22" * 32 + "1b",
                    },
                    "kind": "lucky",
                    "guests": [_ADDRESS],
                    "draw_id": "draw_01m3x5qk9gmv8f3c2b7d6e5a41",
                    "greeting": rules.DEFAULT_GREETING,
                    "cover": "dawan",
                }
            ]
        }
    )

    terms: TermsShape
    authorization: MoneyIn
    kind: Literal["equal", "lucky", "exclusive", "link", "phrase"]
    guests: list[Address] | None = Field(None, max_length=rules.MAX_GUESTS, description="in the order of the tree")
    draw_id: Annotated[FreeText, StringConstraints(max_length=64)] | None = Field(None, description="of a lucky packet")
    greeting: FreeText = Field(rules.DEFAULT_GREETING, max_length=1_000, description="at most 25 characters")
    cover: FreeText = Field(rules.COVERS[0], max_length=64, description=", ".join(rules.COVERS))


class PacketAccepted(Shape):
    """The packet waits for the chain; GET /v1/red-packets/{id} and the events say what became of it."""

    id: Bytes32
    status: str = Field(description="submitted")
    transfer_id: str


class PacketShape(Shape):
    """A packet and how far it is."""

    id: Bytes32
    kind: str
    terms: TermsShape
    greeting: str | None = Field(description="null for whoever takes no part: no creator, guest or claimant")
    cover: str
    guests: list[Address] = Field(description="empty for whoever takes no part")
    status: str = Field(description="submitted, refused, open, exhausted, expired or refunded")
    error: str | None = Field(description="why the chain refused it: the name of a problem")
    claimed_shares: int
    claimed_fen: int
    owed_fen: int
    refunded_fen: int
    created_at: datetime
    expires_at: datetime


class PacketPage(Shape):
    """A page of packets; `older` asks for the next page, null at the end."""

    items: list[PacketShape]
    older: str | None


class MakePhraseKey(Shape):
    """A phrase (口令) for the next packet. It stays here: only a keyed hash is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phrase": "坪山客家擂茶"}]})

    phrase: Annotated[FreeText, StringConstraints(min_length=1, max_length=rules.MAX_PHRASE, strip_whitespace=True)]


class PhraseKeyShape(Shape):
    """The address that goes into the terms as `claim_key`."""

    claim_key: Address


class Ask(Shape):
    """Nothing is asked but the act itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class Submitted(Shape):
    """A call waits for the chain."""

    packet: Bytes32
    status: str = Field(description="submitted")


class Reveal(Shape):
    """A drawn share and the link that drew it."""

    position: int
    account: Address
    link: Bytes20
    amount_fen: int


class DrawProof(Shape):
    """All that a client needs to recompute the draw: rest = total, then for each position share = f(link, rest)."""

    packet: Bytes32
    lucky: bool
    dealer: Address
    draw_commitment: Bytes20
    total_fen: int
    shares: int
    max_share_fen: int
    reveals: list[Reveal]
    complete: bool
    rule: str = Field(description="how a link draws its share")


_RULE = (
    "link_before = keccak256(link)[:20], the first one the commitment; k = shares left; k == 1: share = rest; "
    "seed = keccak256(link ‖ packet), s = (2*rest + (seed>>128)%k)//k, "
    "lo = max(1, rest-(k-1)*max_share, s-min(max_share, rest-k+1)), hi = s-lo, share = lo + below(seed, hi-lo+1); "
    "below rehashes a seed of the incomplete last stretch"
)


def chain_time(post: Post) -> datetime:
    """Return the last indexed block's time. Raises ChainAway before the first block."""
    return time_of(post.session)


def time_of(session: Session) -> datetime:
    """Return the last indexed block's time. Raises ChainAway before the first block."""
    block = last_block(session)
    if block is None:
        raise ChainAway(retry_after_s=1)
    return block.time


_GIVING = (
    *PAYING,
    TextInvalid,
    errors.ShareCountOutOfRange,
    errors.TotalNotDivisible,
    errors.ShareLimitExceeded,
    errors.MaxShareOutOfRange,
    errors.ExpiryOutOfRange,
    errors.AudienceAmbiguous,
    errors.AudienceMismatch,
    errors.GuestListMismatch,
    errors.DrawTermsMismatch,
    errors.DrawUnknown,
    errors.DrawAlreadyBound,
    errors.PhraseKeyUnknown,
    errors.GreetingTooLong,
    errors.CoverUnknown,
    errors.SendingTierTooLow,
    errors.PacketDailyTotalExceeded,
    errors.PacketDailyCountExceeded,
)


@router.post("", status_code=202, responses=refused(*_GIVING))
@once
def give_packet(body: GivePacket, post: MemberPost) -> PacketAccepted:
    """Give a red packet. Refused at once for whatever the escrow, the token or the day's limits would refuse it for."""
    command = _with_verdict(post.gateway, _command(body, post.owner.address))
    given = service.create(
        post.session,
        command,
        token=token_domain(post.gateway.deployment),
        escrow=escrow_domain(post.gateway.deployment),
        dealer=post.gateway.dealer.address,
        now=chain_time(post),
    )
    return PacketAccepted(id=given.id, status="submitted", transfer_id=given.transfer_id)


def _command(body: GivePacket, creator: str) -> CreatePacket:
    return CreatePacket(
        creator=creator,
        terms=body.terms.terms(),
        valid_after=body.authorization.valid_after,
        valid_before=body.authorization.valid_before,
        signature=body.authorization.signature,
        kind=body.kind,
        guests=body.guests or [],
        greeting=body.greeting,
        cover=body.cover,
        draw_id=body.draw_id,
    )


def _with_verdict(gateway: Gateway, command: CreatePacket) -> CreatePacket:
    payment = SignedPayment(
        payer=command.creator,
        recipient=gateway.deployment.escrow,
        value_fen=command.terms.total,
        valid_after=command.valid_after,
        valid_before=command.valid_before,
        nonce=packet_id(escrow_domain(gateway.deployment), command.terms),
        signature=command.signature,
    )
    verdict = with_verdict(gateway, payment, RECEIVE_WITH_AUTHORIZATION).contract_verdict
    return command if verdict is None else command.judged(verdict)


@router.post("/phrase-keys", status_code=201, responses=refused(TextInvalid))
@once
def make_phrase_key(body: MakePhraseKey, post: MemberPost) -> PhraseKeyShape:
    """Make the claim key of a phrase packet. The gateway holds it: such a packet trusts the gateway."""
    claim_key = service.make_phrase_key(
        post.session, post.gateway.vault, creator=post.owner.address, phrase=body.phrase, now=post.now
    )
    return PhraseKeyShape(claim_key=claim_key)


_LISTS = {
    "given": service.packets_given,
    "invited": service.packets_invited_to,
    "received": service.packets_received,
}


@router.get("", responses=refused(ChainAway))
def list_packets(
    role: PacketRole, session: Transaction, owner: Owner, cursor: PacketCursor = None, limit: PacketLimit = 20
) -> PacketPage:
    """List one's own packets, newest first."""
    before = None
    if cursor is not None:
        seconds, packet = cursor.split(".")
        before = (from_unix(int(seconds)), packet)
    page = _LISTS[role](session, owner.address, before=before, limit=limit, now=time_of(session))
    older = f"{to_unix(page.older[0])}.{page.older[1]}" if page.older else None
    return PacketPage(items=[_shape(packet) for packet in page.packets], older=older)


@router.get("/{packet}", responses=refused(errors.PacketUnknown))
def show_packet(packet: PacketId, session: Transaction, owner: Owner) -> PacketShape:
    """Show a packet. Who takes no part in it sees what the chain shows: no greeting, no guests."""
    return _shape(service.find_packet(session, packet, reader=owner.address, now=time_of(session)))


@router.get("/{packet}/draw", responses=refused(errors.PacketUnknown))
def show_draw(packet: PacketId, session: Transaction, owner: Owner) -> DrawProof:
    """Show what proves the draw, from the chain's facts alone."""
    found = service.find_draw(session, packet)
    return DrawProof(
        packet=packet,
        lucky=found.terms.lucky,
        dealer=found.terms.dealer,
        draw_commitment=found.terms.draw_commitment,
        total_fen=found.terms.total,
        shares=found.terms.shares,
        max_share_fen=found.terms.max_share,
        reveals=[
            Reveal(position=share.position, account=share.account, link=link, amount_fen=share.amount_fen)
            for link, share in zip(found.links, found.shares, strict=True)
        ],
        complete=found.complete,
        rule=_RULE,
    )


@router.post(
    "/{packet}/refund",
    status_code=202,
    responses=refused(ChainAway, errors.PacketUnknown, errors.PacketNotExpired, errors.PacketNotOpen),
)
@once
def refund_packet(packet: PacketId, body: Ask, post: MemberPost) -> Submitted:
    """Have what is left go back to its creator, after the expiry; anybody may ask."""
    service.refund(post.session, packet, now=chain_time(post))
    return Submitted(packet=packet, status="submitted")


@router.post(
    "/{packet}/collect",
    status_code=202,
    responses=refused(
        ChainAway,
        errors.PacketUnknown,
        errors.PacketExpired,
        errors.PacketNotOpen,
        errors.NothingOwed,
        errors.CreatorIsFrozen,
        BalanceLimitExceeded,
        RecipientIsFrozen,
        AccountNotRegistered,
        PaymentsPaused,
    ),
)
@once
def collect_share(packet: PacketId, body: Ask, post: MemberPost) -> Submitted:
    """Have a share paid that was owed: its payout failed (balance cap, freeze) when it was drawn."""
    service.collect(post.session, packet, post.owner.address, now=chain_time(post))
    return Submitted(packet=packet, status="submitted")


def _shape(found: PacketView) -> PacketShape:
    names = [name for name in PacketShape.model_fields if name != "terms"]
    terms = TermsShape(**{name: getattr(found.terms, name) for name in TermsShape.model_fields})
    return PacketShape(terms=terms, **{name: getattr(found, name) for name in names})
