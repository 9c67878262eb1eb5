"""`make replay`'s picture: what build/replay.json says of spending by day and by shop, as build/replay.svg."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")  # no screen
from matplotlib import pyplot as plt


def plot(report: dict[str, Any], file: Path) -> None:
    """Draw spending by day, and the shops' shares of it (Lorenz), to `file` (SVG)."""
    drawn = report["drawn_from_the_seed"]
    figure, (by_day, by_shop) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    days = [day[-5:] for day, *_ in drawn["days"]]
    spent = [fen / 1e6 for _, _, fen, _ in drawn["days"]]
    own = [fen / 1e6 for *_, fen in drawn["days"]]
    by_day.bar(days, spent, label="red packets", color="#c62828")
    by_day.bar(days, own, bottom=spent, label="own money", color="#b0bec5")
    by_day.set_ylabel("¥10,000")
    by_day.set_ylim(top=1.25 * max(map(sum, zip(spent, own, strict=True))))
    by_day.set_title(f"by day; ¥{drawn['leverage']:.3f} paid for each ¥1 of red packets (drawn)", fontsize=10)
    by_day.legend(frameon=False, ncols=2, loc="upper left")
    shops = drawn["shops_fen"][::-1]
    sums = [0.0]
    for fen in shops:
        sums.append(sums[-1] + fen)
    by_shop.plot([place / len(shops) for place in range(len(sums))], [one / sums[-1] for one in sums], color="#c62828")
    by_shop.plot([0, 1], [0, 1], color="#b0bec5", linewidth=0.8)
    by_shop.set_xlabel("share of the shops, smallest first")
    by_shop.set_ylabel("share of what they took")
    by_shop.set_title(f"{len(shops):,} shops (drawn from the seed {report['seed']})", fontsize=10)
    for axes in (by_day, by_shop):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file)
    plt.close(figure)


if __name__ == "__main__":
    source = Path(sys.argv[1] if len(sys.argv) > 1 else "build/replay.json")
    plot(json.loads(source.read_text()), source.with_suffix(".svg"))
    print(source.with_suffix(".svg"))
