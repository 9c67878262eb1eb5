"""The deployment is found where it is plain which one is meant, and commands can be pasted."""

import shlex
import sys
from pathlib import Path

import pytest

from pswallet.local import lock, places
from pswallet.local.places import DeploymentUnknown
from pswallet.settings import Settings


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DEPLOYMENT_FILE", "STATE"):
        monkeypatch.delenv(f"PSWALLET_{name}", raising=False)
    return tmp_path


def put(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


@pytest.mark.parametrize("only", ["var/deployment.json", "var/up/deployment.json", "var/demo/deployment.json"])
def test_the_only_deployment_is_meant(only: str):
    put(only)
    assert places.deployment_file(Settings()) == Path(only)


def test_the_state_folder_is_the_settings_one(monkeypatch: pytest.MonkeyPatch):
    put("elsewhere/up/deployment.json")
    monkeypatch.setenv("PSWALLET_STATE", "elsewhere")
    assert places.deployment_file(Settings()) == Path("elsewhere/up/deployment.json")


def test_of_several_the_running_machines_is_meant():
    put("var/up/deployment.json", "var/demo/deployment.json", "var/deployment.json")
    held = lock.take(Path("var/demo"))
    assert places.deployment_file(Settings()) == Path("var/demo/deployment.json")
    held.release()


def test_of_several_running_none_is_chosen():
    put("var/up/deployment.json", "var/demo/deployment.json")
    held = [lock.take(Path("var/demo")), lock.take(Path("var/up"))]
    with pytest.raises(DeploymentUnknown, match=r"PSWALLET_DEPLOYMENT_FILE to var/up/dep.* or var/demo/dep"):
        places.deployment_file(Settings())
    for one in held:
        one.release()


def test_of_several_at_rest_none_is_chosen():
    put("var/up/deployment.json", "var/demo/deployment.json")
    with pytest.raises(DeploymentUnknown, match="which deployment"):
        places.deployment_file(Settings())


def test_without_any_one_is_told_what_to_do():
    with pytest.raises(DeploymentUnknown, match="make up"):
        places.deployment_file(Settings())


def test_what_was_named_is_meant_whatever_there_is(monkeypatch: pytest.MonkeyPatch):
    put("var/up/deployment.json")
    monkeypatch.setenv("PSWALLET_DEPLOYMENT_FILE", "mine.json")
    assert places.deployment_file(Settings()) == Path("mine.json")


def test_a_command_can_be_pasted(here: Path, monkeypatch: pytest.MonkeyPatch):
    put(".venv/bin/pswallet")
    monkeypatch.setattr(sys, "executable", str(here / ".venv/bin/python"))
    line = places.typed("audit", "--key-file", here / "my keys.json", Path("/elsewhere"), PSWALLET_STATE=here / "a b")
    assert shlex.split(line) == [
        "PSWALLET_STATE=a b", ".venv/bin/pswallet", "audit", "--key-file", "my keys.json", "/elsewhere"
    ]  # fmt: skip
    assert line.startswith("PSWALLET_STATE='a b' .venv/bin/pswallet")


def test_without_a_command_beside_it_the_interpreter_is_named(here: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/opt/python/bin/python3")
    assert places.typed("up") == "/opt/python/bin/python3 -m pswallet.cli up"
