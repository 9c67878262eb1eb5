"""GET /v1/privacy/export: all of a person's data, for that person alone, after a fresh sign-in."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from pswallet import tables
from pswallet.chain.outbox import last_block
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault
from pswallet.points import projection as points_projection
from pswallet.points import service as points
from pswallet.points.rules import PaidOrder
from pswallet.privacy import officers
from pswallet.privacy.catalogue import HOLDINGS, IMPERSONAL
from tests.api import selling, shopping
from tests.api.campaigns import list_winners, open_campaign
from tests.api.gateway import Member, code_of
from tests.api.leaving import BORN, CARD, NAME, NUMBER, check_name
from tests.api.merchants import open_shop
from tests.api.money import balance, client_of, give, members, send
from tests.api.test_payment_codes import shop_by_code
from tests.parts import Pipeline


def exported(member: Member) -> dict[str, Any]:
    answer = member.get("/privacy/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def age_session(sessions: Sessions, age: timedelta) -> None:
    with transaction(sessions) as session:
        session.execute(text("UPDATE account_sessions SET created_at = now() - :age"), {"age": age})


def test_an_export_shows_what_is_sealed(member: Member) -> None:
    check_name(member)
    records = exported(member)["records"]
    (account,), (identity,) = records["accounts"], records["checked_identities"]
    assert (account["phone"], account["name"]) == (member.phone, NAME)
    assert (identity["number"], identity["birth_date"], identity["card"]) == (NUMBER, BORN, CARD)


def test_an_export_names_every_table_that_holds_anything(member: Member) -> None:
    found = exported(member)
    personal = {holding.table.__tablename__ for holding in HOLDINGS}
    assert set(found["records"]) == set(found["erasure"]) == personal
    assert personal | {table.__tablename__ for table in IMPERSONAL} == set(tables.metadata.tables)


def test_an_export_shows_money_words_and_notices(stranger: Any, pipeline: Pipeline) -> None:
    ping, hua = members(stranger, pipeline, "ping", "hua")
    send(ping, hua, 250)
    asked = {"kind": "request", "payers": [ping.address], "total_fen": 90, "note": "晚饭"}
    assert hua.post("/payment-requests", asked).status_code == 201
    packet = give(ping, [hua], pipeline)
    found = exported(ping)
    assert found["balance_fen"] == balance(ping) == 100_000 - 250 - 1_000
    records = found["records"]
    assert sorted(row["delta_fen"] for row in records["entries"]) == [-1_000, -250, 100_000]
    assert [row["note"] for row in records["payment_requests"]] == ["晚饭"]
    assert [row["id"] for row in records["red_packets"]] == [packet]
    assert {row["kind"] for row in records["off_chain_notifications"]} == {"payment-requested"}
    assert "packet-opened" in {row["kind"] for row in records["notifications"]}
    assert len(records["account_sessions"]) == 1


def buy_and_redeem(member: Member) -> None:
    """Let somebody buy something, take a reward for it, and ask for a quote with points."""
    with transaction(member.sessions) as session:
        block = last_block(session)
        assert block is not None
        paid = PaidOrder(
            account=member.address, order="0x5c", amount_fen=900, own_fen=900, points=0, at=block.time,
            block=block.number, log_index=99,
        )  # fmt: skip
        points_projection.on_order_paid(session, [paid])
        reward = points.offer_reward(session, title="擂茶", points=5, stock=1, level=0).id
        points.redeem(session, reward, account=member.address, now=block.time)
        until = block.time + timedelta(minutes=5)
        points.reserve(session, "quote", account=member.address, points=4, until=until, now=block.time)


NAMED_BY_OTHERS = {
    "entries": "the other side of a payment is the other's history",
    "notifications": "others are told who paid them",
    "off_chain_notifications": "others are told who asks them",
    "chain_calls": "impersonal: copies of requests",
}


def test_every_row_that_names_the_person_is_in_the_export(stranger: Any, pipeline: Pipeline, vault: Vault) -> None:
    """Generated from the tables: a holding whose condition misses rows, or a new table, fails here."""
    ping, hua = members(stranger, pipeline, "ping", "hua")
    check_name(ping)
    send(ping, hua, 250)
    send(hua, ping, 30)
    for asker, payer in ((hua, ping), (ping, hua)):
        asked = {"kind": "request", "payers": [payer.address], "total_fen": 90, "note": "晚饭"}
        assert asker.post("/payment-requests", asked).status_code == 201
    give(ping, [hua], pipeline)
    packet = give(hua, [ping], pipeline, lucky=True, total=50)
    assert ping.post(f"/red-packets/{packet}/claims", {}).status_code == 202
    assert ping.post("/draws").status_code == 201
    assert ping.post("/red-packets/phrase-keys", {"phrase": "恭喜发财"}).status_code == 201
    pipeline.settle()
    buy_and_redeem(ping)
    assert ping.post(f"/red-packets/{packet}/thanks", {"words": "谢谢阿华"}).status_code == 201
    assert ping.post("/contact-groups", {"name": "坪山一家人"}).status_code == 201
    shop_by_code(ping, pipeline.sessions, vault)
    open_shop(ping)
    (shop,) = members(stranger, pipeline, "shop", tier=5, fen=0)
    shopping.offer(shop)
    for buyer in (ping, hua):
        shopping.quote(buyer, shopping.basket(shop))
    campaign = open_campaign(members(stranger, pipeline, "district", tier=6)[0], pipeline)
    list_winners(pipeline, campaign, ping)
    assert ping.post(f"/campaigns/{campaign}/vouchers", {}).status_code == 202
    pipeline.settle()
    records, missed = exported(ping)["records"], {}
    assert [row["words"] for row in records["packet_thanks"]] == ["谢谢阿华"]
    assert "坪山一家人" in records["contact_groups"][0]["content"]
    with transaction(pipeline.sessions) as session:
        for name in set(tables.metadata.tables) - set(NAMED_BY_OTHERS):
            rows = session.execute(text(f'SELECT t::text FROM "{name}" AS t')).scalars()
            naming = [row for row in rows if ping.address in row or ping.account["id"] in row]
            if len(naming) > len(records.get(name, [])):
                missed[name] = naming
    assert missed == {}
    empty = {name for name in records if not records[name]}
    assert empty <= {
        "offers",  # a merchant's
        "account_freezes", "authorization_cancellations", "authorization_refusals", "bank_entries", "bank_mints",
        "bank_mint_refusals", "bank_redemptions", "packet_collections", "packet_refunds", "packet_refusals",
        "order_refunds", "orders", "phrase_tries", "rate_windows", "retained_records", "share_payments", "successions",
            "trail_entries",
        "points_holds", "points_purchases", "points_redemptions", "points_refunds", "points_reminders",
        "allowances", "budget_openings", "checkout_budgets", "checkout_cashiers", "checkout_parts", "checkout_payments",
        "checkout_refunds", "checkout_refunds_asked", "checkout_refusals", "funded_orders",
        "campaigns", "campaign_openings", "campaign_closings", "listed_shops", "voucher_refusals",
    }  # fmt: skip


def test_an_export_has_the_orders_that_one_paid_and_their_refunds(stranger: Any, pipeline: Pipeline) -> None:
    """An order's row names its merchant alone: whose payment it is stands elsewhere."""
    ping, hua, city = members(stranger, pipeline, "ping", "hua", "city")
    shop = selling.tea_house(stranger, pipeline)
    first, second, third = (selling.order(shop, 2_100, reference) for reference in ("1", "2", "3"))
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "district"), pipeline, hua)
    assert selling.pay_plain(ping, first).status_code == 202
    assert selling.pay(hua, second, [selling.voucher_part(hua, campaign, 2_000)]).status_code == 202
    pipeline.settle()
    client_of(shop).give_back(shop.get(f"/orders/{first['id']}").json(), ping.address, 100)
    pipeline.settle()
    assert third["status"] == "open"
    numbers, refunds = {}, {}
    for one in (ping, hua, city, shop):
        records = exported(one)["records"]
        numbers[one.name] = [row["reference"] for row in records["orders"]]
        refunds[one.name] = len(records["order_refunds"])
    assert numbers == {"ping": ["1"], "hua": ["2"], "city": [], "tea house": ["1", "2", "3"]}
    assert refunds == {"ping": 1, "hua": 0, "city": 0, "tea house": 1}


def test_an_export_has_nobody_elses_rows(stranger: Any, pipeline: Pipeline) -> None:
    ping, hua, mei = members(stranger, pipeline, "ping", "hua", "mei")
    send(hua, mei, 5)
    give(hua, [mei], pipeline)
    shown = str(exported(ping))
    assert hua.address not in shown
    assert mei.account["id"] not in shown


def test_no_secret_is_in_an_export(member: Member, sessions: Sessions, vault: Vault) -> None:
    shown = str(exported(member))
    with transaction(sessions) as session:
        secrets = session.execute(
            text(
                "SELECT encode(token_hash, 'hex') FROM account_sessions UNION SELECT encode(wrapped, 'hex')"
                " FROM vault_keys UNION SELECT phone_index FROM accounts UNION SELECT code_hash FROM phone_codes"
            )
        ).scalars()
        assert not [secret for secret in secrets if secret in shown]


def test_the_person_sees_who_looked_and_why(member: Member, sessions: Sessions, vault: Vault) -> None:
    officers.show(sessions, vault, member.address, by="ann", reason="case 7: lost phone")
    (seen,) = exported(member)["records"]["trail_entries"]
    assert (seen["actor"], seen["act"], seen["reason"]) == ("ann", "show-person", "case 7: lost phone")
    assert seen["person"] == member.account["id"]


@pytest.mark.parametrize(("age", "status"), [(timedelta(minutes=9, seconds=50), 200), (timedelta(minutes=10), 403)])
def test_a_session_of_ten_minutes_is_too_old(member: Member, sessions: Sessions, age: timedelta, status: int) -> None:
    age_session(sessions, age)
    answer = member.get("/privacy/export")
    assert answer.status_code == status
    if status == 403:
        assert code_of(answer) == "fresh-sign-in-required"
        assert answer.json()["minutes"] == 10


def test_a_stranger_gets_nothing(stranger: Any) -> None:
    assert code_of(stranger().get("/privacy/export")) == "session-missing"
