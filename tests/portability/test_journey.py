"""One packet's journey, from the deployment to the audit, on whichever node a URL names."""

import secrets
import time
from typing import Any

import pytest

from pswallet import audit
from pswallet.demo.people import identities
from pswallet.redpackets import rules
from tests.api.gateway import Member
from tests.api.money import balance, packet_body
from tests.parts import Chain, Pipeline
from tests.portability.conftest import PATIENCE_S

pytestmark = pytest.mark.xdist_group("portability")

LIFETIME_S = 120


def settle_in(stranger: Any, pipeline: Pipeline, count: int) -> list[Member]:
    """Register people, have their names checked, and bring money to the first."""
    run = secrets.token_hex(4)  # a node may have seen an earlier run
    people = [stranger(f"{one.name} {run}", one.phone).register() for one in identities()[:count]]
    pipeline.settle(patience_s=PATIENCE_S)
    for person, one in zip(people, identities(), strict=False):
        assert person.post("/kyc/real-name", {"name": one.name, "id_number": one.id_number}).status_code < 300
    pipeline.settle(patience_s=PATIENCE_S)
    pipeline.chain.fund(people[0], fen=100_000)
    pipeline.settle(patience_s=PATIENCE_S)
    return people


def give(creator: Member, guests: list[Member], pipeline: Pipeline, **terms: Any) -> str:
    """Give a packet that opens."""
    answer = creator.post("/red-packets", packet_body(creator, guests, **terms))
    assert answer.status_code == 202, answer.text
    pipeline.settle(patience_s=PATIENCE_S)
    packet: str = answer.json()["id"]
    assert creator.get(f"/red-packets/{packet}").json()["status"] == "open"
    return packet


def open_packet(packet: str, guests: list[Member], pipeline: Pipeline) -> list[int]:
    """Open it for each guest; their shares [fen]."""
    for guest in guests:
        assert guest.post(f"/red-packets/{packet}/claims").status_code == 202
    pipeline.settle(patience_s=PATIENCE_S)
    mine = [guest.get(f"/red-packets/{packet}/claims/mine").json() for guest in guests]
    assert {one["status"] for one in mine} == {"claimed"}
    return [one["amount_fen"] for one in mine]


def pass_expiry(member: Member, chain: Chain, expiry: int) -> None:
    """Move the node's clock past `expiry` where it lets us; else wait for its blocks."""
    if member.post("/sandbox/time", {"advance_s": LIFETIME_S + 1}).status_code == 200:
        return
    deadline = time.monotonic() + LIFETIME_S + PATIENCE_S
    while chain.now() < expiry:
        assert time.monotonic() < deadline, "the node neither moves its clock nor makes blocks by itself"
        time.sleep(0.5)


def test_a_packet_is_given_drawn_proved_and_another_refunded_and_the_audit_agrees(
    stranger: Any, pipeline: Pipeline
) -> None:
    creator, *guests = settle_in(stranger, pipeline, 4)
    chain = pipeline.chain
    assert balance(creator) == chain.balance(creator.address) == 100_000

    lucky = give(creator, guests, pipeline, lucky=True, total=8_888)
    shares = open_packet(lucky, guests, pipeline)
    assert sum(shares) == 8_888
    proof = creator.get(f"/red-packets/{lucky}/draw").json()
    links = [bytes.fromhex(one["link"][2:]) for one in proof["reveals"]]
    commitment, packet = (bytes.fromhex(text[2:]) for text in (proof["draw_commitment"], lucky))
    drawn = rules.draw(
        commitment=commitment, links=links, packet=packet, total=8_888, shares=3, max_share=proof["max_share_fen"]
    )
    assert drawn == shares == [one["amount_fen"] for one in proof["reveals"]]

    expiry = chain.now() + LIFETIME_S
    other = give(creator, guests, pipeline, total=600, expiry=expiry)
    assert open_packet(other, guests[:1], pipeline) == [200]
    pass_expiry(creator, chain, expiry)
    pipeline.settle(patience_s=PATIENCE_S)
    assert creator.post(f"/red-packets/{other}/refund").status_code == 202
    pipeline.settle(patience_s=PATIENCE_S)
    assert creator.get(f"/red-packets/{other}").json()["refunded_fen"] == 400
    assert balance(creator) == chain.balance(creator.address) == 100_000 - 8_888 - 200

    report = audit.run(chain.rpc.url, chain.deployment, pipeline.database_url)
    assert [f"{one.check}: {one.message}" for one in report.differences()] == []
    assert report.ok
