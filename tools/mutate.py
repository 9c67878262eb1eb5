"""Mutation testing of our contracts by forge's suites: `tools/mutate.py [seconds [contract …]]`.

It resumes from build/mutation.json. Contracts that are named, or libraries, are tried alone; the rest waits.

All mutants are compiled once, each behind a switch that reads `block.prevrandao` (a mutant schema): a compilation takes
half a minute, a test run a second. Functions become `view` for that, in a copy of the tree. Not mutated: assembly,
definitions of constants, mocks, interfaces.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TREE = ROOT / "build/mutants"
RESULTS = ROOT / "build/mutation.json"
SOURCES = [
    *sorted(ROOT.glob("contracts/*.sol")),
    *sorted(ROOT.glob("contracts/libraries/*.sol")),
]
INSTEAD = {
    "<": ["<=", ">="], ">": [">=", "<="], "<=": ["<", ">"], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"], "&": ["|"], "|": ["&"], "&&": ["||"], "||": ["&&"],
    "<<": [">>"], ">>": ["<<"], "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="],
}  # fmt: skip
SUITES = ("tests/units/*", "tests/invariants/*")
DELETED = {"ExpressionStatement", "RevertStatement", "EmitStatement"}
CONSTANT = re.compile(r"[0-9][0-9a-fx_]*( [a-z]+)?|(\w+\.)?[A-Z][A-Z0-9_]+")
UNLESS = """    modifier restrictedUnless(uint256 mutant) {
        if (block.prevrandao != mutant) _checkCanCall(_msgSender(), _msgData());
        _;
    }
}
"""
PROFILE = """
[profile.default.optimizer_details]
yul = true
[profile.default.optimizer_details.yulDetails]
stackAllocation = true
optimizerSteps = "u:"
"""


@dataclass
class Mutant:
    """One change; its number is the value of the switch."""

    number: int
    file: str
    line: int
    before: str
    after: str
    status: str = ""
    seconds: float = 0.0


class Schema:
    """One source file with all its mutants in it."""

    def __init__(self, path: Path, mutants: list[Mutant]) -> None:
        self.path, self.mutants = path, mutants
        self.source = path.read_bytes()

    def text(self, node: dict[str, Any]) -> str:
        """The node as it was written."""
        start, length, _ = map(int, node["src"].split(":"))
        return self.source[start : start + length].decode()

    def mutant(self, node: dict[str, Any], after: str) -> int:
        """A new mutant's number."""
        line = self.source[: int(node["src"].split(":")[0])].count(b"\n") + 1
        name = str(self.path.relative_to(ROOT))
        self.mutants.append(Mutant(len(self.mutants) + 1, name, line, " ".join(self.text(node).split()), after))
        return self.mutants[-1].number

    def written(self, node: dict[str, Any]) -> str:
        """The node with its children's mutants, and its own around them."""
        start, length, _ = map(int, node["src"].split(":"))
        if node["nodeType"] in ("InlineAssembly", "Literal") or node.get("constant"):
            return self.text(node)
        if node["nodeType"] == "ForStatement" and node.get("loopExpression"):
            node["loopExpression"] = node["loopExpression"]["expression"]  # a loop's step is no statement
        if "condition" in node:
            node["condition"]["is_condition"] = True
        parts, at = [], start
        for child in sorted(_children(node), key=lambda one: int(one["src"].split(":")[0])):
            first, size, _ = map(int, child["src"].split(":"))
            if first < at:
                continue  # the AST names some nodes twice
            parts += [self.source[at:first].decode(), self.written(child)]
            at = first + size
        parts.append(self.source[at : start + length].decode())
        return self.switched(node, "".join(parts))

    def switched(self, node: dict[str, Any], inner: str) -> str:
        """`inner`, unless the switch chooses a mutant of this very node."""
        kind = node["nodeType"]
        if kind in DELETED and not _sets_storage_pointer(node):
            return f"{{ if (block.prevrandao != {self.mutant(node, '(deleted)')}) {inner}; /**/}}"  # see `build`
        if kind == "ModifierInvocation" and self.text(node) == "restricted":
            return f"restrictedUnless({self.mutant(node, '(deleted)')})"
        for after in self.expressions(node):
            inner = f"(block.prevrandao == {self.mutant(node, after)} ? ({after}) : ({inner}))"
        return inner

    def expressions(self, node: dict[str, Any]) -> list[str]:
        """What an expression may become."""
        kind, found = node["nodeType"], []
        if kind == "BinaryOperation" and "const" not in node["typeDescriptions"]["typeString"]:
            left, right = self.text(node["leftExpression"]), self.text(node["rightExpression"])
            operator = node["operator"]
            found = [f"{left} {other} {right}" for other in INSTEAD.get(operator, [])]
            if node["commonType"]["typeString"].startswith("uint"):
                # `x >= C + 1` would be `x > C` once more.
                if CONSTANT.fullmatch(left) and operator not in ("<=", ">"):
                    found.append(f"({left} + 1) {operator} {right}")
                if CONSTANT.fullmatch(right) and operator not in (">=", "<"):
                    found.append(f"{left} {operator} ({right} + 1)")
        elif kind == "UnaryOperation" and node["operator"] in "!~":
            found = [self.text(node["subExpression"])]
        elif node.get("is_condition"):
            found = [f"!({self.text(node)})"]  # of the others the operators change
        return found


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for key, value in node.items():
        if key in ("typeDescriptions", "documentation", "baseFunctions", "overrides", "typeName"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and "src" in one and "nodeType" in one:
                found.append(one)
    return found


def _sets_storage_pointer(node: dict[str, Any]) -> bool:
    """The compiler wants such a variable set on every path."""
    target = node.get("expression", {}).get("leftHandSide", {})
    return "storage pointer" in target.get("typeDescriptions", {}).get("typeString", "")


def _ast(path: Path) -> dict[str, Any]:
    artifact = next((ROOT / "build/forge" / path.name).glob("*.json"))
    tree: dict[str, Any] = json.loads(artifact.read_text())["ast"]
    return tree


def build() -> list[Mutant]:
    """Write and compile the tree with every mutant in it."""
    shutil.rmtree(TREE, ignore_errors=True)
    for folder in ("contracts", "tests/invariants", "tests/units"):
        shutil.copytree(ROOT / folder, TREE / folder)
    (TREE / "tests/proofs").mkdir()
    shutil.copy(ROOT / "tests/proofs/Order.t.sol", TREE / "tests/proofs")  # what the units of refunds stand on
    for link in ("node_modules", "tools"):
        (TREE / link).symlink_to(ROOT / link)
    settings = (ROOT / "foundry.toml").read_text().replace("[profile.slither]", PROFILE + "\n[profile.slither]", 1)
    settings = settings.replace('test = "tests/invariants"', 'test = "tests"', 1)
    settings = settings.replace('extra_output = ["storageLayout"]\nast = true\n', "", 1)
    (TREE / "foundry.toml").write_text(
        settings.replace("[profile.default]", "[profile.default]\ncode_size_limit = 1000000", 1)
    )
    mutants: list[Mutant] = []
    for path in SOURCES:
        schema = Schema(path, mutants)
        tree = _ast(path)
        start = int(tree["src"].split(":")[0])
        text = schema.source[:start].decode() + schema.written(tree) + "\n"
        if "restrictedUnless" in text:
            text = text.rstrip().removesuffix("}") + UNLESS
        (TREE / path.relative_to(ROOT)).write_text(text)
    for file in TREE.glob("[ct]*/**/*.sol"):
        text = re.sub(r"\bpure\b", "view", file.read_text())
        file.write_text(re.sub(r"(/\*\*/\})\s*;", r"\1", text))  # the statement's own semicolon is inside
    subprocess.run(["forge", "build", "--silent"], cwd=TREE, check=True)
    return mutants


def survives(number: int) -> bool:
    """Whether forge's suites, the units first, pass with mutant `number` on; one that hangs is found out."""
    # Forge writes its cache anew each time: a run that reads another's half-written one would compile everything again.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as cache:
        shutil.copy(TREE / "build/forge-cache/solidity-files-cache.json", cache)
        return _passes(
            {
                "FOUNDRY_BLOCK_PREVRANDAO": f"0x{number:064x}",
                "FOUNDRY_CACHE_PATH": cache,
                "FOUNDRY_INVARIANT_RUNS": "16",
                "FOUNDRY_FUZZ_RUNS": "64",
            }
        )


def _passes(settings: dict[str, str]) -> bool:
    for suite in SUITES:
        command = ["forge", "test", "--fail-fast", "--silent", "--threads", "1", "--match-path", suite]
        try:
            done = subprocess.run(command, cwd=TREE, env=os.environ | settings, timeout=180, capture_output=True)
        except subprocess.TimeoutExpired:
            return False
        if done.returncode:
            return False
    return True


def main() -> None:
    """Try mutants, of all contracts or of those named, two at once, until they or the seconds are over."""
    end = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else "inf")
    if RESULTS.exists():
        mutants = [Mutant(**one) for one in json.loads(RESULTS.read_text())["mutants"]]
    else:
        mutants = build()
        if not survives(0):
            raise SystemExit("the suites fail without any mutant")
    # Spread over the files, so that an unfinished run is a sample.
    spread = sorted(mutants, key=lambda one: one.number * 7919 % 100_003)
    named = sys.argv[2:]
    waiting = [one for one in spread if not one.status and (not named or Path(one.file).stem in named)]

    def attempt(mutant: Mutant) -> None:
        if time.monotonic() < end:
            begun = time.monotonic()
            mutant.status = "survived" if survives(mutant.number) else "killed"
            mutant.seconds = round(time.monotonic() - begun, 1)

    with ThreadPoolExecutor(2) as pool:
        for tried, _ in enumerate(pool.map(attempt, waiting)):
            if tried % 10 == 0:
                _keep(mutants)
    _keep(mutants)
    sys.stdout.write("\n")


def _keep(mutants: list[Mutant]) -> None:
    tried = [one for one in mutants if one.status]
    killed = sum(one.status == "killed" for one in tried)
    score = round(killed / len(tried), 4) if tried else None
    report = {"mutants": [asdict(one) for one in mutants]}
    seconds = round(sum(one.seconds for one in tried))
    figures = {"total": len(mutants), "tried": len(tried), "killed": killed, "score": score, "seconds": seconds}
    RESULTS.write_text(json.dumps(figures | report, indent=1))
    sys.stdout.write(f"\r{figures}   ")


if __name__ == "__main__":
    main()
