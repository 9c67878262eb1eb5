"""A cashier refunds for its merchant, within a cap a day, until it is dismissed."""

import pytest

from tests.contracts.packets import DAY, key_of
from tests.contracts.parties import reverts, shenzhen
from tests.contracts.shop import told


@pytest.fixture
def sale(shop, platform):
    """A paid order of ¥60."""
    return shop.sale(5000, shop.budget(platform).opened().part(1000)).paid()


def test_merchant_sets_a_cashier(shop, checkout, cashier, merchant):
    receipt = shop.set_cashier(cashier, 300, 0)
    assert told(receipt, checkout) == [("CashierSet", merchant, cashier, 300, 0)]
    assert tuple(checkout.cashierOf(merchant, cashier)) == (300, 0, 0, 1)


def test_cashier_refunds_up_to_its_cap(shop, checkout, sale, cashier, merchant):
    shop.set_cashier(cashier, 300, 0)
    receipt = sale.refund(300, signer=cashier)
    assert told(receipt, checkout)[0][5:7] == (cashier, 300)


def test_cashier_is_refused_one_fen_above_its_cap(shop, checkout, sale, cashier):
    shop.set_cashier(cashier, 300, 0)
    with reverts(checkout, "CashierLimitExceeded", cashier=cashier, attempted=301, limit=300):
        sale.refund(301, signer=cashier)


def test_cap_counts_all_refunds_of_a_day(shop, checkout, sale, cashier):
    shop.set_cashier(cashier, 300, 0)
    sale.refund(200, signer=cashier)
    with reverts(checkout, "CashierLimitExceeded", attempted=301, limit=300):
        sale.refund(101, 1, signer=cashier)
    sale.refund(100, 1, signer=cashier)


def test_cap_starts_again_at_midnight_in_shenzhen(shop, checkout, chain, sale, cashier):
    shop.set_cashier(cashier, 300, 0)
    sale.refund(300, signer=cashier)
    chain.pending_timestamp = shenzhen(2030, 3, 1, 23, 59, 59)
    with reverts(checkout, "CashierLimitExceeded"):
        sale.refund(1, 1, signer=cashier)
    chain.pending_timestamp = shenzhen(2030, 3, 2, 0, 0, 0)
    sale.refund(300, 1, signer=cashier)


def test_new_cap_forgets_nothing_of_today(shop, checkout, sale, cashier):
    shop.set_cashier(cashier, 300, 0)
    sale.refund(300, signer=cashier)
    shop.set_cashier(cashier, 400, 1)
    with reverts(checkout, "CashierLimitExceeded", attempted=401, limit=400):
        sale.refund(101, 1, signer=cashier)


def test_merchant_itself_has_no_cap(shop, sale, cashier):
    shop.set_cashier(cashier, 1, 0)
    sale.refund(6000)


def test_dismissed_cashier_refunds_nothing(shop, checkout, sale, cashier):
    shop.set_cashier(cashier, 300, 0)
    signed = shop.signing.refund(key_of(cashier), sale.id, 0, 10)
    shop.set_cashier(cashier, 0, 1)
    with reverts(checkout, "RefundSignatureInvalid", signer=cashier):
        sale.refund(10, signer=cashier, signature=signed)


def test_dismissal_cannot_be_undone_by_an_old_act(shop, checkout, cashier, seller):
    hired = shop.signing.cashier(key_of(seller), cashier.address, 300, 0)
    shop.set_cashier(cashier, 300, 0, signature=hired)
    shop.set_cashier(cashier, 0, 1)
    with reverts(checkout, "CashierNumberMismatch", attempted=0, expected=2):
        shop.set_cashier(cashier, 300, 0, signature=hired)


def test_act_out_of_turn_is_refused(shop, checkout, cashier):
    with reverts(checkout, "CashierNumberMismatch", attempted=1, expected=0):
        shop.set_cashier(cashier, 300, 1)


@pytest.mark.parametrize("who", ["cashier", "alice"])
def test_nobody_but_the_merchant_sets_one(shop, checkout, merchant, cashier, request, who):
    key = key_of(request.getfixturevalue(who))
    forged = shop.signing.cashier(key, cashier.address, 300, 0)
    with reverts(checkout, "MerchantSignatureInvalid", merchant=merchant):
        shop.set_cashier(cashier, 300, 0, signature=forged)


def test_act_with_another_cap_is_refused(shop, checkout, cashier, seller):
    signed = shop.signing.cashier(key_of(seller), cashier.address, 300, 0)
    with reverts(checkout, "MerchantSignatureInvalid"):
        shop.set_cashier(cashier, 301, 0, signature=signed)


def test_cashier_of_one_merchant_is_none_of_another(shop, checkout, sale, cashier, bob):
    checkout.setCashier(
        bob, cashier, 300, 0, shop.signing.cashier(key_of(bob), cashier.address, 300, 0), sender=shop.relayer
    )
    with reverts(checkout, "RefundSignatureInvalid", signer=cashier):
        sale.refund(10, signer=cashier)


def test_cashiers_cap_does_not_lift_what_was_paid(shop, checkout, sale, cashier):
    shop.set_cashier(cashier, 10**6, 0)
    with reverts(checkout, "RefundExceedsPaid", attempted=6001, paid=6000):
        sale.refund(6001, signer=cashier)


def test_another_key_does_not_sign_for_the_cashier(shop, checkout, sale, cashier, bob):
    shop.set_cashier(cashier, 300, 0)
    with reverts(checkout, "RefundSignatureInvalid", signer=cashier):
        sale.refund(10, signer=cashier, signature=shop.signing.refund(key_of(bob), sale.id, 0, 10))


def test_malformed_signature_is_nobodys(shop, checkout, sale, seller):
    """Recovery answers zero then: it must not pass for a cashier of address zero."""
    nobody = "0x" + "00" * 20
    act = shop.signing.cashier(key_of(seller), nobody, 300, 0)
    checkout.setCashier(seller, nobody, 300, 0, act, sender=shop.relayer)
    with reverts(checkout, "RefundSignatureInvalid", signer=nobody):
        checkout.refund(sale.order, sale.words, 0, 10, nobody, b"\0" * 65, [], sender=shop.relayer)
    assert cashier_of(checkout, seller, nobody)[1] == 0


def cashier_of(checkout, merchant, cashier):
    """Return cap, refunded today, day, number."""
    return tuple(checkout.cashierOf(merchant, cashier))


def test_day_is_kept_with_what_was_refunded(shop, checkout, sale, cashier, merchant):
    shop.set_cashier(cashier, 300, 0)
    sale.refund(7, signer=cashier)
    assert cashier_of(checkout, merchant, cashier) == (300, 7, (sale.shop.now + 8 * 3600) // DAY, 1)
