"""SYSTEM contracts: listed by ADMIN alone, without limits, taking money only through themselves."""

from tests.contracts.parties import FOREVER, SYSTEM, domain, names, reverts, sign, split


def test_listing_is_seen(token, contracts, officers, alice):
    till = contracts.OpenTill.deploy(sender=alice)
    (event,) = token.setSystem(till, sender=officers.admin).events
    assert (event.account, event.tier) == (till, SYSTEM)


def test_account_without_code_cannot_be_listed(token, stranger, officers):
    with reverts(token, "AccountHasNoCode", account=stranger):
        token.setSystem(stranger, sender=officers.admin)


def test_wallet_that_delegated_cannot_be_listed(token, chain, contracts, alice, officers):
    # EIP-7702: code 0xef0100 and the address of the code it borrows; its key can still sign anything.
    till = contracts.OpenTill.deploy(sender=alice)
    wallet = "0x" + "77" * 20
    chain.provider.make_request("anvil_setCode", [wallet, "0xef0100" + str(till.address)[2:]])
    with reverts(token, "AccountHasNoCode"):
        token.setSystem(wallet, sender=officers.admin)


def test_listing_keeps_money_and_lifts_a_freeze(token, contracts, alice, officers, enrol):
    till = enrol(contracts.OpenTill.deploy(sender=alice), 3, 100)
    token.freeze([till], sender=officers.compliance)
    token.setSystem(till, sender=officers.admin)
    assert token.balanceOf(till) == 100
    assert not token.isFrozen(till)


def test_person_cannot_send_it_money_directly(token, till, alice):
    with reverts(token, "SystemRecipient", account=till):
        token.transfer(till, 1, sender=alice)


def test_relayed_authorization_cannot_send_it_money(token, till, alice, relayer):
    payment = {"from": str(alice), "to": str(till.address), "value": 1, "validAfter": 0, "validBefore": FOREVER}
    payment["nonce"] = bytes(32)
    signature = sign(alice, domain(token), "TransferWithAuthorization", payment)
    with reverts(token, "SystemRecipient", account=till):
        token.transferWithAuthorization(*payment.values(), *split(signature), sender=relayer)


def test_spender_cannot_send_it_money(token, till, alice, relayer):
    token.approve(relayer, 1, sender=alice)
    with reverts(token, "SystemRecipient", account=till):
        token.transferFrom(alice, till, 1, sender=relayer)


def test_it_takes_money_through_itself(token, till, fill):
    fill(till, 100)
    assert token.balanceOf(till) == 100


def test_another_of_its_kind_cannot_send_it_money(token, contracts, till, fill, officers, alice):
    other = contracts.OpenTill.deploy(sender=alice)
    token.setSystem(other, sender=officers.admin)
    fill(till, 100)
    with reverts(token, "SystemRecipient", account=other):
        till.pay(token, other, 100, sender=alice)


def test_its_payouts_meet_no_limit_of_its_own(token, till, fill, alice, dora):
    fill(till, 2_000_000)
    fill(till, 2_000_000)
    till.pay(token, dora, 4_000_000, sender=alice)
    state = token.accountOf(till)
    assert (state.spentToday, state.spentThisYear) == (0, 0)


def test_its_payouts_meet_the_recipients_state(token, till, fill, alice, bob, stranger, officers):
    fill(till, 100)
    with reverts(token, "AccountNotRegistered", account=stranger):
        till.pay(token, stranger, 1, sender=alice)
    token.freeze([bob], sender=officers.compliance)
    with reverts(token, "RecipientIsFrozen", account=bob):
        till.pay(token, bob, 1, sender=alice)


def test_its_payout_needs_the_balance(token, till, fill, alice, bob):
    fill(till, 100)
    with reverts(token, "ERC20InsufficientBalance", sender=till, balance=100, needed=101):
        till.pay(token, bob, 101, sender=alice)
    assert names(till.pay(token, bob, 100, sender=alice)) == ["Transfer"]


def test_money_into_it_counts_as_spent(token, till, fill, alice):
    fill(till, 100)
    assert token.accountOf(alice).spentToday == 100
