"""The page at /docs: the OpenAPI document for people to read; made here, with no script or file from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}
h2{margin-top:3rem}section{border-top:1px solid #bbb;padding:.5rem 0}code,pre{font:14px/1.4 ui-monospace,monospace}
pre{background:#f4f4f4;padding:.75rem;overflow:auto}b{color:#8a1c1c}table{border-collapse:collapse}
td,th{text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0}
"""


def page(document: dict[str, Any]) -> str:
    """Return the HTML of an OpenAPI `document`, its operations grouped by their first tag."""
    groups: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            tag = operation.get("tags", ["others"])[0]
            groups.setdefault(tag, []).append(_operation(document, method, path, operation))
    info = document["info"]
    contents = " · ".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in groups)
    chapters = "".join(
        f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(operations)}' for tag, operations in groups.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(info['title'])} API</h1><p>{escape(info.get('description', ''))}</p>"
        f'<p><a href="/openapi.json">The same as OpenAPI</a></p><nav>{contents}</nav>{chapters}</html>'
    )


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(_rows(document, operation))
    examples = "".join(
        f"<pre>{escape(json.dumps(example, ensure_ascii=False, indent=2))}</pre>"
        for example in _body(document, operation).get("examples", [])
    )
    return (
        f"<section><h3><b>{method.upper()}</b> <code>{escape(path)}</code></h3>"
        f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>"
        f"<table>{rows}</table>{examples}</section>"
    )


def _rows(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        yield _row(parameter["in"], parameter["name"], parameter.get("description", ""))
    if operation.get("security"):
        yield _row("header", "Authorization", "Bearer and a session's token")
    body = _body(document, operation)
    for name, field in body.get("properties", {}).items():
        needed = "" if name in body.get("required", []) else " (optional)"
        yield _row("body", name + needed, field.get("description", ""))
    for status, answer in operation.get("responses", {}).items():
        if status < "400":
            yield _row("answer", status, ", ".join(_resolved(document, answer).get("properties", {})))


def _row(place: str, name: str, meaning: str) -> str:
    return f"<tr><td>{escape(place)}<td><code>{escape(name)}</code><td>{escape(meaning)}</tr>"


def _body(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    return _resolved(document, operation.get("requestBody", {}))


def _resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a body or an answer; empty where there is none."""
    schema = part.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found
