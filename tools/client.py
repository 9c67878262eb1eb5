"""Write the client's operations and shapes from the OpenAPI document: `make client`.

A new route needs nothing else; tests/client finds files that are behind the document.
"""

import keyword
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from pswallet.api.app import routers
from pswallet.api.routes import health
from pswallet.settings import Settings

FOLDER = Path(__file__).resolve().parents[1] / "pswallet/client"
_MADE = "Made from the OpenAPI document by tools/client.py: do not edit."
_PLAIN = {"string": "str", "integer": "int", "boolean": "bool", "number": "float", "null": "None"}
_EVENTS = "/v1/events"

Schema = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """An operation, named as its route's function."""

    name: str
    method: str
    path: str
    told: Schema

    @property
    def body(self) -> Schema:
        """What is sent; empty for nothing."""
        return _content(self.told.get("requestBody", {}))

    @property
    def success(self) -> str:
        """The status of success."""
        return next(status for status in self.told["responses"] if status.startswith("2"))

    @property
    def answer(self) -> Schema:
        """What is answered; empty for nothing, or for what is no JSON."""
        return _content(self.told["responses"][self.success])

    def parameters(self, place: str) -> list[Schema]:
        """Return the parameters in the path, as they stand there, or in the query, needed ones first."""
        found = [one for one in self.told.get("parameters", []) if one["in"] == place]
        return sorted(found, key=lambda one: (not one.get("required"), self.path.find("{" + one["name"] + "}")))


def _content(told: Schema) -> Schema:
    found: Schema = told.get("content", {}).get("application/json", {}).get("schema", {})
    return found


def document() -> Schema:
    """Return the OpenAPI document of a gateway in sandbox mode."""
    app = FastAPI(title="pswallet")
    for router in routers(Settings(mode="sandbox")):
        app.include_router(router, prefix="/v1")
    app.include_router(health.router)
    return app.openapi()


def operations(described: Schema) -> list[Operation]:
    """Return every operation of a document."""
    found = []
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            tail = f"{re.sub('[^0-9a-zA-Z_]', '_', path)}_{method}"
            found.append(Operation(told["operationId"].removesuffix(tail), method.upper(), path, told))
    return found


def modules() -> dict[str, str]:
    """Return the text of each file by its name."""
    described = document()
    found, schemas = operations(described), described["components"]["schemas"]
    sent = _reached(schemas, [one.body for one in found])
    told = _reached(schemas, [one.answer for one in found]) - sent
    answered = {name for one in found for name in _named(one.answer)}
    for name in told:  # whatever has a default is answered all the same
        schemas[name]["required"] = list(schemas[name].get("properties", {}))
    homes = {name: "bodies" if name in sent else "answers" if name in answered else "parts" for name in sent | told}
    shapes = Shapes(schemas, homes)
    texts = {
        "bodies": shapes.module("bodies", "What the gateway is sent, by the names of the document."),
        "parts": shapes.module("parts", "What answers are made of, by the names of the document."),
        "answers": shapes.module("answers", "What the gateway answers, by the names of the document."),
        "api": _api(shapes, found),
    }
    return {f"{name}.py": _formatted(text) for name, text in texts.items()}


def _reached(schemas: Schema, roots: list[Schema]) -> set[str]:
    found: set[str] = set()
    waiting = [name for root in roots for name in _named(root)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _named(schemas[name])
    return {name for name in found if "properties" in schemas[name]}


def _named(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for part in schema for name in _named(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].rpartition("/")[2]] if "$ref" in schema else []
    return own + [name for key, part in schema.items() if key != "examples" for name in _named(part)]


@dataclass(frozen=True)
class Shapes:
    """The components of the document, and in which module each stands."""

    schemas: Schema
    homes: dict[str, str]

    def kind(self, schema: Schema, here: str) -> str:
        """Write the Python type of `schema` as the module `here` says it."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in self.homes:
                return self.kind(self.schemas[name], here)
            return _word(name) if self.homes[name] == here else f"{self.homes[name]}.{_word(name)}"
        if "anyOf" in schema:
            return " | ".join(dict.fromkeys(self.kind(one, here) for one in schema["anyOf"]))
        if "enum" in schema or "const" in schema:
            return f"Literal[{', '.join(map(repr, schema.get('enum', [schema.get('const')])))}]"
        if schema.get("type") == "array":
            return f"list[{self.kind(schema.get('items', {}), here)}]"
        if schema.get("type") == "object":
            inner = schema.get("additionalProperties", True)
            return f"dict[str, {self.kind(inner, here) if isinstance(inner, dict) else 'Any'}]"
        return _PLAIN.get(schema.get("type", ""), "Any")

    def module(self, here: str, title: str) -> str:
        """Write the module `here`."""
        names = sorted((name for name, home in self.homes.items() if home == here), key=_word)
        head = ["from __future__ import annotations", "from typing import Any, Literal, NotRequired, TypedDict"]
        head += ["from pswallet.client import bodies, parts"]
        return "\n".join([f'"""{title}\n\n{_MADE}\n"""', *head, *(self._shape(name, here) for name in names)])

    def _shape(self, name: str, here: str) -> str:
        schema = self.schemas[name]
        lines = [f'class {_word(name)}(TypedDict):\n    """{_told(schema)}"""\n']
        for field, part in schema.get("properties", {}).items():
            kind = self.kind(part, here)
            lines.append(f"    {field}: {kind if field in schema.get('required', []) else f'NotRequired[{kind}]'}")
        return "\n".join(lines)


def _word(component: str) -> str:
    """Name a component; two routes' shapes of one name are told apart by the routes' module."""
    parts = component.removesuffix("-Input").removesuffix("-Output").split("__")
    return parts[-1] if len(parts) == 1 else f"{parts[-2].title().replace('_', '')}{parts[-1]}"


def _told(described: Schema) -> str:
    first = described.get("description", described.get("title", "")).split("\n\n")[0]
    return textwrap.fill(" ".join(first.split()), 105).replace("\n", "\n        ")


def _api(shapes: Shapes, found: list[Operation]) -> str:
    return f'''"""One method for every operation of the gateway, named as there.

{_MADE}
"""
from collections.abc import Iterator
from typing import Literal
from pswallet.client import answers, bodies
from pswallet.client.stream import Event, follow
from pswallet.client.transport import Transport, escaped

class Api:
    """The gateway's operations as they are. A POST takes an Idempotency-Key of one's own as `key`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

{"".join(_method(shapes, one) for one in found)}'''


def _method(shapes: Shapes, one: Operation) -> str:
    arguments = [f"{parameter['name']}: str" for parameter in one.parameters("path")]
    path = re.sub(r"{(\w+)}", r"{escaped(\1)}", one.path)
    place = f'f"{path}"' if arguments else f'"{path}"'
    sent, named = [f'"{one.method}"', place], [_argument(shapes, parameter) for parameter in one.parameters("query")]
    if one.body:
        kind = shapes.kind(one.body, "api")
        needed = shapes.schemas[one.body["$ref"].rpartition("/")[2]].get("required")
        arguments.append(f"body: {kind}" if needed else f"body: {kind} | None = None")
        sent.append("body=body" if needed else "body=body or {}")
    if named:
        pairs = [f'"{parameter["name"]}": {_variable(parameter["name"])}' for parameter in one.parameters("query")]
        sent.append(f"query={{{', '.join(pairs)}}}")
    if one.method == "POST":
        named.append("key: str | None = None")
        sent.append("key=key")
    if one.path == _EVENTS:
        named.append("last_event_id: str | None = None")
        kind, call = "Iterator[Event]", f"return follow(self._transport, {place}, last_event_id)"
    elif one.answer:
        kind = shapes.kind(one.answer, "api")
        call = f"return self._transport.ask({kind}, {', '.join(sent)})"
    elif one.success == "204":
        kind, call = "None", f"self._transport.send({', '.join(sent)})"
    else:
        kind, call = "bytes", f"return self._transport.send({', '.join(sent)}).content"
    head = ", ".join(["self", *arguments, *(["*", *named] if named else [])])
    return f'    def {one.name}({head}) -> {kind}:\n        """{_told(one.told)}"""\n        {call}\n\n'


def _variable(name: str) -> str:
    """Name an argument; Python's own words take a line below (PEP 8): `from_`."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _argument(shapes: Shapes, parameter: Schema) -> str:
    kind, name = shapes.kind(parameter["schema"], "api"), _variable(parameter["name"])
    if parameter.get("required"):
        return f"{name}: {kind}"
    default = parameter["schema"].get("default")
    return (
        f"{name}: {kind} = {default!r}"
        if default is not None
        else f"{name}: {kind.removesuffix(' | None')} | None = None"
    )


def _formatted(text: str) -> str:
    ruff, name = str(Path(sys.executable).parent / "ruff"), ["--stdin-filename", str(FOLDER / "made.py"), "-"]
    for words in (["check", "-q", "--fix", "--select", "I,F401"], ["format", "-q"]):
        command = [ruff, *words, *name]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=FOLDER.parents[1])
        text = done.stdout
    return text


def main() -> None:
    """Write the files."""
    for name, text in modules().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
