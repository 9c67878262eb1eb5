"""Mutation testing of our contracts by forge's suites: `tools/mutate.py [seconds]`; resumes from build/mutation.json.

All mutants are compiled once, each behind a switch that reads `block.prevrandao` (a mutant schema): a compilation takes
half a minute, a test run a few seconds. Functions become `view` for that, in a copy of the tree. Not mutated: assembly,
constants, mocks, interfaces.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
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
DELETED = {"ExpressionStatement", "RevertStatement", "EmitStatement"}
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
        if node["nodeType"] == "ForStatement" and node["loopExpression"]:
            node["loopExpression"] = node["loopExpression"]["expression"]  # a loop's step is no statement
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
        if kind == "BinaryOperation" and "const" not in node["typeDescriptions"]["typeString"]:
            left, right = self.text(node["leftExpression"]), self.text(node["rightExpression"])
            for operator in INSTEAD.get(node["operator"], []):
                after = f"{left} {operator} {right}"
                inner = f"(block.prevrandao == {self.mutant(node, after)} ? ({after}) : ({inner}))"
        elif kind == "UnaryOperation" and node["operator"] == "!":
            after = self.text(node["subExpression"])
            inner = f"(block.prevrandao == {self.mutant(node, after)} ? ({after}) : ({inner}))"
        elif kind in DELETED and not _sets_storage_pointer(node):
            inner = f"{{ if (block.prevrandao != {self.mutant(node, '(deleted)')}) {inner}; /**/}}"  # see `build`
        return inner


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
    for folder in ("contracts", "tests/invariants"):
        shutil.copytree(ROOT / folder, TREE / folder)
    for link in ("node_modules", "tools"):
        (TREE / link).symlink_to(ROOT / link)
    settings = (ROOT / "foundry.toml").read_text().replace("[profile.slither]", PROFILE + "\n[profile.slither]", 1)
    (TREE / "foundry.toml").write_text(
        settings.replace("[profile.default]", "[profile.default]\ncode_size_limit = 1000000", 1)
    )
    mutants: list[Mutant] = []
    for path in SOURCES:
        schema = Schema(path, mutants)
        tree = _ast(path)
        start = int(tree["src"].split(":")[0])
        (TREE / path.relative_to(ROOT)).write_text(schema.source[:start].decode() + schema.written(tree) + "\n")
    for file in TREE.glob("[ct]*/**/*.sol"):
        text = re.sub(r"\bpure\b", "view", file.read_text())
        file.write_text(re.sub(r"(/\*\*/\})\s*;", r"\1", text))  # the statement's own semicolon is inside
    subprocess.run(["forge", "build", "--silent"], cwd=TREE, check=True)
    return mutants


def survives(number: int) -> bool:
    """Whether forge's suites pass with mutant `number` switched on; one that hangs is found out."""
    environment = os.environ | {
        "FOUNDRY_BLOCK_PREVRANDAO": f"0x{number:064x}",
        "FOUNDRY_INVARIANT_RUNS": "16",
        "FOUNDRY_FUZZ_RUNS": "64",
    }
    try:
        command = ["forge", "test", "--fail-fast", "--silent"]
        return subprocess.run(command, cwd=TREE, env=environment, timeout=180, capture_output=True).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main() -> None:
    """Try mutants until they or the seconds are over, and tell the score."""
    end = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else "inf")
    if RESULTS.exists():
        mutants = [Mutant(**one) for one in json.loads(RESULTS.read_text())["mutants"]]
    else:
        mutants = build()
        if not survives(0):
            raise SystemExit("the suites fail without any mutant")
    # Spread over the files, so that an unfinished run is a sample.
    for mutant in sorted(mutants, key=lambda one: one.number * 7919 % 100_003):
        if not mutant.status and time.monotonic() < end:
            mutant.status = "survived" if survives(mutant.number) else "killed"
            _keep(mutants)
    _keep(mutants)


def _keep(mutants: list[Mutant]) -> None:
    tried = [one for one in mutants if one.status]
    killed = sum(one.status == "killed" for one in tried)
    score = round(killed / len(tried), 4) if tried else None
    report = {"mutants": [asdict(one) for one in mutants]}
    figures = {"total": len(mutants), "tried": len(tried), "killed": killed, "score": score}
    RESULTS.write_text(json.dumps(figures | report, indent=1))
    sys.stdout.write(f"\r{figures}   ")


if __name__ == "__main__":
    main()
