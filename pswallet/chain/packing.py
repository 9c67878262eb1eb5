"""From waiting calls to transactions: in which form, in what company. Pure: no database, no node.

Role acts become one list call of their own key. Signed intents travel in `Batch.execute`, claims in `claimMany`.
A call whose company reverted travels in ever smaller company until it stands alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from pswallet.chain import calldata
from pswallet.chain.dealer import Dealer
from pswallet.chain.outbox import CallKind
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, PacketTerms, Terms

MAX_GAS = 16_000_000
"""Below the 16,777,216 that a transaction may use (EIP-7825)."""

MAX_CALLS = 200

_ANY_TERMS = Terms(
    creator=ZERO_ADDRESS,
    total=1,
    shares=1,
    expiry=0,
    max_share=0,
    lucky=False,
    guests=ZERO_32,
    claim_key=ZERO_ADDRESS,
    dealer=ZERO_ADDRESS,
    draw_commitment=ZERO_20,
    salt=ZERO_32,
)

_OVERHEAD_GAS = 60_000
_CLAIM_RESERVE_GAS = 260_000
"""`claimMany` begins a claim only with 180,000 gas left, and 1,000 for each claim of its group."""
_PACKET_GAS = 60_000
_CLAIM_GAS = 62_000


class Addresses(Protocol):
    """What of a deployment the packing needs."""

    @property
    def stablecoin(self) -> str:
        """The token."""
        ...

    @property
    def escrow(self) -> str:
        """The red packets."""
        ...

    @property
    def batch(self) -> str:
        """The carrier of signed calls."""
        ...

    @property
    def checkout(self) -> str:
        """The funded orders."""
        ...

    @property
    def voucher(self) -> str:
        """The campaigns."""
        ...

    @property
    def anchor(self) -> str:
        """The keeper of hashes."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits in the outbox."""

    id: int
    key: str
    kind: str
    arguments: dict[str, Any]
    lane: str | None
    position: int | None
    attempts: int
    reverts: int
    waited_s: float = 0.0
    """Since it was accepted."""
    trace: str | None = None
    """The `traceparent` (W3C) of the request that left it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A transaction to be: where it goes, with how much gas, and the calls that it carries in order."""

    to: str
    data: bytes
    gas: int
    calls: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """How far a packet's claims have got: `dealt` went out or are settled, `refused` were refused for good, the highest
    position under way, and who sends for it while something is."""

    dealt: int = 0
    refused: int = 0
    highest_pending: int | None = None
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Claims of one packet that can go out now; `first_position` is where the chain will be."""

    packet: PacketTerms
    first_position: int
    calls: tuple[Waiting, ...]


def company(reverts: int, most: int = MAX_CALLS) -> int:
    """Return with how many others at most a call may travel after so many whole transactions of its reverted."""
    return most if reverts == 0 else max(1, 64 >> (2 * reverts))


def is_sound(call: Waiting, addresses: Addresses, terms: Mapping[str, PacketTerms]) -> bool:
    """Whether the call's arguments are what its kind asks for, so that it can be encoded."""
    try:
        if call.kind in ROLE_FORMS:
            ROLE_FORMS[call.kind].encode([call.arguments])
        elif call.kind == CallKind.PACKET_CLAIM:
            calldata.claim_many([calldata.PacketClaims(_ANY_TERMS, 0, [_claim_of(call)], (), b"")])
        elif call.kind not in NEEDS_TERMS or call.arguments["packet"] in terms:
            _INTENT_FORMS[CallKind(call.kind)](call, addresses, terms)
    except (ValueError, KeyError, TypeError, OverflowError):
        return False
    return True


# --- role acts ---


@dataclass(frozen=True, slots=True)
class RoleForm:
    """How calls of a kind become one list call: whose key, gas for each, and the calldata."""

    role: str
    gas_each: int
    most: int
    encode: Callable[[list[dict[str, Any]]], bytes]


ROLE_FORMS: dict[str, RoleForm] = {
    CallKind.SET_TIER: RoleForm(
        "compliance",
        60_000,
        MAX_CALLS,
        lambda acts: calldata.set_tiers([(act["account"], int(act["tier"])) for act in acts]),
    ),
    CallKind.FREEZE: RoleForm(
        "compliance", 50_000, MAX_CALLS, lambda acts: calldata.freeze([act["account"] for act in acts])
    ),
    CallKind.UNFREEZE: RoleForm(
        "compliance", 50_000, MAX_CALLS, lambda acts: calldata.unfreeze([act["account"] for act in acts])
    ),
    CallKind.MINT: RoleForm(
        "minter",
        110_000,
        140,
        lambda acts: calldata.mint_many([(act["to"], int(act["value"]), act["entry"]) for act in acts]),
    ),
    CallKind.ATTEST_RESERVE: RoleForm(
        "reserve", 110_000, 1, lambda acts: calldata.attest_reserve(int(acts[-1]["reserve"]))
    ),
    CallKind.ANCHOR: RoleForm("anchorer", 80_000, 1, lambda acts: calldata.anchor(acts[-1])),
}


def role_parcels(calls: Sequence[Waiting], addresses: Addresses) -> Iterator[Parcel]:
    """Merge runs of one kind into list calls; the calls are one key's, and their order is kept."""
    for (kind, reverts), run in groupby(calls, key=lambda call: (call.kind, call.reverts)):
        form = ROLE_FORMS[kind]
        for part in _cut(run, company(reverts, form.most)):
            data = form.encode([call.arguments for call in part])
            to = addresses.anchor if kind == CallKind.ANCHOR else addresses.stablecoin
            yield Parcel(to, data, 100_000 + form.gas_each * len(part), tuple(part))


def _cut(items: Iterable[Waiting], size: int) -> Iterator[list[Waiting]]:
    rest = list(items)
    for start in range(0, len(rest), size):
        yield rest[start : start + size]


# --- signed intents ---


def _payment(call: Waiting, addresses: Addresses, terms: Mapping[str, PacketTerms]) -> calldata.BatchCall:
    return calldata.BatchCall(
        addresses.stablecoin, _INTENT_GAS[call.kind][1], calldata.transfer_with_authorization(call.arguments)
    )


def _creation(call: Waiting, addresses: Addresses, terms: Mapping[str, PacketTerms]) -> calldata.BatchCall:
    asked = call.arguments
    data = calldata.create_packet(
        Terms.from_json(asked["terms"]),
        int(asked["validAfter"]),
        int(asked["validBefore"]),
        bytes.fromhex(asked["signature"][2:]),
    )
    return calldata.BatchCall(addresses.escrow, _INTENT_GAS[call.kind][1], data)


def _refund(call: Waiting, addresses: Addresses, terms: Mapping[str, PacketTerms]) -> calldata.BatchCall:
    data = calldata.refund_packet(terms[call.arguments["packet"]].terms)
    return calldata.BatchCall(addresses.escrow, _INTENT_GAS[call.kind][1], data)


def _collection(call: Waiting, addresses: Addresses, terms: Mapping[str, PacketTerms]) -> calldata.BatchCall:
    data = calldata.collect_share(terms[call.arguments["packet"]].terms, call.arguments["account"])
    return calldata.BatchCall(addresses.escrow, _INTENT_GAS[call.kind][1], data)


def _permit(call: Waiting, addresses: Addresses, terms: Mapping[str, PacketTerms]) -> calldata.BatchCall:
    data = bytes.fromhex(call.arguments["data"][2:])
    return calldata.BatchCall(addresses.stablecoin, _INTENT_GAS[call.kind][1], data)


def _of_shops(call: Waiting, addresses: Addresses, terms: Mapping[str, PacketTerms]) -> calldata.BatchCall:
    to = addresses.checkout if call.kind in _CHECKOUT else addresses.voucher
    return calldata.BatchCall(to, _INTENT_GAS[call.kind][1], bytes.fromhex(call.arguments["data"][2:]))


_CHECKOUT = (CallKind.BUDGET_OPEN, CallKind.ORDER_PAY, CallKind.ORDER_REFUND, CallKind.CASHIER_SET)
_VOUCHERS = (CallKind.CAMPAIGN_OPEN, CallKind.WINNERS_LIST, CallKind.VOUCHER_ISSUE, CallKind.CAMPAIGN_CLOSE)

_INTENT_FORMS = {
    **dict.fromkeys((*_CHECKOUT, *_VOUCHERS), _of_shops),
    CallKind.AUTHORIZATION: _payment,
    CallKind.PERMIT: _permit,
    CallKind.PACKET_CREATE: _creation,
    CallKind.PACKET_REFUND: _refund,
    CallKind.PACKET_COLLECT: _collection,
}

_INTENT_GAS: dict[str, tuple[int, int]] = {
    CallKind.AUTHORIZATION: (78_000, 200_000),
    CallKind.PACKET_CREATE: (150_000, 350_000),
    CallKind.PACKET_REFUND: (90_000, 200_000),
    CallKind.PACKET_COLLECT: (90_000, 200_000),
    CallKind.PERMIT: (60_000, 150_000),
    CallKind.BUDGET_OPEN: (70_000, 200_000),
    CallKind.ORDER_PAY: (190_000, 500_000),
    CallKind.ORDER_REFUND: (120_000, 400_000),
    CallKind.CASHIER_SET: (60_000, 200_000),
    CallKind.CAMPAIGN_OPEN: (150_000, 350_000),
    CallKind.WINNERS_LIST: (60_000, 150_000),
    CallKind.VOUCHER_ISSUE: (70_000, 150_000),
    CallKind.CAMPAIGN_CLOSE: (80_000, 200_000),
}
"""What a call of the kind uses at most in general, and its cap; a contract's signature (ERC-1271) needs the room."""

NEEDS_TERMS = frozenset({CallKind.PACKET_REFUND, CallKind.PACKET_COLLECT, CallKind.PACKET_CLAIM})
"""Kinds whose arguments name a packet and leave its terms to be looked up."""


def intent_parcels(
    calls: Sequence[Waiting], addresses: Addresses, terms: Mapping[str, PacketTerms]
) -> Iterator[Parcel]:
    """Put signed calls into batches: as many as the gas allows, the troubled ones apart."""
    for reverts, alike in groupby(sorted(calls, key=lambda call: call.reverts), key=lambda call: call.reverts):
        part: list[Waiting] = []
        gas = 0
        for call in alike:
            each = _INTENT_GAS[call.kind][0]
            if part and (gas + each > MAX_GAS - 500_000 or len(part) >= company(reverts)):
                yield _batch(part, addresses, terms)
                part, gas = [], 0
            part.append(call)
            gas += each
        if part:
            yield _batch(part, addresses, terms)


def _batch(calls: Sequence[Waiting], addresses: Addresses, terms: Mapping[str, PacketTerms]) -> Parcel:
    carried = [_INTENT_FORMS[CallKind(call.kind)](call, addresses, terms) for call in calls]
    used = sum(_INTENT_GAS[call.kind][0] for call in calls)
    # The batch asks for 64/63 of a call's cap before the call: the last one needs its cap whole.
    gas = min(MAX_GAS, _OVERHEAD_GAS + used + max(one.gas_cap for one in carried))
    return Parcel(addresses.batch, calldata.execute(carried), gas, tuple(calls))


# --- claims ---


def next_claims(packet: PacketTerms, lane: Lane, waiting: Sequence[Waiting]) -> Group | None:
    """Return the claims of a packet that can go out now; None while an earlier one is missing or must go out again.

    Claims of an equal packet have no order. A lucky packet's go in the order of their positions without a gap. On chain
    a position counts draws, so claims that were refused for good do not count there.
    """
    if not packet.terms.lucky:
        calls = list(waiting)
        first = 0
    else:
        calls = _unbroken(lane, waiting)
        first = lane.dealt
    if not calls:
        return None
    worst = max(call.reverts for call in calls)
    return Group(packet, first, tuple(calls[: company(worst)]))


def _unbroken(lane: Lane, waiting: Sequence[Waiting]) -> list[Waiting]:
    expected = lane.dealt + lane.refused
    placed = [(expected + n if call.position is None else call.position, call) for n, call in enumerate(waiting)]
    placed.sort(key=lambda each: each[0])
    if lane.highest_pending is not None and placed[0][0] < lane.highest_pending:
        return []  # later ones are under way: they will be skipped and come back
    return [call for n, (position, call) in enumerate(placed) if position == expected + n]


def claim_parcels(groups: Iterable[Group], escrow: str, dealer: Dealer) -> Iterator[Parcel]:
    """Put the groups of several packets into `claimMany` transactions, the troubled ones apart."""
    part: list[Group] = []
    count = 0
    for group in groups:
        if any(call.reverts for call in group.calls):
            yield _claims([group], escrow, dealer)
            continue
        if part and (count + len(group.calls) > MAX_CALLS or _claims_gas([*part, group]) > MAX_GAS):
            yield _claims(part, escrow, dealer)
            part, count = [], 0
        part.append(group)
        count += len(group.calls)
    if part:
        yield _claims(part, escrow, dealer)


def _claims_gas(groups: Sequence[Group]) -> int:
    claims = sum(len(group.calls) for group in groups)
    return _OVERHEAD_GAS + _CLAIM_RESERVE_GAS + _PACKET_GAS * len(groups) + _CLAIM_GAS * claims


def _claims(groups: Sequence[Group], escrow: str, dealer: Dealer) -> Parcel:
    data = calldata.claim_many([_dealt(group, dealer) for group in groups])
    calls = tuple(call for group in groups for call in group.calls)
    return Parcel(escrow, data, min(MAX_GAS, _claims_gas(groups)), calls)


def _claim_of(call: Waiting) -> calldata.Claim:
    asked = call.arguments
    return calldata.Claim(asked["account"], int(asked["index"]), bytes.fromhex(asked["evidence"][2:]))


def _dealt(group: Group, dealer: Dealer) -> calldata.PacketClaims:
    claims = [_claim_of(call) for call in group.calls]
    if group.packet.draw_id is None:
        return calldata.PacketClaims(group.packet.terms, 0, claims, (), b"")
    # Claims past the last share get no link: the contract answers that the packet has ended.
    left = max(0, group.packet.terms.shares - group.first_position)
    links = dealer.links(group.packet.draw_id, group.first_position, min(left, len(claims))) if left else []
    words = [(claim.account, claim.index, claim.evidence) for claim in claims]
    lane = group.calls[0].arguments["packet"]
    signature = dealer.sign_deal(lane, group.first_position, words, links)
    return calldata.PacketClaims(group.packet.terms, group.first_position, claims, links, signature)
