"""Money is issued for a bank entry, once, within a fresh attestation of the reserve."""

from tests.contracts.conftest import AMPLE_RESERVE
from tests.contracts.parties import names, reverts

ENTRY, OTHER = b"\x01" * 32, b"\x02" * 32
ATTESTATION_S = 25 * 3600


def test_mint_issues_money(token, bob, officers):
    before = token.totalSupply()
    receipt = token.mintMany([(bob, 100, ENTRY)], sender=officers.minter)
    assert token.balanceOf(bob) == 50_100
    assert token.totalSupply() == before + 100
    assert token.isMinted(ENTRY)
    minted, transfer = receipt.events
    assert (minted.to, minted.value, minted.entry) == (bob, 100, ENTRY)
    assert transfer.log_index == minted.log_index + 1


def test_mint_takes_a_list(token, bob, carol, officers):
    receipt = token.mintMany([(bob, 1, ENTRY), (carol, 2, OTHER)], sender=officers.minter)
    assert names(receipt) == ["Minted", "Transfer"] * 2


def test_entry_mints_once(token, bob, carol, officers):
    token.mintMany([(bob, 100, ENTRY)], sender=officers.minter)
    with reverts(token, "EntryAlreadyMinted", entry=ENTRY):
        token.mintMany([(carol, 1, ENTRY)], sender=officers.minter)


def test_entry_mints_once_in_one_list(token, bob, carol, officers):
    with reverts(token, "EntryAlreadyMinted", entry=ENTRY):
        token.mintMany([(bob, 100, ENTRY), (carol, 1, ENTRY)], sender=officers.minter)


def test_list_with_a_bad_item_mints_nothing(token, bob, stranger, officers):
    with reverts(token, "AccountNotRegistered", account=stranger):
        token.mintMany([(bob, 100, ENTRY), (stranger, 1, OTHER)], sender=officers.minter)
    assert not token.isMinted(ENTRY)
    assert token.balanceOf(bob) == 50_000


def test_supply_may_reach_the_reserve(token, bob, officers):
    token.attestReserve(token.totalSupply() + 100, sender=officers.reserve)
    token.mintMany([(bob, 100, ENTRY)], sender=officers.minter)


def test_supply_may_not_pass_the_reserve_by_a_fen(token, bob, officers):
    supply = token.totalSupply()
    token.attestReserve(supply + 100, sender=officers.reserve)
    with reverts(token, "ReserveExceeded", supply=supply + 101, reserve=supply + 100):
        token.mintMany([(bob, 101, ENTRY)], sender=officers.minter)


def test_each_mint_of_a_list_counts_against_the_reserve(token, bob, carol, officers):
    token.attestReserve(token.totalSupply() + 100, sender=officers.reserve)
    with reverts(token, "ReserveExceeded"):
        token.mintMany([(bob, 60, ENTRY), (carol, 41, OTHER)], sender=officers.minter)


def test_mint_passes_in_the_last_second_of_the_attestation(token, chain, bob, officers):
    token.attestReserve(AMPLE_RESERVE, sender=officers.reserve)
    chain.pending_timestamp = chain.blocks.head.timestamp + ATTESTATION_S - 1
    token.mintMany([(bob, 1, ENTRY)], sender=officers.minter)


def test_mint_is_refused_when_the_attestation_has_ended(token, chain, bob, officers):
    token.attestReserve(AMPLE_RESERVE, sender=officers.reserve)
    expiry = chain.blocks.head.timestamp + ATTESTATION_S
    chain.pending_timestamp = expiry
    with reverts(token, "ReserveAttestationExpired", expiry=expiry):
        token.mintMany([(bob, 1, ENTRY)], sender=officers.minter)


def test_mint_of_nothing_is_refused(token, bob, officers):
    with reverts(token, "ZeroAmount"):
        token.mintMany([(bob, 0, ENTRY)], sender=officers.minter)


def test_mint_to_a_frozen_account_is_refused(token, bob, officers):
    token.freeze([bob], sender=officers.compliance)
    with reverts(token, "RecipientIsFrozen", account=bob):
        token.mintMany([(bob, 1, ENTRY)], sender=officers.minter)


def test_mint_meets_the_recipients_cap(token, carol, officers):
    token.mintMany([(carol, 950_000, ENTRY)], sender=officers.minter)
    with reverts(token, "BalanceLimitExceeded", account=carol, attempted=1_000_001, limit=1_000_000):
        token.mintMany([(carol, 1, OTHER)], sender=officers.minter)


def test_mint_stops_in_a_pause(token, bob, officers):
    token.pause(sender=officers.pauser)
    with reverts(token, "PaymentsPaused"):
        token.mintMany([(bob, 1, ENTRY)], sender=officers.minter)


def test_mint_to_a_system_contract_is_refused(token, till, officers):
    with reverts(token, "SystemRecipient", account=till):
        token.mintMany([(till, 1, ENTRY)], sender=officers.minter)


def test_mint_to_nobody_is_refused(token, officers):
    with reverts(token, "ERC20InvalidReceiver"):
        token.mintMany([("0x" + "00" * 20, 1, ENTRY)], sender=officers.minter)


def test_mint_counts_nothing_as_spent(token, bob, officers):
    token.mintMany([(bob, 100, ENTRY)], sender=officers.minter)
    assert token.accountOf(bob).spentToday == 0
