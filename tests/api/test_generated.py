"""Requests that nobody thought of, made from the OpenAPI document: no failure of ours, no answer it does not know."""

import json
from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import events, from_schema

from pswallet.api.shapes import LINES_PATTERN, TEXT_PATTERN
from tests.api import selling, shopping
from tests.api.campaigns import list_winners, open_campaign
from tests.api.gateway import Member
from tests.api.merchants import open_shop, prove_name
from tests.api.money import give, members, packet_body, send, transfer_body
from tests.parts import Pipeline

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "ignored_auth",
    "unsupported_method",
    "use_after_free",
    "ensure_resource_availability",
]
"""All of the tool's, but that a fitting request must succeed: whether a payment may be made no schema says."""

A_PACKET_OF_THAT_NAME = ("unsupported_method", "POST /v1/red-packets/phrase-keys")
"""GET there asks for a packet of that id, which is none: 422, and no 405."""

ENDLESS = "/v1/events"
"""A stream does not end; tests/api/test_events.py reads it."""


class Town:
    """Ann and Bob, who have something of each kind that a path can name."""

    def __init__(self, stranger: Any, pipeline: Pipeline) -> None:
        self.ann, self.bob = members(stranger, pipeline, "ann", "bob")
        self.transfer: str = send(self.ann, self.bob, 100).json()["id"]
        asked = {"kind": "request", "total_fen": 500, "payers": [self.bob.address], "note": "早茶"}
        self.request: str = self.ann.post("/payment-requests", asked).json()["id"]
        self.packet = give(self.ann, [self.ann, self.bob], pipeline, salt="0x" + "11" * 32)
        (shop,) = members(stranger, pipeline, "shop", tier=5, fen=0)
        self.offer, self.basket = shopping.offer(shop), shopping.basket(shop)
        self.quote = shopping.quote(self.ann, shopping.basket(shop))
        self.campaign = open_campaign(members(stranger, pipeline, "district", tier=6)[0], pipeline)
        list_winners(pipeline, self.campaign, self.ann)
        prove_name(self.bob)
        pipeline.settle()
        self.shop = open_shop(self.bob)
        pipeline.settle()
        self.order: str = selling.order(shop, 50)["id"]
        self.others = {
            "device_id": self.bob.post("/payment-codes").json()["id"],
            "group_id": self.bob.post("/contact-groups", {"name": "一家人"}).json()["id"],
            "budget": "0x" + "5b" * 32,
            "address": self.ann.address,
        }
        self.session: str = self.ann.get("/sessions").json()["sessions"][0]["id"]

    @property
    def ids(self) -> dict[str, str]:
        """By path parameter: what Ann has, and Bob's shop."""
        ids = {"transfer_id": self.transfer, "request_id": self.request, "packet": self.packet, "order_id": self.order}
        ids |= self.others | {name: value for name, value in self.shop.items() if name != "token"}
        return ids | {"offer_id": self.offer, "quote_id": self.quote, "campaign": self.campaign}


@pytest.fixture
def town(stranger: Any, pipeline: Pipeline, at_work: Any) -> Town:
    return Town(stranger, pipeline)


def signed(document: dict[str, Any], town: Town) -> dict[str, Any]:
    """Put bodies that this chain accepts in the places of the examples that it cannot."""
    bodies = {
        "/v1/transfers": transfer_body(town.ann, town.bob.address, 7),
        "/v1/red-packets": packet_body(town.ann, [town.bob], salt="0x" + "22" * 32),
        "/v1/quotes": shopping.quote_body(town.basket),
        "/v1/payment-requests": {"kind": "request", "total_fen": 9, "payers": [town.bob.address], "note": "茶"},
    }
    for path, body in bodies.items():
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        content["examples"] = {"signed": {"value": body}}
    return _without_properties(document)


def _without_properties(document: dict[str, Any]) -> dict[str, Any]:
    """Write the patterns of texts as Python's `re` reads them: it knows no Unicode property."""
    written = json.dumps(document)
    for pattern, controls in ((TEXT_PATTERN, r"\x00-\x1f"), (LINES_PATTERN, r"\x00-\x09\x0b-\x1f")):
        readable = rf"^[^{controls}\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$"
        written = written.replace(json.dumps(pattern), json.dumps(readable))
    found: dict[str, Any] = json.loads(written)
    return found


def failures(member: Member, document: dict[str, Any], phases: list[str], **parameters: str) -> Counter[str]:
    """Run phases of the tool as `member`; return what it found wrong, and how often."""
    schema = schemathesis.openapi.from_dict(document).exclude(path=ENDLESS)
    schema.config.update(
        base_url=str(member.http.base_url),
        headers=member.bearer,
        continue_on_failure=True,
        request_timeout=20,
        parameters={f"path.{name}": value for name, value in parameters.items()},
    )
    schema.config.generation.update(max_examples=10, deterministic=True, database="none")
    schema.config.phases.update(phases=phases)
    schema.config.checks.update(included_check_names=CHECKS)
    found: Counter[str] = Counter()
    seen = Counter[str]()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found[f"the tool failed: {event}"] += 1
        if isinstance(event, events.ScenarioFinished):
            seen[event.phase.name] += len(event.recorder.interactions)
            found += _failures_of(event)
    assert len(seen) == len(phases), f"a phase sent nothing: {dict(seen)}"
    return found


def _failures_of(event: events.ScenarioFinished) -> Counter[str]:
    found: Counter[str] = Counter()
    for case, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                operation = event.recorder.cases[case].value.operation.label
                if (check.name, operation) != A_PACKET_OF_THAT_NAME:
                    found[f"{check.name}: {operation}: {failure.title}: {failure.message[:300]}"] += 1
    return found


def test_examples_and_boundary_values_get_documented_answers(town: Town) -> None:
    document = signed(town.ann.http.get("/openapi.json").json(), town)
    assert failures(town.ann, document, ["examples", "coverage"]) == {}


def test_sequences_and_random_requests_on_what_exists_get_documented_answers(town: Town) -> None:
    document = signed(town.ann.http.get("/openapi.json").json(), town)
    assert failures(town.bob, document, ["fuzzing", "stateful"], **town.ids) == {}
