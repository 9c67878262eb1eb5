"""`pswallet voucher`: a lottery prepared, drawn, listed and verified by files and a node; what is changed is found."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pswallet.cli import app
from pswallet.lottery.files import Document
from pswallet.vouchers.rules.lottery import OPENINGS_HEAD, Opening, applicant_of
from tests.features.fair import Fair
from tests.features.money import Town
from tests.parts import Person, Pipeline, secret

PEOPLE = [Person(f"applicant {number}") for number in range(12)]


def voucher(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["voucher", *map(str, words)])


@pytest.fixture
def fair(pipeline: Pipeline) -> Fair:
    return Fair(Town(pipeline))


@pytest.fixture
def folder(fair: Fair, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve applicants, their openings, and a shell that knows the machine."""
    chain = fair.town.pipeline.chain
    chain.keys.save(tmp_path / "keys.json")
    chain.deployment.save(tmp_path / "deployment.json")
    monkeypatch.setenv("PSWALLET_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("PSWALLET_DEPLOYMENT_FILE", str(tmp_path / "deployment.json"))
    monkeypatch.setenv("PSWALLET_DATABASE_URL", database_url)
    openings = [Opening(person.address, secret(f"blinding {person.name}")) for person in PEOPLE]
    rows = [(applicant_of(one).hex(), one.account, one.blinding.hex()) for one in openings]
    folder = tmp_path / "draw"
    folder.mkdir()
    (folder / "applicants.txt").write_text("".join(f"{applicant}\n" for applicant, *_ in rows))
    lines = "".join(f"{','.join(row)}\n" for row in rows)
    (tmp_path / "openings.csv").write_text(f"{OPENINGS_HEAD}\n{lines}")
    return folder


@pytest.fixture
def drawn(fair: Fair, folder: Path) -> Path:
    """draw.json after the whole way: three of twelve won and are listed on the chain."""
    return hold(fair, folder, ahead=10)


def hold(fair: Fair, folder: Path, *, ahead: int) -> Path:
    """Prepare, open, draw and list; the block is `ahead` of the preparation."""
    chain, file = fair.town.pipeline.chain, folder / "draw.json"
    block = chain.head() + ahead
    prepared = voucher("prepare-draw", file, "--winners", 3, "--block", block)
    assert prepared.exit_code == 0, prepared.output
    terms = fair.opened(lottery=Document.load(file).hash)
    if ahead:
        early = voucher("draw", file, "--openings", folder.parent / "openings.csv", "--rpc", chain.rpc.url)
        assert (early.exit_code, "not there yet" in early.stderr) == (2, True)
        chain.mine(ahead)
    done = voucher("draw", file, "--openings", folder.parent / "openings.csv", "--rpc", chain.rpc.url)
    assert done.exit_code == 0, done.output
    listed = voucher("list", fair.id(terms), file, "--reason", "the draw of today")
    assert listed.exit_code == 0, listed.output
    assert done.stdout == listed.stdout
    fair.town.settle()
    return file


def verify(file: Path, fair: Fair) -> tuple[int, list[str]]:
    """The exit code, and the lines that say what is wrong."""
    result = voucher("verify-draw", file, "--rpc", fair.town.pipeline.chain.rpc.url)
    assert isinstance(result.exception, SystemExit | None), result.output
    return result.exit_code, [line for line in result.stdout.splitlines() if line.startswith("✗")]


def test_whoever_won_is_given_a_voucher_and_nobody_else(drawn: Path, fair: Fair) -> None:
    assert verify(drawn, fair) == (0, [])
    winners = [line.split(",")[1] for line in (drawn.parent / "winners.csv").read_text().splitlines()[1:]]
    assert len(winners) == 3
    for person in PEOPLE:
        held = [one.status for one in fair.vouchers(person)]
        assert held == (["winner"] if person.address in winners else [])


def changed(file: Path, name: str, **fields: object) -> Path:
    """A copy of the published files whose draw.json has other fields."""
    copy = file.parent.parent / name / file.name
    shutil.copytree(file.parent, copy.parent)
    found = json.loads(copy.read_text())
    lottery = {key: fields.pop(key) for key in list(fields) if key in found["lottery"]}
    copy.write_text(json.dumps({**found, **fields, "lottery": {**found["lottery"], **lottery}}))
    return copy


def test_what_is_changed_afterwards_is_found(drawn: Path, fair: Fair) -> None:
    other = "0x" + "77" * 32
    found = {
        name: verify(changed(drawn, name, **fields), fair)
        for name, fields in {
            "seed": {"seed": other},
            "block hash": {"block_hash": other},
            "fewer winners": {"winners": 2},
            "applicants": {"applicants": other},
            "contract": {"voucher": fair.town.pipeline.chain.deployment.escrow},
            "chain": {"chain_id": 1},
            "not drawn": {"seed": None},
        }.items()
    }
    assert {name: code for name, (code, _) in found.items()} == dict.fromkeys(found, 1)
    assert "the seed is not the one" in found["seed"][1][0]
    assert "the hash of block" in found["block hash"][1][0]
    assert "a campaign was opened" in found["fewer winners"][1][0]


def test_a_block_that_was_there_before_the_campaign_opened_is_found(fair: Fair, folder: Path) -> None:
    """Its hash was known: whoever holds the seed could have tried seeds."""
    code, wrong = verify(hold(fair, folder, ahead=0), fair)
    assert (code, len(wrong), "before block" in wrong[0]) == (1, 1, True)


def test_an_applicant_that_was_added_or_left_out_is_found(drawn: Path, fair: Fair) -> None:
    for name, edit in {"added": lambda lines: [*lines, "ab" * 32], "left out": lambda lines: lines[1:]}.items():
        copy = changed(drawn, name)
        applicants = copy.parent / "applicants.txt"
        applicants.write_text("\n".join(edit(applicants.read_text().splitlines())) + "\n")
        assert verify(copy, fair) == (1, ["✗ the applicants are not those that were committed to"])


def test_another_winner_is_found(drawn: Path, fair: Fair) -> None:
    copy = changed(drawn, "winner")
    published = copy.parent / "winners.csv"
    lines = published.read_text().splitlines()
    openings = (drawn.parent.parent / "openings.csv").read_text().splitlines()
    loser = next(line for line in openings[1:] if line not in lines)
    published.write_text("\n".join([*lines[:-1], loser]) + "\n")
    code, wrong = verify(copy, fair)
    assert code == 1
    assert wrong[0] == "✗ the published winners are those"


def test_a_second_list_beside_the_drawn_one_is_found(drawn: Path, fair: Fair) -> None:
    (campaign,) = [one.campaign for one in fair.vouchers(next(p for p in PEOPLE if fair.vouchers(p)))]
    friends = drawn.parent / "friends.csv"
    friends.write_text(f"account,count\n{Person('a friend').address},1\n")
    assert voucher("list", campaign, friends, "--reason", "a favour").exit_code == 0
    fair.town.settle()
    code, wrong = verify(drawn, fair)
    assert (code, "the only one on the chain" in wrong[0]) == (1, True)


def test_a_file_that_is_no_list_says_so_in_one_line(folder: Path) -> None:
    (folder / "shops.csv").write_text("merchant;category\n")
    result = voucher("shops", folder / "shops.csv")
    assert (result.exit_code, "the first line is not merchant,category" in result.stderr) == (2, True)


def test_a_long_list_of_shops_is_loaded_before_the_campaign_is_opened(folder: Path, fair: Fair) -> None:
    lines = "".join(f"0x{number:040x},5812\n" for number in range(1, 602))
    (folder / "shops.csv").write_text(f"merchant,category\n{lines}")
    result = voucher("shops", folder / "shops.csv")
    assert result.exit_code == 0, result.output
    root = result.stdout.split()[1]
    fair.open(fair.command(fair.terms(merchants=root), shops=[]))
