"""An honest chain passes: whatever people do, nothing is called wrong."""

import json

from tests.audit.city import City
from tests.parts import DAY_S, Person

XIAO_PING, A_LIANG, MEI, GUEST = Person("xiao ping"), Person("a liang"), Person("mei"), Person("guest")


def wrong(report) -> list[str]:
    return [f"{one.check}: {one.message} @{one.block}" for one in report.differences()]


def test_an_empty_chain_passes(city: City):
    report = city.audit()
    assert wrong(report) == []
    assert report.ok
    assert report.totals["payments"] == 0


def test_payments_of_every_kind_pass(city: City):
    city.settle_in(XIAO_PING, A_LIANG)
    city.pay(XIAO_PING, A_LIANG.address, 1_234)
    city.pay_signed(A_LIANG, XIAO_PING.address, 99)
    city.pay(XIAO_PING, XIAO_PING.address, 5)
    city.redeem(XIAO_PING, 700)
    report = city.audit()
    assert wrong(report) == []
    assert report.totals["fen issued"] == 200_000 - 700
    assert report.totals["payments"] == 2 + 4


def test_packets_of_every_kind_pass(city: City):
    city.settle_in(XIAO_PING, A_LIANG, MEI)
    lucky = city.open(XIAO_PING, (XIAO_PING, A_LIANG, MEI))
    city.claim(lucky, A_LIANG, MEI)
    city.claim(lucky, XIAO_PING, first=2)
    equal = city.open(A_LIANG, (XIAO_PING, MEI), total=600, lucky=False)
    city.claim(equal, MEI)
    link = city.open(MEI, (), shares=2, link_key=XIAO_PING.key)
    city.claim(link, A_LIANG)
    city.chain.move_time(DAY_S + 1)
    city.refund(equal)
    city.refund(link)
    report = city.audit()
    assert wrong(report) == []
    assert report.totals["shares"] == 5
    assert report.totals["red packets"] == 3


def test_an_owed_share_is_followed_to_its_collection(city: City):
    city.settle_in(XIAO_PING, MEI)
    packet = city.open(XIAO_PING, (GUEST, MEI), total=400, lucky=False)
    city.claim(packet, GUEST, MEI)
    assert wrong(city.audit()) == []
    city.chain.register(GUEST)
    city.collect(packet, GUEST)
    assert wrong(city.audit()) == []
    assert city.chain.balance(GUEST.address) == 200


def test_an_owed_share_is_followed_to_its_refund(city: City):
    city.settle_in(XIAO_PING, MEI)
    packet = city.open(XIAO_PING, (GUEST, MEI), total=400, lucky=False)
    city.claim(packet, GUEST, MEI)
    city.chain.move_time(DAY_S + 1)
    city.refund(packet)
    report = city.audit()
    assert wrong(report) == []
    assert city.chain.balance(XIAO_PING.address) == 100_000 - 200


def test_freezes_pauses_and_replacements_pass(city: City):
    keys, chain = city.chain.keys, city.chain
    city.settle_in(XIAO_PING, A_LIANG)
    city.pay(XIAO_PING, A_LIANG.address, 50)
    packet = city.open(XIAO_PING, (A_LIANG,), total=10, lucky=False)
    chain.token(keys.compliance, "freeze", [XIAO_PING.address])
    chain.token(keys.pauser, "pause")
    chain.move_time(DAY_S)
    city.refund(packet)  # a return passes freeze and pause
    chain.token(keys.unpauser, "unpause")
    chain.token(keys.compliance, "unfreeze", [XIAO_PING.address])
    city.pay(XIAO_PING, A_LIANG.address, 60)
    chain.token(keys.compliance, "replaceAccount", XIAO_PING.address, MEI.address)
    chain.token(keys.pauser, "pause")
    chain.move_time(3 * DAY_S)  # it ends by itself
    city.pay(A_LIANG, MEI.address, 70)
    assert wrong(city.audit()) == []


def test_counters_turn_with_the_day_and_the_year_but_not_in_a_life(city: City):
    city.settle_in(XIAO_PING, A_LIANG)
    city.settle_in(MEI, tier=1)
    for days in (0, 1, 200, 200):
        city.chain.move_time(days * DAY_S)
        city.pay(XIAO_PING, A_LIANG.address, 100)
        city.pay(MEI, A_LIANG.address, 100)
    assert wrong(city.audit()) == []


def test_the_report_says_what_it_looked_at(city: City):
    city.settle_in(XIAO_PING, A_LIANG)
    city.pay(XIAO_PING, A_LIANG.address, 1)
    told: list[tuple[int, int, int]] = []
    report = city.audit(progress=lambda done, total, events: told.append((done, total, events)))
    body = json.loads(json.dumps(report.to_json()))
    assert body["ok"] is True
    assert body["last_hash"] == city.chain.rpc.call("eth_getBlockByNumber", ["latest", False])["hash"]
    assert {check["name"] for check in body["checks"] if check["looked_at"]} >= {"code", "logs", "supply", "accounts"}
    assert told[-1][0] == told[-1][1]
    assert told[-1][2] == report.totals["logs"]


def test_a_guest_whom_the_creator_listed_twice_may_draw_twice(city: City):
    city.settle_in(XIAO_PING, MEI)
    packet = city.open(XIAO_PING, (MEI, A_LIANG, MEI), total=300, lucky=False)
    city.claim_place(packet, 0)
    city.claim_place(packet, 2)
    assert city.chain.balance(MEI.address) == 100_000 + 200
    assert wrong(city.audit()) == []
