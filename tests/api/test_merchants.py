"""Merchants over HTTP: onboarding, stores, tills, staff and API keys, and who may do what."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from pswallet.kit import clock
from pswallet.kit.db import Sessions
from pswallet.vendors.register import NO_BUSINESS
from tests.api.gateway import Member, code_of
from tests.api.merchants import (
    OTHER_CODE,
    PEOPLE,
    api_key,
    appoint,
    become_merchant,
    business,
    by_key,
    delete,
    place,
    prove_name,
    shopkeeper,
    store_of,
)
from tests.api.money import members
from tests.api.test_privacy import dump_of
from tests.parts import Pipeline


@pytest.fixture
def owner(member: Member) -> Member:
    """A merchant before the chain has heard of it: few of its rights depend on that."""
    return become_merchant(member)


@pytest.fixture
def people(stranger: Any) -> list[Member]:
    """Three who could act for a merchant."""
    return [stranger(name, f"+861390000000{place}").register() for place, name in enumerate(("an", "bo", "cy"))]


# --- onboarding -----------------------------------------------------------------------------


def test_a_business_becomes_a_merchant_once_the_chain_has_given_it_the_tier(stranger: Any, pipeline: Pipeline) -> None:
    (ping,) = members(stranger, pipeline, "ping")
    prove_name(ping)
    made = ping.post("/merchants", business(credit_code=" 92440310ma5gqr0142"))
    assert made.status_code == 202
    shown = made.json()
    assert (shown["credit_code"], shown["address"], shown["role"]) == ("92440310MA5GQR0142", ping.address, "owner")
    assert (shown["category"], shown["ready"]) == ("Restaurants", False)
    pipeline.settle()
    assert ping.get("/merchants").json()["items"] == [shown | {"ready": True}]
    assert ping.get(f"/merchants/{shown['id']}").json() == shown | {"ready": True}


def test_nobody_is_a_merchant_without_a_checked_name(member: Member) -> None:
    refused = member.post("/merchants", business())
    assert (refused.status_code, code_of(refused)) == (403, "real-name-required")
    assert member.get("/merchants").json()["items"] == []


def test_a_later_check_of_the_person_does_not_take_the_merchants_tier(stranger: Any, pipeline: Pipeline) -> None:
    owner = shopkeeper(stranger, pipeline)
    card = {"number": "6222020000000000000", "phone": "13800138000"}
    more = {"name": "曾小萍", "id_number": PEOPLE[0], "bank_card": card, "liveness_token": "sandbox-live-face"}
    assert owner.post("/kyc/real-name", more).json() == {"tier_requested": 5}
    pipeline.settle()
    assert owner.get(place(owner)).json()["ready"] is True


@pytest.mark.parametrize(
    ("changed", "status", "name"),
    [
        ({"credit_code": "92440310MA5GQR0143"}, 422, "credit-code-invalid"),
        ({"mcc": "0000"}, 422, "merchant-category-unknown"),
        ({"name": NO_BUSINESS}, 403, "business-mismatch"),
        ({"kind": "MARKET"}, 422, "request-invalid"),
        ({"mcc": "58120"}, 422, "request-invalid"),
        ({"name": "a\nb"}, 422, "text-invalid"),
        ({"name": " "}, 422, "request-invalid"),
    ],
)
def test_a_business_that_does_not_fit_is_refused(
    member: Member, changed: dict[str, str], status: int, name: str
) -> None:
    refused = member.post("/merchants", business(**changed))
    assert (refused.status_code, code_of(refused)) == (status, name)


def test_one_account_is_one_merchant_and_one_business_too(owner: Member, people: list[Member]) -> None:
    other = people[0]
    prove_name(other, PEOPLE[1])
    assert code_of(owner.post("/merchants", business(credit_code=OTHER_CODE))) == "merchant-registered"
    assert code_of(other.post("/merchants", business())) == "credit-code-in-use"
    assert other.post("/merchants", business(credit_code=OTHER_CODE)).status_code == 202


def test_two_who_want_the_same_business_at_once_do_not_both_get_it(people: list[Member]) -> None:
    both = people[:2]
    for one, number in zip(both, PEOPLE, strict=False):
        prove_name(one, number)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: one.post("/merchants", business()), both))
    assert sorted(answer.status_code for answer in answers) == [202, 409]


# --- stores and tills -------------------------------------------------------------------------


def test_a_store_has_tills_and_closes_with_them(owner: Member) -> None:
    first, second = store_of(owner), store_of(owner)
    for store, till in ((first, "T01"), (first, "T02"), (second, "T03")):
        assert owner.post(place(owner, f"/stores/{store}/tills"), {"till": till}).status_code == 201
    assert delete(owner, place(owner, "/tills/T02")).status_code == 204
    assert [one["till"] for one in owner.get(place(owner, "/tills")).json()["items"]] == ["T01", "T03"]
    assert delete(owner, place(owner, f"/stores/{first}")).status_code == 204
    assert [one["till"] for one in owner.get(place(owner, "/tills")).json()["items"]] == ["T03"]
    assert [one["id"] for one in owner.get(place(owner, "/stores")).json()["items"]] == [second]
    assert code_of(delete(owner, place(owner, f"/stores/{first}"))) == "store-unknown"
    assert code_of(delete(owner, place(owner, "/tills/T02"))) == "till-unknown"
    assert code_of(owner.post(place(owner, f"/stores/{first}/tills"), {"till": "T04"})) == "store-unknown"


def test_a_tills_number_is_never_given_twice(owner: Member) -> None:
    store = store_of(owner)
    owner.post(place(owner, f"/stores/{store}/tills"), {"till": "T01"})
    delete(owner, place(owner, "/tills/T01"))
    refused = owner.post(place(owner, f"/stores/{store}/tills"), {"till": "T01"})
    assert (refused.status_code, code_of(refused)) == (409, "till-registered")


@pytest.mark.parametrize(("till", "status"), [("T" * 32, 201), ("T" * 33, 422), ("-1", 422), ("店1", 422), ("", 422)])
def test_a_tills_number_is_1_to_32_signs(owner: Member, till: str, status: int) -> None:
    assert owner.post(place(owner, f"/stores/{store_of(owner)}/tills"), {"till": till}).status_code == status


@pytest.mark.parametrize(("street", "status"), [("坪山", 201), ("碧岭", 201), (None, 201), ("福田", 422)])
def test_a_street_is_one_of_pingshans(owner: Member, street: str | None, status: int) -> None:
    answer = owner.post(place(owner, "/stores"), {"name": "大万店", "street": street, "place": "大万路33号"})
    assert answer.status_code == status


def test_there_is_an_end_to_what_a_merchant_may_have(owner: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_STORES", "MAX_TILLS", "MAX_STAFF", "MAX_API_KEYS"):
        monkeypatch.setattr(f"pswallet.merchants.rules.{name}", 1)
    store = store_of(owner)
    assert owner.post(place(owner, f"/stores/{store}/tills"), {"till": "T01"}).status_code == 201
    api_key(owner, "reports")
    again = {
        "stores": owner.post(place(owner, "/stores"), {"name": "二店", "place": "二路"}),
        "tills": owner.post(place(owner, f"/stores/{store}/tills"), {"till": "T02"}),
        "API keys": owner.post(place(owner, "/api-keys"), {"name": "two", "scopes": ["reports"]}),
    }
    for of, refused in again.items():
        assert (refused.status_code, code_of(refused)) == (409, "merchant-limit-reached")
        assert (refused.json()["of"], refused.json()["limit"]) == (of, 1)


# --- staff --------------------------------------------------------------------------------------


def test_each_role_may_what_it_may(owner: Member, people: list[Member]) -> None:
    manager, cashier, nobody = people
    assert appoint(owner, manager, "manager").status_code == 201
    assert appoint(owner, cashier, "cashier").json()["role"] == "cashier"
    staff = {"address": nobody.address, "role": "manager"}
    shop = {"name": "二店", "place": "二路"}
    asked = [
        (lambda who: who.get(place(owner)), 200, 200, 404),
        (lambda who: who.get(place(owner, "/stores")), 200, 200, 404),
        (lambda who: who.get(place(owner, "/tills")), 200, 200, 404),
        (lambda who: who.get(place(owner, "/staff")), 200, 403, 404),
        (lambda who: who.get(place(owner, "/settlement")), 200, 403, 404),
        (lambda who: who.get(place(owner, "/statement.csv")), 200, 403, 404),
        (lambda who: who.get(place(owner, "/webhook-endpoints")), 200, 403, 404),
        (lambda who: who.post(place(owner, "/stores"), shop), 201, 403, 404),
        (lambda who: who.post(place(owner, "/staff"), staff), 403, 403, 404),
        (lambda who: who.get(place(owner, "/api-keys")), 403, 403, 404),
        (lambda who: who.post(place(owner, "/api-keys"), {"name": "k", "scopes": ["reports"]}), 403, 403, 404),
    ]
    for ask, *expected in asked:
        assert [ask(who).status_code for who in (manager, cashier, nobody)] == expected
    assert [one["role"] for one in manager.get("/merchants").json()["items"]] == ["manager"]
    assert code_of(cashier.get(place(owner, "/staff"))) == "staff-role-insufficient"
    assert code_of(nobody.get(place(owner, "/staff"))) == "merchant-unknown"


def test_a_dismissed_cashier_may_nothing_from_the_next_request_on(owner: Member, people: list[Member]) -> None:
    cashier = people[0]
    appoint(owner, cashier, "cashier")
    assert cashier.get(place(owner)).status_code == 200
    assert delete(owner, place(owner, f"/staff/{cashier.address}")).status_code == 204
    assert code_of(cashier.get(place(owner))) == "merchant-unknown"
    assert cashier.get("/merchants").json()["items"] == []
    assert code_of(delete(owner, place(owner, f"/staff/{cashier.address}"))) == "staff-unknown"
    assert [one["address"] for one in owner.get(place(owner, "/staff")).json()["items"]] == [owner.address]


def test_who_was_dismissed_may_come_back_as_something_else(owner: Member, people: list[Member]) -> None:
    one = people[0]
    since = appoint(owner, one, "cashier").json()["since"]
    assert appoint(owner, one, "manager").json() == {"address": one.address, "role": "manager", "since": since}
    delete(owner, place(owner, f"/staff/{one.address}"))
    back = appoint(owner, one, "cashier").json()
    assert (back["role"], back["since"] > since) == ("cashier", True)
    assert code_of(one.get(place(owner, "/staff"))) == "staff-role-insufficient"


def test_what_a_cashier_may_refund_is_said_on_the_chain_and_not_here(owner: Member, people: list[Member]) -> None:
    staff = {"address": people[0].address, "role": "cashier", "cap_fen": 500}
    assert code_of(owner.post(place(owner, "/staff"), staff)) == "request-invalid"


def test_the_owner_stays_the_owner_and_alone(owner: Member, people: list[Member]) -> None:
    assert code_of(appoint(owner, people[0], "owner")) == "owner-role-fixed"
    assert code_of(appoint(owner, owner, "manager")) == "owner-role-fixed"
    assert code_of(delete(owner, place(owner, f"/staff/{owner.address}"))) == "owner-role-fixed"


def test_only_who_has_an_account_is_staff(owner: Member, stranger: Any) -> None:
    assert code_of(appoint(owner, stranger("nobody", "+8613900000009"), "manager")) == "account-unknown"


# --- API keys -----------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_kept_as_a_hash(owner: Member, sessions: Sessions) -> None:
    made = api_key(owner, "reports")
    assert made["token"].startswith("psk_")
    listed = owner.get(place(owner, "/api-keys"))
    assert listed.json()["items"] == [made["key"]]
    assert made["token"] not in listed.text
    dump = dump_of(sessions)
    assert made["token"] not in dump
    assert made["token"].encode().hex() not in dump


def test_a_key_does_what_its_scopes_say_for_its_merchant_alone(owner: Member, people: list[Member]) -> None:
    other = become_merchant(people[0], OTHER_CODE, person=1)
    reports, webhooks = (by_key(owner, api_key(owner, scope)["token"]) for scope in ("reports", "webhooks"))
    paths = ("", "/stores", "/tills", "/settlement", "/statement.csv", "/webhook-endpoints", "/staff", "/api-keys")
    statuses = {path: [who.get(place(owner, path)).status_code for who in (reports, webhooks)] for path in paths}
    for_reports = {path for path, found in statuses.items() if found == [200, 403]}
    assert for_reports == {"", "/stores", "/tills", "/settlement", "/statement.csv"}
    assert {path for path, found in statuses.items() if found == [403, 200]} == {"/webhook-endpoints"}
    assert {path for path, found in statuses.items() if found == [403, 403]} == {"/staff", "/api-keys"}
    assert code_of(reports.get(place(owner, "/webhook-endpoints"))) == "api-key-scope-missing"
    assert code_of(reports.get(place(other, "/settlement"))) == "merchant-unknown"


def test_a_key_is_no_persons_session(owner: Member) -> None:
    machine = by_key(owner, api_key(owner, "reports", "webhooks")["token"])
    for path in ("/accounts/me", "/balance", "/merchants", "/privacy/export"):
        assert code_of(machine.get(path)) == "session-invalid"
    assert code_of(machine.post("/merchants", business())) == "session-invalid"


def test_a_revoked_key_opens_nothing_from_the_next_request_on(owner: Member) -> None:
    made = api_key(owner, "reports")
    machine = by_key(owner, made["token"])
    assert machine.get(place(owner, "/settlement")).status_code == 200
    assert delete(owner, place(owner, f"/api-keys/{made['key']['id']}")).status_code == 204
    refused = machine.get(place(owner, "/settlement"))
    assert (refused.status_code, code_of(refused)) == (401, "api-key-invalid")
    assert code_of(delete(owner, place(owner, f"/api-keys/{made['key']['id']}"))) == "api-key-unknown"
    assert owner.get(place(owner, "/api-keys")).json()["items"] == []


def test_a_rotated_key_serves_beside_the_new_one_until_the_overlap_ends(make_app: Any, owner: Member) -> None:
    from pswallet.api.deps import wall_clock
    from tests.api.gateway import serve

    first = api_key(owner, "reports")
    answer = owner.post(place(owner, f"/api-keys/{first['key']['id']}/rotate"), {"overlap_s": 60})
    second = answer.json()
    assert (answer.status_code, second["key"]["scopes"], second["key"]["name"]) == (201, ["reports"], "till")
    both = [by_key(owner, one["token"]) for one in (first, second)]
    assert [one.get(place(owner, "/settlement")).status_code for one in both] == [200, 200]
    app = make_app()
    app.dependency_overrides[wall_clock] = lambda: clock.now() + timedelta(seconds=61)
    with serve(app) as http:
        for one in both:
            one.http = http
        assert [one.get(place(owner, "/settlement")).status_code for one in both] == [401, 200]


def test_nothing_that_outlives_a_session_is_made_when_it_is_older_than_ten_minutes(
    make_app: Any, owner: Member, people: list[Member]
) -> None:
    """Whoever stole a token makes no key, no staff and no endpoint that would go on after it."""
    from pswallet.api.deps import wall_clock
    from tests.api.gateway import serve

    made, hook = api_key(owner, "reports"), {"url": "https://shop.example/"}
    endpoint = owner.post(place(owner, "/webhook-endpoints"), hook).json()["endpoint"]["id"]
    app = make_app()
    app.dependency_overrides[wall_clock] = lambda: clock.now() + timedelta(minutes=11)
    with serve(app) as http:
        owner.http = http
        late = [
            owner.post(place(owner, "/api-keys"), {"name": "late", "scopes": ["reports"]}),
            owner.post(place(owner, f"/api-keys/{made['key']['id']}/rotate"), {"overlap_s": 0}),
            appoint(owner, people[0], "manager"),
            owner.post(place(owner, "/webhook-endpoints"), hook),
            owner.post(place(owner, f"/webhook-endpoints/{endpoint}/secret"), {"overlap_s": 0}),
        ]
        assert [code_of(one) for one in late] == ["fresh-sign-in-required"] * 5
        assert delete(owner, place(owner, f"/api-keys/{made['key']['id']}")).status_code == 204, "ending one is open"


def test_an_unknown_key_is_refused_by_its_name(owner: Member) -> None:
    assert code_of(by_key(owner, "psk_nobody").get(place(owner, "/settlement"))) == "api-key-invalid"


def test_the_same_post_sent_twice_makes_one_key(owner: Member) -> None:
    body = {"name": "till", "scopes": ["reports"]}
    first, second = (owner.post(place(owner, "/api-keys"), body, key="twice") for _ in range(2))
    assert first.json() == second.json()
    assert len(owner.get(place(owner, "/api-keys")).json()["items"]) == 1
