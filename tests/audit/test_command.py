"""`pswallet audit` says it by table, by JSON and by its exit status."""

import io
import json
import re

import pytest
from rich.console import Console
from typer.testing import CliRunner

from pswallet.audit.bar import progress_bar
from pswallet.cli import app
from pswallet.local import ports
from tests.audit import forge
from tests.audit.city import City
from tests.audit.liar import Refused, lying
from tests.parts import Person

MEI = Person("mei")


@pytest.fixture
def options(city: City, tmp_path) -> list[str]:
    city.settle_in(MEI)
    city.chain.deployment.save(tmp_path / "deployment.json")
    return ["audit", "--rpc", city.chain.rpc.url, "--deployment", str(tmp_path / "deployment.json")]


def test_an_honest_chain_exits_with_0(options: list[str]):
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 0, result.output
    assert "OK" in result.output


def test_a_lie_exits_with_1_and_is_told(options: list[str], city: City):
    forge.slip_in(city, MEI.address, 5)
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 1
    assert "differences" in result.output


def test_json_names_every_difference(options: list[str], city: City):
    forge.slip_in(city, MEI.address, 5)
    result = CliRunner().invoke(app, [*options, "--json"])
    assert result.exit_code == 1
    body = json.loads(result.stdout)
    (accounts,) = (check for check in body["checks"] if check["name"] == "accounts")
    assert body["ok"] is False
    assert accounts["differences"][0]["block"] == city.chain.head()


def refused(result) -> str:
    """What the command says when it cannot audit: one line, and an exit status of its own."""
    assert result.exit_code == 2, result.output
    assert result.stdout.strip() == ""  # the bar ends its line
    (line,) = result.stderr.splitlines()
    assert line.startswith("could not audit: ")
    return line


def test_a_node_that_is_away_exits_with_2(options: list[str]):
    options[2] = f"http://127.0.0.1:{ports.free_port(0)}"
    assert "--rpc" in refused(CliRunner().invoke(app, options))
    assert "--rpc" in refused(CliRunner().invoke(app, [*options, "--json"]))


def test_a_node_that_refuses_exits_with_2(options: list[str], city: City):
    def lie(request, result):
        if request["method"] == "eth_getLogs":
            raise Refused("logs are not served")
        return result

    with lying(city.chain.rpc.url, lie) as url:
        options[2] = url
        assert "logs are not served" in refused(CliRunner().invoke(app, options))


@pytest.mark.parametrize("method", ["eth_getBlockByNumber", "eth_getBlockReceipts"])
def test_a_node_that_no_longer_has_a_block_exits_with_2(options: list[str], city: City, method: str):
    def lie(request, result):
        if request["method"] == "eth_getLogs":
            return []  # so that the receipts are asked for
        return None if request["method"] == method else result

    with lying(city.chain.rpc.url, lie) as url:
        options[2] = url
        assert "the node does not have" in refused(CliRunner().invoke(app, options))


def test_a_database_that_is_away_exits_with_2(options: list[str]):
    url = f"postgresql://nobody@127.0.0.1:{ports.free_port(0)}/nothing"
    assert "--database" in refused(CliRunner().invoke(app, [*options, "--database", url]))


def test_a_database_without_our_tables_exits_with_2(options: list[str], postgres_url: str):
    assert "chain_blocks" in refused(CliRunner().invoke(app, [*options, "--database", postgres_url]))


@pytest.mark.parametrize("content", [None, "{", "{}", "[1]"])
def test_a_missing_or_broken_deployment_file_exits_with_2(options: list[str], content: str | None, tmp_path):
    (tmp_path / "deployment.json").unlink()
    if content is not None:
        (tmp_path / "deployment.json").write_text(content)
    assert "--deployment" in refused(CliRunner().invoke(app, options))


def test_the_bar_tells_events_a_second_and_the_time_left():
    screen = io.StringIO()
    with progress_bar(Console(file=screen, force_terminal=True, width=120), quiet=False) as advance:
        advance(50, 200, 12_000)
    assert re.search(r"block 50, [\d,]*\d events/s,", screen.getvalue())
    assert re.search(r"(-:--:--|\d:\d\d:\d\d)\S* left", screen.getvalue())


def test_a_quiet_bar_says_nothing():
    screen = io.StringIO()
    with progress_bar(Console(file=screen, force_terminal=True), quiet=True) as advance:
        advance(50, 200, 12_000)
    assert screen.getvalue() == ""
