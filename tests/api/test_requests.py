"""POST /v1/payment-requests: asking for money, and AA splits."""

from typing import Any

import orjson
import pytest

from pswallet.client import Key, authorize
from tests.api.gateway import Member, code_of
from tests.api.money import balance, client_of, members, served
from tests.parts import Pipeline


@pytest.fixture
def friends(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """A host and three friends."""
    return members(stranger, pipeline, "host", "an", "bo", "chen")


def ask(host: Member, payers: list[Member], total: int, kind: str = "split") -> Any:
    addresses = [payer.address for payer in payers]
    return host.post("/payment-requests", {"kind": kind, "total_fen": total, "payers": addresses, "note": "擂茶"})


def pay(payer: Member, host: Member, request: str, amount: int) -> Any:
    return payer.post(
        f"/payment-requests/{request}/pay", authorize(served(payer), Key.of(payer.key), host.address, amount)
    )


def test_ten_yuan_by_three_are_3_34_and_twice_3_33_and_all_pay(friends: list[Member], pipeline: Pipeline) -> None:
    host, *payers = friends
    answer = ask(host, payers, 1_000)
    assert answer.status_code == 201
    request = answer.json()
    assert [share["amount_fen"] for share in request["shares"]] == [334, 333, 333]
    for payer, share in zip(payers, request["shares"], strict=True):
        assert pay(payer, host, request["id"], share["amount_fen"]).status_code == 202
    pipeline.settle()
    found = payers[0].get(f"/payment-requests/{request['id']}").json()
    assert [share["status"] for share in found["shares"]] == ["paid"] * 3
    assert (found["note"], balance(host)) == ("擂茶", 101_000)


def test_another_amount_than_asked_is_refused(friends: list[Member]) -> None:
    host, an, *_ = friends
    request = ask(host, [an], 500, "request").json()
    # The authorization is over another amount: checked against the share, it is nobody's signature.
    assert code_of(pay(an, host, request["id"], 499)) == "signature-invalid"


def test_a_share_is_paid_once(friends: list[Member]) -> None:
    host, an, *_ = friends
    request = ask(host, [an], 500, "request").json()
    assert pay(an, host, request["id"], 500).status_code == 202
    assert code_of(pay(an, host, request["id"], 500)) == "share-already-paid"


def test_others_neither_see_nor_pay_a_request(friends: list[Member]) -> None:
    host, an, bo, _ = friends
    request = ask(host, [an], 500, "request").json()
    assert code_of(bo.get(f"/payment-requests/{request['id']}")) == "payment-request-unknown"
    assert code_of(pay(bo, host, request["id"], 500)) == "payment-request-unknown"
    assert code_of(pay(host, host, request["id"], 500)) == "not-asked-to-pay"


def test_requests_that_make_no_sense_are_refused(friends: list[Member]) -> None:
    host, an, bo, _ = friends
    assert code_of(ask(host, [an], 500)) == "payers-out-of-range"
    assert code_of(ask(host, [an, bo], 500, "request")) == "payers-out-of-range"
    assert code_of(ask(host, [an, bo], 1)) == "payers-out-of-range"
    assert code_of(ask(host, [an, bo], 0)) == "amount-invalid"
    assert code_of(ask(host, [an, bo], 500, "gift")) == "request-invalid"


def test_who_is_asked_hears_of_it_finds_it_and_pays(friends: list[Member], pipeline: Pipeline) -> None:
    host, an, bo, _ = friends
    with client_of(an).http.stream("GET", "/v1/events", headers=an.bearer) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        request = ask(host, [an, bo], 500).json()
        data = next(line for line in lines if line.startswith("data:"))
    event = orjson.loads(data[5:])
    assert (event["kind"], event["block"]) == ("payment-requested", None)
    assert event["body"] == {"request": request["id"], "from": host.address, "amount_fen": 250}
    (found,) = client_of(an).requests_to_pay()
    assert (found["id"], found["creator"], found["note"]) == (request["id"], host.address, "擂茶")
    assert client_of(an).pay_share(found)["status"] == "submitted"
    pipeline.settle()
    listed = host.get("/payment-requests", params={"role": "asker"}).json()["items"]
    assert [share["status"] for share in listed[0]["shares"]] == ["paid", "unpaid"]


def test_a_list_of_requests_has_pages(friends: list[Member]) -> None:
    host, an, *_ = friends
    ids = [ask(host, [an], total, "request").json()["id"] for total in (5, 6, 7)]
    query = {"role": "payer", "limit": 2}
    first = an.get("/payment-requests", params=query).json()
    rest = an.get("/payment-requests", params={**query, "cursor": first["older"]}).json()
    assert sorted(ids, reverse=True) == [one["id"] for one in first["items"] + rest["items"]]
    assert rest["older"] is None
    for wrong in ({"role": "guest"}, {}, {**query, "limit": 0}, {**query, "cursor": "x"}):
        assert code_of(an.get("/payment-requests", params=wrong)) == "request-invalid"


def test_an_asker_reminds_over_http_and_a_payer_declines(friends: list[Member]) -> None:
    host, an, bo, _ = friends
    request = ask(host, [an, bo], 500).json()
    path = f"/payment-requests/{request['id']}"
    declined = an.post(f"{path}/decline")
    assert (declined.status_code, [one["status"] for one in declined.json()["shares"]]) == (200, ["declined", "unpaid"])
    reminded = host.post(f"{path}/reminders", key="once")
    assert (reminded.status_code, reminded.json()) == (200, {"payers": [bo.address]})
    assert host.post(f"{path}/reminders", key="once").json() == reminded.json(), "a repeat gets the same answer"
    again = host.post(f"{path}/reminders")
    assert (again.status_code, code_of(again)) == (429, "reminded-too-soon")
    assert 0 < int(again.headers["Retry-After"]) <= 86_400
    assert code_of(an.post(f"{path}/reminders")) == "not-the-asker"
    bo.post(f"{path}/decline")
    assert code_of(host.post(f"{path}/reminders")) == "nobody-to-remind"


def test_a_request_ends_after_the_days_that_its_asker_chose(friends: list[Member], pipeline: Pipeline) -> None:
    host, an, *_ = friends
    body = {"kind": "request", "total_fen": 500, "payers": [an.address]}
    for days in (0, 31, 1.0):
        assert code_of(host.post("/payment-requests", {**body, "expires_in_days": days})) == "request-invalid"
    request = host.post("/payment-requests", {**body, "expires_in_days": 1}).json()
    pipeline.chain.move_time(86_400)
    pipeline.settle()
    assert code_of(pay(an, host, request["id"], 500)) == "payment-request-expired"
    assert code_of(an.post(f"/payment-requests/{request['id']}/decline")) == "payment-request-expired"
