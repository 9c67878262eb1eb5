"""The typed client before a real gateway, where what matters happens between two connections."""

from contextlib import ExitStack
from typing import Any

from tests.api.gateway import serve
from tests.api.money import client_of, members
from tests.parts import Pipeline


def test_events_go_on_at_another_gateway_each_once(make_app: Any, stranger: Any, pipeline: Pipeline) -> None:
    host, friend = members(stranger, pipeline, "host", "friend", fen=0)
    asking, listening = client_of(host), client_of(friend)

    def ask(fen: int) -> str:
        return asking.api.ask_for_money({"kind": "request", "total_fen": fen, "payers": [friend.address]})["id"]

    with ExitStack() as first, serve(make_app()) as second:
        listening.transport.http = first.enter_context(serve(make_app()))
        asked = [ask(1)]
        events = (one for one in listening.events(last_event_id="0") if one["kind"] == "payment-requested")
        told = [next(events)]
        listening.transport.http = second
        first.close()
        asked += [ask(2), ask(3)]
        told += [next(events), next(events)]
    assert [event["body"]["request"] for event in told] == asked
