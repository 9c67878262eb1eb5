"""Every figure is told in docs/metrics.md and shown by the dashboard, and nothing else is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from pswallet.api.metrics import Metrics
from pswallet.chain.figures import IndexerFigures, RelayerFigures
from pswallet.schedule import Figures

ROOT = Path(__file__).resolve().parents[2]
REGISTRIES = {
    "gateway": Metrics().registry,
    "relayer": RelayerFigures().registry,
    "indexer": IndexerFigures().registry,
    "worker": Figures().registry,
}


def exported(registry: CollectorRegistry) -> dict[str, str]:
    """The kind of each of our metrics, by the name under which Prometheus knows it."""
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: family.type
        for family in registry.collect()
        if family.name.startswith("pswallet_")
    }


def told() -> dict[str, dict[str, str]]:
    """What docs/metrics.md tells, by process."""
    sections = re.split(r"^## The ", (ROOT / "docs/metrics.md").read_text(), flags=re.M)[1:]
    return {
        section.split("\n", 1)[0]: dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.M)) for section in sections
    }


def expressions(panels: list[dict[str, Any]]) -> Iterator[str]:
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", []))
        yield from expressions(panel.get("panels", []))


def test_every_metric_is_told_with_its_process_and_kind_and_none_besides():
    assert told() == {process: exported(registry) for process, registry in REGISTRIES.items()}


def test_the_dashboard_shows_every_metric_and_none_that_does_not_exist():
    dashboard = json.loads((ROOT / "docs/grafana/pswallet.json").read_text())
    named = set(re.findall(r"pswallet_\w+", " ".join(expressions(dashboard["panels"]))))
    kinds = {name: kind for registry in REGISTRIES.values() for name, kind in exported(registry).items()}
    shown = {name if name in kinds else re.sub(r"_(bucket|sum|count)$", "", name) for name in named}
    assert shown == set(kinds)
    assert all(kinds[name] == "histogram" for name in shown - named)


def test_no_panel_lies_on_another():
    panels = json.loads((ROOT / "docs/grafana/pswallet.json").read_text())["panels"]
    taken = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert len({panel["id"] for panel in panels}) == len(panels)
