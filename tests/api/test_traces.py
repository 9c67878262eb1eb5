"""One trace from a POST to its block, seen by a collector: OpenTelemetry over HTTP, the context kept with the call."""

import gzip
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import text

from pswallet.client import Key, authorize_order
from pswallet.kit import tracing
from tests.api import selling
from tests.api.campaigns import list_winners
from tests.api.gateway import Member, serve
from tests.api.money import members, served, transfer_body
from tests.parts import Pipeline

CALLER = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{CALLER}-00f067aa0ba902b7-01"
WAY = ["POST /v1/transfers", "outbox wait", "relayer send", "chain block", "indexer projection"]


class Collector:
    """What an OpenTelemetry collector heard."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.spans: list[tuple[str, Any]] = []

    def of(self, trace: str) -> list[tuple[str, Any]]:
        """The spans of a trace with the names of their processes, by the moment when they began."""
        found = [(service, span) for service, span in self.spans if span.trace_id.hex() == trace]
        return sorted(found, key=lambda each: each[1].start_time_unix_nano)


@pytest.fixture
def collector() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {each.key: each.value.string_value for each in resource.resource.attributes}
                for scope in resource.scope_spans:
                    heard.spans += [(named["service.name"], span) for span in scope.spans]
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard = Collector(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield heard
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def traced(collector: Collector) -> Iterator[Collector]:
    """This process traces; the collector has heard all of it once `tracing.stop` was called."""
    tracing.configure("test", collector.url)
    yield collector
    tracing.stop()


@pytest.fixture
def people(stranger: Any, pipeline: Pipeline) -> list[Member]:
    return members(stranger, pipeline, "ann", "bob")


def post(payer: Member, payee: Member, **headers: str) -> None:
    answer = payer.post("/transfers", transfer_body(payer, payee.address, 100), headers=headers)
    assert answer.status_code == 202, answer.text


def test_a_payments_trace_reaches_from_its_caller_to_its_rows(
    people: list[Member], make_app: Any, pipeline: Pipeline, traced: Collector
) -> None:
    payer, payee = people
    with serve(make_app()) as client:
        payer.http = client
        post(payer, payee, traceparent=TRACEPARENT)
    pipeline.settle()
    tracing.stop()
    spans = [span for _, span in traced.of(CALLER)]
    assert [span.name for span in sorted(spans, key=lambda span: WAY.index(span.name))] == WAY
    request = next(span for span in spans if span.name == WAY[0])
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert {span.parent_span_id for span in spans if span is not request} == {request.span_id}
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    with pipeline.sessions() as session:
        hash_, block = session.execute(
            text(
                "SELECT s.hash, t.mined_block FROM chain_sendings s JOIN chain_transactions t"
                " ON t.id = s.transaction_id ORDER BY t.id DESC LIMIT 1"
            )
        ).one()
    told = {each.key: each.value for span in spans for each in span.attributes}
    assert (told["pswallet.transaction"].string_value, told["pswallet.block"].int_value) == (hash_, block)


def test_spans_tell_nobodys_address_amount_or_phone(
    people: list[Member], make_app: Any, pipeline: Pipeline, traced: Collector
) -> None:
    payer, payee = people
    with serve(make_app()) as client:
        payer.http = client
        post(payer, payee, traceparent=TRACEPARENT)
        payer.get("/activity")
    pipeline.settle()
    tracing.stop()
    assert len(traced.spans) >= len(WAY)
    said = " ".join(str(span) for _, span in traced.spans).lower()
    for secret in (payer.address, payee.address, payer.phone, payer.token or "", "127.0.0.1"):
        assert secret.lower() not in said


def test_a_refusal_ends_its_trace_with_its_name(
    people: list[Member], make_app: Any, pipeline: Pipeline, traced: Collector
) -> None:
    payer, payee = people
    with serve(make_app()) as client:
        payer.http = client
        post(payer, payee, traceparent=TRACEPARENT)
    pipeline.chain.token(pipeline.chain.keys.compliance, "freeze", [payer.address])
    pipeline.settle()
    tracing.stop()
    block = next(span for _, span in traced.of(CALLER) if span.name == "chain block")
    error = next(refusal for _, refusal in pipeline.calls().values() if refusal)
    assert (block.status.code, block.status.message) == (2, error)


def test_a_caller_who_samples_nothing_is_not_traced(
    people: list[Member], make_app: Any, pipeline: Pipeline, traced: Collector
) -> None:
    payer, payee = people
    with serve(make_app()) as client:
        payer.http = client
        post(payer, payee, traceparent=TRACEPARENT.removesuffix("1") + "0")
    pipeline.settle()
    tracing.stop()
    assert traced.of(CALLER) == []
    assert traces_kept(pipeline) == 0


def test_other_posts_carry_their_trace_too(stranger: Any, make_app: Any, pipeline: Pipeline, traced: Collector) -> None:
    person = stranger()
    with serve(make_app()) as client:
        person.http = client
        client.headers["traceparent"] = TRACEPARENT
        person.register()
    pipeline.settle()
    tracing.stop()
    names = [span.name for _, span in traced.of(CALLER)]
    assert "POST /accounts" in names
    assert set(WAY[1:]) <= set(names)


def test_orders_carry_their_trace_however_they_are_paid(
    stranger: Any, make_app: Any, pipeline: Pipeline, traced: Collector
) -> None:
    """Of the intakes beside the transfers': a plain order's, a voucher's and a funded order's."""
    (payer,) = members(stranger, pipeline, "ann")
    shop = selling.tea_house(stranger, pipeline)
    campaign = selling.campaign(selling.sponsor(stranger, pipeline, "district"), pipeline)
    list_winners(pipeline, campaign, payer)
    plain, funded = (selling.order(shop, 2_100, reference) for reference in ("1", "2"))
    bodies = {
        f"/orders/{plain['id']}/payments": authorize_order(served(payer), Key.of(payer.key), plain),
        f"/campaigns/{campaign}/vouchers": {},
        f"/orders/{funded['id']}/funded-payments": selling.pay_body(
            payer, funded, [selling.voucher_part(payer, campaign, 2_000)]
        ),
    }
    with serve(make_app()) as client:
        payer.http = client
        for place, (path, body) in enumerate(bodies.items()):
            assert payer.post(path, body, headers={"traceparent": traceparent(place)}).status_code == 202
            pipeline.settle()
    tracing.stop()
    for place, path in enumerate(bodies):
        names = [span.name for _, span in traced.of(traceparent(place).split("-")[1])]
        assert set(WAY[1:]) <= set(names), path
        assert any(name.startswith("POST /v1/") for name in names), path


def traceparent(place: int) -> str:
    return f"00-{place + 1:032x}-00f067aa0ba902b7-01"


def traces_kept(pipeline: Pipeline) -> int:
    with pipeline.sessions() as session:
        return session.execute(text("SELECT count(*) FROM chain_calls WHERE trace IS NOT NULL")).scalar_one()


def test_without_a_collector_no_trace_is_kept(people: list[Member], http: Any, pipeline: Pipeline) -> None:
    payer, payee = people
    post(payer, payee, traceparent=TRACEPARENT)
    assert traces_kept(pipeline) == 0


def test_what_traces_is_imported_by_who_traces_only() -> None:
    """FastAPI imports OpenTelemetry's small API by itself; the rest costs a quarter of a second at each start."""
    package = Path(tracing.__file__).parents[1]
    eager = re.compile(r"^(from|import) opentelemetry", re.M)  # an indented import is a function's, or for types
    assert [file for file in package.rglob("*.py") if eager.search(file.read_text())] == []
