"""The table of roles: each act by its own key, ADMIN and UPGRADER only after 48 hours."""

import ape
import pytest
from eth_utils import keccak

from tests.contracts.conftest import OFFICERS
from tests.contracts.parties import LIMITS, T2, reverts

DELAY_S = 48 * 3600
ENTRY = b"\x01" * 32

ACTS = {
    "setTierLimits": ("admin", lambda who: (T2, LIMITS[T2])),
    "setSystem": ("admin", lambda who: (who,)),
    "mintMany": ("minter", lambda who: ([(who, 1, ENTRY)],)),
    "setTiers": ("compliance", lambda who: ([(who, T2)],)),
    "replaceAccount": ("compliance", lambda who: (who, "0x" + "12" * 20)),
    "freeze": ("compliance", lambda who: ([who],)),
    "unfreeze": ("compliance", lambda who: ([who],)),
    "pause": ("pauser", lambda who: ()),
    "unpause": ("unpauser", lambda who: ()),
    "attestReserve": ("reserve", lambda who: (10**12,)),
}


@pytest.mark.parametrize("act", ACTS)
def test_act_is_refused_to_every_other_role(token, manager, officers, act):
    owner, _ = ACTS[act]
    selector = keccak(text=getattr(token, act).abis[0].selector)[:4]
    allowed = {name for name in OFFICERS if manager.canCall(getattr(officers, name), token, selector).immediate}
    assert allowed == {owner}


@pytest.mark.parametrize("act", ACTS)
def test_act_is_refused_to_who_has_no_role(token, alice, act):
    _, arguments = ACTS[act]
    with reverts(token, "AccessManagedUnauthorized", caller=alice):
        getattr(token, act)(*arguments(alice), sender=alice)


@pytest.mark.parametrize("act", [act for act in ACTS if act != "setSystem"])
def test_act_is_open_to_its_role(token, officers, alice, act):
    owner, arguments = ACTS[act]
    getattr(token, act)(*arguments(alice), sender=getattr(officers, owner))


def test_table_names_every_restricted_act_once(token, anchor, roles):
    listed = [bytes(selector) for permission in roles.permissions() for selector in permission.selectors]
    acts = [*(getattr(token, act) for act in (*ACTS, "upgradeToAndCall")), anchor.anchor]
    assert sorted(listed) == sorted(keccak(text=act.abis[0].selector)[:4] for act in acts)


def test_table_gives_48_hours_to_admin_and_upgrader_alone(roles):
    delays = {permission.name: permission.delay for permission in roles.permissions()}
    assert {name for name, delay in delays.items() if delay} == {"ADMIN", "UPGRADER"}
    assert delays["ADMIN"] == delays["UPGRADER"] == DELAY_S == roles.DELAY()


def test_table_numbers_are_the_constants(roles):
    for permission in roles.permissions():
        assert getattr(roles, permission.name)() == permission.role


@pytest.fixture
def handed_over(manager, officers, relayer, till):
    """ADMIN went, once the SYSTEM accounts were listed, to a key that acts after 48 hours."""
    manager.grantRole(0, relayer, DELAY_S, sender=officers.admin)
    manager.renounceRole(0, officers.admin, sender=officers.admin)
    return relayer


def test_admin_that_was_handed_over_cannot_act_at_once(token, manager, handed_over, till):
    with reverts(manager, "AccessManagerNotScheduled"):
        token.setTierLimits(T2, LIMITS[T2], sender=handed_over)


def test_admin_acts_after_48_hours(token, manager, chain, handed_over):
    data = token.setTierLimits.encode_input(T2, (7, 6, 5, 4, 3, False))
    manager.schedule(token, data, 0, sender=handed_over)
    scheduled = chain.blocks.head.timestamp
    chain.pending_timestamp = scheduled + DELAY_S - 1
    with reverts(manager, "AccessManagerNotReady"):
        token.setTierLimits(T2, (7, 6, 5, 4, 3, False), sender=handed_over)
    chain.pending_timestamp = scheduled + DELAY_S
    token.setTierLimits(T2, (7, 6, 5, 4, 3, False), sender=handed_over)
    assert token.tierLimits(T2).maxBalance == 7


def test_deployer_has_nothing_left(token, manager, officers, handed_over):
    with reverts(token, "AccessManagedUnauthorized", caller=officers.admin):
        token.setTierLimits(T2, LIMITS[T2], sender=officers.admin)
    with ape.reverts():
        manager.grantRole(1, officers.admin, 0, sender=officers.admin)


def test_authority_is_changed_by_the_authority_alone(token, officers, roles):
    with reverts(token, "AccessManagedUnauthorized", caller=officers.admin):
        token.setAuthority(roles, sender=officers.admin)
