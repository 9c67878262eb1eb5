"""Walking the OpenAPI document: every single value that a request may carry."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def asked(document: Schema, kind: str) -> Iterator[tuple[str, Schema]]:
    """Every value of a JSON type that a request may carry: where it stands and its schema."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            at = f"{method.upper()} {path}"
            for parameter in operation.get("parameters", []):
                yield from _leaves(document, parameter["schema"], f"{at} {parameter['name']}", kind)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from _leaves(document, content["schema"], at, kind)


def _leaves(document: Schema, schema: Schema, at: str, kind: str) -> Iterator[tuple[str, Schema]]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", []):
        yield from _leaves(document, choice, at, kind)
    for name, part in schema.get("properties", {}).items():
        yield from _leaves(document, part, f"{at} {name}", kind)
    if "items" in schema:
        yield from _leaves(document, schema["items"], f"{at}[]", kind)
    if schema.get("type") == kind:
        yield at, schema
