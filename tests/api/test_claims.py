"""POST /v1/red-packets/{id}/claims: the hot route, by guests, links and phrases, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pswallet.chain import signing
from pswallet.client import Key, sign_link
from tests.api.gateway import Member, code_of
from tests.api.money import balance, give, members, packet_body, served
from tests.parts import Chain, Pipeline, secret

LINK = Key.of(secret("a link's key"))


@pytest.fixture
def group(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """A creator and two guests."""
    return members(stranger, pipeline, "creator", "an", "bo")


def claim(member: Member, packet: str, body: Any = None, **options: Any) -> Any:
    return member.post(f"/red-packets/{packet}/claims", body, **options)


def test_a_claim_is_answered_at_once_with_a_signed_ticket(
    group: list[Member], pipeline: Pipeline, chain: Chain
) -> None:
    creator, an, bo = group
    packet = give(creator, [an, bo], pipeline, lucky=True)
    assert claim(bo, packet).json()["position"] == 0
    answer = claim(an, packet)
    assert answer.status_code == 202
    got = answer.json()
    assert (got["packet"], got["account"], got["position"], got["status"]) == (packet, an.address, 1, "submitted")
    message = {"packet": packet, "claimant": an.address, "position": 1}
    digest = signing.digest(signing.escrow_domain(chain.deployment), signing.POSITION_TICKET, message)
    assert signing.recover(digest, bytes.fromhex(got["ticket"][2:])) == pipeline.dealer.address
    mine = an.get(f"/red-packets/{packet}/claims/mine").json()
    assert (mine["status"], mine["ticket"], mine["amount_fen"]) == ("submitted", got["ticket"], None)
    pipeline.settle()
    mine = an.get(f"/red-packets/{packet}/claims/mine").json()
    assert (mine["status"], mine["position"]) == ("claimed", 1)
    assert balance(an) == 100_000 + mine["amount_fen"]


def test_a_body_is_not_needed(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, _ = group
    packet = give(creator, [an], pipeline)
    headers = {**an.bearer, "Idempotency-Key": "bare"}
    assert an.http.post(f"/v1/red-packets/{packet}/claims", headers=headers).status_code == 202


def test_ten_open_at_the_same_moment_and_one_tries_twice(stranger: Any, pipeline: Pipeline) -> None:
    creator, *guests = members(stranger, pipeline, "creator", *[f"guest{place}" for place in range(10)])
    packet = give(creator, guests, pipeline, lucky=True, total=8_888)
    with ThreadPoolExecutor(11) as pool:
        answers = list(pool.map(lambda guest: claim(guest, packet), [*guests, guests[4]]))
    good = [answer.json() for answer in answers if answer.status_code == 202]
    assert sorted(one["position"] for one in good) == list(range(10))
    assert [code_of(answer) for answer in answers if answer.status_code != 202] == ["already-claimed"]
    pipeline.settle()
    shares = creator.get(f"/red-packets/{packet}/claims").json()["items"]
    assert {share["account"]: share["position"] for share in shares} == {
        one["account"]: one["position"] for one in good
    }
    assert sum(share["amount_fen"] for share in shares) == 8_888


def test_the_same_key_gets_the_same_ticket(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo = group
    packet = give(creator, [an, bo], pipeline)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: claim(an, packet, key="once"), range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    pipeline.settle()
    assert claim(an, packet, key="once").content == answers[0].content
    assert code_of(claim(an, packet, {"phrase": "x"}, key="once")) == "idempotency-key-reused"
    assert code_of(claim(an, packet)) == "already-claimed"


def test_who_is_not_asked_gets_nothing(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo = group
    packet = give(creator, [an], pipeline)
    assert code_of(claim(bo, packet)) == "not-a-guest"
    assert code_of(bo.get(f"/red-packets/{packet}/claims/mine")) == "claim-unknown"
    claim(an, packet)
    pipeline.settle()
    assert balance(bo) == 100_000


def test_a_link_opens_for_whom_its_key_has_signed(group: list[Member], stranger: Any, pipeline: Pipeline) -> None:
    creator, _, thief = group
    packet = give(creator, [], pipeline, shares=2, total=2_000, claim_key=LINK.address)
    (newcomer,) = members(stranger, pipeline, "newcomer", tier=1, fen=0)
    signature = sign_link(served(creator), LINK, packet, newcomer.address)
    assert code_of(claim(thief, packet, {"link_signature": signature})) == "link-signature-invalid"
    assert code_of(claim(thief, packet)) == "link-signature-invalid"
    assert claim(newcomer, packet, {"link_signature": signature}).status_code == 202
    pipeline.settle()
    assert balance(newcomer) == 1_000


def test_who_says_the_phrase_opens_the_packet(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo = group
    claim_key = creator.post("/red-packets/phrase-keys", {"phrase": "坪山客家擂茶"}).json()["claim_key"]
    body = packet_body(creator, [], total=1_880, claim_key=claim_key) | {"kind": "phrase"}
    packet = creator.post("/red-packets", body).json()["id"]
    pipeline.settle()
    wrong = claim(an, packet, {"phrase": "坪山奶茶"}, key="wrong")
    assert code_of(wrong) == "phrase-wrong"
    # The same request again is the same answer, and no second try.
    for _ in range(5):
        assert code_of(claim(an, packet, {"phrase": "坪山奶茶"}, key="wrong")) == "phrase-wrong"
    right = claim(an, packet, {"phrase": "坪山客家擂茶"}, key="right")
    assert right.status_code == 202
    assert claim(an, packet, {"phrase": "坪山客家擂茶"}, key="right").content == right.content
    pipeline.settle()
    assert balance(an) == 101_880
    assert code_of(claim(bo, packet, {"phrase": "坪山客家擂茶"})) == "packet-empty"


def test_the_sixth_wrong_phrase_of_an_hour_is_not_even_looked_at(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, _ = group
    claim_key = creator.post("/red-packets/phrase-keys", {"phrase": "擂茶"}).json()["claim_key"]
    body = packet_body(creator, [], claim_key=claim_key) | {"kind": "phrase"}
    packet = creator.post("/red-packets", body).json()["id"]
    pipeline.settle()
    tries = [code_of(claim(an, packet, {"phrase": f"guess {place}"})) for place in range(5)]
    assert tries == ["phrase-wrong"] * 5
    answer = claim(an, packet, {"phrase": "擂茶"})
    assert (code_of(answer), answer.headers["retry-after"]) == ("phrase-tries-exhausted", "3600")


def test_a_claim_needs_a_session_a_key_and_known_fields(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, _ = group
    packet = give(creator, [an], pipeline)
    where = f"/v1/red-packets/{packet}/claims"
    assert code_of(an.http.post(where, headers={"Idempotency-Key": "k"})) == "session-missing"
    assert code_of(an.http.post(where, headers=an.bearer)) == "idempotency-key-missing"
    assert code_of(claim(an, packet, {"luck": 1})) == "request-invalid"
    assert code_of(claim(an, packet, {"link_signature": "0x12"})) == "request-invalid"
    headers = {**an.bearer, "Idempotency-Key": "k"}
    assert code_of(an.http.post(where, content=b"{", headers=headers)) == "request-malformed"
    assert claim(an, packet).status_code == 202


def test_no_ticket_before_the_accounts_tier_is_on_the_chain(
    group: list[Member], stranger: Any, pipeline: Pipeline
) -> None:
    creator, *_ = group
    newcomer = stranger("newcomer", "+8613812345678")
    packet = give(creator, [newcomer], pipeline)
    newcomer.register()
    assert code_of(claim(newcomer, packet)) == "account-not-registered"
    pipeline.settle()
    assert claim(newcomer, packet).status_code == 202
