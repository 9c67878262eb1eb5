"""Every rule of the audit, with its twin on the right side of the boundary, on logs made up by hand."""

import pytest

from pswallet.audit.draws import link_before, share_of
from pswallet.audit.ledger import NOBODY
from tests.audit.tape import ESCROW, NOON, Tape, person

ANN, BEN, CAI = person(1), person(2), person(3)
DAY_S = 86_400
NEW_YEAR = 1_798_732_800
"""2027-01-01 00:00 in Shanghai, Unix seconds."""


@pytest.fixture
def tape() -> Tape:
    """ANN has 6,000 fen, BEN and CAI none; all three are of a tier with a cap of 10,000."""
    tape = Tape()
    tape.register(ANN, BEN, CAI)
    tape.mint(ANN, 6_000, entry=1)
    assert tape.wrong() == []
    return tape


# --- payments ---


@pytest.mark.parametrize(("value", "wrong"), [(5_000, []), (5_001, ["limits"])])
def test_a_payment_is_at_most_the_tiers(tape: Tape, value: int, wrong: list[str]):
    tape.pay(ANN, BEN, value)
    assert tape.wrong() == wrong


@pytest.mark.parametrize(("second", "wrong"), [(4_000, []), (4_001, ["limits"])])
def test_a_days_payments_are_at_most_the_tiers(tape: Tape, second: int, wrong: list[str]):
    tape.mint(ANN, 3_000, entry=2)
    tape.pay(ANN, BEN, 4_000)
    tape.pay(ANN, CAI, second)
    assert tape.wrong() == wrong


@pytest.mark.parametrize(("second", "wrong"), [(4_500, []), (4_501, ["limits"])])
def test_a_years_payments_are_at_most_the_tiers(tape: Tape, second: int, wrong: list[str]):
    tape.mint(ANN, 4_000, entry=2)
    tape.pay(ANN, BEN, 4_500)
    tape.now.time += DAY_S
    tape.pay(ANN, CAI, second)
    assert tape.wrong() == wrong


def test_a_new_year_in_shanghai_begins_a_new_count(tape: Tape):
    tape.mint(ANN, 3_500, entry=2)
    tape.pay(ANN, BEN, 4_500)
    tape.now.time = NEW_YEAR
    tape.pay(ANN, CAI, 4_600)
    assert tape.wrong() == []


def test_a_second_before_the_new_year_the_old_count_holds(tape: Tape):
    tape.mint(ANN, 3_500, entry=2)
    tape.pay(ANN, BEN, 4_500)
    tape.now.time = NEW_YEAR - 1
    tape.pay(ANN, CAI, 4_600)
    assert tape.wrong() == ["limits"]


def test_a_life_has_no_new_year(tape: Tape):
    tape.limit(1, max_balance=20_000, payment=9_000, day=9_000, year=9_000, life=True)
    tape.register(ANN, tier=1)
    tape.mint(ANN, 6_000, entry=2)
    tape.pay(ANN, BEN, 4_500)
    tape.now.time += 400 * DAY_S
    tape.pay(ANN, CAI, 4_501)
    assert tape.wrong() == ["limits"]


def test_a_redemption_is_outside_the_year(tape: Tape):
    tape.mint(ANN, 4_000, entry=2)
    tape.pay(ANN, BEN, 4_500)
    tape.now.time += DAY_S
    tape.token("Redeemed", ANN, 9, data=[5_000])
    tape.token("Transfer", ANN, NOBODY, data=[5_000])
    assert tape.wrong() == []
    assert tape.ledger.supply == 5_000


def test_the_tier_in_force_at_the_log_counts(tape: Tape):
    tape.limit(3, max_balance=90_000, payment=90_000, day=90_000, year=90_000)
    tape.register(ANN, tier=3)
    tape.pay(ANN, BEN, 5_500)
    tape.register(ANN, tier=2)
    assert tape.wrong() == []


@pytest.mark.parametrize(("value", "wrong"), [(4_000, []), (4_001, ["limits"])])
def test_a_credit_stays_below_the_payees_cap(tape: Tape, value: int, wrong: list[str]):
    tape.mint(ANN, value, entry=2)
    assert tape.wrong() == wrong


def test_nobody_pays_more_than_he_has(tape: Tape):
    tape.pay(BEN, ANN, 1)
    assert tape.wrong() == ["supply"]


@pytest.mark.parametrize(("payer", "payee"), [(ANN, person(9)), (person(9), ANN)])
def test_the_unregistered_neither_pay_nor_are_paid(tape: Tape, payer: str, payee: str):
    tape.ledger.account(person(9)).balance = 100
    tape.ledger.tiers[0] = tape.ledger.tiers[2]
    tape.pay(payer, payee, 100)
    assert tape.wrong() == ["standing"]


@pytest.mark.parametrize("who", [ANN, BEN])
def test_the_frozen_neither_pay_nor_are_paid(tape: Tape, who: str):
    tape.token("AccountFrozen", who)
    tape.pay(ANN, BEN, 1)
    assert tape.wrong() == ["standing"]
    tape.token("AccountUnfrozen", who)
    tape.pay(ANN, BEN, 1)
    assert tape.wrong() == ["standing"]


@pytest.mark.parametrize(("later_s", "wrong"), [(3 * DAY_S - 1, ["standing"]), (3 * DAY_S, [])])
def test_nobody_is_paid_in_a_pause_which_ends_by_itself(tape: Tape, later_s: int, wrong: list[str]):
    tape.token("Paused", data=[tape.now.time + 3 * DAY_S])
    tape.now.time += later_s
    tape.pay(ANN, BEN, 1)
    assert tape.wrong() == wrong


def test_a_pause_lifted_early_is_over(tape: Tape):
    tape.token("Paused", data=[tape.now.time + 3 * DAY_S])
    tape.token("Unpaused")
    tape.pay(ANN, BEN, 1)
    assert tape.wrong() == []


def test_a_payment_of_nothing_is_wrong(tape: Tape):
    tape.pay(ANN, BEN, 0)
    assert tape.wrong() == ["standing"]


# --- what stands directly before a payment ---


def test_an_authorization_stands_directly_before_its_payment(tape: Tape):
    tape.token("AuthorizationUsed", ANN, 5)
    tape.token("Transfer", ANN, BEN, data=[10])
    assert tape.wrong() == []


@pytest.mark.parametrize(("payer", "skip"), [(BEN, 0), (ANN, 1)])
def test_an_authorization_without_its_payment_is_wrong(tape: Tape, payer: str, skip: int):
    tape.pay(ANN, BEN, 20)
    tape.token("AuthorizationUsed", ANN, 5)
    tape.token("Transfer", payer, CAI, data=[10], skip=skip)
    assert tape.wrong() == ["authorizations"]


def test_an_authorization_at_a_transactions_end_is_wrong(tape: Tape):
    tape.token("AuthorizationUsed", ANN, 5)
    tape.end()
    tape.pay(ANN, BEN, 10)
    assert tape.wrong() == ["authorizations"]


def test_an_authorization_before_anything_else_is_wrong(tape: Tape):
    tape.token("AuthorizationUsed", ANN, 5)
    tape.token("TierSet", CAI, data=[2])
    assert tape.wrong() == ["authorizations"]


# --- supply ---


def test_an_entry_mints_once(tape: Tape):
    tape.mint(BEN, 1, entry=2)
    tape.mint(BEN, 1, entry=2)
    assert tape.wrong() == ["mints"]


def test_a_mint_names_its_entry(tape: Tape):
    tape.pay(NOBODY, BEN, 1)
    assert tape.wrong() == ["mints"]


@pytest.mark.parametrize(("reserve", "wrong"), [(6_500, []), (6_499, ["mints"])])
def test_the_supply_stays_within_the_reserve(tape: Tape, reserve: int, wrong: list[str]):
    tape.token("ReserveAttested", data=[reserve, NOON + 90_000])
    tape.mint(BEN, 500, entry=2)
    assert tape.wrong() == wrong


@pytest.mark.parametrize(("time", "wrong"), [(NOON + 89_999, []), (NOON + 90_000, ["mints"])])
def test_the_attestation_is_fresh(tape: Tape, time: int, wrong: list[str]):
    tape.now.time = time
    tape.mint(BEN, 1, entry=2)
    assert tape.wrong() == wrong


def test_a_burn_names_its_bank_payment(tape: Tape):
    tape.pay(ANN, NOBODY, 1)
    assert tape.wrong() == ["supply"]


def test_only_a_system_contract_returns_money(tape: Tape):
    tape.token("Returned", BEN, data=[5])
    tape.token("Transfer", ANN, BEN, data=[5])
    assert tape.wrong() == ["standing"]


# --- packets ---


def test_an_equal_packet_pays_equal_shares(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.draw(packet, BEN, 300, 0)
    tape.draw(packet, CAI, 300, 1)
    tape.now.time += DAY_S
    tape.refund(packet, ANN, 300)
    assert tape.wrong() == []
    assert tape.packets.outstanding() == 0


def test_unequal_shares_of_an_equal_packet_are_wrong(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.draw(packet, BEN, 301, 0)
    assert tape.wrong() == ["draws"]


def test_an_id_is_the_hash_of_its_terms(tape: Tape):
    tape.open(ANN, total=900, shares=3, packet_id="0x" + "12" * 32)
    assert tape.wrong() == ["packets"]


def test_a_packet_is_its_creators(tape: Tape):
    tape.open(ANN, total=900, shares=3, named=BEN)
    assert tape.wrong() == ["packets"]


@pytest.mark.parametrize(("lifetime_s", "wrong"), [(86_460, []), (86_461, ["packets"]), (0, ["packets"])])
def test_a_packet_lives_a_day_and_a_minute_at_most(tape: Tape, lifetime_s: int, wrong: list[str]):
    tape.open(ANN, total=900, shares=3, lifetime_s=lifetime_s)
    assert tape.wrong() == wrong


@pytest.mark.parametrize("shares", [0, 7, 101])
def test_a_packet_of_impossible_shares_is_wrong(tape: Tape, shares: int):
    tape.open(ANN, total=606 if shares == 101 else 900, shares=shares)
    assert tape.wrong() == ["packets"]


def test_money_in_and_its_packet_agree(tape: Tape):
    tape.open(ANN, total=900, shares=3, paid_in=899)
    assert tape.wrong() == ["escrow", "escrow"]  # money without its event, an event without its money


def test_money_out_and_its_share_agree(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.draw(packet, BEN, 300, 0, paid=200)
    assert tape.wrong() == ["escrow", "escrow"]


def test_money_that_leaves_the_escrow_for_no_packet_is_wrong(tape: Tape):
    tape.open(ANN, total=900, shares=3)
    tape.pay(ESCROW, BEN, 10)
    assert tape.wrong() == ["escrow"]


@pytest.mark.parametrize(("later_s", "wrong"), [(DAY_S - 1, []), (DAY_S, ["packets"])])
def test_a_share_is_drawn_before_the_expiry(tape: Tape, later_s: int, wrong: list[str]):
    packet = tape.open(ANN, total=900, shares=3)
    tape.now.time += later_s
    tape.draw(packet, BEN, 300, 0)
    assert tape.wrong() == wrong


@pytest.mark.parametrize(("later_s", "wrong"), [(DAY_S, []), (DAY_S - 1, ["refunds"])])
def test_a_packet_is_refunded_from_its_expiry_on(tape: Tape, later_s: int, wrong: list[str]):
    packet = tape.open(ANN, total=900, shares=3)
    tape.now.time += later_s
    tape.refund(packet, ANN, 900)
    assert tape.wrong() == wrong


def test_a_refund_goes_to_the_creator(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.now.time += DAY_S
    tape.refund(packet, BEN, 900)
    assert tape.wrong() == ["refunds"]


def test_a_refund_is_what_was_left(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.now.time += DAY_S
    tape.refund(packet, ANN, 899)
    assert tape.wrong() == ["packets", "refunds"]  # a fen is missing from the sum, too


def test_an_ended_packet_is_not_refunded_again(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.now.time += DAY_S
    tape.refund(packet, ANN, 900)
    tape.ledger.account(ESCROW).balance += 900  # another packet's money
    tape.refund(packet, ANN, 900)
    assert tape.wrong() == ["refunds"]


def test_an_account_draws_once(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.draw(packet, BEN, 300, 0)
    tape.draw(packet, BEN, 300, 1)
    assert tape.wrong() == ["draws"]


def test_shares_come_in_their_order(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.draw(packet, BEN, 300, 1)
    assert tape.wrong() == ["draws"]


def test_a_packet_pays_nobody_while_its_creator_is_frozen(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    tape.token("AccountFrozen", ANN)
    tape.draw(packet, BEN, 300, 0)
    assert tape.wrong() == ["standing"]


def test_an_unknown_packet_pays_nobody(tape: Tape):
    tape.open(ANN, total=900, shares=3)
    tape.draw("0x" + "34" * 32, BEN, 300, 0)
    assert tape.wrong() == ["packets"]


def owe(tape: Tape, packet: str) -> None:
    tape.escrow("ShareOwed", packet, BEN, data=[0, 300, bytes(20), 128, 0])
    tape.end()


@pytest.mark.parametrize(("value", "wrong"), [(300, []), (299, ["packets"])])
def test_an_owed_share_is_collected_whole(tape: Tape, value: int, wrong: list[str]):
    packet = tape.open(ANN, total=900, shares=3)
    owe(tape, packet)
    assert tape.packets.outstanding() == 900
    tape.escrow("ShareCollected", packet, BEN, data=[value])
    tape.pay(ESCROW, BEN, value)
    assert tape.wrong() == wrong


def test_an_owed_share_is_not_collected_twice(tape: Tape):
    packet = tape.open(ANN, total=900, shares=3)
    owe(tape, packet)
    for _ in range(2):
        tape.escrow("ShareCollected", packet, BEN, data=[300])
        tape.pay(ESCROW, BEN, 300)
    assert tape.wrong() == ["packets"]


# --- draws ---


def test_a_lucky_share_follows_from_its_link(tape: Tape):
    last = b"\x05" * 20
    first = link_before(last)
    packet = tape.open(ANN, total=900, shares=2, lucky=True, most=900, commitment=link_before(first))
    due = share_of(first, bytes.fromhex(packet[2:]), rest=900, left=2, max_share=900)
    tape.draw(packet, BEN, due, 0, link=first)
    tape.draw(packet, CAI, 900 - due, 1, link=last)
    assert tape.wrong() == []


def test_a_lucky_share_of_another_size_is_wrong(tape: Tape):
    link = b"\x05" * 20
    packet = tape.open(ANN, total=900, shares=2, lucky=True, most=900, commitment=link_before(link))
    due = share_of(link, bytes.fromhex(packet[2:]), rest=900, left=2, max_share=900)
    tape.draw(packet, BEN, due + 1, 0, link=link)
    assert tape.wrong() == ["draws"]


def test_a_link_that_was_not_committed_is_wrong(tape: Tape):
    packet = tape.open(ANN, total=900, shares=1, lucky=True, most=900, commitment=b"\x06" * 20)
    tape.draw(packet, BEN, 900, 0, link=b"\x05" * 20)
    assert tape.wrong() == ["draws"]


def test_a_share_stays_feasible_and_its_mean_is_what_is_left_a_head():
    for left, rest, most in [(2, 2, 1), (2, 3, 2), (10, 1_000, 100), (100, 100, 1), (3, 20_000, 19_998)]:
        for number in range(200):
            share = share_of(bytes([left]) * 19 + bytes([number]), b"\x01" * 32, rest=rest, left=left, max_share=most)
            assert 1 <= share <= most
            assert left - 1 <= rest - share <= (left - 1) * most
