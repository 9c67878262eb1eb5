"""ERC-2612: an allowance given by signature; it opens no way round the limits."""

import pytest

from tests.contracts.parties import FOREVER, domain, names, reverts, sign, split


@pytest.fixture
def permit(token, alice, relayer):
    """Let the relayer bring a permit to itself."""

    def brought(signer=alice, **changes):
        message = {
            "owner": str(alice),
            "spender": str(relayer),
            "value": 500,
            "nonce": 0,
            "deadline": FOREVER,
        } | changes
        signature = sign(signer, domain(token), "Permit", message)
        shown = {name: value for name, value in message.items() if name != "nonce"}
        return token.permit(*shown.values(), *split(signature), sender=relayer)

    return brought


def test_permit_gives_an_allowance(token, permit, alice, bob, relayer):
    assert names(permit()) == ["Approval"]
    token.transferFrom(alice, bob, 500, sender=relayer)
    assert token.allowance(alice, relayer) == 0


def test_permit_counts_its_nonce(token, permit, alice):
    permit()
    permit(nonce=1)
    assert token.nonces(alice) == 2


def test_permit_serves_once(token, permit):
    permit()
    with reverts(token, "ERC2612InvalidSigner"):
        permit()


def test_permit_of_another_is_refused(token, permit, bob):
    with reverts(token, "ERC2612InvalidSigner"):
        permit(signer=bob)


def test_permit_passes_at_its_deadline(token, permit, chain):
    chain.pending_timestamp = chain.blocks.head.timestamp + 100
    permit(deadline=chain.pending_timestamp)


def test_permit_is_refused_one_second_after_its_deadline(token, permit, chain):
    moment = chain.blocks.head.timestamp + 100
    chain.pending_timestamp = moment + 1
    with reverts(token, "ERC2612ExpiredSignature", deadline=moment):
        permit(deadline=moment)


def test_permitted_payment_meets_the_owners_limits(token, permit, alice, bob, relayer):
    permit(value=2_000_001)
    with reverts(token, "PaymentLimitExceeded", account=alice, attempted=2_000_001, limit=2_000_000):
        token.transferFrom(alice, bob, 2_000_001, sender=relayer)


def test_permitted_payment_of_a_frozen_owner_is_refused(token, permit, alice, bob, relayer, officers):
    permit()
    token.freeze([alice], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=alice):
        token.transferFrom(alice, bob, 500, sender=relayer)
