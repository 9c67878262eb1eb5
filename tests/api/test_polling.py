"""Reads that clients poll: an ETag, and 304 for who has the answer already."""

from typing import Any

import httpx
import pytest

from tests.api.gateway import Member, code_of
from tests.api.money import balance, give, members, send
from tests.parts import Pipeline

POLLED = (
    "/v1/accounts/me",
    "/v1/activity",
    "/v1/balance",
    "/v1/cashbacks",
    "/v1/cashiers",
    "/v1/chain",
    "/v1/code-limits",
    "/v1/contact-groups",
    "/v1/merchants",
    "/v1/offers",
    "/v1/payment-codes",
    "/v1/payment-requests",
    "/v1/payment-requests/{request_id}",
    "/v1/permits",
    "/v1/points",
    "/v1/points/statement",
    "/v1/quotes",
    "/v1/red-packets",
    "/v1/red-packets/{packet}",
    "/v1/red-packets/{packet}/claims",
    "/v1/red-packets/{packet}/claims/mine",
    "/v1/sessions",
    "/v1/tiers",
    "/v1/transfers/{transfer_id}",
    "/v1/vouchers",
)


ROLES = {
    "/v1/cashbacks": "?role=owner",
    "/v1/payment-requests": "?role=asker",
    "/v1/quotes": "?role=payer",
    "/v1/red-packets": "?role=invited",
}
UNPOLLED = {
    "/v1/activity.csv": "a file",
    "/v1/merchants/{merchant_id}/statement.csv": "a file",
    "/v1/events": "a stream",
    "/v1/privacy/export": "kept nowhere",
    "/v1/statement": "a period's pages",
}
"""Reads without a tag, and why."""


def ask(member: Member, path: str, known: str | None = None) -> httpx.Response:
    return member.http.get(f"/v1{path}", headers={**member.bearer, **({"If-None-Match": known} if known else {})})


def test_the_document_says_which_reads_may_answer_304(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    reads = {path for path, item in paths.items() if path.startswith("/v1/") and "get" in item}
    assert {path for path in reads if "304" not in paths[path]["get"]["responses"]} == set(UNPOLLED)
    assert [path for path, item in paths.items() if "304" in item.get("post", {}).get("responses", {})] == []


def test_what_has_not_changed_is_not_sent_again(stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua")
    transfer = send(ping, hua, 5).json()["id"]
    pipeline.settle()
    asked = hua.post("/payment-requests", {"kind": "request", "total_fen": 5, "payers": [ping.address]}).json()["id"]
    packet = give(ping, [hua], pipeline)
    assert hua.post(f"/red-packets/{packet}/claims").status_code == 202
    names = {"packet": packet, "request_id": asked, "transfer_id": transfer}
    for path in POLLED:
        here = path.removeprefix("/v1").format(**names) + ROLES.get(path, "")
        first = ask(hua, here)
        assert first.status_code == 200, here
        again = ask(hua, here, first.headers["etag"])
        assert (again.status_code, again.content) == (304, b""), here
        for answer in (first, again):
            assert answer.headers["etag"] == first.headers["etag"]
            assert answer.headers["cache-control"] == "private, no-cache"
            assert answer.headers["vary"] == "Accept-Language"


def test_what_has_changed_is_sent_under_another_tag(stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua")
    before = ask(hua, "/balance")
    send(ping, hua, 5)
    pipeline.settle()
    after = ask(hua, "/balance", before.headers["etag"])
    assert (after.status_code, after.json()) == (200, {"balance_fen": 100_005})
    assert after.headers["etag"] != before.headers["etag"]
    assert balance(hua) == 100_005


@pytest.mark.parametrize("known", ["W/{tag}", '"other", {tag}', 'W/"other",W/{tag} , "x"', "*"])
def test_a_tag_is_known_wherever_it_stands_and_weakly(member: Member, known: str) -> None:
    tag = ask(member, "/balance").headers["etag"]
    assert ask(member, "/balance", known.format(tag=tag)).status_code == 304


@pytest.mark.parametrize("known", ['"other"', "{bare}", 'W/"other"', ","])
def test_another_tag_is_not_known(member: Member, known: str) -> None:
    tag = ask(member, "/balance").headers["etag"]
    assert ask(member, "/balance", known.format(bare=tag.strip('"'))).status_code == 200


def test_another_persons_tag_is_no_way_in(member: Member, http: httpx.Client) -> None:
    tag = ask(member, "/balance").headers["etag"]
    answer = http.get("/v1/balance", headers={"If-None-Match": tag})
    assert (code_of(answer), "etag" in answer.headers) == ("session-missing", False)


def test_a_refusal_has_no_tag(member: Member) -> None:
    answer = ask(member, "/transfers/trf_" + "0" * 26, "*")
    assert (answer.status_code, "etag" in answer.headers) == (404, False)
