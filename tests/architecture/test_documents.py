"""The documents are whole: every route has its page, every example fits its shape, every link leads somewhere."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from pswallet.api.app import routers
from pswallet.kit.problems import every_problem
from pswallet.receipt import errors as _receipt  # noqa: F401 - no part of the gateway imports them
from pswallet.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
OPERATIONS = sorted((ROOT / "docs/operations").glob("*.md"))
LONGEST_OPERATION = 60
"""Lines. A page that needs more describes two operations."""

SECTION = re.compile(r"^## `(GET|POST|DELETE) (/v1/\S+)` → (\d+)(.*?)(?=^## |\Z)", re.M | re.S)
BLOCK = re.compile(r"^```json\n(.*?)^```$", re.M | re.S)


@cache
def openapi() -> dict[str, Any]:
    """What the gateway's OpenAPI document says of the routes below /v1 in sandbox mode."""
    app = FastAPI(title="pswallet")
    for router in routers(Settings(mode="sandbox")):
        app.include_router(router, prefix="/v1")
    return app.openapi()


def _routes() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, operations in openapi()["paths"].items()
        for method, operation in operations.items()
    }


def _sections() -> list[tuple[str, str, str, int, list[Any]]]:
    """Each route's section in the operation pages: page, method, path, status, JSON examples."""
    return [
        (page.name, found[1], found[2], int(found[3]), [json.loads(block) for block in BLOCK.findall(found[4])])
        for page in OPERATIONS
        for found in SECTION.finditer(page.read_text())
    ]


def _misfits(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """Where `value` has a field unknown to `schema`, or lacks one that it asks for. Leaves may be anything."""
    if "$ref" in schema:
        return _misfits(value, openapi()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], at)
    if "anyOf" in schema:
        return min((_misfits(value, one, at) for one in schema["anyOf"]), key=len)
    if isinstance(value, list) is not (schema.get("type") == "array"):
        return [at] if schema else []
    if isinstance(value, list):
        return [misfit for place, one in enumerate(value) for misfit in _misfits(one, schema["items"], f"{at}.{place}")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    fields = schema["properties"]
    wrong = [f"{at}.{name}" for name in (value.keys() - fields) | (set(schema.get("required", [])) - value.keys())]
    return wrong + [
        misfit
        for name in value.keys() & fields.keys()
        for misfit in _misfits(value[name], fields[name], f"{at}.{name}")
    ]


def _content(described: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = described.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def _anchors(page: Path) -> set[str]:
    """The anchors that a reader's program makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_route_has_its_section_in_an_operation_page():
    described = {(method, path) for _, method, path, *_ in _sections()}
    assert described == set(_routes())


def test_every_section_names_the_status_that_the_route_answers():
    routes = _routes()
    wrong = [
        (page, path)
        for page, method, path, status, _ in _sections()
        if str(status) not in routes[method, path]["responses"]
    ]
    assert not wrong


def test_every_example_has_the_fields_of_its_shape():
    routes, wrong = _routes(), []
    for page, method, path, status, examples in _sections():
        shapes = [_content(routes[method, path]["responses"][str(status)])]
        if method == "POST":
            shapes = [_content(routes[method, path].get("requestBody", {})), *shapes]
        if not examples:
            continue
        assert len(examples) == len(shapes), f"{page}: {path}"
        wrong += [
            f"{page}: {path}{at}" for one, shape in zip(examples, shapes, strict=True) for at in _misfits(one, shape)
        ]
    assert not wrong


def test_every_operation_page_is_in_the_list_of_them():
    listed = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (ROOT / "docs/operations/README.md").read_text()))
    assert listed == {page.name for page in OPERATIONS} - {"README.md"}


@pytest.mark.parametrize("page", [page for page in OPERATIONS if page.stem != "README"], ids=lambda page: page.stem)
def test_an_operation_page_is_short(page: Path):
    assert len(page.read_text().splitlines()) <= LONGEST_OPERATION


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path):
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            lost.append(target)
    assert not lost


def test_every_problem_is_told_with_its_own_status_and_title():
    text = (ROOT / "docs/problems.md").read_text()
    told = {
        name: (int(status), title) for name, status, title in re.findall(r"^### (\w+)\n\n`(\d+)` (.+)\.$", text, re.M)
    }
    assert told == {name: (kind.status, kind.title) for name, kind in every_problem().items()}


def test_every_problem_says_what_to_do():
    sections = re.split(r"^### ", (ROOT / "docs/problems.md").read_text(), flags=re.M)[1:]
    assert [section.split("\n", 1)[0] for section in sections if "**Do:**" not in section] == []


def test_the_guides_can_be_followed_one_after_another_on_one_machine():
    """A phone and an identity register once."""
    guides = [(ROOT / name).read_text() for name in ("docs/quickstart.md", "web/client/example.ts")]
    people = [set(re.findall(r"\+86\d{11}|\b\d{17}[\dX]\b", guide)) for guide in guides]
    assert [len(found) for found in people] == [3, 3]
    assert not set.intersection(*people)
