"""The house's own rules: short files, one commit, one clock, words that agree, documents that are whole."""

import ast
import json
import re
import subprocess
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from pswallet import tables
from pswallet.chain import events
from pswallet.kit.problems import every_problem
from pswallet.receipt import errors as _receipt  # noqa: F401 - no part of the gateway imports them
from pswallet.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = sorted((ROOT / "pswallet").rglob("*.py"))
OWN_CONTRACTS = ("Stablecoin", "RedPacketEscrow", "Batch", "CityVoucher", "MerchantCheckout", "Anchor")


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def _abi(contract: str) -> list[dict]:
    return json.loads((ROOT / f"pswallet/chain/abi/{contract}.json").read_text())["abi"]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_no_source_file_is_longer_than_400_lines():
    generated = "Made from the OpenAPI document by tools/client.py"
    written = [
        file
        for file in _tracked("*.py", "*.sol")
        if file.parent.name != "versions" and (file.parent.name != "client" or generated not in file.read_text())
    ]  # migrations are generated too
    long = {str(file): n for file in written if (n := len(file.read_text().splitlines())) > 400}
    assert not long


def test_only_the_transaction_commits():
    found = [f for f in PACKAGE if re.search(r"(?<!savepoint)\.commit\(\)", f.read_text())]
    assert [str(f.relative_to(ROOT)) for f in found] == ["pswallet/kit/db.py"]


def test_only_the_clock_asks_for_the_time_of_day():
    asks = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(\)")
    allowed = {"pswallet/kit/clock.py", "pswallet/local/stack.py"}
    assert {str(f.relative_to(ROOT)) for f in PACKAGE if asks.search(f.read_text())} <= allowed


def test_nothing_relies_on_keys_that_a_node_holds():
    """Only a development node holds some: elsewhere what we send must be signed by us."""
    unlocked = re.compile(r"eth_accounts|eth_sendTransaction\b|eth_sign\b")
    assert not [f for f in PACKAGE if unlocked.search(f.read_text())]


def test_no_forbidden_module_names():
    forbidden = {"utils", "common", "core", "helpers", "manager", "misc"}
    assert not [f for f in PACKAGE if f.stem in forbidden or f.parent.name in forbidden]


@pytest.mark.parametrize("contract", OWN_CONTRACTS)
def test_every_error_of_our_contracts_is_a_problem_or_stays_inside(contract):
    """One word, four places: the Solidity error, the Problem, its `type`, its heading."""
    from pswallet.api import app as _  # noqa: F401 - imports every feature's errors
    from pswallet.chain.reverts import NOT_FOR_PEOPLE

    inherited = re.compile(
        r"^(ERC|EIP|Access|UUPS|Invalid|NotInitializing|String|Failed|Address|SafeCast|ECDSA|Nonces)"
    )
    own = {one["name"] for one in _abi(contract) if one["type"] == "error" and not inherited.match(one["name"])}
    assert own - set(every_problem()) - NOT_FOR_PEOPLE == set()


_WITHIN_TERMS = {("OrderPaid", name) for name in ("funder", "budget", "value", "minimumSpend")}


@pytest.mark.parametrize("contract", OWN_CONTRACTS)
def test_every_event_has_a_dataclass_of_the_same_fields(contract):
    renamed = {("Transfer", "from"): "sender", ("Transfer", "to"): "recipient", ("Redeemed", "from"): "account"}
    renamed[("WinnersListed", "list")] = "winners"
    skipped = {"Upgraded", "Initialized", "AuthorityUpdated", "EIP712DomainChanged"}
    skipped.add("WinnerSkipped")  # of `issueMany`, which the gateway never sends
    base = {field.name for field in fields(events.Event)}
    for one in _abi(contract):
        if one["type"] != "event" or one["name"] in skipped:
            continue
        kind = getattr(events, one["name"])
        assert is_dataclass(kind), one["name"]
        mine = [field.name for field in fields(kind) if field.name not in base]
        # A struct stays one field where Python has a class for it (terms); else its fields stand in its place.
        spread = [
            part
            for entry in one["inputs"]
            for part in (entry.get("components", [entry]) if _snake(entry["name"]) not in mine else [entry])
        ]
        # A funded order's parts are part of its terms in Python.
        spread = [part for part in spread if (one["name"], part["name"]) not in _WITHIN_TERMS]
        theirs = [renamed.get((one["name"], part["name"]), _snake(part["name"])) for part in spread]
        assert mine == theirs, one["name"]


def test_every_problem_has_its_heading_in_the_documentation():
    from pswallet.api import app as _  # noqa: F401 - imports every feature's errors

    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs/problems.md").read_text(), re.M))
    assert headings == set(every_problem())


def test_every_problem_says_its_status_title_and_meaning():
    for name, kind in every_problem().items():
        assert 400 <= kind.status < 600, name
        assert kind.title, name
        assert (kind.__doc__ or "").strip(), name


def test_every_setting_is_documented():
    text = (ROOT / "docs/runbook.md").read_text()
    assert [name for name in Settings.model_fields if f"PSWALLET_{name.upper()}" not in text] == []


def test_every_feature_has_its_card():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    features = next(one["containers"] for one in contracts if one["name"] == "Every feature has the same shape")
    for feature in (name.removeprefix("pswallet.") for name in features):
        card = ast.get_docstring(ast.parse((ROOT / f"pswallet/{feature}/__init__.py").read_text())) or ""
        for part in ("Invariant:", "Contract:", "Owner of status:"):
            assert part in card, f"{feature} does not tell its {part}"


def test_tables_imports_every_models_module():
    found = {str(f.relative_to(ROOT)) for f in (ROOT / "pswallet").rglob("models.py")}
    text = Path(tables.__file__).read_text()
    for file in found:
        module = file.removesuffix(".py").replace("/", ".").removesuffix(".models")
        assert f"from {module} import models" in text, file


def test_the_readme_is_short_and_its_links_lead_somewhere():
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 120
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_lock_files_carry_no_address():
    for name in ("requirements/lock.txt", "requirements/halmos.txt", "requirements/slither.txt", "package-lock.json"):
        assert "://" not in re.sub(r'"(url|funding|homepage)": "[^"]*"', "", (ROOT / name).read_text()), name


def test_every_theorem_has_a_witness_and_a_fault_that_it_finds():
    """A theorem about what passes is empty if nothing ever does, or if nothing is wrong for it."""
    proofs = "".join(file.read_text() for file in _tracked("tests/proofs/*.t.sol"))
    theorems = set(re.findall(r"function check_(\w+)", proofs))
    assert theorems == set(re.findall(r"this\.check_(\w+)", (ROOT / "tests/proofs/Witness.t.sol").read_text()))
    faults = (ROOT / "tools/faults.py").read_text()
    assert [name for name in sorted(theorems) if not re.search(rf"\b{name}\b", faults)] == []
