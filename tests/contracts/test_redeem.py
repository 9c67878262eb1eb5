"""Money leaves for the bank by its owner's signature, bound to the bank's reference."""

import pytest

from tests.contracts.parties import FOREVER, SPONSOR, T2, domain, names, reverts, sign

REFERENCE, OTHER = b"\x01" * 32, b"\x02" * 32


@pytest.fixture
def redeem(token, alice, relayer):
    """Let the relayer carry a redemption."""

    def carried(signer=alice, **changes):
        message = {
            "from": str(signer),
            "value": 1234,
            "bankReference": REFERENCE,
            "validAfter": 0,
            "validBefore": FOREVER,
        } | changes
        return token.redeem(*message.values(), sign(signer, domain(token), "Redeem", message), sender=relayer)

    return carried


def test_redemption_burns_money(token, redeem, alice):
    supply, balance = token.totalSupply(), token.balanceOf(alice)
    redeemed, transfer = redeem().events
    assert (token.totalSupply(), token.balanceOf(alice)) == (supply - 1234, balance - 1234)
    assert (getattr(redeemed, "from"), redeemed.value, redeemed.bankReference) == (alice, 1234, REFERENCE)
    assert int(str(transfer.to), 16) == 0
    assert transfer.log_index == redeemed.log_index + 1


def test_redemption_names_no_authorization(redeem):
    assert names(redeem()) == ["Redeemed", "Transfer"]


def test_bank_reference_redeems_once(token, redeem, alice):
    redeem()
    with reverts(token, "ERC3009UsedAuthorization", authorizer=alice, nonce=REFERENCE):
        redeem(value=1)


def test_redemption_signed_by_another_is_refused(token, redeem, alice, bob):
    with reverts(token, "ERC3009InvalidSignature"):
        redeem(signer=bob, **{"from": str(alice)})


def test_redemption_passes_in_its_last_second(redeem, chain):
    moment = chain.blocks.head.timestamp + 100
    chain.pending_timestamp = moment
    redeem(validBefore=moment + 1)


def test_redemption_is_refused_when_its_time_is_over(token, redeem, chain):
    moment = chain.blocks.head.timestamp + 100
    chain.pending_timestamp = moment
    with reverts(token, "ERC3009InvalidAuthorizationTime"):
        redeem(validBefore=moment)


def test_redemption_is_outside_the_yearly_count(token, redeem, alice, relimit):
    relimit(T2, perYear=1000)
    redeem(value=1234)
    assert token.accountOf(alice).spentThisYear == 0


def test_redemption_counts_in_the_day(token, redeem, alice, relimit):
    relimit(T2, perDay=2000)
    redeem(value=1500)
    with reverts(token, "DailyLimitExceeded", account=alice, attempted=2001, limit=2000):
        redeem(value=501, bankReference=OTHER)
    redeem(value=500, bankReference=OTHER)


def test_redemption_meets_the_payment_limit(token, redeem, alice):
    with reverts(token, "PaymentLimitExceeded", account=alice, attempted=2_000_001, limit=2_000_000):
        redeem(value=2_000_001)


def test_redemption_meets_the_wall_of_one_factor(token, redeem, alice, relimit):
    relimit(T2, oneFactorPerDay=1233)
    with reverts(token, "StepUpRequired", account=alice, attempted=1234, limit=1233):
        redeem()


def test_frozen_account_redeems_nothing(token, redeem, alice, officers):
    token.freeze([alice], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=alice):
        redeem()


def test_redemption_stops_in_a_pause(token, redeem, officers):
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        redeem()


def test_unregistered_account_redeems_nothing(token, redeem, stranger):
    with reverts(token, "AccountNotRegistered", account=stranger):
        redeem(signer=stranger)


def test_redemption_needs_the_balance(token, redeem, bob):
    with reverts(token, "ERC20InsufficientBalance"):
        redeem(signer=bob, value=50_001)
    redeem(signer=bob, value=50_000)


def test_redemption_of_nothing_is_refused(token, redeem):
    with reverts(token, "ZeroAmount"):
        redeem(value=0)


def test_contract_wallet_redeems_by_its_own_verdict(token, contracts, enrol, relayer):
    wallet = enrol(contracts.CarelessWallet.deploy(b"open sesame", sender=relayer), SPONSOR, 10_000)
    token.redeem(wallet, 10_000, REFERENCE, 0, FOREVER, b"open sesame", sender=relayer)
    assert token.balanceOf(wallet) == 0


def test_nothing_is_redeemed_from_a_system_contract(token, contracts, relayer, officers):
    wallet = contracts.CarelessWallet.deploy(b"open sesame", sender=relayer)
    token.setSystem(wallet, sender=officers.admin)
    with reverts(token, "SystemAccount", account=wallet):
        token.redeem(wallet, 1, REFERENCE, 0, FOREVER, b"open sesame", sender=relayer)
