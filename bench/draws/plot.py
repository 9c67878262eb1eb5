"""The picture of the draw: what each strategy gets, and the mean of each position."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no screen
from matplotlib import pyplot as plt

from bench.draws import measure
from bench.draws.measure import Played
from bench.draws.strategies import STRATEGIES, WEAKER

_COLOURS = {measure.OURS: "#c62828", measure.OLD_RULE: "#b0bec5", measure.PLAIN_CAP: "#90a4ae"}
_STYLES = {measure.OURS: "-", measure.OLD_RULE: "--", measure.PLAIN_CAP: ":"}


def plot(played: Sequence[Played], file: Path) -> None:
    """Draw strategies above, positions below, one column a kind of packet, to `file` (SVG)."""
    figure, axes = plt.subplots(2, len(played), figsize=(4.6 * len(played), 8), layout="constrained", squeeze=False)
    for column, one in enumerate(played):
        _strategies(axes[0][column], one)
        _positions(axes[1][column], one)
    axes[1][0].set_ylabel("mean of the position / fair mean")
    axes[1][0].legend(frameon=False)
    figure.savefig(file)
    plt.close(figure)


def _strategies(axes: plt.Axes, one: Played) -> None:
    for place, strategy in enumerate((*STRATEGIES, *WEAKER)):
        found = one.strategies[strategy.name]
        axes.errorbar(
            found.mean / one.packet.mean,
            -place,
            xerr=4 * found.error / one.packet.mean,
            fmt="o",
            markersize=4,
            color="#90a4ae" if strategy.gains else "#c62828",
        )
    names = [strategy.name for strategy in (*STRATEGIES, *WEAKER)]
    axes.set_yticks([-place for place in range(len(names))], names)
    axes.axvline(1, color="black", linewidth=0.6)
    axes.set_title(f"{_plain(one.packet.name)}\ngrey: against weaker designs", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def _positions(axes: plt.Axes, one: Played) -> None:
    for rule, sums in one.positions.items():
        means = [found.mean / one.packet.mean for found in sums]
        axes.plot(range(1, len(sums) + 1), means, _STYLES[rule], color=_COLOURS[rule], label=rule)
    axes.axhline(1, color="black", linewidth=0.4)
    axes.set_xlabel("position")
    axes.spines[["top", "right"]].set_visible(False)


def _plain(name: str) -> str:
    return name.replace("¥", "CNY ")
