"""The batch: open to anyone, fair in gas, a failed call costs only itself, and it holds nothing."""

import pytest
from ape.exceptions import ContractLogicError

from tests.contracts.parties import FOREVER, T2, domain, error_selector, names, reverts, sign, split

CAP = 120_000


@pytest.fixture
def payment(token, alice, bob):
    """Make the batch's call of alice's signed payment to bob."""

    def made(number, value=100, to=bob):
        message = {"from": str(alice), "to": str(to), "value": value, "validAfter": 0, "validBefore": FOREVER}
        message["nonce"] = number.to_bytes(32, "big")
        signature = split(sign(alice, domain(token), "TransferWithAuthorization", message))
        return token.address, CAP, token.transferWithAuthorization.encode_input(*message.values(), *signature)

    return made


@pytest.fixture
def burner(contracts, relayer):
    return contracts.GasBurner.deploy(sender=relayer)


def test_anyone_carries_signed_calls(token, batch, payment, stranger, bob):
    receipt = batch.execute([payment(1), payment(2)], sender=stranger)
    assert names(receipt) == ["AuthorizationUsed", "Transfer"] * 2
    assert token.balanceOf(bob) == 50_200


def test_empty_batch_does_nothing(batch, relayer):
    assert names(batch.execute([], sender=relayer)) == []


def test_failed_call_costs_only_itself(token, batch, payment, relayer, bob):
    receipt = batch.execute([payment(1), payment(2, value=2_000_001), payment(3)], sender=relayer)
    assert token.balanceOf(bob) == 50_200
    (failed,) = receipt.events.filter(batch.CallFailed)
    assert failed.index == 1
    assert failed.reason[:4] == selector(token, "PaymentLimitExceeded")


def test_replayed_call_moves_nothing(token, batch, payment, relayer, bob):
    batch.execute([payment(1)], sender=relayer)
    receipt = batch.execute([payment(1)], sender=relayer)
    assert names(receipt) == ["CallFailed"]
    assert token.balanceOf(bob) == 50_100


def test_call_that_burns_its_gas_leaves_the_rest(token, batch, payment, burner, relayer, bob):
    batch.execute([(burner, CAP, burner.burn.encode_input()), payment(1)], sender=relayer)
    assert token.balanceOf(bob) == 50_100


def test_call_gets_its_whole_cap(batch, burner, relayer):
    batch.execute([(burner, 100_000, burner.measure.encode_input())], sender=relayer, gas_limit=1_000_000)
    given = burner.given()
    assert 99_000 < given <= 100_000


def test_call_is_not_starved_by_a_small_gas_limit(token, batch, burner, relayer):
    """Whatever the gas limit: the call gets its cap, or the whole batch reverts."""
    call = [(burner, 100_000, burner.measure.encode_input())]
    seen = set()
    for gas_limit in range(126_000, 131_000, 500):
        receipt = batch.execute(call, sender=relayer, gas_limit=gas_limit, raise_on_revert=False)
        seen.add(receipt.failed)
        if not receipt.failed:
            assert burner.given() > 99_000
    assert seen == {True, False}


def test_too_little_gas_is_named(batch, burner, relayer):
    with reverts(batch, "InsufficientGas", index=0, gasCap=1_000_000):
        batch.execute([(burner, 1_000_000, b"")], sender=relayer, gas_limit=900_000)


@pytest.mark.parametrize("size", [0, 100, 10_000])
def test_reason_is_cut_at_256_bytes(batch, burner, relayer, size):
    receipt = batch.execute([(burner, CAP, burner.bloat.encode_input(size))], sender=relayer)
    (failed,) = receipt.events
    assert len(failed.reason) == min(256, 4 + 64 + -(-size // 32) * 32)


def test_reason_may_be_empty(batch, burner, relayer):
    (failed,) = batch.execute([(burner, CAP, burner.burn.encode_input())], sender=relayer).events
    assert failed.reason == b""


def test_long_calldata_does_not_disturb_the_next_call(token, batch, payment, burner, relayer, bob):
    long = (burner.address, CAP, b"\x01" * 5000)
    receipt = batch.execute([payment(1), long, payment(2)], sender=relayer)
    assert [event.event_name for event in receipt.events].count("Transfer") == 2
    assert token.balanceOf(bob) == 50_200


def test_batch_gains_nothing_from_its_name(token, batch, officers, relayer, bob):
    mint = token.mintMany.encode_input([(bob, 1, bytes(32))])
    freeze = token.freeze.encode_input([bob])
    own = token.transfer.encode_input(bob, 1)
    receipt = batch.execute([(token, CAP, data) for data in (mint, freeze, own)], sender=officers.minter)
    assert names(receipt) == ["CallFailed"] * 3


def test_batch_holds_no_role_tier_or_balance(token, manager, batch):
    assert [manager.hasRole(role, batch).isMember for role in range(8)] == [False] * 8
    state = token.accountOf(batch)
    assert (state.tier, state.balance) == (0, 0)


def test_batch_takes_no_ether(batch, relayer):
    with pytest.raises(ContractLogicError):
        batch.execute([], sender=relayer, value=1)


def test_signed_payment_to_the_batch_is_refused(token, batch, payment, relayer):
    receipt = batch.execute([payment(1, to=batch.address)], sender=relayer)
    (failed,) = receipt.events
    assert failed.reason[:4] == selector(token, "AccountNotRegistered")


def test_receiving_by_the_batch_is_refused(token, batch, alice, bob, relayer):
    message = {
        "from": str(alice),
        "to": str(bob),
        "value": 5,
        "validAfter": 0,
        "validBefore": FOREVER,
        "nonce": bytes(32),
    }
    signature = sign(alice, domain(token), "ReceiveWithAuthorization", message)
    data = token.receiveWithAuthorization.encode_input(*message.values(), signature)
    assert names(batch.execute([(token, CAP, data)], sender=relayer)) == ["CallFailed"]


def selector(contract, error):
    """The first four bytes of the revert data of `error`."""
    abi = next(one for one in contract.contract_type.errors if one.name == error)
    return error_selector(abi)


def test_tiers_are_the_same_after_a_batch(token, batch, payment, relayer, alice):
    batch.execute([payment(1)], sender=relayer)
    assert token.accountOf(alice).tier == T2
