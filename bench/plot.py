"""The bench's picture: claims a second of each round beside the chain's ceiling."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no screen
from matplotlib import pyplot as plt


def plot(rounds: Sequence[tuple[float, float]], figures: Mapping[str, float], file: Path) -> None:
    """Draw the rounds to `file` (SVG)."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    places = range(len(rounds))
    axes.bar(
        [place - 0.2 for place in places], [one for _, one in rounds], 0.4, label="chain's ceiling", color="#b0bec5"
    )
    axes.bar(
        [place + 0.2 for place in places], [one for one, _ in rounds], 0.4, label="through the gateway", color="#c62828"
    )
    axes.set_xticks(list(places), [f"round {place + 1}" for place in places])
    axes.set_ylabel("claims a second")
    axes.set_title(f"median ratio {figures['claims_ratio']:.3f}; {figures['slots']:,.0f} storage slots", fontsize=10)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file)
    plt.close(figure)
