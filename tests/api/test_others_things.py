"""What is Ann's stays Ann's: every operation of the OpenAPI document, called by Bob with the ids of what she has.

A new operation whose path or body names a thing fails here until the table knows such a thing of hers.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pswallet.kit.db import transaction
from pswallet.points import service as points
from tests.api import shopping
from tests.api.campaigns import open_campaign
from tests.api.document import asked
from tests.api.gateway import Member
from tests.api.merchants import OTHER_CODE, PEOPLE, open_shop, prove_name
from tests.api.money import balance, client_of, members, packet_body, send, transfer_body
from tests.api.test_generated import ENDLESS
from tests.parts import Pipeline

NOTE, GREETING, GROUP = "安的早茶", "安祝大家发财", "安的一家人"
SHOP, HOOK = "坪山大道安安安号", "https://ann.example/hook"
NOTE, GREETING, GROUP, GOODS = "安的早茶", "安祝大家发财", "安的一家人", "安的擂茶"
PUBLIC = {
    ("get", "/v1/red-packets/{packet}"),
    ("get", "/v1/red-packets/{packet}/claims"),
    ("get", "/v1/red-packets/{packet}/draw"),
    ("post", "/v1/red-packets/{packet}/refund"),
    ("post", "/v1/red-packets/{packet}/collect"),
    ("get", "/v1/orders/{order_id}"),
    ("get", "/v1/offers/{offer_id}"),
    ("get", "/v1/budgets/{budget}"),
    ("get", "/v1/campaigns/{campaign}"),
    ("get", "/v1/campaigns/{campaign}/shops"),
}
"""About what the chain shows to everybody, without the words and names of it; anybody may send a refund home. An order
is shown to whoever scanned its code, without the payments of others; offers are made for everybody to read."""


class Ann:
    """Somebody who has one of everything, of which Bob has no part; and Eve, to whom it concerns.

    Bob has a shop of his own, and a machine that has its API key: nothing is refused because he has none.
    """

    def __init__(self, stranger: Any, pipeline: Pipeline) -> None:
        self.ann, self.eve, self.bob = members(stranger, pipeline, "ann", "eve", "bob")
        note = {"kind": "request", "total_fen": 500, "payers": [self.eve.address], "note": NOTE}
        packet = packet_body(self.ann, [self.eve], salt="0x" + "33" * 32) | {"greeting": GREETING}
        self.signed = {
            "/v1/transfers": transfer_body(self.ann, self.bob.address, 7),
            "/v1/red-packets": packet,
            "/v1/payment-requests/{request_id}/pay": {
                name: value for name, value in transfer_body(self.ann, self.eve.address, 7).items() if name != "to"
            },
        }
        self.signed["/v1/payment-requests/{request_id}/pay"].pop("amount_fen")
        prove_name(self.bob, PEOPLE[1])
        self.bobs = open_shop(self.bob, url="https://bob.example/hook", code=OTHER_CODE, till="T09")
        self.machine = replace(self.bob, name="bob's machine", token=self.bobs.pop("token"))
        self.ids = {
            "transfer_id": send(self.ann, self.eve, 100).json()["id"],
            "request_id": self.ann.post("/payment-requests", note).json()["id"],
            "packet": self._give(pipeline),
            "campaign": open_campaign(members(stranger, pipeline, "district", tier=6)[0], pipeline),
            "group_id": self._group(),
            "budget": self._budget(pipeline),
            "order_id": self._order(stranger, pipeline),
            "address": self.eve.address,
            "device_id": self.ann.post("/payment-codes").json()["id"],
            **self._shop(pipeline),
            "session_id": self.ann.get("/sessions").json()["sessions"][0]["id"],
        }
        self.named = {"draw_id": self.ann.post("/draws").json()["id"], "reward_id": self._reward(pipeline)}
        """By field of a body: what Ann has."""
        self._buy(*members(stranger, pipeline, "ann's tea house", tier=5, fen=0))

    def _order(self, stranger: Any, pipeline: Pipeline) -> str:
        shop = members(stranger, pipeline, "shop", tier=5, fen=0)[0]
        asked = {"till": "T01", "reference": "1", "amount_fen": 50, "expires_in_s": 3_600}
        order = shop.post("/orders", asked).json()
        client_of(self.ann).pay_order(order)
        pipeline.settle()
        return str(order["id"])

    def _budget(self, pipeline: Pipeline) -> str:
        budget = client_of(self.ann).open_budget(total_fen=500, lasts_s=3_600)["id"]
        pipeline.settle()
        return budget

    def _reward(self, pipeline: Pipeline) -> str:
        with transaction(pipeline.sessions) as session:
            return points.offer_reward(session, title="擂茶", points=1, stock=1, level=0).id

    def _shop(self, pipeline: Pipeline) -> dict[str, str]:
        prove_name(self.ann)
        found = open_shop(self.ann, at=SHOP, url=HOOK)
        found.pop("token")
        pipeline.settle()
        return found

    def _buy(self, shop: Member) -> None:
        self.ids["offer_id"] = shopping.offer(shop)
        self.named["basket_id"] = shopping.basket(shop, GOODS)
        self.ids["quote_id"] = shopping.quote(self.ann, self.named["basket_id"])

    def _group(self) -> str:
        group: str = self.ann.post("/contact-groups", {"name": GROUP}).json()["id"]
        assert self.ann.post(f"/contact-groups/{group}/members", {"address": self.eve.address}).status_code == 201
        return group

    def _give(self, pipeline: Pipeline) -> str:
        body = packet_body(self.ann, [self.eve], salt="0x" + "11" * 32) | {"greeting": GREETING}
        packet: str = self.ann.post("/red-packets", body).json()["id"]
        pipeline.settle()
        return packet

    @property
    def secrets(self) -> list[str]:
        """What only she and whom it concerns may read."""
        return [
            NOTE,
            GREETING,
            GROUP,
            SHOP,
            HOOK,
            GOODS,
            self.ann.phone,
            self.ann.phone[3:],
            self.ids["session_id"],
            str(100_000 - 1_150),
        ]

    def state(self) -> dict[str, Any]:
        """All that Ann sees of her own."""
        paths = ["/accounts/me", "/sessions", "/contact-groups", "/balance", "/activity", "/red-packets?role=given"]
        paths += ["/payment-requests?role=asker", "/payment-requests?role=payer", "/payment-codes"]
        paths += ["/points", "/points/statement", "/points/redemptions"]
        paths += [f"/transfers/{self.ids['transfer_id']}", f"/payment-requests/{self.ids['request_id']}"]
        shop = f"/merchants/{self.ids['merchant_id']}"
        paths += ["/merchants", f"{shop}/stores", f"{shop}/tills", f"{shop}/staff", f"{shop}/api-keys"]
        paths += [f"{shop}/webhook-endpoints", f"{shop}/webhook-endpoints/{self.ids['endpoint_id']}/deliveries"]
        paths += [f"/red-packets/{self.ids['packet']}", f"/quotes/{self.ids['quote_id']}"]
        paths += [f"/offers/{self.ids['offer_id']}", f"/orders/{self.ids['order_id']}"]
        answers = {path: self.ann.get(path) for path in paths}
        assert all(answer.status_code == 200 for answer in answers.values())
        return {path: answer.json() for path, answer in answers.items()}


@pytest.fixture
def hers(stranger: Any, pipeline: Pipeline) -> Ann:
    return Ann(stranger, pipeline)


def operations(hers: Ann) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation below /v1 that ends, with its description and a body that fits it."""
    document = hers.ann.http.get("/openapi.json").json()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if path.startswith("/v1/") and path != ENDLESS:
                yield method, path, operation | {"body": hers.signed.get(path, _example(document, operation))}


def _example(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    if "requestBody" not in operation:
        return {}
    shape = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    example: dict[str, Any] = document["components"]["schemas"][shape].get("examples", [{}])[0]
    return example


def parameters(operation: dict[str, Any], place: str) -> list[dict[str, Any]]:
    return [one for one in operation.get("parameters", []) if one["in"] == place]


def call(
    member: Member, method: str, template: str, operation: dict[str, Any], hers: Ann, own: dict[str, str] | None = None
) -> Any:
    """Call an operation with her ids in the path, but for the caller's `own`; in the body what she signed for it."""
    path = template
    for parameter in parameters(operation, "path"):
        path = path.replace("{" + parameter["name"] + "}", (hers.ids | (own or {}))[parameter["name"]])
    query = {one["name"]: _value(one["schema"]) for one in parameters(operation, "query") if one.get("required")}
    if method == "post":
        return member.post(path.removeprefix("/v1"), operation["body"])
    return member.http.request(method, path, params=query, headers=member.bearer)


def _value(schema: dict[str, Any]) -> Any:
    return schema["enum"][0] if "enum" in schema else schema.get("examples", [schema.get("default", "1")])[0]


def test_the_table_knows_a_thing_of_hers_for_every_id(hers: Ann) -> None:
    document = hers.ann.http.get("/openapi.json").json()
    in_paths = {one["name"] for _, _, operation in operations(hers) for one in parameters(operation, "path")}
    in_bodies = {at.split()[-1] for at, _ in asked(document, "string") if at.endswith("_id")} - in_paths
    assert in_paths == set(hers.ids)
    assert in_bodies == set(hers.named)


def test_bob_reads_nothing_of_hers(hers: Ann) -> None:
    for method, path, operation in operations(hers):
        if method != "get":
            continue
        answer = call(hers.bob, method, path, operation, hers)
        told = (
            json.dumps(answer.json(), ensure_ascii=False) if "json" in answer.headers["content-type"] else answer.text
        )
        assert [secret for secret in hers.secrets if secret in told] == [], f"{path} tells Bob of Ann"
        if parameters(operation, "path") and (method, path) not in PUBLIC:
            assert answer.status_code in (403, 404), f"{path} answered {answer.status_code} to Bob"


def test_bob_moves_nothing_of_hers(hers: Ann, pipeline: Pipeline) -> None:
    before, held = hers.state(), balance(hers.ann)
    for method, path, operation in operations(hers):
        if method != "get" and (parameters(operation, "path") or path in hers.signed):
            answer = call(hers.bob, method, path, operation, hers)
            refused = answer.status_code in (
                403,
                404,
                409,
            )  # not for its shape: then nobody would have asked whose it is
            assert refused or (method, path) in PUBLIC, f"{method} {path} answered {answer.status_code} to Bob"
    pipeline.settle()
    assert balance(hers.ann) == held
    assert hers.state() == before


def test_his_own_shop_and_its_key_are_no_way_into_hers(hers: Ann) -> None:
    """Bob and his machine may act for his shop: her store, key or endpoint is not there, whatever the path says."""
    before, his = hers.state(), hers.bobs
    assert hers.machine.get(f"/merchants/{his['merchant_id']}/settlement").status_code == 200
    ways: list[tuple[Member, set[str]]] = [(hers.machine, set())]
    ways += [(hers.bob, {"merchant_id", *more}) for more in ([], ["endpoint_id"], ["store_id"])]
    for caller, owned in ways:
        own = {name: his[name] for name in owned}
        for method, path, operation in operations(hers):
            if owned < {one["name"] for one in parameters(operation, "path")}:
                answer = call(caller, method, path, operation, hers, own)
                assert answer.status_code in ((404,) if owned else (401, 403, 404)), (
                    f"{method} {path} with {owned} of his answered {answer.status_code} to {caller.name}"
                )
    assert hers.state() == before


def test_a_draw_of_hers_binds_no_packet_of_his(hers: Ann) -> None:
    body = packet_body(hers.bob, [hers.eve], lucky=True)
    answer = hers.bob.post("/red-packets", body | {"draw_id": hers.named["draw_id"]})
    assert answer.status_code in (403, 404, 409, 422)


def test_without_a_session_nothing_is_told(hers: Ann) -> None:
    for method, path, operation in operations(hers):
        if operation.get("security"):
            nobody = Member(hers.ann.http, hers.ann.sms, hers.ann.sessions, "nobody", "", hers.ann.chain_id)
            answer = call(nobody, method, path, operation, hers)
            assert answer.status_code == 401, f"{method} {path} answered {answer.status_code} to nobody"
