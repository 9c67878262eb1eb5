"""GET /v1/statement and /v1/activity.csv: a period's sums, and its lines as a spreadsheet reads them."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from pswallet.api import spreadsheets
from pswallet.kit.clock import SHANGHAI
from tests.api.gateway import Member, code_of
from tests.api.money import balance, give, members, send
from tests.parts import DAY_S, Pipeline


@pytest.fixture
def pair(stranger: Any, pipeline: Pipeline) -> list[Member]:
    return members(stranger, pipeline, "ping", "hua")


def sheet(member: Member, language: str = "en", **asked: str) -> tuple[httpx.Response, list[list[str]]]:
    headers = {**member.bearer, "Accept-Language": language}
    answer = member.http.get("/v1/activity.csv", headers=headers, params=asked)
    assert answer.status_code == 200, answer.text
    return answer, list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def days_of(pipeline: Pipeline) -> tuple[str, str]:
    """Today and tomorrow as the chain has it, in Asia/Shanghai."""
    today = datetime.fromtimestamp(pipeline.chain.now(), SHANGHAI)
    return f"{today:%Y-%m-%d}", f"{today + timedelta(days=1):%Y-%m-%d}"


def test_the_closing_of_now_is_the_balance(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    send(ping, hua, 1_280)
    pipeline.settle()
    found = ping.get("/statement").json()
    sums = {name: found[name] for name in ("opening_fen", "in_fen", "out_fen", "closing_fen")}
    assert sums == {"opening_fen": 0, "in_fen": 100_000, "out_fen": 1_280, "closing_fen": balance(ping)}
    assert (found["account"], found["first_day"], found["last_day"]) == (ping.address, None, None)
    assert [line["delta_fen"] for line in found["items"]] == [100_000, -1_280]


def test_one_day_begins_where_the_day_before_ended(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    packet = give(ping, [hua], pipeline)
    today, tomorrow = days_of(pipeline)
    pipeline.chain.move_time(DAY_S)
    pipeline.settle()
    ping.post(f"/red-packets/{packet}/refund")
    pipeline.settle()
    first = ping.get("/statement", params={"from": today, "to": today}).json()
    second = ping.get("/statement", params={"from": tomorrow, "to": tomorrow}).json()
    assert (first["first_day"], first["last_day"]) == (today, today)
    assert (first["opening_fen"], first["closing_fen"]) == (0, 99_000)
    assert (second["opening_fen"], second["in_fen"], second["closing_fen"]) == (99_000, 1_000, 100_000)
    assert [(line["kind"], line["packet"]) for line in second["items"]] == [("packet-refunded", packet)]
    assert [line["kind"] for line in first["items"]] == ["mint", "packet-given"]


def test_a_month_is_its_first_to_its_last_day(member: Member) -> None:
    for month, last in (("2026-11", "2026-11-30"), ("2026-12", "2026-12-31"), ("2028-02", "2028-02-29")):
        found = member.get("/statement", params={"month": month}).json()
        assert (found["first_day"], found["last_day"]) == (f"{month}-01", last)


def test_the_pages_of_a_statement_hold_each_line_once(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    for amount in (1, 2, 3, 4):
        send(ping, hua, amount)
        pipeline.settle()
    seen: list[int] = []
    cursor = None
    while True:
        page = ping.get("/statement", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        assert page["closing_fen"] == 99_990
        seen += [line["delta_fen"] for line in page["items"]]
        cursor = page["newer"]
        if cursor is None:
            break
    assert seen == [100_000, -1, -2, -3, -4]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"month": "2026-11", "from": "2026-11-01"}, "period-invalid"),
        ({"month": "2026-11", "to": "2026-11-01"}, "period-invalid"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "period-invalid"),
        ({"month": "2026-13"}, "request-invalid"),
        ({"month": "0001-01"}, "request-invalid"),
        ({"from": "2026-02-30"}, "request-invalid"),
        ({"from": "1999-12-31"}, "request-invalid"),
        ({"to": "3000-01-01"}, "request-invalid"),
    ],
)
def test_a_period_that_is_none_is_refused(member: Member, asked: dict[str, str], name: str) -> None:
    for path in ("/statement", "/activity.csv"):
        answer = member.get(path, params=asked)
        assert (answer.status_code, code_of(answer)) == (422, name)


def test_the_first_and_the_last_days_there_are_make_a_period(member: Member) -> None:
    assert member.get("/statement", params={"from": "2000-01-01", "to": "2999-12-31"}).status_code == 200
    assert member.get("/statement", params={"from": "2026-11-01", "to": "2026-11-01"}).status_code == 200


def test_a_sheet_has_a_row_for_each_line_oldest_first(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    sent = send(ping, hua, 1_280).json()["id"]
    pipeline.settle()
    packet = give(ping, [hua], pipeline, total=5)
    answer, (headings, *rows) = sheet(ping)
    assert headings == list(spreadsheets.HEADINGS)
    assert [row[1:8] for row in rows] == [
        ["From the bank", "", "1000.00", "", "1000.00", "", ""],
        ["Transfer", hua.address, "", "12.80", "987.20", sent, ""],
        ["Red packet given", pipeline.chain.deployment.escrow, "", "0.05", "987.15", rows[2][6], packet],
    ]
    lines = ping.get("/activity").json()["items"]
    assert [row[8] for row in rows] == [str(line["block"]) for line in reversed(lines)]
    told = datetime.fromisoformat(lines[-1]["at"]).astimezone(SHANGHAI)
    assert rows[0][0] == f"{told:%Y-%m-%d %H:%M:%S}"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="pswallet-activity.csv"'


def test_a_sheet_is_utf_8_with_a_byte_order_mark_and_ends_lines_as_rfc_4180_does(member: Member) -> None:
    answer, rows = sheet(member, "zh-CN")
    expected = "时间（北京时间）,类型,对方,收入（元）,支出（元）,余额（元）,付款编号,红包编号,区块,订单号\r\n"
    assert answer.content == b"\xef\xbb\xbf" + expected.encode()
    assert len(rows) == 1


@pytest.mark.parametrize(("language", "kind"), [("zh-CN", "银行转入"), ("zh-HK", "銀行轉入"), ("fr", "From the bank")])
def test_a_sheet_is_in_the_readers_language(pair: list[Member], language: str, kind: str) -> None:
    answer, rows = sheet(pair[0], language)
    assert rows[1][1] == kind
    assert answer.headers["content-language"] == {"fr": "en"}.get(language, language)


def test_a_sheet_holds_the_days_asked_for(pair: list[Member], pipeline: Pipeline) -> None:
    ping, hua = pair
    today, tomorrow = days_of(pipeline)
    pipeline.chain.move_time(DAY_S)
    pipeline.settle()
    send(ping, hua, 5)
    pipeline.settle()
    assert [row[1] for row in sheet(ping, to=today)[1][1:]] == ["From the bank"]
    answer, rows = sheet(ping, **{"from": tomorrow, "to": tomorrow})
    assert [row[1] for row in rows[1:]] == ["Transfer"]
    assert f'filename="pswallet-activity-{tomorrow}-{tomorrow}.csv"' in answer.headers["content-disposition"]


def test_a_long_sheet_is_read_page_by_page(
    pair: list[Member], pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    ping, hua = pair
    for amount in (1, 2, 3, 4):
        send(ping, hua, amount)
        pipeline.settle()
    monkeypatch.setattr("pswallet.api.routes.statements._PAGE", 2)
    assert [row[4] for row in sheet(ping)[1][1:]] == ["", "0.01", "0.02", "0.03", "0.04"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "－1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    (row,) = csv.reader(io.StringIO(spreadsheets.written([[cell]]).decode(), newline=""))
    assert row == [f"'{cell}"]


def test_a_cell_keeps_its_commas_quotes_and_line_breaks() -> None:
    cells = ['a,b "c"\r\nd', "擂茶", "0x00", "12.80"]
    assert list(csv.reader(io.StringIO(spreadsheets.written([cells]).decode(), newline=""))) == [cells]


def test_every_kind_of_line_has_a_name_for_people(http: httpx.Client) -> None:
    told = http.get("/openapi.json").json()["components"]["schemas"]["LineShape"]["properties"]["kind"]["description"]
    assert set(told.replace(" or ", ", ").split(", ")) == set(spreadsheets.KINDS)


def test_without_a_session_there_is_neither(http: httpx.Client) -> None:
    assert code_of(http.get("/v1/statement")) == "session-missing"
    assert code_of(http.get("/v1/activity.csv")) == "session-missing"
