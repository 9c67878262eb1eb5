"""Members with money: they hold a tier on the chain, sign with their own keys, and speak to the gateway's routes."""

from dataclasses import asdict
from typing import Any

from pswallet.chain.outbox import Call, CallKind
from pswallet.chain.terms import ZERO_20, ZERO_32, ZERO_ADDRESS, Terms
from pswallet.client import Chain as ServedChain
from pswallet.client import Client, Key, authorize, authorize_packet
from pswallet.redpackets import rules
from tests.api.gateway import Member
from tests.parts import Pipeline


def members(stranger: Any, pipeline: Pipeline, *names: str, tier: int = 3, fen: int = 100_000) -> list[Member]:
    """Register people, then give them a tier and money on the chain.

    The tier by the relayer: a nonce of COMPLIANCE that it finds used costs it 1.5 s at the next registration.
    """
    found = []
    for name in names:
        digits = sum(ord(letter) * 131**place for place, letter in enumerate(name)) % 10**8
        found.append(stranger(name, f"+86138{digits:08d}").join())
    asked = [{"account": member.address, "tier": tier} for member in found]
    pipeline.leave(*[Call(f"tier:{one['account']}:{tier}:members", CallKind.SET_TIER, one) for one in asked])
    pipeline.settle()
    if fen:
        pipeline.chain.fund(*found, fen=fen)
    pipeline.settle()
    return found


def client_of(member: Member) -> Client:
    """The typed client, signed in as `member`."""
    client = Client("", Key.of(member.key), http=member.http)
    client.token = member.token
    return client


def served(member: Member) -> ServedChain:
    """The chain as the gateway serves it."""
    return client_of(member).chain()


def transfer_body(payer: Member, to: str, amount: int) -> dict[str, Any]:
    """A signed transfer, ready to be posted."""
    return {"to": to, "amount_fen": amount, **authorize(served(payer), Key.of(payer.key), to, amount)}


def send(payer: Member, payee: Member, amount: int) -> Any:
    """Post a transfer."""
    return payer.post("/transfers", transfer_body(payer, payee.address, amount))


def balance(member: Member) -> int:
    """What the gateway says the member holds [fen]."""
    found: int = member.get("/balance").json()["balance_fen"]
    return found


def packet_body(creator: Member, guests: list[Member], **changed: Any) -> dict[str, Any]:
    """A signed red packet, ready to be posted; `changed` replaces fields of the terms before the signature."""
    chain = served(creator)
    lucky = changed.get("lucky", False)
    draw = creator.post("/draws").json() if lucky else None
    addresses = [guest.address for guest in guests]
    terms = Terms(
        **{
            "creator": creator.address,
            "total": 1_000,
            "shares": max(1, len(guests)),
            "expiry": chain.block_time + 86_400,
            "max_share": changed.get("total", 1_000) if lucky else 0,
            "lucky": lucky,
            "guests": "0x" + rules.guest_list(addresses).root.hex() if guests else ZERO_32,
            "claim_key": ZERO_ADDRESS,
            "dealer": draw["dealer"] if draw else ZERO_ADDRESS,
            "draw_commitment": draw["draw_commitment"] if draw else ZERO_20,
            "salt": "0x" + creator.address[2:].lower().rjust(64, "0"),
            **changed,
        }
    )
    return {
        "terms": asdict(terms),
        "authorization": authorize_packet(chain, Key.of(creator.key), terms),
        "kind": ("lucky" if lucky else "equal") if guests else "link",
        "guests": addresses or None,
        "draw_id": draw["id"] if draw else None,
    }


def give(creator: Member, guests: list[Member], pipeline: Pipeline, **changed: Any) -> str:
    """Give a packet and wait until it is open."""
    answer = creator.post("/red-packets", packet_body(creator, guests, **changed))
    assert answer.status_code == 202, answer.text
    pipeline.settle()
    packet: str = answer.json()["id"]
    assert creator.get(f"/red-packets/{packet}").json()["status"] == "open"
    return packet
