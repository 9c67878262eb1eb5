"""The client knows every operation of the OpenAPI document, its path, its body and its answer."""

import re
from typing import Any, get_type_hints

import httpx
import pytest

from pswallet.client import Client, answers, bodies, parts
from pswallet.client.api import Api
from tools import client as made
from tools.client import Operation

DOCUMENT = made.document()
OPERATIONS = made.operations(DOCUMENT)
BY_NAME = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


@BY_NAME
def test_every_operation_of_the_document_has_its_method(operation: Operation):
    assert callable(getattr(Api, operation.name, None)), f"{operation.method} {operation.path}: run `make client`"


def test_the_client_has_no_operation_that_the_document_lacks():
    assert {name for name in vars(Api) if not name.startswith("_")} == {operation.name for operation in OPERATIONS}


@pytest.mark.parametrize("name", sorted(made.modules()))
def test_what_was_made_from_the_document_is_what_would_be_made_now(name: str):
    assert (made.FOLDER / name).read_text() == made.modules()[name], "the document has changed: run `make client`"


@BY_NAME
def test_a_method_asks_where_the_document_says_with_a_key_where_it_posts(operation: Operation):
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(401, json={"type": "/problems/session-invalid"})  # ends a stream too

    client = Client("", http=httpx.Client(base_url="http://gateway", transport=httpx.MockTransport(answer)))
    arguments: list[Any] = [f"a/{one['name']}" for one in operation.parameters("path")]
    if operation.body:
        arguments.append({})
    named = {one["name"]: "asked" for one in operation.parameters("query") if one.get("required")}
    with pytest.raises(Exception, match="session-invalid"):
        list(getattr(client.api, operation.name)(*arguments, **named) or [])
    (request,) = asked
    place = re.sub(r"{(\w+)}", r"a%2F\1", operation.path)  # one part of the path, whatever is in it
    assert (request.method, request.url.raw_path.decode().partition("?")[0]) == (operation.method, place)
    assert named.items() <= dict(request.url.params).items()
    assert ("Idempotency-Key" in request.headers) is (operation.method == "POST")


def test_each_shape_has_the_fields_of_its_component():
    wrong = []
    for component, schema in DOCUMENT["components"]["schemas"].items():
        word = component.rpartition("__")[2]
        shapes = [
            getattr(module, name) for module in (bodies, answers, parts) for name in (word,) if name in vars(module)
        ]
        wrong += [component for shape in shapes if get_type_hints(shape).keys() != schema.get("properties", {}).keys()]
    assert wrong == []


def test_a_component_that_may_be_anything_is_no_shape():
    assert get_type_hints(answers.ExportShape)["records"] == dict[str, list[dict[str, Any]]]
