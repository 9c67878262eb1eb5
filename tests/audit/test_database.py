"""The gateway's rows about money are held to the chain, both ways."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text

from pswallet.audit import Report
from pswallet.audit.facts import PARTS
from pswallet.kit.db import transaction
from tests.audit import forge
from tests.audit.city import City, Opened
from tests.audit.liar import hiding, lying
from tests.parts import DAY_S, Person, Pipeline

XIAO_PING, A_LIANG, MEI, GUEST = Person("xiao ping"), Person("a liang"), Person("mei"), Person("guest")
TIGHT = Person("a visitor with small limits")


@dataclass
class Gateway:
    """A city whose facts are in the gateway's database too."""

    city: City
    pipeline: Pipeline
    packet: Opened

    def audit(self, rpc_url: str | None = None) -> Report:
        return self.city.audit(rpc_url, database_url=self.pipeline.database_url)

    def tamper(self, statement: str, **values: object) -> None:
        with transaction(self.pipeline.sessions) as session:
            assert session.execute(text(statement), values).rowcount == 1


@pytest.fixture
def gateway(city: City, pipeline: Pipeline) -> Gateway:
    """Money of every kind has moved, and the indexer has read it."""
    keys, chain = city.chain.keys, city.chain
    city.settle_in(XIAO_PING, A_LIANG, MEI)
    city.pay(XIAO_PING, A_LIANG.address, 300)
    city.pay_signed(A_LIANG, MEI.address, 40)
    city.pay(MEI, MEI.address, 9)
    city.redeem(MEI, 500)
    packet = city.open(A_LIANG, (XIAO_PING, MEI, GUEST), total=900)
    city.claim(packet, MEI, GUEST)
    chain.register(GUEST)
    city.collect(packet, GUEST)
    chain.move_time(DAY_S + 1)
    city.refund(packet)
    chain.token(keys.pauser, "pause")
    chain.token(keys.unpauser, "unpause")
    chain.token(keys.compliance, "freeze", [GUEST.address])
    chain.token(keys.compliance, "replaceAccount", GUEST.address, Person("new phone").address)
    chain.token(XIAO_PING.key, "transfer", A_LIANG.address, 7)
    pipeline.settle()
    return Gateway(city, pipeline, packet)


def database(report: Report) -> list[tuple[int | None, str | None]]:
    return [(one.block, one.transaction) for one in report.differences() if one.check == "database"]


def said(report: Report) -> list[str]:
    return [f"{one.check}: {one.message}" for one in report.differences()]


def test_an_honest_gateway_passes(gateway: Gateway):
    report = gateway.audit()
    assert said(report) == []
    assert next(check for check in report.checks if check.name == "database").looked_at > 30


def test_the_audited_rows_cover_every_table(gateway: Gateway):
    with gateway.pipeline.sessions() as session:
        empty = {
            one.__tablename__
            for one in PARTS
            if not session.execute(text(f"SELECT 1 FROM {one.__tablename__}")).first()
        }
    of_shops = {one.__tablename__ for one in PARTS if one.__module__.split(".")[1] in ("checkout", "vouchers")}
    assert empty <= {"authorization_cancellations"} | of_shops


CHANGES: dict[str, str] = {
    "a balance": "UPDATE entries SET balance_after_fen = balance_after_fen + 1 WHERE {of} AND leg = 0",
    "an amount": "UPDATE entries SET delta_fen = delta_fen - 1 WHERE {of} AND leg = 1",
    "a payee": "UPDATE entries SET counterparty = account WHERE {of} AND leg = 0",
    "a lost row": "DELETE FROM entries WHERE {of} AND leg = 1",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_or_lost_entry_is_named_with_its_transaction(gateway: Gateway, change: str):
    receipt = gateway.city.pay(XIAO_PING, A_LIANG.address, 21)
    gateway.pipeline.settle()
    assert gateway.audit().ok
    block = int(receipt["blockNumber"], 16)
    gateway.tamper(change.format(of=f"block = {block} AND kind = 'transfer'"))
    assert database(gateway.audit()) == [(block, receipt["transactionHash"])]


def test_an_invented_entry_is_named_with_its_block(gateway: Gateway):
    gateway.tamper(
        "INSERT INTO entries SELECT account, block, 77, leg, kind, counterparty, delta_fen, balance_after_fen,"
        " sent_today_fen, sent_this_year_fen, sent_ever_fen, at FROM entries WHERE kind = 'redeem'"
    )
    report = gateway.audit()
    assert [one.transaction for one in report.differences()] == [None]
    assert "a row of log 77 that the chain does not" in report.checks[-1].differences[0].message


def test_a_row_before_the_deployment_is_named(gateway: Gateway):
    gateway.tamper("UPDATE packet_refunds SET block = 0")
    messages = said(gateway.audit())
    assert any("outside the chain" in message for message in messages)
    assert any("packet_refunds lacks the row" in message for message in messages)


def test_a_share_and_a_refund_are_held_to_the_chain(gateway: Gateway):
    gateway.tamper("UPDATE packet_shares SET value_fen = value_fen + 1 WHERE position = 0")
    gateway.tamper("UPDATE packet_refunds SET creator = :other", other=MEI.address)
    gateway.tamper("UPDATE bank_redemptions SET value_fen = 1")
    assert len(database(gateway.audit())) == 3


def test_an_indexer_on_another_chain_is_named(gateway: Gateway):
    gateway.tamper("UPDATE chain_blocks SET hash = '0x00' WHERE number = (SELECT max(number) FROM chain_blocks)")
    assert database(gateway.audit()) == [(gateway.city.chain.head(), None)]


def test_rows_that_the_indexer_has_not_reached_are_not_missed(gateway: Gateway):
    gateway.city.pay(XIAO_PING, A_LIANG.address, 21)
    assert said(gateway.audit()) == []


def test_five_lies_are_all_named_with_transaction_and_block(gateway: Gateway):
    """A changed row, a dropped log, a forged share, a minted fen, a broken limit."""
    city, chain, keys = gateway.city, gateway.city.chain, gateway.city.chain.keys
    entry = b"\x07" * 32
    city.settle_in(TIGHT, fen=100_000, tier=1)
    chain.token(keys.minter, "mintMany", [(MEI.address, 1, entry)])
    city.pay(TIGHT, MEI.address, 50_000)
    city.pay(TIGHT, MEI.address, 50_000)
    city.chain.fund(TIGHT, fen=1)
    packet = city.open(XIAO_PING, (MEI, A_LIANG), total=2_000)
    gateway.pipeline.settle()
    assert said(gateway.audit()) == []

    changed = city.pay(A_LIANG, MEI.address, 33)
    dropped = city.pay(A_LIANG, MEI.address, 34)
    with forge.escrow_lies(city):
        forged = city.claim(packet, MEI)
    forge.forget_entry(city, entry)
    minted = chain.token(keys.minter, "mintMany", [(MEI.address, 1, entry)])
    forge.forget_spending(city, TIGHT.address)
    broken = city.pay(TIGHT, MEI.address, 1)
    gateway.tamper("DELETE FROM bank_mints WHERE entry = :entry", entry="0x" + entry.hex())  # its row is unique
    gateway.pipeline.settle()
    gateway.tamper("UPDATE entries SET balance_after_fen = 0 WHERE block = :block AND leg = 1", block=block_of(changed))

    with lying(chain.rpc.url, hiding(dropped["transactionHash"], 0)) as url:
        report = gateway.audit(url)
    named = {(one.check, one.block, one.transaction) for one in report.differences()}
    told: list[tuple[str, dict[str, str]]] = [
        ("database", changed),
        ("logs", dropped),
        ("draws", forged),
        ("mints", minted),
        ("limits", broken),
    ]
    assert {(check, block_of(receipt), receipt["transactionHash"]) for check, receipt in told} <= named


def block_of(receipt: dict[str, str]) -> int:
    return int(receipt["blockNumber"], 16)
