"""The replay from end to end at a hundredth of its size: the real machine, every total, every fen."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pswallet.cli import app
from pswallet.replay.facts import LUOHU, SURE

BUILD = Path(__file__).parents[2] / "build"
SCALE = 0.01


@pytest.mark.xdist_group("machine")
def test_a_small_campaign_is_played_to_its_last_fen_through_the_real_gateway() -> None:
    """Below build/: pytest's own folders are closed to the user under whom root's PostgreSQL runs."""
    place = BUILD / "test-replay"
    shutil.rmtree(place, ignore_errors=True)
    report = place / "replay.json"
    command = [sys.executable, "-m", "pswallet.cli", "replay", "luohu", "--scale", str(SCALE), "--report", str(report)]
    environment = {**os.environ, "PSWALLET_STATE": str(place / "state"), "COLUMNS": "140"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    figures = json.loads(report.read_text())
    totals = LUOHU.scaled(SCALE)
    assert figures["counted"] == {name: getattr(totals, name) for name in SURE}
    assert figures["audit_ok"]
    days = [day for day, *_ in figures["drawn_from_the_seed"]["days"]]
    assert days == sorted(days)
    assert {day[:8] for day in days} == {"2020-10-"}
    assert set(days) <= {f"2020-10-{day}" for day in range(12, 19)}
    assert (
        0
        < figures["payments_ratio"]
        == pytest.approx(figures["payments_per_s"] / figures["payments_ceiling_per_s"], abs=0.01)
    )
    for words in (
        "remembered: no source was found",
        "reported: press pages were found",
        "drawn from the seed 20201012",
    ):
        assert words in ended.stdout


def test_a_scale_that_makes_no_campaign_is_refused_in_one_line() -> None:
    ended = CliRunner().invoke(app, ["replay", "luohu", "--scale", "2"])
    assert ended.exit_code == 2
    assert ended.output.strip() == "a scale is above 0 and at most 1, not 2.0"
