"""The pictures of the measurements: claims a second beside the chain's ceiling, and memory over time."""

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


def plot_memory(samples: Mapping[str, Sequence[tuple[float, float]]], file: Path) -> None:
    """Draw each process's memory [MB] over the seconds of a run to `file` (SVG)."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    for name, points in samples.items():
        axes.plot([at for at, _ in points], [size for _, size in points], label=name, linewidth=1.2)
    axes.set_xlabel("seconds")
    axes.set_ylabel("resident memory [MB]")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, ncols=4)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file)
    plt.close(figure)


def plot_audit(samples: Sequence[tuple[int, float]], figures: Mapping[str, float], file: Path) -> None:
    """Draw an audit's memory over the events that it has read to `file` (SVG)."""
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    axes.plot([read for read, _ in samples], [memory for _, memory in samples], color="#c62828")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("events read")
    axes.set_ylabel("resident memory [MB]")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    told = f"{figures['audit_events_per_s']:,.0f} events/s, {figures['audit_ratio']:.2f} of bare eth_getLogs"
    axes.set_title(told, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file)
    plt.close(figure)
