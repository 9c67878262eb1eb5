"""Two relayer keys may bring number 1 before number 0: refused on chain, it goes out again while 0 is coming."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from pswallet.chain.sendings import MOST_ATTEMPTS
from tests.api import selling
from tests.api.gateway import Member
from tests.api.money import members
from tests.api.test_funded_refunds import Street
from tests.parts import Pipeline

FOREVER = "'infinity'"
NUMBERED = {"order-refund": "RefundNumberMismatch", "cashier": "CashierNumberMismatch"}
TOLD = {"order-refund": "order-refund-refused", "cashier": "cashier-refused"}


@pytest.fixture(params=NUMBERED)
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def act(kind: str, stranger: Any, pipeline: Pipeline) -> Callable[[int], None]:
    """Leaves a refund, or an act on a cashier, of a number."""
    if kind == "cashier":
        shop, cashier = members(stranger, pipeline, "shop", "cashier", tier=selling.MERCHANT, fen=0)
        return lambda number: _name_cashier(shop, cashier, number)
    street = Street(stranger, pipeline)
    selling.permit(street.shop, pipeline)
    return lambda number: _refund(street, number)


def _refund(street: Street, number: int) -> None:
    assert street.refund(100 + number).status_code == 202


def _name_cashier(shop: Member, cashier: Member, number: int) -> None:
    body = selling.cashier_body(shop, cashier, 500 + number, number=number)
    assert shop.post("/cashiers", body).status_code == 202


def hold(pipeline: Pipeline, kind: str, until: str, number: int | None = None) -> None:
    """Let calls of a kind, or that of a number, wait until then."""
    change = text(
        f"UPDATE chain_calls SET retry_at = {until} WHERE kind = :kind AND settled_block IS NULL"
        " AND (CAST(:number AS int) IS NULL OR CAST(arguments->>'number' AS int) = :number)"
    )
    with pipeline.sessions.begin() as session:
        session.execute(change, {"kind": kind, "number": number})


def told(pipeline: Pipeline, kind: str) -> list[tuple[bool, str | None, int]]:
    """Of each call of a kind, by its number: whether it is settled, its refusal, its tries."""
    query = text(
        "SELECT settled_block IS NOT NULL, refusal, attempts FROM chain_calls WHERE kind = :kind"
        " ORDER BY CAST(arguments->>'number' AS int)"
    )
    with pipeline.sessions() as session:
        return [tuple(row) for row in session.execute(query, {"kind": kind})]


def test_what_overtook_the_number_before_goes_out_again(act: Any, kind: str, pipeline: Pipeline) -> None:
    act(0), act(1)
    hold(pipeline, kind, FOREVER, number=0)
    pipeline.carry()
    assert told(pipeline, kind) == [(False, None, 0), (False, None, 1)]
    with pipeline.sessions() as session:
        wait_s = (
            "SELECT extract(epoch FROM max(retry_at) FILTER (WHERE retry_at < 'infinity') - now()) FROM chain_calls"
        )
        assert 0 < float(session.scalar(text(wait_s))) <= 1, "after a while, and not at once"
    hold(pipeline, kind, "NULL")
    pipeline.settle()
    assert told(pipeline, kind) == [(True, None, 1), (True, None, 2)]


def test_what_overtook_it_in_the_same_block_goes_out_again(act: Any, kind: str, pipeline: Pipeline) -> None:
    act(0), act(1)
    hold(pipeline, kind, FOREVER, number=0)
    rpc = pipeline.chain.rpc
    rpc.call("evm_setAutomine", [False])
    pipeline.relayer.step()
    hold(pipeline, kind, "NULL", number=0)
    pipeline.relayer.step()
    rpc.call("evm_setAutomine", [True])
    pipeline.chain.mine()
    pipeline.carry()
    assert told(pipeline, kind) == [(True, None, 1), (False, None, 1)]
    hold(pipeline, kind, "NULL")
    pipeline.settle()
    assert told(pipeline, kind) == [(True, None, 1), (True, None, 2)]


@pytest.mark.parametrize(("attempts", "refused"), [(MOST_ATTEMPTS - 2, False), (MOST_ATTEMPTS - 1, True)])
def test_it_does_not_wait_for_ever(act: Any, kind: str, pipeline: Pipeline, *, attempts: int, refused: bool) -> None:
    act(0), act(1)
    hold(pipeline, kind, FOREVER, number=0)
    with pipeline.sessions.begin() as session:
        session.execute(text("UPDATE chain_calls SET attempts = :n WHERE settled_block IS NULL"), {"n": attempts})
    pipeline.carry()
    assert told(pipeline, kind)[1] == (refused, NUMBERED[kind] if refused else None, attempts + 1)


def test_a_number_whose_forerunner_was_refused_is_refused(act: Any, kind: str, pipeline: Pipeline) -> None:
    act(0), act(1)
    with pipeline.sessions.begin() as session:  # as if it had been refused a block ago
        refused = text(
            "UPDATE chain_calls SET settled_block = 1, refusal = 'AccountIsFrozen'"
            " WHERE kind = :kind AND arguments->>'number' = '0'"
        )
        session.execute(refused, {"kind": kind})
    pipeline.settle()
    assert told(pipeline, kind)[1] == (True, NUMBERED[kind], 1)
    with pipeline.sessions() as session:
        notices = session.execute(text("SELECT kind, body->>'error' FROM notifications WHERE kind LIKE '%-refused'"))
        assert [tuple(row) for row in notices] == [(TOLD[kind], NUMBERED[kind])]
