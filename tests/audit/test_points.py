"""Points are held to the chain's orders, and each anchored root to everybody's points."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from pswallet import audit
from pswallet.audit import Report
from pswallet.chain.abi import artifact
from pswallet.chain.hashing import keccak
from pswallet.chain.outbox import Call, CallKind
from pswallet.kit.clock import shanghai_day
from pswallet.points import service as points
from pswallet.points.rules.proofs import day_number
from tests.audit.liar import lying, retold
from tests.features.money import VAULT, Town
from tests.parts import DAY_S, Person, Pipeline

AN, BO, SHOP = Person("an"), Person("bo"), Person("shop")
Place = tuple[int | None, str | None]


@dataclass
class Ledger:
    """People with points, and a day's root on the chain."""

    town: Town
    bought: Place
    refunded: Place
    anchored: Place

    def audit(self, rpc_url: str | None = None) -> Report:
        pipeline = self.town.pipeline
        return audit.run(rpc_url or pipeline.chain.rpc.url, pipeline.chain.deployment, pipeline.database_url)

    def tamper(self, statement: str) -> None:
        assert self.town.run(lambda session: session.execute(text(statement)).rowcount)

    def places(self, check: str, rpc_url: str | None = None) -> set[Place]:
        return {(one.block, one.transaction) for one in self.audit(rpc_url).differences() if one.check == check}


def told_in(town: Town, query: str) -> Place:
    """The place of the log that a fact's row comes from."""
    block = town.run(lambda session: session.scalar(text(query)))
    header = town.pipeline.chain.rpc.call("eth_getBlockByNumber", [hex(block), False])
    return block, header["transactions"][0]


def anchor(town: Town) -> None:
    """Close the last day that is over, and let the root come to the chain."""
    day = shanghai_day(town.now) - timedelta(days=1)
    assert town.run(lambda session: points.anchor_day(session, VAULT, day, now=town.now)) == 1
    town.settle()


@pytest.fixture
def ledger(pipeline: Pipeline) -> Ledger:
    """AN bought for 300 points and 27 points, gave back a part, took a reward and holds some; BO bought for one."""
    town = Town(pipeline)
    town.people(AN.name, BO.name)
    town.people(SHOP.name, tier=5, fen=1_000)
    order = town.order(SHOP, AN, 30_000)
    town.give_back(SHOP, order, AN, 9_990)
    town.order(SHOP, AN, 2_799)
    town.order(SHOP, BO, 50)
    reward = town.run(lambda session: points.offer_reward(session, title="茶", points=20, stock=1, level=0))
    town.run(lambda session: points.redeem(session, reward.id, account=AN.address, now=town.now))
    until = town.now + timedelta(days=9)
    town.run(lambda session: points.reserve(session, "q", account=AN.address, points=5, until=until, now=town.now))
    town.pass_time(DAY_S)
    anchor(town)
    bought = told_in(town, f"SELECT block FROM points_purchases WHERE account = '{BO.address}'")
    refunded = told_in(town, "SELECT block FROM points_refunds")
    return Ledger(town, bought, refunded, (pipeline.chain.head(), _last_transaction(town)))


def _last_transaction(town: Town) -> str:
    header = town.pipeline.chain.rpc.call("eth_getBlockByNumber", ["latest", False])
    return str(header["transactions"][0])


def test_honest_points_pass_and_the_root_counts_them(ledger: Ledger):
    report = ledger.audit()
    assert [one.message for one in report.differences()] == []
    total = ledger.town.run(lambda session: session.scalar(text("SELECT total FROM points_days")))
    assert total == 300 - 99 + 27 - 20 + 1, "a refund of 99.90 of 300.00 takes 99, rounded down"
    assert next(check.looked_at for check in report.checks if check.name == "anchors") == 2  # the root, and the points


def test_the_points_of_a_later_day_are_counted_by_what_happened_since(ledger: Ledger):
    ledger.town.order(SHOP, BO, 9_900)
    ledger.town.order(SHOP, *ledger.town.people("who came today"), 50)
    ledger.town.pass_time(DAY_S)
    anchor(ledger.town)
    assert [one.message for one in ledger.audit().differences()] == []


@pytest.mark.parametrize("change", ["earned = earned + 1", "earned = 0", "ends_at = ends_at + interval '1 s'"])
def test_a_point_too_many_is_named_by_its_purchase(ledger: Ledger, change: str):
    ledger.tamper(f"UPDATE points_purchases SET {change} WHERE account = '{BO.address}'")
    assert ledger.places("database") == {ledger.bought}
    assert ledger.places("anchors") == (set() if "ends_at" in change else {ledger.anchored})


@pytest.mark.parametrize("change", ["clawed_back = clawed_back - 1", "returned = 1"])
def test_a_point_kept_at_a_refund_is_named_by_it(ledger: Ledger, change: str):
    ledger.tamper(f"UPDATE points_refunds SET {change}")
    assert ledger.places("database") == {ledger.refunded}


def test_points_of_no_order_are_named(ledger: Ledger):
    ledger.tamper(
        "INSERT INTO points_purchases SELECT account, 'x', paid_fen, by_own_money, earned, points_paid, at, ends_at,"
        f" block, log_index FROM points_purchases WHERE account = '{BO.address}'"
    )
    assert ledger.places("database") == {ledger.bought}


def test_an_order_that_earned_nothing_is_named(ledger: Ledger):
    ledger.tamper(f"DELETE FROM points_purchases WHERE account = '{BO.address}'")
    assert ledger.places("database") == {ledger.bought}


def test_an_order_row_that_takes_anothers_payment_for_its_own_is_named_with_it(ledger: Ledger):
    """BO's order says that it is paid by what AN paid for another."""
    ledger.tamper("UPDATE orders SET hash = 'x' || hash WHERE amount_fen = 30000")
    dear = "(SELECT substr(hash, 2) FROM orders WHERE amount_fen = 30000)"
    ledger.tamper(f"UPDATE orders SET hash = {dear} WHERE amount_fen = 50")
    paid = told_in(ledger.town, f"SELECT min(block) FROM authorization_uses WHERE payer = '{AN.address}'")
    assert paid in ledger.places("database")


@pytest.mark.parametrize("changed", [{"w0": 7}, {"w1": 208}])
def test_an_anchored_root_of_another_ledger_is_named(ledger: Ledger, changed: dict[str, int]):
    lie = retold(str(ledger.anchored[1]), "Anchor", "Anchored", **changed)
    with lying(ledger.town.pipeline.chain.rpc.url, lie) as url:
        assert ledger.places("anchors", url) == {ledger.anchored}


def test_a_root_that_the_anchor_forgot_is_named(ledger: Ledger):
    chain, day = ledger.town.pipeline.chain, day_number(shanghai_day(ledger.town.now)) - 1
    data = "0x" + artifact("Anchor").call("rootOf", keccak(b"points"), day).hex()
    asked = [{"to": chain.deployment.anchor, "data": data}, "latest"]
    (touched,) = chain.rpc.call("eth_createAccessList", asked)["accessList"]
    chain.rpc.call("anvil_setStorageAt", [chain.deployment.anchor, touched["storageKeys"][0], "0x" + "00" * 32])
    chain.rpc.call("evm_mine")
    assert ledger.places("anchors") == {ledger.anchored}


def test_a_root_that_the_gateway_kept_no_tree_for_is_named(ledger: Ledger):
    """The key that anchors was used past the gateway, for a day on which nobody had points."""
    day, subject = day_number(shanghai_day(ledger.town.now)) - 2, "0x" + keccak(b"points").hex()
    arguments = {"subject": subject, "day": day, "root": "0x" + "12" * 32, "total": 5}
    ledger.town.pipeline.leave(Call(f"anchor:{subject}:{day}", CallKind.ANCHOR, arguments))
    ledger.town.settle()
    where = ledger.town.pipeline.chain.head(), _last_transaction(ledger.town)
    assert ledger.places("anchors") == {where}


def test_a_tree_that_left_somebody_out_is_named(ledger: Ledger):
    """Its root is in order, and so is what was anchored; BO is not in it."""
    move = f"UPDATE points_purchases SET at = at {{}} interval '9 days' WHERE account = '{BO.address}'"
    ledger.town.pass_time(DAY_S)
    ledger.tamper(move.format("+"))
    anchor(ledger.town)
    ledger.tamper(move.format("-"))
    assert ledger.places("anchors") == {(ledger.town.pipeline.chain.head(), _last_transaction(ledger.town))}
    assert ledger.places("database") == set()


def test_points_that_were_spent_after_the_day_in_its_name_are_named(ledger: Ledger):
    ledger.tamper(
        "INSERT INTO points_redemptions SELECT 'rdm_x', account, reward_id, 1, at FROM points_redemptions LIMIT 1"
    )
    assert ledger.places("anchors") == {ledger.anchored}
