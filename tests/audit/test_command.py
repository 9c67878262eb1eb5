"""`pswallet audit` says it by table, by JSON and by its exit status."""

import json

import pytest
from typer.testing import CliRunner

from pswallet.cli import app
from tests.audit import forge
from tests.audit.city import City
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
