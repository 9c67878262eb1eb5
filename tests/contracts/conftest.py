"""The token behind its proxy, its officers and its people, on Ape's own Anvil."""

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
from ape import Project, accounts, project
from ape import chain as ape_chain
from ape.utils.testing import generate_dev_accounts
from ape_ethereum.trace import Trace

from bench.packets import person
from tests.contracts.packets import Table
from tests.contracts.parties import (
    LIMIT_FIELDS,
    LIMITS,
    MERCHANT,
    SPONSOR,
    SYSTEM,
    T0,
    T1,
    T2,
    T3,
    YUAN,
    openzeppelin,
    shenzhen,
)
from tests.contracts.shop import Shop

OFFICERS = ("admin", "minter", "compliance", "attestor", "pauser", "unpauser", "reserve", "upgrader", "anchorer")
"""One key each; the index is the role's number."""

AMPLE_RESERVE = 10**12


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep Ape's tests on one worker: two would write one compiler cache."""
    for item in items:
        if "tests/contracts" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("ape"))


@pytest.fixture(scope="session", autouse=True)
def quick_ape() -> Iterator[None]:
    """Spare Ape its two costly habits: a printed trace of each expected revert, and deriving all keys at each call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trace, "show", lambda *_, **__: None)
        patch.setattr("ape_test.accounts.generate_dev_accounts", cache(generate_dev_accounts))
        yield


@pytest.fixture(scope="session")
def chain() -> Any:
    """Ape's chain; the other tests' fixture of this name is another Anvil."""
    return ape_chain


@pytest.fixture(scope="session")
def contracts() -> Project:
    """Every contract of ours, compiled."""
    return project


@pytest.fixture(scope="session")
def officers() -> SimpleNamespace:
    """The holders of the roles."""
    return SimpleNamespace(**{name: accounts.test_accounts[i] for i, name in enumerate(OFFICERS)})


@pytest.fixture(scope="session")
def relayer() -> Any:
    """Carries signed calls; has neither role nor tier."""
    return accounts.test_accounts[19]


@pytest.fixture(scope="session")
def stranger() -> Any:
    """Is not registered."""
    return accounts.test_accounts[9]


@pytest.fixture(scope="session")
def manager(chain: Any, officers: SimpleNamespace) -> Any:
    """The AccessManager; nobody has a delay yet. The day is fixed, so that no test meets midnight by chance."""
    chain.pending_timestamp = shenzhen(2030, 3, 1, 12, 0, 0)
    return officers.admin.deploy(openzeppelin("AccessManager"), officers.admin)


@pytest.fixture(scope="session")
def roles(contracts: Project, officers: SimpleNamespace) -> Any:
    """The table of roles."""
    return officers.admin.deploy(contracts.Roles)


@pytest.fixture(scope="session")
def token(contracts: Project, manager: Any, roles: Any, officers: SimpleNamespace) -> Any:
    """The token behind its proxy, with an ample reserve."""
    implementation = officers.admin.deploy(contracts.Stablecoin)
    data = implementation.initialize.encode_input(manager, [LIMITS[tier] for tier in sorted(LIMITS)])
    proxy = officers.admin.deploy(openzeppelin("ERC1967Proxy"), implementation, data)
    for permission in roles.permissions()[: OFFICERS.index("anchorer")]:
        officer = accounts.test_accounts[permission.role]
        manager.setTargetFunctionRole(proxy, permission.selectors, permission.role, sender=officers.admin)
        manager.grantRole(permission.role, officer, 0, sender=officers.admin)
    token = contracts.Stablecoin.at(proxy.address)
    token.attestReserve(AMPLE_RESERVE, sender=officers.reserve)
    return token


@pytest.fixture(scope="session")
def enrol(chain: Any, token: Any, officers: SimpleNamespace) -> Any:
    """Register an account at a tier and give it fen, minted for a bank entry of its own."""

    def enrolled(account: Any, tier: int, fen: int = 0) -> Any:
        token.setTiers([(account, tier)], sender=officers.compliance)
        if fen:
            entry = chain.blocks.height.to_bytes(32, "big")
            token.mintMany([(account, fen, entry)], sender=officers.minter)
        return account

    return enrolled


@pytest.fixture(scope="session")
def alice(enrol: Any) -> Any:
    """A standard person with ¥60,000."""
    return enrol(accounts.test_accounts[10], T2, 60_000 * YUAN)


@pytest.fixture(scope="session")
def bob(enrol: Any) -> Any:
    """A standard person with ¥500."""
    return enrol(accounts.test_accounts[11], T2, 500 * YUAN)


@pytest.fixture(scope="session")
def carol(enrol: Any) -> Any:
    """A basic person with ¥500."""
    return enrol(accounts.test_accounts[12], T1, 500 * YUAN)


@pytest.fixture(scope="session")
def visitor(enrol: Any) -> Any:
    """A visitor, known by phone alone, with ¥1,000."""
    return enrol(accounts.test_accounts[13], T0, 1000 * YUAN)


@pytest.fixture(scope="session")
def dora(enrol: Any) -> Any:
    """A person of full tier with ¥400,000."""
    return enrol(accounts.test_accounts[14], T3, 400_000 * YUAN)


@pytest.fixture(scope="session")
def merchant(enrol: Any) -> Any:
    """A merchant with ¥10,000."""
    return enrol(accounts.test_accounts[15], MERCHANT, 10_000 * YUAN)


@pytest.fixture(scope="session")
def till(contracts: Project, token: Any, officers: SimpleNamespace) -> Any:
    """A SYSTEM contract that pays whoever asks."""
    till = officers.admin.deploy(contracts.OpenTill)
    token.setSystem(till, sender=officers.admin)
    assert token.accountOf(till).tier == SYSTEM
    return till


@pytest.fixture(scope="session")
def fill(token: Any, alice: Any) -> Any:
    """Let alice pay fen into a SYSTEM contract that takes allowances."""

    def filled(till: Any, fen: int) -> Any:
        token.approve(till, fen, sender=alice)
        till.take(token, alice, fen, sender=alice)
        return till

    return filled


@pytest.fixture(scope="session")
def relimit(token: Any, officers: SimpleNamespace) -> Any:
    """Change some limits of a tier."""

    def changed(tier: int, **changes: int) -> None:
        limits = dict(zip(LIMIT_FIELDS, LIMITS[tier], strict=True)) | changes
        token.setTierLimits(tier, tuple(limits.values()), sender=officers.admin)

    return changed


@pytest.fixture(scope="session")
def batch(contracts: Project, relayer: Any) -> Any:
    """The open batch."""
    return relayer.deploy(contracts.Batch)


@pytest.fixture(scope="session")
def anchor(contracts: Project, manager: Any, roles: Any, officers: SimpleNamespace) -> Any:
    """The anchor, opened to its role."""
    anchor = officers.admin.deploy(contracts.Anchor, manager)
    permission = roles.permissions()[OFFICERS.index("anchorer")]
    manager.setTargetFunctionRole(anchor, permission.selectors, permission.role, sender=officers.admin)
    manager.grantRole(permission.role, officers.anchorer, 0, sender=officers.admin)
    return anchor


# --- red packets ---


@pytest.fixture(scope="session")
def escrow(contracts: Project, token: Any, officers: SimpleNamespace) -> Any:
    """The red packets' escrow, listed as SYSTEM."""
    escrow = officers.admin.deploy(contracts.RedPacketEscrow, token)
    token.setSystem(escrow, sender=officers.admin)
    return escrow


@pytest.fixture
def table(chain: Any, token: Any, escrow: Any, alice: Any, relayer: Any) -> Table:
    """Red packets that alice gives."""
    return Table(chain, token, escrow, alice, relayer)


@pytest.fixture(scope="session")
def guests(token: Any, officers: SimpleNamespace) -> list[str]:
    """Ten registered people without money."""
    people = [person(f"guest {i}").address for i in range(10)]
    token.setTiers([(guest, T2) for guest in people], sender=officers.compliance)
    return people


# --- merchants ---


@pytest.fixture(scope="session")
def checkout(contracts: Project, token: Any, officers: SimpleNamespace) -> Any:
    """The checkout, listed as SYSTEM with its voucher contract."""
    checkout = officers.admin.deploy(contracts.MerchantCheckout, token)
    for listed in (checkout, checkout.voucher()):
        token.setSystem(listed, sender=officers.admin)
    return checkout


@pytest.fixture(scope="session")
def voucher(contracts: Project, checkout: Any) -> Any:
    """The voucher contract that the checkout made."""
    return contracts.CityVoucher.at(checkout.voucher())


@pytest.fixture(scope="session")
def cashier() -> Any:
    """A merchant's cashier."""
    return accounts.test_accounts[16]


@pytest.fixture(scope="session")
def sponsor(token: Any, checkout: Any, enrol: Any) -> Any:
    """A district with ¥100,000, which lets the checkout move it."""
    sponsor = enrol(accounts.test_accounts[17], SPONSOR, 100_000 * YUAN)
    token.approve(checkout, 2**256 - 1, sender=sponsor)
    return sponsor


@pytest.fixture(scope="session")
def platform(token: Any, checkout: Any, enrol: Any) -> Any:
    """The platform with ¥100,000, which lets the checkout move it."""
    platform = enrol(accounts.test_accounts[18], SPONSOR, 100_000 * YUAN)
    token.approve(checkout, 2**256 - 1, sender=platform)
    return platform


@pytest.fixture(scope="session")
def seller(token: Any, checkout: Any, merchant: Any) -> Any:
    """The merchant, who lets the checkout fetch refunds."""
    token.approve(checkout, 2**256 - 1, sender=merchant)
    return merchant


@pytest.fixture
def shop(
    chain: Any,
    token: Any,
    checkout: Any,
    voucher: Any,
    alice: Any,
    seller: Any,
    sponsor: Any,
    platform: Any,
    relayer: Any,
) -> Shop:
    """A merchant to whom alice pays, with help."""
    return Shop(chain, token, checkout, voucher, alice, seller, sponsor, platform, relayer)
