"""The reserve attestation: stated, replaced, and seen."""

ATTESTATION_S = 25 * 3600


def test_attestation_is_seen(token, chain, officers):
    (event,) = token.attestReserve(10**11, sender=officers.reserve).events
    assert (event.reserve, event.expiry) == (10**11, chain.blocks.head.timestamp + ATTESTATION_S)
    assert tuple(token.reserve()) == (10**11, chain.blocks.head.timestamp + ATTESTATION_S)


def test_attestation_replaces_the_one_before(token, officers):
    token.attestReserve(10**11, sender=officers.reserve)
    token.attestReserve(5, sender=officers.reserve)
    assert token.reserve()[0] == 5


def test_attestation_below_the_supply_is_the_truth_and_stays(token, alice, bob, officers):
    token.attestReserve(0, sender=officers.reserve)
    token.transfer(bob, 1, sender=alice)
    assert token.reserve()[0] == 0


def test_attestation_leaves_the_supply_alone(token, alice, officers):
    before = token.totalSupply()
    token.attestReserve(2**64 - 1, sender=officers.reserve)
    assert token.totalSupply() == before
