"""What people asked for is held to their signatures and to the chain: no row about money changes unseen."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from pswallet import audit, tables
from pswallet.audit import notices, refusals
from pswallet.audit.facts import PARTS
from pswallet.bank import service as bank
from pswallet.bank.models import BankEntry, BankMintRefusal
from pswallet.chain import calldata
from pswallet.checkout.models import CheckoutBudget, CheckoutRefundAsked, CheckoutRefusal
from pswallet.kit.db import Base, fact_tables
from pswallet.payments.models import (
    Authorization,
    AuthorizationRefusal,
    FundedIntake,
    Order,
    OrderRefund,
    PaymentRequest,
    PaymentShare,
)
from pswallet.payments.service import SignedPayment
from pswallet.points.models import PointsPurchase, PointsRefund
from pswallet.redpackets.models import PacketClaim, RedPacket
from pswallet.vouchers.models import Campaign, VoucherClaim, VoucherRefusal
from tests.features.money import Town
from tests.features.test_payments_requests import ask, pay_share
from tests.parts import Person, Pipeline

INTAKE: set[type[Base]] = {
    Authorization, BankEntry, Campaign, Order, OrderRefund, PaymentRequest, PaymentShare, PacketClaim, RedPacket,
    PointsPurchase, PointsRefund, CheckoutBudget, CheckoutRefundAsked, FundedIntake, VoucherClaim,
}  # fmt: skip
OF_SHOPS: set[type[Base]] = {
    Campaign, CheckoutBudget, CheckoutRefundAsked, CheckoutRefusal, FundedIntake, VoucherClaim, VoucherRefusal,
}  # fmt: skip
"""What this town has none of: see test_shops, and test_funded_audit beside the routes."""
EXCEPTIONS = {
    "tiers": "what a tier shall be allowed; what it is allowed is the token's own, kept in tier_limits",
    "chain_calls": "what is asked of the chain, which takes it as it was signed or not at all: then it is a fact",
    "baskets": "what a till asks for; the order that it becomes is audited",
    "offers": "what a merchant or sponsor promises; no money moves by it alone",
    "offer_counts": "how much of its offers is taken: the gateway's own bound, no fact of the chain",
    "quotes": "a price that was told; the order that pays it is audited",
    "quote_lines": "how that price came about",
    "code_limits": "what a person set for codes: the gateway's own bound",
    "code_spendings": "what counts against it",
    "taken_codes": "which payment code was taken for how much; the payment itself is audited",
    "off_chain_notifications": "who is told what a request asks for; what it asks for is held to its own rows",
}
"""Tables with amounts that the audit leaves out, each with its reason."""

YES = "0x7f1626ba7e" + "00" * 28 + "60005260206000f3"
"""A contract that accepts every signature (ERC-1271)."""
NO = "0x60006000f3"
"""One that accepts none."""


def amounts_of(table: Base) -> list[str]:
    """A table's columns that hold amounts: fen, or JSON that may name some."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    return [one.name for one in columns if one.name.endswith("_fen") or one.type.__class__.__name__ == "JSONB"]


def names(kinds: Iterable[type[Base]]) -> set[str]:
    return {kind.__tablename__ for kind in kinds}


def test_every_table_with_an_amount_is_audited():
    mapped = [mapper.class_ for mapper in Base.registry.mappers]
    assert len(mapped) == len(tables.metadata.tables)
    about_money = names(kind for kind in mapped if amounts_of(kind)) | names(fact_tables())
    audited = names(PARTS) | names(refusals.TABLES) | names([notices.TABLE]) | names(INTAKE)
    assert about_money - audited == EXCEPTIONS.keys()
    assert all(EXCEPTIONS.values())


@pytest.fixture
def town(pipeline: Pipeline) -> Town:
    """A town in which everything that can be asked for was, and some of it refused."""
    town = Town(pipeline)
    host, an, bo, poor = town.people("host", "an", "bo", "poor")
    town.run(lambda session: bank.record_entry(session, entry_id="B1", account=an.address, amount=700, now=town.now))
    town.settle()
    town.run(lambda session: bank.settle(session, now=town.now))
    town.settle()
    request = ask(town, host, [an, bo], 901)
    pay_share(town, request.id, town.payment(an, host.address, 451))
    town.pay(an, bo, 200)
    shop = town.people("shop", tier=5, fen=1_000)[0]
    order = town.order(shop, an, 300)
    town.give_back(shop, order, an, 120)
    for lucky in (False, True):
        town.open(town.give(host, [an, bo], total=1_000, lucky=lucky), an, bo)
        town.settle()
    refuse(town, host, poor)
    assert said(town) == []
    return town


def refuse(town: Town, host: Person, poor: Person) -> None:
    """Let the chain refuse payments alone and in company, a packet and a mint: POOR pays past the gateway first."""
    chain = town.pipeline.chain
    first = town.payment(poor, host.address, 60_000)
    assert town.transfer(first)[0].id
    chain.token(poor.key, "transfer", host.address, 99_950)
    town.settle()
    chain.token(host.key, "transfer", poor.address, 40_000)
    town.settle()
    town.transfer(town.payment(poor, host.address, 15_000), town.payment(poor, host.address, 15_001))
    town.create(town.command(poor, [host], total=10_000))
    town.run(lambda session: bank.record_entry(session, entry_id="B2", account=poor.address, amount=300, now=town.now))
    chain.token(poor.key, "transfer", host.address, 40_000)
    chain.token(chain.keys.compliance, "freeze", [poor.address])
    town.settle()
    town.run(lambda session: bank.settle(session, now=town.now))
    town.settle()


def audited(town: Town) -> audit.Report:
    chain = town.pipeline.chain
    return audit.run(chain.rpc.url, chain.deployment, database_url=town.pipeline.database_url)


def said(town: Town) -> list[str]:
    return [f"{one.check}: {one.message}" for one in audited(town).differences()]


def test_the_town_has_every_kind_of_row(town: Town):
    for kind in {*INTAKE, *refusals.TABLES, notices.TABLE} - OF_SHOPS:
        assert town.run(lambda session, kind=kind: session.query(kind).count()), kind.__tablename__
    alone = town.run(lambda session: session.scalar(select(BankMintRefusal.log_index)))
    assert alone == -1  # its whole transaction failed; the payments failed in their batch
    places = town.run(lambda session: session.scalars(select(AuthorizationRefusal.log_index)).all())
    assert min(places) >= 0


def notice(kind: str, **changed: object) -> str:
    """Tell the people of one kind of notice something else."""
    body = json.dumps(changed).replace("{", "{{").replace("}", "}}")
    return f"UPDATE notifications SET body = body || '{body}' WHERE kind = '{kind}'"


def refusal(error: str, block: str) -> str:
    """Invent the refusal of a payment that was carried out."""
    return (
        "INSERT INTO authorization_refusals (payer, nonce, error, at, block, log_index)"
        f" SELECT u.payer, u.nonce, '{error}', u.at, {block}, -1"
        " FROM authorization_uses u JOIN authorizations USING (payer, nonce) WHERE purpose = 'transfer' LIMIT 1"
    )


CHANGES = {
    "an authorization's amount": "UPDATE authorizations SET value_fen = value_fen + 777 WHERE {first}",
    "an authorization's payee": "UPDATE authorizations SET recipient = payer WHERE {first}",
    "an authorization's end": "UPDATE authorizations SET valid_before = valid_before + 1 WHERE {first}",
    "an authorization's nonce": "UPDATE authorizations SET nonce = '0x12' WHERE {first}",
    "an authorization's signature": "UPDATE authorizations SET signature = '0xzz' WHERE {first}",
    "a packet's money as a payment": "UPDATE authorizations SET purpose = 'transfer' WHERE purpose = 'packet'",
    "a bank entry's amount": "UPDATE bank_entries SET value_fen = value_fen + 1 WHERE id = 'B1'",
    "a bank entry's owner": "UPDATE bank_entries SET account = 'x' WHERE id = 'B1'",
    "a bank entry's hash": "UPDATE bank_entries SET id = 'B3' WHERE id = 'B1'",
    "a share that was paid": "UPDATE payment_shares SET value_fen = 1 WHERE place = 0",
    "a share that was not": "UPDATE payment_shares SET value_fen = 1 WHERE place = 1",
    "what a request asks for": "UPDATE payment_requests SET total_fen = total_fen + 2",
    "who is paid for it": "UPDATE payment_requests SET creator = 'x'",
    "a payment of another share": (
        "UPDATE share_payments SET payer = (SELECT payer FROM payment_shares WHERE place = 1)"
    ),
    "an order's amount": "UPDATE orders SET amount_fen = amount_fen + 1",
    "an order's number": "UPDATE orders SET reference = 'other'",
    "a refund's amount": "UPDATE order_refunds SET value_fen = value_fen + 1",
    "a refund's number": "UPDATE order_refunds SET number = 1",
    "a refund of more than was paid": (
        "WITH more AS (UPDATE order_refunds SET value_fen = 301 RETURNING authorization_id)"
        " UPDATE authorizations SET value_fen = 301 WHERE id IN (SELECT authorization_id FROM more)"
    ),
    "a notice of another order": notice("order-received", order="ord_x"),
    "a notice of an order's amount": notice("order-paid", amount_fen=1),
    "a packet's total": "UPDATE red_packets SET total_fen = total_fen + 1 WHERE lucky",
    "a packet's largest share": "UPDATE red_packets SET largest_share_fen = 1 WHERE lucky",
    "a packet's expiry": "UPDATE red_packets SET expires_at = expires_at + interval '1 hour' WHERE lucky",
    "a packet's terms": "UPDATE red_packets SET terms = jsonb_set(terms, '{{total}}', '7') WHERE lucky",
    "a packet without its salt": "UPDATE red_packets SET terms = terms - 'salt' WHERE lucky",
    "a claim's bound": "UPDATE packet_claims SET bound_fen = bound_fen + 1 WHERE position = 0",
    "a notice of a payment": notice("transfer-sent", amount_fen=1),
    "a notice of its payee": notice("transfer-received", **{"from": "x"}),
    "a notice of a mint": notice("money-arrived", amount_fen=1),
    "a notice of a share": notice("share-claimed", amount_fen=1),
    "a notice to another": "UPDATE notifications SET address = 'x' WHERE kind = 'share-claimed'",
    "a notice of no amount": "UPDATE notifications SET body = '{{}}' WHERE kind = 'money-arrived'",
    "a notice of an amount": notice("tier-set", amount_fen=1),
    "a notice of a refused mint": notice("money-refused", amount_fen=1),
    "a notice before the deployment": "UPDATE notifications SET block = 0 WHERE kind = 'tier-set'",
    "a refusal elsewhere": "UPDATE authorization_refusals SET block = block - 1",
    "a refusal of another": (
        "UPDATE authorization_refusals SET nonce = '0x' || repeat('12', 32)"
        " WHERE nonce = (SELECT max(nonce) FROM authorization_refusals)"
    ),
    "a refusal of a try that was none": "UPDATE authorization_refusals SET number = 1",
    "a refused packet's other": "UPDATE packet_refusals SET account = '0x' || repeat('12', 20)",
    "a refused mint's other": "UPDATE bank_mint_refusals SET entry = '0x' || repeat('12', 32)",
    "a refusal of what was carried out": refusal("DailyLimitExceeded", "u.block"),
    "a refusal before it was carried out": refusal("DailyLimitExceeded", "u.block - 1"),
    "an unexplained refusal of what was carried out": refusal("CallReverted", "u.block"),
    "a refusal of a share": (
        "INSERT INTO packet_refusals (key, packet, account, kind, error, at, block, log_index)"
        " SELECT 'k', packet, account, 'packet-claim', 'CallReverted', at, block, -1 FROM packet_shares LIMIT 1"
    ),
    "a refusal of a packet": (
        "INSERT INTO packet_refusals (key, packet, account, kind, error, at, block, log_index)"
        " SELECT 'k', packet, '', 'packet-create', 'CallReverted', at, block, -1 FROM packet_openings LIMIT 1"
    ),
    "a refusal of a mint": (
        "INSERT INTO bank_mint_refusals (key, entry, error, at, block, log_index)"
        " SELECT 'k', entry, 'CallReverted', at, block, -1 FROM bank_mints LIMIT 1"
    ),
}


def tamper(town: Town, statement: str) -> None:
    first = "id = (SELECT id FROM authorizations JOIN authorization_uses USING (payer, nonce) LIMIT 1)"
    changed = town.run(lambda session: session.execute(text(statement.format(first=first))).rowcount)
    assert changed


@contextmanager
def unharmed(town: Town, statement: str) -> Iterator[None]:
    """Put the tables that a statement changes back afterwards: to build the town takes longer than to audit it."""
    changed = dict.fromkeys(re.findall(r"(?:UPDATE|INSERT INTO|DELETE FROM) (\w+)", statement))
    with town.pipeline.sessions() as session:
        for table in changed:
            session.execute(text(f"CREATE TEMP TABLE kept_{table} AS TABLE {table}"))
        session.commit()
        yield
        session.execute(text("SET LOCAL session_replication_role = replica"))  # no trigger, no order of tables
        for table in changed:
            session.execute(text(f"DELETE FROM {table}"))
            session.execute(text(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{table}"))
            session.execute(text(f"DROP TABLE kept_{table}"))
        session.commit()


def test_a_changed_or_invented_row_is_named(town: Town):
    for change, statement in CHANGES.items():
        with unharmed(town, statement):
            tamper(town, statement)
            told = said(town)
        assert told, change
        assert all(one.startswith("database: ") for one in told), change
    assert said(town) == []


OF_A_FACT = {
    "an authorization's amount": "authorization_uses u JOIN authorizations a USING (payer, nonce)",
    "a bank entry's amount": "bank_mints",
    "a packet's largest share": "packet_openings o JOIN red_packets p ON p.id = o.packet AND p.lucky",
    "a notice of a mint": "bank_mints",
}
"""Changes of a row that became a fact, and which."""


def test_a_row_that_became_a_fact_is_named_with_its_block_and_transaction(town: Town):
    for change, fact in OF_A_FACT.items():
        blocks = set(town.run(lambda session, fact=fact: session.scalars(text(f"SELECT block FROM {fact}")).all()))
        with unharmed(town, CHANGES[change]):
            tamper(town, CHANGES[change])
            named = [(one.block, one.transaction) for one in audited(town).differences() if one.block in blocks]
        assert named, change
        for block, transaction in named:
            header = town.pipeline.chain.rpc.call("eth_getBlockByNumber", [hex(block), False])
            assert transaction in header["transactions"], change


def test_a_nonce_that_another_message_of_its_payer_used_is_no_contradiction(town: Town):
    """The payer signed twice: what is kept here is as he signed it, and was not carried out."""
    an, bo = Person("an"), Person("bo")
    kept = town.payment(an, bo.address, 700)
    other = town.payment(an, an.address, 1, nonce=kept.nonce, valid_before=kept.valid_before)
    town.transfer(kept)
    carry(town, other)
    town.settle()
    assert said(town) == []


def test_a_payment_that_was_refused_and_carried_later_is_no_contradiction(town: Town):
    poor, an = Person("poor"), Person("an")
    chain = town.pipeline.chain
    town.unfreeze(poor)
    chain.token(Person("host").key, "transfer", poor.address, 5_000)
    town.settle()
    payment = town.payment(poor, an.address, 4_000)
    town.transfer(payment)
    chain.token(poor.key, "transfer", an.address, 5_000)
    town.settle()
    assert town.run(lambda session: session.get(AuthorizationRefusal, (poor.address, payment.nonce, 0))) is not None
    chain.token(an.key, "transfer", poor.address, 5_000)
    carry(town, payment)
    town.settle()
    assert said(town) == []


def carry(town: Town, payment: SignedPayment) -> None:
    """Let a stranger carry a signed payment."""
    arguments = {**payment.message(), "signature": payment.signature}
    data = calldata.transfer_with_authorization(arguments)
    receipt = town.pipeline.chain.transact(Person("stranger").key, town.pipeline.chain.deployment.stablecoin, data)
    assert receipt["status"] == "0x1"


def test_a_contracts_payment_is_held_to_the_chain_and_else_to_its_contract(town: Town):
    """A contract's signature may be anything, and its owner another by now (ERC-1271)."""
    an, bo = Person("an"), Person("bo")
    rpc = town.pipeline.chain.rpc
    rpc.call("anvil_setCode", [an.address, YES])
    outcomes = town.transfer(
        *(replace(town.payment(an, bo.address, value), signature="0x1234", contract_verdict=True) for value in (5, 6))
    )
    town.settle()
    assert said(town) == []
    rpc.call("anvil_setCode", [an.address, NO])
    assert said(town) == []  # it was carried out as it is kept
    town.run(
        lambda session: session.execute(
            text("UPDATE authorizations SET value_fen = 500 WHERE id = :id"), {"id": outcomes[0].id}
        )
    )
    (told,) = said(town)
    assert told.endswith(f"{an.address} signed no 500 fen to {bo.address}; the chain moved 5 fen to {bo.address}")
    rpc.call("anvil_setCode", [an.address, YES])
    assert said(town) == []


def test_a_reserve_above_what_a_column_holds_is_no_contradiction(pipeline: Pipeline):
    town = Town(pipeline)
    pipeline.chain.token(pipeline.chain.keys.reserve, "attestReserve", 2**64 - 1)
    town.settle()
    assert said(town) == []
