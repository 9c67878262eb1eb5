"""Opening a packet: money and packet arrive together, by anyone's hand; every term has its bound."""

import pytest
from eth_abi.abi import encode

from bench.packets import RED_PACKET, ZERO_ADDRESS, ZERO_LINK, ZERO_WORD, person
from tests.contracts.packets import DAY, FIELDS
from tests.contracts.parties import domain, names, reverts, sign, split

KINDS = [kind for _, kind in RED_PACKET]


def test_create_takes_the_money_and_logs_the_terms(table, token, escrow, alice, guests):
    packet = table.lucky(guests, total=8888)
    before = token.balanceOf(alice)
    receipt = packet.open()
    assert names(receipt) == ["AuthorizationUsed", "Transfer", "PacketCreated"]
    assert (token.balanceOf(alice), token.balanceOf(escrow)) == (before - 8888, 8888)
    created = receipt.events[-1]
    assert (created.packet, created.creator) == (packet.id, alice)


def test_id_is_the_hash_of_the_terms_in_the_escrows_domain(table, escrow, guests):
    packet = table.lucky(guests)
    assert escrow.packetId(packet.terms) == packet.id
    assert escrow.packetId(packet.but(salt=b"\x07" * 32).terms) != packet.id


def test_new_packet_has_everything_left(table, escrow, guests):
    packet = table.lucky(guests, total=8888).opened()
    assert packet.state == (8888, 10, 0)
    assert escrow.stateOf(packet.id).link == packet.draw.commitment


def test_unknown_packet_is_all_zero(table, escrow, guests):
    assert tuple(escrow.stateOf(table.equal(guests).id)) == (0, 0, ZERO_LINK, 0)


def test_replay_is_refused(table, escrow, token, guests):
    packet = table.equal(guests).opened()
    with reverts(token, "ERC3009UsedAuthorization"):
        packet.open()
    assert packet.state == (1000, 10, 0)


def test_authorization_serves_these_terms_alone(table, token, guests):
    packet = table.equal(guests)
    with reverts(token, "ERC3009InvalidSignature"):
        packet.but(salt=b"\x07" * 32).open(packet.authorization())


def test_authorization_must_be_the_creators(table, token, guests, bob):
    packet = table.equal(guests)
    with reverts(token, "ERC3009InvalidSignature"):
        packet.but(creator=bob.address).open()


def test_expired_authorization_is_refused(table, token, chain, guests):
    packet = table.equal(guests)
    with reverts(token, "ERC3009InvalidAuthorizationTime"):
        packet.open(packet.authorization(valid_before=chain.pending_timestamp))


def test_cancelled_authorization_opens_nothing(table, token, alice, guests, relayer):
    packet = table.equal(guests)
    message = {"authorizer": str(alice), "nonce": packet.id}
    signature = sign(alice, domain(token), "CancelAuthorization", message)
    token.cancelAuthorization(alice, packet.id, *split(signature), sender=relayer)
    with reverts(token, "ERC3009UsedAuthorization"):
        packet.open()


# --- the bounds of the terms ---


@pytest.mark.parametrize("shares", [0, 101])
def test_share_count_out_of_range_is_refused(table, escrow, guests, shares):
    with reverts(escrow, "ShareCountOutOfRange", shares=shares):
        table.equal(guests, total=10_100, shares=shares).open()


@pytest.mark.parametrize("shares", [1, 100])
def test_one_and_a_hundred_shares_pass(table, guests, shares):
    assert table.lucky(guests, total=10_000, shares=shares).opened().state == (10_000, shares, 0)


def test_share_below_one_fen_is_refused(table, escrow, guests):
    with reverts(escrow, "TotalNotDivisible", total=9, shares=10):
        table.lucky(guests, total=9).open()


def test_shares_of_one_fen_pass(table, guests):
    table.lucky(guests, total=10).open()


def test_equal_packet_that_does_not_divide_is_refused(table, escrow, guests):
    with reverts(escrow, "TotalNotDivisible", total=1001, shares=10):
        table.equal(guests, total=1001).open()


def test_equal_packet_with_a_largest_share_is_refused(table, escrow, guests):
    with reverts(escrow, "MaxShareOutOfRange", maxShare=1):
        table.equal(guests, maxShare=1).open()


@pytest.mark.parametrize("largest", [0, 99])
def test_largest_share_that_cannot_hold_the_total_is_refused(table, escrow, guests, largest):
    with reverts(escrow, "MaxShareOutOfRange", maxShare=largest):
        table.lucky(guests, total=1000, maxShare=largest).open()


def test_largest_share_that_just_holds_the_total_passes(table, guests):
    table.lucky(guests, total=1000, maxShare=100).open()


@pytest.mark.parametrize("away", [0, DAY + 61])
def test_expiry_past_or_too_far_is_refused(table, escrow, chain, guests, away):
    at = chain.pending_timestamp + 10
    packet = table.equal(guests, expiry=at + away)
    chain.pending_timestamp = at
    with reverts(escrow, "ExpiryOutOfRange", expiry=at + away):
        packet.open()


@pytest.mark.parametrize("away", [1, DAY + 60])
def test_nearest_and_farthest_expiry_pass(table, chain, guests, away):
    at = chain.pending_timestamp + 10
    packet = table.equal(guests, expiry=at + away)
    chain.pending_timestamp = at
    packet.open()


@pytest.mark.parametrize(
    "audience", [{"claimKey": person("claim key").address}, {"guests": ZERO_WORD}], ids=["both", "neither"]
)
def test_audience_must_be_guests_or_a_link(table, escrow, guests, audience):
    packet = table.equal(guests)
    with reverts(escrow, "AudienceAmbiguous"):
        packet.but(**audience).open()


@pytest.mark.parametrize("lacking", [{"dealer": ZERO_ADDRESS}, {"drawCommitment": ZERO_LINK}], ids=str)
def test_lucky_packet_needs_dealer_and_commitment(table, escrow, guests, lacking):
    with reverts(escrow, "DrawTermsMismatch"):
        table.lucky(guests, **lacking).open()


@pytest.mark.parametrize("extra", [{"dealer": person("dealer").address}, {"drawCommitment": b"\x01" * 20}], ids=str)
def test_equal_packet_has_neither(table, escrow, guests, extra):
    with reverts(escrow, "DrawTermsMismatch"):
        table.equal(guests, **extra).open()


@pytest.mark.parametrize("word", [0, 1, 2, 3, 4, 5, 7, 8, 9], ids=lambda word: FIELDS[word])
def test_terms_with_dirty_bits_are_refused(table, escrow, guests, relayer, word):
    packet = table.lucky(guests)
    clean = bytearray(encode(KINDS, packet.terms))
    dirty = clean.copy()
    dirty[32 * word + (31 if word == 9 else 0)] = 0x80
    for words, passes in ((dirty, False), (clean, True)):
        signed = packet.authorization(nonce=packet.hash_of(bytes(words)))
        data = escrow.create.encode_input(packet.terms, signed)
        data = data[:4] + bytes(words) + data[4 + len(words) :]
        receipt = relayer.transfer(escrow, 0, data=data, gas=1_000_000, raise_on_revert=False)
        assert receipt.failed is not passes


# --- the creator ---


def test_frozen_creator_cannot_give(table, token, alice, officers, guests):
    token.freeze([alice], sender=officers.compliance)
    with reverts(token, "AccountIsFrozen", account=alice):
        table.equal(guests).open()


def test_unregistered_creator_cannot_give(table, token, stranger, guests):
    table.creator = stranger
    with reverts(token, "AccountNotRegistered", account=stranger):
        table.equal(guests).open()


def test_limits_of_the_creator_hold(table, token, carol, guests):
    table.creator = carol
    with reverts(token, "PaymentLimitExceeded", account=carol):
        table.equal(guests, total=200_010).open()


def test_balance_of_the_creator_holds(table, token, bob, guests):
    table.creator = bob
    with reverts(token, "ERC20InsufficientBalance"):
        table.equal(guests, total=50_010).open()


def test_nothing_is_opened_in_a_pause(table, token, officers, guests):
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        table.equal(guests).open()


@pytest.mark.parametrize("length", [65, 64, 200])
def test_contract_wallet_gives_by_a_signature_of_any_length(table, contracts, alice, enrol, guests, length):
    signature = b"\x05" * length
    wallet = enrol(alice.deploy(contracts.CarelessWallet, signature), 3, 1000)
    packet = table.equal(guests, creator=wallet.address)
    packet.open((0, 2**40, signature))
    assert packet.state == (1000, 10, 0)


def test_contract_wallet_refuses_another_signature(table, token, contracts, alice, enrol, guests):
    wallet = enrol(alice.deploy(contracts.CarelessWallet, b"\x05" * 65), 3, 1000)
    with reverts(token, "ERC3009InvalidSignature"):
        table.equal(guests, creator=wallet.address).open((0, 2**40, b"\x06" * 65))


def test_escrow_needs_a_token(contracts, officers, stranger):
    with pytest.raises(Exception, match="failed"):
        officers.admin.deploy(contracts.RedPacketEscrow, stranger)


def test_words_logged_are_the_words_hashed(table, guests):
    packet = table.lucky(guests)
    receipt = packet.open()
    assert bytes(receipt.logs[-1]["data"]) == encode(KINDS, packet.terms)
