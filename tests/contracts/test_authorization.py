"""ERC-3009: a payment signed by its payer and carried by anyone, in both signature forms."""

import pytest
from eth_account import Account

from tests.contracts.parties import FOREVER, SPONSOR, T2, domain, names, reverts, sign, split

ORDER_OF_SECP256K1 = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def nonce(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.fixture
def payment(alice, bob):
    """What alice signs: ¥12.34 to bob."""
    return {
        "from": str(alice),
        "to": str(bob),
        "value": 1234,
        "validAfter": 0,
        "validBefore": FOREVER,
        "nonce": nonce(7),
    }


@pytest.fixture
def carry(token, relayer, alice):
    """Let the relayer carry a payment in the form (v, r, s)."""

    def carried(payment, signer=alice, kind="TransferWithAuthorization", in_domain=None, sender=relayer):
        signature = sign(signer, in_domain or domain(token), kind, payment)
        method = token.transferWithAuthorization if kind.startswith("Transfer") else token.receiveWithAuthorization
        return method(*payment.values(), *split(signature), sender=sender)

    return carried


def test_anyone_may_carry_a_signed_payment(token, carry, payment, bob):
    receipt = carry(payment)
    assert names(receipt) == ["AuthorizationUsed", "Transfer"]
    assert token.balanceOf(bob) == 50_000 + 1234


def test_authorization_used_stands_directly_before_its_transfer(token, carry, payment, alice, bob):
    used, transfer = carry(payment).events
    assert (used.authorizer, used.nonce) == (alice, nonce(7))
    assert getattr(transfer, "from") == alice
    assert (transfer.to, transfer.value) == (bob, 1234)
    assert transfer.log_index == used.log_index + 1


def test_signed_payment_passes_once(token, carry, payment, alice):
    carry(payment)
    with reverts(token, "ERC3009UsedAuthorization", authorizer=alice, nonce=nonce(7)):
        carry(payment)


def test_nonces_need_no_order(token, carry, payment):
    for number in (5, 3, 255, 256, 0, 2**256 - 1):
        carry(payment | {"nonce": nonce(number)})


def test_nonces_of_one_word_do_not_touch_each_other(token, carry, payment, alice):
    carry(payment | {"nonce": nonce(9)})
    assert token.authorizationState(alice, nonce(9))
    assert [token.authorizationState(alice, nonce(n)) for n in (8, 10, 9 + 256, 9 << 8)] == [False] * 4


def test_nonces_of_two_payers_do_not_touch_each_other(token, carry, payment, alice, bob):
    carry(payment)
    carry(payment | {"from": str(bob), "to": str(alice)}, signer=bob)


def test_client_that_counts_up_finds_its_next_nonce(token, carry, payment, alice):
    key = 5 << 64
    assert token.nonces(alice, 5) == key
    for number in (key, key + 1, key + 3):
        carry(payment | {"nonce": nonce(number)})
    assert token.nonces(alice, 5) == key + 2


def test_permits_and_authorizations_count_apart(token, carry, payment, alice):
    carry(payment | {"nonce": nonce(0)})
    assert token.nonces(alice) == 0


def test_payment_signed_by_another_is_refused(token, carry, payment, bob):
    with reverts(token, "ERC3009InvalidSignature"):
        carry(payment, signer=bob)


@pytest.mark.parametrize("change", [{"value": 1235}, {"validBefore": FOREVER + 1}, {"nonce": nonce(8)}])
def test_changed_payment_is_refused(token, relayer, alice, payment, change):
    signature = sign(alice, domain(token), "TransferWithAuthorization", payment)
    with reverts(token, "ERC3009InvalidSignature"):
        token.transferWithAuthorization(*(payment | change).values(), *split(signature), sender=relayer)


@pytest.mark.parametrize(
    "change", [{"chainId": 1}, {"verifyingContract": "0x" + "11" * 20}, {"version": "2"}, {"name": "Another"}]
)
def test_signature_for_another_domain_is_refused(token, carry, payment, change):
    with reverts(token, "ERC3009InvalidSignature"):
        carry(payment, in_domain=domain(token) | change)


def test_mirrored_signature_is_refused(token, relayer, alice, payment):
    v, r, s = split(sign(alice, domain(token), "TransferWithAuthorization", payment))
    mirrored = (ORDER_OF_SECP256K1 - int.from_bytes(s, "big")).to_bytes(32, "big")
    with reverts(token, "ECDSAInvalidSignatureS"):
        token.transferWithAuthorization(*payment.values(), 55 - v, r, mirrored, sender=relayer)


def test_payment_is_refused_in_the_second_it_is_valid_after(token, chain, carry, payment):
    chain.pending_timestamp = chain.blocks.head.timestamp + 100
    with reverts(token, "ERC3009InvalidAuthorizationTime"):
        carry(payment | {"validAfter": chain.pending_timestamp})


def test_payment_passes_one_second_later(token, chain, carry, payment):
    moment = chain.blocks.head.timestamp + 100
    chain.pending_timestamp = moment + 1
    carry(payment | {"validAfter": moment})


def test_payment_passes_in_the_last_second(token, chain, carry, payment):
    moment = chain.blocks.head.timestamp + 100
    chain.pending_timestamp = moment
    carry(payment | {"validBefore": moment + 1})


def test_payment_is_refused_in_the_second_it_was_valid_before(token, chain, carry, payment):
    moment = chain.blocks.head.timestamp + 100
    chain.pending_timestamp = moment
    with reverts(token, "ERC3009InvalidAuthorizationTime"):
        carry(payment | {"validBefore": moment})


def test_signed_payment_meets_the_same_limits(token, carry, payment, alice, dora):
    with reverts(token, "PaymentLimitExceeded", account=alice, attempted=2_000_001, limit=2_000_000):
        carry(payment | {"value": 2_000_001})
    carry(payment | {"value": 2_000_000, "to": str(dora)})


def test_signed_payment_meets_the_wall_of_one_factor(token, carry, payment, alice, relimit):
    relimit(T2, oneFactorPerDay=1233)
    with reverts(token, "StepUpRequired", account=alice, attempted=1234, limit=1233):
        carry(payment)


def test_refused_payment_leaves_its_nonce(token, carry, payment, alice):
    with reverts(token, "PaymentLimitExceeded"):
        carry(payment | {"value": 2_000_001})
    assert not token.authorizationState(alice, nonce(7))


def test_frozen_payers_signature_is_worth_nothing(token, carry, payment, alice, officers):
    token.freeze([alice], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=alice):
        carry(payment)


def test_bytes_form_carries_a_persons_signature(token, relayer, alice, bob, payment):
    signature = sign(alice, domain(token), "TransferWithAuthorization", payment)
    receipt = token.transferWithAuthorization(*payment.values(), signature, sender=relayer)
    assert names(receipt) == ["AuthorizationUsed", "Transfer"]


@pytest.mark.parametrize("signature", [b"", b"\1" * 64, b"\1" * 65])
def test_bytes_form_refuses_what_is_no_signature(token, relayer, payment, signature):
    with reverts(token, "ERC3009InvalidSignature"):
        token.transferWithAuthorization(*payment.values(), signature, sender=relayer)


def test_contract_wallet_pays_by_its_own_verdict(token, contracts, enrol, relayer, bob, payment):
    wallet = enrol(contracts.CarelessWallet.deploy(b"open sesame", sender=relayer), SPONSOR, 10_000)
    payment = payment | {"from": str(wallet.address)}
    with reverts(token, "ERC3009InvalidSignature"):
        token.transferWithAuthorization(*payment.values(), b"close sesame", sender=relayer)
    token.transferWithAuthorization(*payment.values(), b"open sesame", sender=relayer)
    assert token.balanceOf(wallet) == 10_000 - 1234


def test_receiving_is_the_payees_own_act(token, carry, payment, alice, bob, relayer):
    with reverts(token, "ERC20InvalidReceiver", receiver=bob):
        carry(payment, kind="ReceiveWithAuthorization", sender=relayer)
    receipt = carry(payment, kind="ReceiveWithAuthorization", sender=bob)
    assert names(receipt) == ["AuthorizationUsed", "Transfer"]


def test_receiving_by_bytes_is_the_payees_own_act(token, payment, alice, bob, relayer):
    signature = sign(alice, domain(token), "ReceiveWithAuthorization", payment)
    with reverts(token, "ERC20InvalidReceiver", receiver=bob):
        token.receiveWithAuthorization(*payment.values(), signature, sender=relayer)
    token.receiveWithAuthorization(*payment.values(), signature, sender=bob)


def test_signature_to_transfer_does_not_serve_to_receive(token, payment, alice, bob):
    signature = sign(alice, domain(token), "TransferWithAuthorization", payment)
    with reverts(token, "ERC3009InvalidSignature"):
        token.receiveWithAuthorization(*payment.values(), *split(signature), sender=bob)


def test_cancelled_payment_never_passes(token, carry, payment, alice, relayer):
    cancellation = {"authorizer": str(alice), "nonce": nonce(7)}
    signature = sign(alice, domain(token), "CancelAuthorization", cancellation)
    receipt = token.cancelAuthorization(alice, nonce(7), *split(signature), sender=relayer)
    assert names(receipt) == ["AuthorizationCanceled"]
    assert token.authorizationState(alice, nonce(7))
    with reverts(token, "ERC3009UsedAuthorization", authorizer=alice, nonce=nonce(7)):
        carry(payment)


def test_carried_payment_cannot_be_cancelled(token, carry, payment, alice, relayer):
    carry(payment)
    cancellation = {"authorizer": str(alice), "nonce": nonce(7)}
    signature = sign(alice, domain(token), "CancelAuthorization", cancellation)
    with reverts(token, "ERC3009UsedAuthorization", authorizer=alice, nonce=nonce(7)):
        token.cancelAuthorization(alice, nonce(7), signature, sender=relayer)


def test_nobody_cancels_for_another(token, alice, bob, relayer):
    cancellation = {"authorizer": str(alice), "nonce": nonce(7)}
    signature = sign(bob, domain(token), "CancelAuthorization", cancellation)
    with reverts(token, "ERC3009InvalidSignature"):
        token.cancelAuthorization(alice, nonce(7), *split(signature), sender=relayer)


def test_payment_from_the_zero_address_is_refused(token, relayer, payment):
    # A malformed signature recovers to the zero address in naive code.
    payment = payment | {"from": "0x" + "00" * 20}
    with reverts(token, "ECDSAInvalidSignature"):
        token.transferWithAuthorization(*payment.values(), 29, b"\1" * 32, b"\1" * 32, sender=relayer)


def test_key_made_outside_signs_too(token, enrol, relayer, bob, payment):
    outsider = Account.from_key(b"\x07" * 32)
    enrol(outsider.address, T2, 10_000)
    payment = payment | {"from": outsider.address}
    fields = {
        "TransferWithAuthorization": [
            {"name": name, "type": kind}
            for name, kind in zip(payment, ["address", "address", *["uint256"] * 3, "bytes32"], strict=True)
        ]
    }
    signed = outsider.sign_typed_data(domain(token), fields, payment)
    token.transferWithAuthorization(*payment.values(), *split(bytes(signed.signature)), sender=relayer)
    assert token.balanceOf(bob) == 50_000 + 1234
