"""Webhooks from a payment on the chain to a merchant's own server, and what the merchant sees of them."""

import asyncio
import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault
from pswallet.vendors.courier import Courier, CourierFigures
from pswallet.vendors.webhooks import WebhookPoster
from tests.api.gateway import Member, code_of
from tests.api.merchants import api_key, become_merchant, delete, place, shopkeeper
from tests.api.money import members, send
from tests.parts import Pipeline
from tests.receivers import Receiver, answering, receive

PAGE = Path(__file__).resolve().parents[2] / "docs/operations/webhooks.md"


@pytest.fixture
def owner(request: pytest.FixtureRequest, stranger: Any) -> Member:
    """A merchant; one that the chain knows, where a test has to do with the chain."""
    if "pipeline" in request.fixturenames:
        return shopkeeper(stranger, request.getfixturevalue("pipeline"))
    return become_merchant(stranger().register())


@pytest.fixture
def customer(stranger: Any, pipeline: Pipeline) -> Member:
    return members(stranger, pipeline, "customer")[0]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receive() as found:
        yield found


@pytest.fixture
def courier(sessions: Sessions, vault: Vault) -> Courier:
    return Courier(sessions, vault, WebhookPoster(sandbox=True), CourierFigures(CollectorRegistry()))


def carry(courier: Courier) -> int:
    """Try everything that is due, once; return how many."""

    async def once() -> int:
        count = await courier.step()
        await courier.settle()
        return count

    return asyncio.run(once())


def add(owner: Member, url: str, *kinds: str) -> Any:
    answer = owner.post(place(owner, "/webhook-endpoints"), {"url": url, "kinds": list(kinds)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def at(owner: Member, made: Any, path: str = "") -> str:
    return place(owner, f"/webhook-endpoints/{made['endpoint']['id']}{path}")


def deliveries(owner: Member, made: Any) -> Any:
    return owner.get(at(owner, made, "/deliveries")).json()["items"]


def test_a_payment_is_told_signed_once_it_is_on_the_chain(
    owner: Member, customer: Member, pipeline: Pipeline, receiver: Receiver, courier: Courier
) -> None:
    made = add(owner, receiver.url)
    send(customer, owner, 1_280)
    assert carry(courier) == 0, "nothing has happened yet"
    pipeline.settle()
    assert carry(courier) == 1
    (seen,) = receiver.wait_for(1)
    event = json.loads(seen.body)
    assert seen.is_signed_by(made["secret"])
    assert event["type"] == "payment.confirmed"
    told = event["data"]
    assert (told["merchant_id"], told["address"]) == (owner.account["merchant"], owner.address)
    assert (told["customer"], told["amount_fen"]) == (customer.address, 1_280)
    line = owner.get("/activity").json()["items"][0]
    assert told["block"] == line["block"]
    (delivery,) = deliveries(owner, made)
    assert (delivery["id"], delivery["content"]) == (seen.headers["webhook-id"], seen.body.decode())
    assert (delivery["tries"], delivery["last_status"], delivery["due_at"]) == (1, 200, None)
    assert carry(courier) == 0, "what was accepted is told once"


def test_the_pages_own_example_verifies_what_arrives_and_nothing_else(
    owner: Member, receiver: Receiver, courier: Courier
) -> None:
    written = PAGE.read_text().partition("```python\n")[2].partition("```")[0]
    namespace: dict[str, Any] = {"base64": base64, "hmac": hmac, "Mapping": Mapping}
    exec(written, namespace)
    made = add(owner, receiver.url)
    owner.post(at(owner, made, "/test"))
    carry(courier)
    verify, (seen,) = namespace["verify"], receiver.seen
    sent_at = int(seen.headers["webhook-timestamp"])
    assert verify(made["secret"], seen.headers, seen.body, sent_at + 300)
    assert not verify(made["secret"], seen.headers, seen.body, sent_at + 301)
    assert not verify(made["secret"], seen.headers, seen.body + b" ", sent_at)
    assert not verify(made["secret"], seen.headers | {"webhook-id": "msg_other"}, seen.body, sent_at)
    assert not verify("whsec_" + "A" * 44, seen.headers, seen.body, sent_at)
    assert Webhook(made["secret"]).verify(seen.body, seen.headers)["type"] == "endpoint.tested"
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(seen.body, seen.headers)


def test_a_payment_back_is_a_refund_and_one_to_a_stranger_is_not(
    owner: Member, customer: Member, stranger: Any, pipeline: Pipeline, receiver: Receiver, courier: Courier
) -> None:
    (supplier,) = members(stranger, pipeline, "supplier", fen=0)
    add(owner, receiver.url)
    send(customer, owner, 1_280)
    pipeline.settle()
    send(owner, customer, 80)
    send(owner, supplier, 500)
    pipeline.settle()
    carry(courier)
    told = [json.loads(seen.body) for seen in receiver.seen]
    assert sorted((one["type"], one["data"]["amount_fen"]) for one in told) == [
        ("payment.confirmed", 1_280),
        ("refund.confirmed", 80),
    ]


def test_an_endpoint_is_told_what_it_asked_for(
    owner: Member, customer: Member, pipeline: Pipeline, receiver: Receiver
) -> None:
    refunds, everything = add(owner, receiver.url, "refund.confirmed"), add(owner, receiver.url)
    send(customer, owner, 5)
    pipeline.settle()
    assert [len(deliveries(owner, made)) for made in (refunds, everything)] == [0, 1]


def test_a_rebuild_of_the_rows_tells_nothing_again(
    owner: Member, customer: Member, pipeline: Pipeline, receiver: Receiver
) -> None:
    send(customer, owner, 4)
    pipeline.settle()
    made = add(owner, receiver.url)
    send(customer, owner, 5)
    pipeline.settle()
    before = deliveries(owner, made)
    assert [json.loads(one["content"])["data"]["amount_fen"] for one in before] == [5], "only from then on"
    pipeline.new_indexer().rebuild()
    assert deliveries(owner, made) == before


def test_an_event_that_a_restored_backup_had_lost_is_told_again_under_its_id(
    owner: Member, customer: Member, pipeline: Pipeline, receiver: Receiver
) -> None:
    made = add(owner, receiver.url)
    send(customer, owner, 5)
    pipeline.settle()
    (before,) = deliveries(owner, made)
    with transaction(pipeline.sessions) as session:
        session.execute(text("DELETE FROM webhook_deliveries"))
    pipeline.new_indexer().rebuild()
    (after,) = deliveries(owner, made)
    assert (after["id"], after["content"]) == (before["id"], before["content"])


def test_a_reorganisation_tells_a_payment_that_comes_again_no_second_time(
    owner: Member, customer: Member, pipeline: Pipeline, receiver: Receiver
) -> None:
    made = add(owner, receiver.url)
    send(customer, owner, 5)
    pipeline.settle()
    (before,) = deliveries(owner, made)
    pipeline.chain.reorg(1)
    pipeline.settle()
    assert owner.get("/balance").json()["balance_fen"] == 100_005
    assert deliveries(owner, made) == [before]


def test_what_was_refused_is_tried_again_and_the_merchant_sees_why(owner: Member, courier: Courier) -> None:
    with receive(answering(500)) as receiver:
        made = add(owner, receiver.url)
        assert owner.post(at(owner, made, "/test")).status_code == 201
        assert carry(courier) == 1
        (delivery,) = deliveries(owner, made)
        assert (delivery["tries"], delivery["last_status"], delivery["last_flaw"]) == (1, 500, "refused")
        assert delivery["due_at"] is not None
        endpoint = owner.get(place(owner, "/webhook-endpoints")).json()["items"][0]
        assert endpoint["failing_since"] is not None
        assert carry(courier) == 0, "not before it is due"
        receiver.behave = answering(200)
        again = owner.post(at(owner, made, f"/deliveries/{delivery['id']}/replay"))
        assert (again.status_code, again.json()["tries"]) == (200, 0)
        assert carry(courier) == 1
        first, second = receiver.wait_for(2)
        assert first.headers["webhook-id"] == second.headers["webhook-id"], "so that a receiver knows it again"
    endpoint = owner.get(place(owner, "/webhook-endpoints")).json()["items"][0]
    assert endpoint["failing_since"] is None


def test_everything_that_failed_since_a_moment_is_sent_again(
    owner: Member, receiver: Receiver, courier: Courier
) -> None:
    made = add(owner, receiver.url)
    receiver.behave = answering(503)
    for _ in range(3):
        owner.post(at(owner, made, "/test"))
    carry(courier)
    receiver.behave = answering(200)
    owner.post(at(owner, made, "/test"))
    carry(courier)
    assert owner.post(at(owner, made, "/replay"), {"since": "2999-01-01T00:00:00Z"}).json() == {"count": 0}
    assert owner.post(at(owner, made, "/replay"), {"since": "2020-01-01T00:00:00Z"}).json() == {"count": 3}
    assert carry(courier) == 3
    assert all(one["accepted_at"] for one in deliveries(owner, made))


def test_during_a_rotation_either_secret_verifies_and_afterwards_the_new_one_alone(
    owner: Member, receiver: Receiver, courier: Courier
) -> None:
    made = add(owner, receiver.url)
    rotated = owner.post(at(owner, made, "/secret"), {"overlap_s": 3_600}).json()
    assert rotated["endpoint"]["old_secret_until"] is not None
    owner.post(at(owner, made, "/test"))
    carry(courier)
    assert [receiver.seen[0].is_signed_by(one["secret"]) for one in (made, rotated)] == [True, True]
    last = owner.post(at(owner, made, "/secret"), {"overlap_s": 0}).json()
    owner.post(at(owner, made, "/test"))
    carry(courier)
    assert [receiver.seen[1].is_signed_by(one["secret"]) for one in (made, rotated, last)] == [False, False, True]


def test_an_endpoint_that_is_gone_is_told_nothing_more_and_its_owner_is(owner: Member, courier: Courier) -> None:
    with receive(answering(410)) as receiver:
        made = add(owner, receiver.url)
        owner.post(at(owner, made, "/test"))
        carry(courier)
        disabled = owner.get(place(owner, "/webhook-endpoints")).json()["items"][0]
        assert disabled["disabled_at"] is not None
        told = owner.get("/privacy/export").json()["records"]["off_chain_notifications"]
        assert [(one["kind"], one["body"]) for one in told] == [
            ("webhook-disabled", {"endpoint": made["endpoint"]["id"]})
        ]
        owner.post(at(owner, made, "/test"))
        assert carry(courier) == 0
        receiver.behave = answering(200)
        enabled = owner.post(at(owner, made, "/enable")).json()
        assert (enabled["disabled_at"], enabled["failing_since"]) == (None, None)
        assert carry(courier) == 1
    assert deliveries(owner, made)[0]["accepted_at"] is not None


def test_an_endpoint_that_is_removed_takes_its_deliveries_along(
    owner: Member, receiver: Receiver, courier: Courier
) -> None:
    made = add(owner, receiver.url)
    owner.post(at(owner, made, "/test"))
    assert delete(owner, at(owner, made)).status_code == 204
    assert carry(courier) == 0
    assert code_of(owner.get(at(owner, made, "/deliveries"))) == "webhook-endpoint-unknown"
    assert owner.get(place(owner, "/webhook-endpoints")).json()["items"] == []


def test_a_url_into_our_own_network_is_refused_at_once(owner: Member) -> None:
    for url in ("http://10.0.0.1/", "ftp://shop.example/", "https://user@shop.example/", "x"):
        answer = owner.post(place(owner, "/webhook-endpoints"), {"url": url})
        assert (answer.status_code, code_of(answer)) == (422, "webhook-url-invalid"), url


def test_a_merchant_has_at_most_ten_endpoints(owner: Member) -> None:
    for number in range(10):
        add(owner, f"https://shop.example/{number}")
    refused = owner.post(place(owner, "/webhook-endpoints"), {"url": "https://shop.example/10"})
    assert (code_of(refused), refused.json()["limit"]) == ("merchant-limit-reached", 10)


def test_a_key_reads_deliveries_and_asks_for_them_again_and_changes_no_endpoint(owner: Member) -> None:
    made = add(owner, "https://shop.example/hook")
    delivery = owner.post(at(owner, made, "/test")).json()
    token = api_key(owner, "webhooks")["token"]
    machine = Member(owner.http, owner.sms, owner.sessions, "machine", "", owner.chain_id, token, owner.account)
    assert len(deliveries(machine, made)) == 1
    assert machine.post(at(owner, made, f"/deliveries/{delivery['id']}/replay")).status_code == 200
    refused = machine.post(place(owner, "/webhook-endpoints"), {"url": "https://other.example/"})
    assert (refused.status_code, code_of(refused)) == (403, "api-key-scope-missing")
    assert code_of(delete(machine, at(owner, made))) == "api-key-scope-missing"
    unknown = machine.post(at(owner, made, "/deliveries/msg_00000000000000000000000000/replay"))
    assert code_of(unknown) == "webhook-delivery-unknown"


def test_the_deliveries_of_an_endpoint_come_in_pages(owner: Member) -> None:
    made = add(owner, "https://shop.example/hook")
    ids = [owner.post(at(owner, made, "/test")).json()["id"] for _ in range(3)]
    first = owner.get(at(owner, made, "/deliveries"), params={"limit": 2}).json()
    second = owner.get(at(owner, made, "/deliveries"), params={"limit": 2, "cursor": first["older"]}).json()
    assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
    assert second["older"] is None
