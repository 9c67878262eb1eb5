"""What the payer signs is this order alone; whoever carries it, it does nothing else."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from bench.orders import ORDER, PART
from bench.packets import RECEIVE_WITH_AUTHORIZATION, person
from tests.contracts.packets import key_of
from tests.contracts.parties import reverts, split


@pytest.fixture
def budget(shop, platform):
    """A budget of the platform's, open."""
    return shop.budget(platform).opened()


CHANGES = {
    "merchant": lambda sale, bob: sale.but(merchant=str(bob)),
    "till": lambda sale, bob: sale.but(till=b"T02".ljust(32, b"\0")),
    "reference": lambda sale, bob: sale.but(reference=b"another".ljust(32, b"\0")),
    "own": lambda sale, bob: sale.but(own=5001, amount=5003),
    "a fen from own to a part": lambda sale, bob: sale.but(own=4999, parts=(_more(sale.parts[0]), sale.parts[1])),
    "expiry": lambda sale, bob: sale.but(expiry=sale.named["expiry"] + 1),
    "parts reordered": lambda sale, bob: sale.but(parts=sale.parts[::-1]),
    "a part dropped": lambda sale, bob: sale.but(parts=sale.parts[:1], amount=5001),
    "a minimum": lambda sale, bob: sale.but(parts=(type(sale.parts[0])(*sale.parts[0].words[:3], 1), sale.parts[1])),
}


def _more(part):
    return type(part)(part.funder, part.budget, part.value + 1, part.minimum)


@pytest.mark.parametrize("change", CHANGES)
def test_order_changed_after_signing_is_refused(shop, token, platform, budget, bob, change):
    sale = shop.sale(5000, budget.part(1), shop.budget(platform).opened().part(1))
    with reverts(token, "ERC3009InvalidSignature"):
        CHANGES[change](sale, bob).pay(payment=sale.payment())


@pytest.mark.parametrize("change", [change for change in CHANGES if "own" not in change])
def test_order_without_own_money_changed_after_signing_is_refused(shop, checkout, platform, budget, alice, bob, change):
    sale = shop.sale(0, budget.part(1), shop.budget(platform).opened().part(1))
    changed = CHANGES[change](sale, bob)
    changed = changed.but(amount=sum(part.value for part in changed.parts))
    with reverts(checkout, "PayerSignatureInvalid", payer=alice):
        changed.pay(payment=sale.payment())


@pytest.mark.parametrize("own", [0, 5000])
def test_another_key_pays_nothing(shop, token, checkout, budget, bob, own):
    sale = shop.sale(own, budget.part(1))
    forged = shop.signing.pay(key_of(bob), sale.order, sale.words)
    with reverts(*((token, "ERC3009InvalidSignature") if own else (checkout, "PayerSignatureInvalid"))):
        sale.pay(payment=forged)


def test_whoever_carries_it_the_outcome_is_the_same(shop, token, budget, alice, merchant, stranger):
    before = token.balanceOf(merchant)
    shop.sale(5000, budget.part(1)).pay(sender=stranger)
    assert token.balanceOf(merchant) == before + 5001


def test_payers_money_cannot_be_taken_without_the_parts(shop, token, checkout, budget, alice, relayer):
    sale = shop.sale(5000, budget.part(1))
    words = (alice, checkout, 5000, 0, sale.named["expiry"], sale.id, *split(sale.payment()))
    with reverts(token, "ERC20InvalidReceiver"):
        token.receiveWithAuthorization(*words, sender=relayer)
    with reverts(token, "ERC3009InvalidSignature"):
        token.transferWithAuthorization(*words, sender=relayer)
    sale.pay()


def test_order_of_parts_alone_takes_nothing_of_the_payer(shop, token, budget, alice, merchant):
    before = token.balanceOf(alice), token.balanceOf(merchant)
    shop.sale(0, budget.part(1000)).pay()
    assert (token.balanceOf(alice), token.balanceOf(merchant)) == (before[0], before[1] + 1000)


def test_two_payers_have_two_orders(shop, budget, alice, bob):
    first = shop.sale(5000, budget.part(1)).paid()
    shop.payer = bob
    second = shop.sale(5000, budget.part(1), reference=first.named["reference"]).paid()
    assert first.id != second.id


@pytest.mark.parametrize("own", [0, 5000])
@pytest.mark.parametrize("length", [65, 64, 200])
def test_contract_wallet_pays_by_erc_1271(shop, contracts, enrol, budget, alice, own, length):
    signature = b"\x05" * length
    wallet = enrol(alice.deploy(contracts.CarelessWallet, signature), 3, 10_000)
    shop.payer = wallet
    sale = shop.sale(own, budget.part(1))
    evidence = [shop.signing.sponsor(shop.offers, sale.id, budget.id)]
    sale.pay(payment=signature, sponsorships=evidence, vouchers=[])
    assert sale.state[-1]


@pytest.mark.parametrize("own", [0, 5000])
def test_contract_wallet_refuses_another_signature(shop, token, checkout, contracts, enrol, budget, alice, own):
    shop.payer = enrol(alice.deploy(contracts.CarelessWallet, b"\x05" * 65), 3, 10_000)
    sale = shop.sale(own, budget.part(1))
    evidence = [shop.signing.sponsor(shop.offers, sale.id, budget.id)]
    with reverts(*((token, "ERC3009InvalidSignature") if own else (checkout, "PayerSignatureInvalid"))):
        sale.pay(payment=b"\x06" * 65, sponsorships=evidence, vouchers=[])


DIRTY = [0, 1, 4, 5, 6, 7, 9, 10]
"""Of the seven words of an order and the four of a part: those that do not fill their word."""


@pytest.mark.parametrize("place", DIRTY, ids=lambda place: [*(name for name, _ in ORDER), *PART][place])
def test_order_with_dirty_bits_is_refused(shop, checkout, budget, alice, relayer, place):
    sale = shop.sale(5000, budget.part(1, 1))
    clean = bytearray(encode([kind for _, kind in ORDER[:-1]], sale.order) + encode(PART, sale.words[0]))
    dirty = clean.copy()
    dirty[32 * place] = 0x80
    for words, passes in ((dirty, False), (clean, True)):
        signing, order, part = shop.signing, bytes(words[:224]), bytes(words[224:])
        identity = signing.domain.digest_of_words("FundedOrder", ORDER, order + keccak(part))
        message = (str(alice), str(checkout), 5000, 0, sale.named["expiry"], identity)
        payment = signing.token.sign(key_of(alice), "ReceiveWithAuthorization", RECEIVE_WITH_AUTHORIZATION, message)
        sponsorships = [signing.sponsor(shop.offers, identity, budget.id)]
        data = checkout.pay.encode_input(sale.order, sale.words, payment, sponsorships, [])
        for part_of_it, shown in ((clean[:224], order), (clean[224:], part)):
            data = data.replace(bytes(part_of_it), shown)
        receipt = relayer.transfer(checkout, 0, data=data, gas=1_000_000, raise_on_revert=False)
        assert receipt.failed is not passes


# --- what comes with it ---


def test_each_part_needs_its_sponsorship(shop, checkout, budget):
    sale = shop.sale(5000, budget.part(1))
    for wrong in ([], sale.evidence()["sponsorships"] * 2):
        with reverts(checkout, "EvidenceMismatch"):
            sale.pay(sponsorships=wrong)


def test_voucher_without_a_part_is_refused(shop, checkout, budget, merchant):
    with reverts(checkout, "EvidenceMismatch"):
        shop.sale(5000, budget.part(1)).pay(vouchers=[shop.campaign().evidence(str(merchant))])


def test_part_of_a_voucher_without_it_is_refused(shop, checkout, alice):
    campaign = shop.campaign().given(alice)
    with reverts(checkout, "EvidenceMismatch"):
        shop.sale(5000, campaign.part(1)).pay(vouchers=[])


def test_voucher_takes_no_sponsorship(shop, checkout, alice):
    campaign = shop.campaign().given(alice)
    with reverts(checkout, "EvidenceMismatch"):
        shop.sale(5000, campaign.part(1)).pay(sponsorships=[b"\0"])


def test_campaign_of_another_part_is_refused(shop, checkout, alice, merchant):
    campaign, other = shop.campaign().given(alice), shop.campaign().given(alice)
    with reverts(checkout, "EvidenceMismatch"):
        shop.sale(5000, campaign.part(1)).pay(vouchers=[other.evidence(str(merchant))])


def test_minimum_of_a_voucher_is_its_campaigns(shop, checkout, alice):
    campaign = shop.campaign(minimumSpend=1000).given(alice)
    with reverts(checkout, "EvidenceMismatch"):
        shop.sale(5000, campaign.part(1, 999)).pay()


def test_somebody_elses_budget_key_is_no_key(shop, checkout, platform, budget):
    shop.offers = person("another shop's offers")
    with reverts(checkout, "SponsorshipInvalid"):
        shop.sale(5000, budget.part(1)).pay()
