"""A campaign from its opening to its end: opened, listed, claimed, spent, refunded, closed; rows equal to the chain."""

import pytest

from pswallet.chain.abi import artifact
from pswallet.vouchers import service
from pswallet.vouchers.service import calls
from tests.features.fair import Fair
from tests.features.money import Town
from tests.parts import DAY_S
from tests.rebuilds import assert_equal_to_a_rebuild


@pytest.fixture
def fair(town: Town) -> Fair:
    return Fair(town)


def test_a_campaigns_whole_life(fair: Fair, town: Town) -> None:
    an, bo, cai = town.people("an", "bo", "cai", fen=5_000)
    terms = fair.opened()
    assert fair.view(terms).status == "open"
    fair.give(terms, (an, 2), (bo, 1), (cai, 1))
    assert [fair.holding(terms, one) for one in (an, bo, cai)] == [(4_000, 2), (2_000, 1), (2_000, 1)]
    assert fair.state(terms) == (12_000, 8_000)

    first = fair.order(terms, an, 3_500, own=500)
    fair.pay(terms, first, an)
    assert fair.view(terms).spent_fen == 3_500
    assert town.balance(fair.tea_house) == 4_000
    fair.refund(terms, first, 1_500)  # the payer's own 500 first, then 1,000 of the voucher
    assert fair.holding(terms, an) == (1_500, 2)
    assert fair.vouchers(an)[0].left_fen == 1_500

    town.pass_time(DAY_S)
    fair.refund(terms, first, 1_000, number=1)
    view = fair.view(terms)
    assert (view.issued_fen, view.spent_fen, view.restored_fen, view.returned_fen) == (8_000, 3_500, 1_000, 1_000)
    fair.close(terms)
    town.settle()
    assert fair.view(terms).status == "closed"
    assert fair.state(terms) == (0, 0)
    assert town.balance(fair.sponsor) == 1_000_000 - 1_500  # what the tea house kept
    assert_equal_to_a_rebuild(town.pipeline)


def test_people_are_told_of_their_vouchers_and_sponsors_of_their_money(fair: Fair, town: Town) -> None:
    (an,) = town.people("an", fen=0)
    terms = fair.opened()
    fair.give(terms, (an, 1))
    order = fair.order(terms, an, 1_500)
    fair.pay(terms, order, an)
    fair.refund(terms, order, 500)
    town.pass_time(DAY_S)
    fair.refund(terms, order, 400, number=1)
    fair.close(terms)
    town.settle()
    with town.pipeline.sessions() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT address, kind, (body->>'amount_fen')::int FROM notifications"
            " WHERE kind LIKE 'voucher-%%' OR kind LIKE 'campaign-%%' ORDER BY block, log_index"
        )
        told = [tuple(row) for row in rows]
    assert told == [
        (fair.sponsor.address, "campaign-opened", 20_000),
        (an.address, "voucher-issued", 2_000),
        (an.address, "voucher-spent", 1_500),
        (an.address, "voucher-restored", 500),
        (an.address, "voucher-returned", 400),
        (fair.sponsor.address, "campaign-closed", 19_000),
    ]


def test_issuing_by_hand_encodes_as_the_abi_does(fair: Fair) -> None:
    terms, proof = fair.terms(), b"\x05" * 96
    winner = (b"\x01" * 32, fair.sponsor.address, 3, proof)
    by_abi = artifact("CityVoucher").call("issue", terms.terms(), winner)
    by_hand = calls.issuing(terms, root="0x" + "01" * 32, account=fair.sponsor.address, count=3, proof=proof)
    assert by_hand == "0x" + by_abi.hex()


def test_shops_come_in_pages_by_their_addresses(fair: Fair, town: Town) -> None:
    shops = sorted((f"0x{number:040x}", 5812) for number in range(1, 6))
    root = town.run(lambda session: service.keep_shops(session, shops))
    terms = fair.terms(merchants=root)
    fair.open(fair.command(terms, shops=[]))
    first = town.run(lambda session: service.shops_of(session, fair.id(terms), after=None, limit=3))
    second = town.run(lambda session: service.shops_of(session, fair.id(terms), after=first.after, limit=3))
    assert first.shops + second.shops == shops
    assert (first.after, second.after) == (shops[2][0], None)
