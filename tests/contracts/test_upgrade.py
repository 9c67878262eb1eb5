"""The token behind its proxy: initialized once, upgraded by UPGRADER after 48 hours, nothing lost on the way."""

import json
from pathlib import Path

import pytest
from eth_utils import keccak

from pswallet.chain.compile import SETTINGS, SOLC_VERSION, sources
from tests.contracts.parties import LIMITS, T1, T2, openzeppelin, reverts

DELAY_S = 48 * 3600
IMPLEMENTATION_SLOT = int.from_bytes(keccak(text="eip1967.proxy.implementation"), "big") - 1
LAYOUT = Path(__file__).parent / "storage_layout.json"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def next_release(contracts, officers):
    """Another implementation: the address tells it apart, and a mock of its own would be compiled a third time."""
    return contracts.Stablecoin.deploy(sender=officers.admin)


def test_proxy_is_initialized_once(token, manager, officers):
    with reverts(token, "InvalidInitialization"):
        token.initialize(manager, [], sender=officers.admin)


def test_implementation_itself_is_nobodys(contracts, manager, officers):
    implementation = contracts.Stablecoin.deploy(sender=officers.admin)
    with reverts(implementation, "InvalidInitialization"):
        implementation.initialize(manager, [], sender=officers.admin)


@pytest.mark.parametrize("count", [0, 2, 6])
def test_proxy_may_begin_with_some_tiers(contracts, manager, officers, count):
    implementation = contracts.Stablecoin.deploy(sender=officers.admin)
    data = implementation.initialize.encode_input(manager, [LIMITS[tier] for tier in range(1, count + 1)])
    proxy = officers.admin.deploy(openzeppelin("ERC1967Proxy"), implementation, data)
    token = contracts.Stablecoin.at(proxy.address)
    assert [token.tierLimits(tier).maxBalance > 0 for tier in range(1, 7)] == [tier <= count for tier in range(1, 7)]


def test_proxy_begins_with_no_more_than_six_tiers(contracts, manager, officers):
    implementation = contracts.Stablecoin.deploy(sender=officers.admin)
    data = implementation.initialize.encode_input(manager, [LIMITS[T1]] * 7)
    with reverts(implementation, "TierNotAssignable"):
        officers.admin.deploy(openzeppelin("ERC1967Proxy"), implementation, data)


def test_authority_must_be_a_contract(contracts, officers, stranger):
    implementation = contracts.Stablecoin.deploy(sender=officers.admin)
    data = implementation.initialize.encode_input(stranger, [])
    with reverts(implementation, "AccessManagedInvalidAuthority"):
        officers.admin.deploy(openzeppelin("ERC1967Proxy"), implementation, data)


def test_live_token_is_upgraded_and_keeps_everything(token, chain, next_release, officers, alice, bob, relayer):
    token.transfer(bob, 10, sender=alice)
    token.approve(relayer, 5, sender=alice)
    token.freeze([bob], sender=officers.compliance)
    before = [
        *(tuple(token.accountOf(who)) for who in (alice, bob)),
        token.totalSupply(),
        token.allowance(alice, relayer),
        tuple(token.tierLimits(T2)),
        tuple(token.reserve()),
    ]
    token.upgradeToAndCall(next_release, b"", sender=officers.upgrader)
    slot = chain.provider.get_storage(token.address, IMPLEMENTATION_SLOT)
    assert int.from_bytes(slot, "big") == int(str(next_release.address), 16)
    assert before == [
        *(tuple(token.accountOf(who)) for who in (alice, bob)),
        token.totalSupply(),
        token.allowance(alice, relayer),
        tuple(token.tierLimits(T2)),
        tuple(token.reserve()),
    ]
    token.transferFrom(alice, alice, 5, sender=relayer)


def test_upgrade_is_refused_to_every_other_key(token, next_release, officers, alice):
    for other in (officers.admin, officers.minter, officers.compliance, officers.pauser, alice):
        with reverts(token, "AccessManagedUnauthorized", caller=other):
            token.upgradeToAndCall(next_release, b"", sender=other)


def test_upgrade_waits_48_hours(token, manager, chain, next_release, officers, relayer):
    manager.grantRole(7, relayer, DELAY_S, sender=officers.admin)
    with reverts(manager, "AccessManagerNotScheduled"):
        token.upgradeToAndCall(next_release, b"", sender=relayer)
    manager.schedule(token, token.upgradeToAndCall.encode_input(next_release, b""), 0, sender=relayer)
    scheduled = chain.blocks.head.timestamp
    chain.pending_timestamp = scheduled + DELAY_S - 1
    with reverts(manager, "AccessManagerNotReady"):
        token.upgradeToAndCall(next_release, b"", sender=relayer)
    chain.pending_timestamp = scheduled + DELAY_S
    token.upgradeToAndCall(next_release, b"", sender=relayer)


def test_upgrade_to_something_else_is_refused(token, contracts, officers, roles):
    with reverts(token, "ERC1967InvalidImplementation", implementation=roles):
        token.upgradeToAndCall(roles, b"", sender=officers.upgrader)


def test_storage_layout_is_that_of_the_last_release():
    """A changed order of bases or fields would make a live token read another's slots: renew the file knowingly."""
    import solcx  # reads SOLCX_BINARY_PATH, which the root conftest sets

    request = {
        "language": "Solidity",
        "sources": {path: {"content": content} for path, content in sources(ROOT).items()},
        "settings": {
            "remappings": SETTINGS["remappings"],
            "outputSelection": {"contracts/Stablecoin.sol": {"Stablecoin": ["storageLayout"]}},
        },
    }
    output = solcx.compile_standard(request, solc_version=SOLC_VERSION, base_path=str(ROOT))
    layout = output["contracts"]["contracts/Stablecoin.sol"]["Stablecoin"]["storageLayout"]["storage"]
    assert [[one["slot"], one["offset"], one["label"]] for one in layout] == json.loads(LAYOUT.read_text())
