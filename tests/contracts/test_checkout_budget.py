"""A budget is opened by its funder's signature, once, and can pay no more than it says, nor longer."""

import pytest

from bench.packets import ZERO_ADDRESS, person
from tests.contracts.packets import DAY, key_of
from tests.contracts.parties import FOREVER, domain, reverts, sign, split
from tests.contracts.shop import told


def test_budget_is_opened_with_its_whole_total(shop, checkout, platform):
    budget = shop.budget(platform, 5000)
    ((name, identity, funder, terms),) = told(budget.open(), checkout)
    assert (name, identity, funder) == ("BudgetOpened", budget.id, platform)
    assert tuple(terms)[2:] == budget.terms[2:]
    assert tuple(checkout.budgetOf(platform, budget.id)) == (5000, shop.offers.address, budget.named["end"])


def test_id_is_the_hash_that_was_signed(shop, checkout, platform):
    budget = shop.budget(platform)
    assert checkout.budgetId(budget.terms) == budget.id


def test_budget_is_opened_once(shop, checkout, platform):
    budget = shop.budget(platform).opened()
    with reverts(checkout, "BudgetAlreadyOpen", budget=budget.id):
        budget.open()


def test_spent_budget_is_not_opened_again(shop, checkout, platform):
    budget = shop.budget(platform, 1000).opened()
    shop.sale(1, budget.part(1000)).pay()
    with reverts(checkout, "BudgetAlreadyOpen"):
        budget.open()


def test_another_cannot_open_it(shop, checkout, platform, bob):
    budget = shop.budget(platform)
    with reverts(checkout, "FunderSignatureInvalid", funder=platform):
        budget.open(shop.signing.budget(key_of(bob), budget.terms))


def test_signature_of_other_terms_opens_nothing(shop, checkout, platform):
    budget = shop.budget(platform, 1000)
    with reverts(checkout, "FunderSignatureInvalid"):
        budget.but(total=1001).open(shop.signing.budget(key_of(platform), budget.terms))


@pytest.mark.parametrize("funder", ["checkout", "voucher", "token"])
def test_contract_that_signs_nothing_funds_nothing(shop, request, checkout, platform, funder):
    budget = shop.budget(platform).but(funder=str(request.getfixturevalue(funder).address))
    with reverts(checkout, "FunderSignatureInvalid"):
        budget.open()


def test_nobody_is_no_funder(shop, checkout, platform):
    with reverts(checkout, "FunderSignatureInvalid"):
        shop.budget(platform).but(funder=ZERO_ADDRESS).open(b"\0" * 65)


def test_contract_wallet_opens_one_by_erc_1271(shop, contracts, platform, alice):
    wallet = alice.deploy(contracts.CarelessWallet, b"\x05" * 65)
    budget = shop.budget(platform).but(funder=str(wallet.address))
    budget.open(b"\x05" * 65)
    assert budget.left == 1_000_000


@pytest.mark.parametrize("lacking", [{"signer": ZERO_ADDRESS}, {"total": 0}], ids=str)
def test_budget_without_signer_or_money_is_refused(shop, checkout, platform, lacking):
    with reverts(checkout, "BudgetInvalid"):
        shop.budget(platform, **lacking).open()


def test_budget_whose_end_has_come_is_refused(shop, checkout, chain, platform):
    budget = shop.budget(platform)
    chain.pending_timestamp = budget.named["end"]
    with reverts(checkout, "BudgetInvalid"):
        budget.open()


def test_budget_is_opened_a_second_before_its_end(shop, chain, platform):
    budget = shop.budget(platform)
    chain.pending_timestamp = budget.named["end"] - 1
    budget.open()


# --- what it pays ---


def test_budget_pays_its_last_fen(shop, platform):
    budget = shop.budget(platform, 1000).opened()
    shop.sale(5000, budget.part(999)).pay()
    shop.sale(5000, budget.part(1)).pay()
    assert budget.left == 0


def test_budget_never_goes_below_zero(shop, checkout, platform):
    budget = shop.budget(platform, 1000).opened()
    shop.sale(5000, budget.part(999)).pay()
    with reverts(checkout, "BudgetExceeded", budget=budget.id, attempted=2, left=1):
        shop.sale(5000, budget.part(2)).pay()


def test_budget_pays_a_second_before_its_end(shop, chain, platform):
    budget = shop.budget(platform).opened()
    sale = shop.sale(5000, budget.part(1), expiry=budget.named["end"] + DAY)
    chain.pending_timestamp = budget.named["end"] - 1
    sale.pay()


def test_budget_pays_nothing_at_its_end(shop, checkout, chain, platform):
    budget = shop.budget(platform).opened()
    sale = shop.sale(5000, budget.part(1), expiry=budget.named["end"] + DAY)
    chain.pending_timestamp = budget.named["end"]
    with reverts(checkout, "BudgetEnded", budget=budget.id, end=budget.named["end"]):
        sale.pay()


def test_budget_that_is_not_open_pays_nothing(shop, checkout, platform):
    budget = shop.budget(platform)
    with reverts(checkout, "BudgetNotOpen", budget=budget.id):
        shop.sale(5000, budget.part(1)).pay()


def test_budget_pays_with_its_own_funders_money_alone(shop, checkout, platform, sponsor):
    part = shop.budget(platform).opened().part(1)
    with reverts(checkout, "BudgetNotOpen", budget=part.budget):
        shop.sale(5000, type(part)(str(sponsor.address), part.budget, 1)).pay()


def test_order_that_the_signer_did_not_sign_is_refused(shop, checkout, platform):
    budget = shop.budget(platform).opened()
    shop.offers = person("somebody")
    with reverts(checkout, "SponsorshipInvalid", budget=budget.id):
        shop.sale(5000, budget.part(1)).pay()


def test_sponsorship_serves_one_order_and_one_budget(shop, checkout, platform):
    budget, other = shop.budget(platform).opened(), shop.budget(platform).opened()
    sale, second = shop.sale(5000, budget.part(1)), shop.sale(5000, budget.part(1))
    with reverts(checkout, "SponsorshipInvalid"):
        second.pay(sponsorships=sale.evidence()["sponsorships"])
    with reverts(checkout, "SponsorshipInvalid"):
        sale.pay(sponsorships=[shop.signing.sponsor(shop.offers, sale.id, other.id)])


def test_contract_signs_for_a_budget_by_erc_1271(shop, contracts, platform, alice):
    signer = alice.deploy(contracts.CarelessWallet, b"\x07" * 3)
    budget = shop.budget(platform, signer=str(signer.address)).opened()
    shop.sale(5000, budget.part(1)).pay(sponsorships=[b"\x07" * 3])
    assert budget.left == 999_999


def test_funder_without_an_allowance_pays_nothing(shop, token, checkout, platform):
    budget = shop.budget(platform).opened()
    token.approve(checkout, 99, sender=platform)
    with reverts(token, "ERC20InsufficientAllowance", allowance=99, needed=100):
        shop.sale(5000, budget.part(100)).pay()
    shop.sale(5000, budget.part(99)).pay()


def test_funder_lets_its_money_be_moved_by_permit(shop, token, checkout, bob, relayer):
    message = {"owner": str(bob), "spender": str(checkout.address), "value": 100, "nonce": 0, "deadline": FOREVER}
    signature = sign(bob, domain(token), "Permit", message)
    token.permit(bob, checkout, 100, FOREVER, *split(signature), sender=relayer)
    before = token.balanceOf(bob)
    shop.sale(5000, shop.budget(bob).opened().part(100)).pay()
    assert token.balanceOf(bob) == before - 100


def test_frozen_funder_pays_nothing(shop, token, platform, officers):
    budget = shop.budget(platform).opened()
    token.freeze([platform], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=platform):
        shop.sale(5000, budget.part(1)).pay()
