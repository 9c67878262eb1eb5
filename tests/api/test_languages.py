"""Problem titles in the language of who asks: zh-CN, zh-HK or English, kept answers too."""

from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI

from pswallet.accounts.errors import PersonUnknown, SessionMissing
from pswallet.api.limits import MAX_BODY_BYTES
from tests.api.gateway import Member, code_of, serve
from tests.api.money import members, send
from tests.parts import Pipeline

SIGN_IN = {"zh-CN": "请先登录", "zh-HK": "請先登入", "en": SessionMissing.title}
KEPT = {"zh-CN": "没有人用这个手机号开过账户", "zh-HK": "沒有人以這個手機號碼開立戶口", "en": PersonUnknown.title}


def asking(language: str) -> dict[str, str]:
    return {"Accept-Language": language}


@pytest.mark.parametrize(("asked", "told"), [("zh", "zh-CN"), ("zh-TW", "zh-HK"), ("fr", "en"), ("en-GB, zh", "en")])
def test_a_title_is_told_in_the_language_asked_for(http: httpx.Client, asked: str, told: str) -> None:
    answer = http.get("/v1/balance", headers=asking(asked))
    assert (answer.json()["title"], answer.headers["content-language"]) == (SIGN_IN[told], told)
    assert (answer.json()["status"], code_of(answer)) == (401, "session-missing")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_who_asks_for_no_language_is_told_in_english(http: httpx.Client) -> None:
    answer = http.get("/v1/balance")
    assert (answer.json()["title"], answer.headers["content-language"]) == (SIGN_IN["en"], "en")


def test_every_answer_says_that_it_depends_on_the_language(http: httpx.Client) -> None:
    assert http.get("/v1/balance").headers["vary"] == "Accept-Language"
    assert http.get("/healthz").headers["vary"] == "Accept-Language"


def test_a_kept_refusal_is_told_in_the_language_of_who_asks_again(member: Member) -> None:
    answers = {
        language: member.post("/accounts/lookup", {"phone": "13900139000"}, key="k", headers=asking(language))
        for language in ("zh-HK", "en", "zh-CN", "zh-HK")
    }
    assert {language: answer.json()["title"] for language, answer in answers.items()} == KEPT
    assert {answer.headers["content-language"] for answer in answers.values()} == set(KEPT)


def test_the_hot_routes_tell_kept_refusals_so_too(stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua", fen=0)
    body = {"to_phone": "13900139000", "amount_fen": 1, **_unsigned()}
    told = {one: ping.post("/transfers", body, key="a", headers=asking(one)).json()["title"] for one in KEPT}
    assert told == KEPT
    refused = send(ping, hua, 1).request
    headers = {**refused.headers, "accept-language": "zh-CN"}
    again = ping.http.post("/v1/transfers", content=refused.content, headers=headers)
    assert (code_of(again), again.json()["title"]) == ("balance-insufficient", "余额不够")


def _unsigned() -> dict[str, Any]:
    return {"valid_after": 0, "valid_before": 1, "nonce": "0x" + "5a" * 32, "signature": "0x" + "11" * 65}


def test_a_body_that_is_too_large_is_refused_in_the_readers_language(http: httpx.Client) -> None:
    answer = http.post("/v1/codes", content=b" " * (MAX_BODY_BYTES + 1), headers=asking("zh-CN"))
    assert (answer.status_code, answer.json()["title"]) == (413, "内容太大，不能超过 64 KiB")


def test_the_unexpected_is_told_in_the_readers_language(make_app: Any) -> None:
    app: FastAPI = make_app()

    @app.get("/broken")
    def break_down() -> None:
        raise RuntimeError

    with serve(app) as client:
        answer = client.get("/broken", headers=asking("zh-HK"))
    assert (answer.status_code, answer.json()["title"]) == (500, "系統出錯，請把請求編號告訴我們")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_details_are_left_as_they_are(member: Member) -> None:
    english = member.post("/codes", {"phone": 1}).content
    chinese = member.post("/codes", {"phone": 1}, headers=asking("zh-CN")).content
    names = ("type", "status", "errors")
    assert [orjson.loads(chinese)[name] for name in names] == [orjson.loads(english)[name] for name in names]


def test_the_page_of_a_problem_has_its_title_in_the_readers_language(http: httpx.Client) -> None:
    page = http.get("/problems/session-missing", headers=asking("zh-HK"))
    assert (page.json()["title"], page.headers["content-language"]) == (SIGN_IN["zh-HK"], "zh-HK")
