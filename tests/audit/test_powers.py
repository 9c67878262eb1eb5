"""Power that somebody was given after the deployment is named: no limits, roles, what a role opens."""

from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from pswallet.audit import Report
from pswallet.audit.ledger import Moment
from pswallet.audit.powers import Powers
from pswallet.audit.report import Findings
from pswallet.chain.abi import artifact
from pswallet.chain.hashing import selector
from pswallet.chain.signing import address_of
from tests.audit.city import City
from tests.parts import DAY_S, Person

MEI, ROGUE = Person("mei"), Person("a rogue")
MINTER, COMPLIANCE, UPGRADER = 1, 2, 7
EVERYBODY = 2**64 - 1
"""The access manager's PUBLIC_ROLE."""


def acted(city: City, contract: str, function: str, *arguments: object) -> tuple[int, str]:
    """Let ADMIN announce an act and carry it out two days later; return where."""
    deployment, admin = city.chain.deployment, city.chain.keys.admin
    target = {"AccessManager": deployment.access_manager, "Stablecoin": deployment.stablecoin}[contract]
    act = artifact(contract).call(function, *arguments)
    manager = deployment.access_manager
    assert city.call("AccessManager", manager, admin, "schedule", target, act, 0)["status"] == "0x1"
    city.chain.move_time(2 * DAY_S)
    receipt = city.call("AccessManager", manager, admin, "execute", target, act)
    assert receipt["status"] == "0x1"
    return place(receipt)


def place(receipt: dict[str, str]) -> tuple[int, str]:
    return int(receipt["blockNumber"], 16), receipt["transactionHash"]


def found(report: Report) -> list[tuple[int | None, str | None]]:
    return [(one.block, one.transaction) for one in report.differences() if one.check == "powers"]


def warned(report: Report) -> list[str]:
    return [one.message for one in report.warnings]


def test_a_fresh_deployment_has_nothing_to_warn_of(city: City):
    report = city.audit()
    assert (report.ok, warned(report)) == (True, [])
    (powers,) = (check for check in report.checks if check.name == "powers")
    assert powers.looked_at > 20


@pytest.mark.parametrize("who", ["batch", "access_manager"])
def test_a_system_account_besides_the_escrow_is_named(city: City, who: str):
    where = acted(city, "Stablecoin", "setSystem", getattr(city.chain.deployment, who))
    report = city.audit()
    assert found(report) == [where]
    assert any("announced a call of 0x" + selector("setSystem(address)").hex() in told for told in warned(report))


def test_the_batch_with_a_tier_and_money_is_named(city: City):
    city.settle_in(MEI)
    batch = city.chain.deployment.batch
    registered = city.chain.token(city.chain.keys.compliance, "setTiers", [(batch, 3)])
    paid = city.pay(MEI, batch, 5)
    assert paid["status"] == "0x1"
    report = city.audit()
    assert found(report) == [place(registered), place(paid)]
    assert [one.message for one in report.differences() if one.check == "code"] == [
        f"the batch {batch} is an account: [5, 0, 0, 0, 0, 3, 0]"
    ]


def test_a_replaced_key_is_a_warning(city: City):
    """Whoever's key was stolen must be able to replace it: the audit says so, and passes."""
    acted(city, "AccessManager", "revokeRole", MINTER, address_of(city.chain.keys.minter))
    acted(city, "AccessManager", "grantRole", MINTER, ROGUE.address, 0)
    report = city.audit()
    assert report.ok
    assert f"{ROGUE.address.lower()} was given the role MINTER with a delay of 0 s" in warned(report)
    assert f"{address_of(city.chain.keys.minter).lower()} lost the role MINTER" in warned(report)
    assert report.to_json()["warnings"][0]["check"] == "powers"
    screen = StringIO()
    Console(file=screen, width=200).print(report.table())
    assert "was given the role MINTER" in screen.getvalue()
    assert f"OK, {len(report.warnings)} warnings" in screen.getvalue()


GRANTS: dict[str, Callable[[City], tuple[object, ...]]] = {
    "ADMIN without a delay": lambda city: (0, ROGUE.address, 0),
    "ADMIN with a shorter one": lambda city: (0, ROGUE.address, 2 * DAY_S - 1),
    "UPGRADER without a delay": lambda city: (UPGRADER, ROGUE.address, 0),
    "a role for the batch": lambda city: (MINTER, city.chain.deployment.batch, 0),
    "a role for the escrow": lambda city: (COMPLIANCE, city.chain.deployment.escrow, 0),
}


@pytest.mark.parametrize("grant", GRANTS.values(), ids=GRANTS)
def test_a_role_that_nobody_may_hold_so_is_named(city: City, grant: Callable[[City], tuple[object, ...]]):
    where = acted(city, "AccessManager", "grantRole", *grant(city))
    assert found(city.audit()) == [where]


def test_an_admin_or_upgrader_with_the_due_delay_is_a_warning(city: City):
    acted(city, "AccessManager", "grantRole", 0, ROGUE.address, 2 * DAY_S)
    acted(city, "AccessManager", "grantRole", UPGRADER, ROGUE.address, 2 * DAY_S)
    report = city.audit()
    assert report.ok
    assert f"{ROGUE.address.lower()} was given the role ADMIN with a delay of 172800 s" in warned(report)


CHANGES: dict[str, tuple[str, Callable[[City], tuple[object, ...]]]] = {
    "everybody mints": ("setTargetFunctionRole", lambda city: (token(city), [MINT], EVERYBODY)),
    "a function of another contract": ("setTargetFunctionRole", lambda city: (escrow(city), [MINT], MINTER)),
    "another admin of a role": ("setRoleAdmin", lambda city: (MINTER, COMPLIANCE)),
    "another guardian of a role": ("setRoleGuardian", lambda city: (MINTER, COMPLIANCE)),
    "another delay of grants": ("setGrantDelay", lambda city: (MINTER, 1)),
    "a closed token": ("setTargetClosed", lambda city: (token(city), True)),
    "another delay of acts": ("setTargetAdminDelay", lambda city: (token(city), 1)),
    "another authority": ("updateAuthority", lambda city: (token(city), token(city))),
    "another authority of the anchor": ("updateAuthority", lambda city: (city.chain.deployment.anchor, token(city))),
}
MINT = selector("mintMany((address,uint64,bytes32)[])")


def token(city: City) -> str:
    return city.chain.deployment.stablecoin


def escrow(city: City) -> str:
    return city.chain.deployment.escrow


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_what_roles_open_is_named(city: City, change: tuple[str, Callable[[City], tuple[object, ...]]]):
    function, arguments = change
    where = acted(city, "AccessManager", function, *arguments(city))
    assert found(city.audit()) == [where]


def test_the_same_function_opened_to_the_same_role_again_is_nothing(city: City):
    acted(city, "AccessManager", "setTargetFunctionRole", token(city), [MINT], MINTER)
    assert city.audit().ok


def test_a_deployment_that_was_not_finished_is_named(city: City):
    """Its ADMIN acts at once and unannounced."""
    findings = Findings()
    powers = Powers(findings, Moment(), city.chain.deployment)
    for log in city.chain.rpc.call("eth_getLogs", [{"fromBlock": "0x1", "toBlock": hex(city.chain.head() - 1)}]):
        powers.read(log)
    powers.finish()
    assert [one.message for one in findings.checks["powers"].differences] == ["ADMIN never got its delay of 172800 s"]


def test_an_account_replaced_by_the_batch_is_named(city: City):
    city.settle_in(MEI)
    receipt = city.chain.token(city.chain.keys.compliance, "replaceAccount", MEI.address, city.chain.deployment.batch)
    assert receipt["status"] == "0x1"
    assert found(city.audit()) == [place(receipt)]
