"""Twelve kinds of lies, each planted on a real chain or in a real database: named by check, block and transaction."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import NamedTuple

import pytest
from rich.console import Console
from sqlalchemy import text

from pswallet.audit import Report
from pswallet.kit.db import transaction
from tests.audit import forge
from tests.audit.city import City
from tests.audit.liar import hiding, lying
from tests.parts import Person, Pipeline

AN, BO, VISITOR = Person("an"), Person("bo"), Person("a visitor with small limits")

Place = tuple[int, str | None]
"""A block, and a transaction where one tells the lie."""


class Told(NamedTuple):
    """What an audit says after a lie, and which check must say what of it."""

    report: Report
    check: str
    places: set[Place]


@dataclass
class Town:
    """A city, and a gateway that has read it."""

    city: City
    pipeline: Pipeline

    def audit(self, rpc_url: str | None = None) -> Report:
        return self.city.audit(rpc_url, database_url=self.pipeline.database_url)

    def pay(self, value: int) -> tuple[int, str]:
        """Let AN pay BO, and the gateway read it; return where."""
        where = place(self.city.pay(AN, BO.address, value))
        self.pipeline.settle()
        return where

    def tamper(self, *statements: str, **values: object) -> None:
        with transaction(self.pipeline.sessions) as session:
            for statement in statements:
                assert session.execute(text(statement), values).rowcount


@pytest.fixture
def town(city: City, pipeline: Pipeline) -> Town:
    city.settle_in(AN, BO)
    city.settle_in(VISITOR, tier=1)
    pipeline.settle()
    return Town(city, pipeline)


def place(receipt: dict[str, str]) -> tuple[int, str]:
    assert receipt["status"] == "0x1"
    return int(receipt["blockNumber"], 16), receipt["transactionHash"]


# --- the gateway lies -------------------------------------------------------


def a_row_changed(town: Town) -> Told:
    where = town.pay(21)
    town.tamper("UPDATE entries SET delta_fen = 22 WHERE block = :block AND leg = 1", block=where[0])
    return Told(town.audit(), "database", {where})


def a_row_added(town: Town) -> Told:
    where = town.pay(21)
    town.tamper(
        "INSERT INTO entries SELECT :other, block, log_index, leg, kind, counterparty, delta_fen, balance_after_fen,"
        " sent_today_fen, sent_this_year_fen, sent_ever_fen, at FROM entries WHERE block = :block AND leg = 1",
        **{"block": where[0], "other": VISITOR.address},
    )
    return Told(town.audit(), "database", {where})


def a_row_dropped(town: Town) -> Told:
    where = town.pay(21)
    town.tamper("DELETE FROM entries WHERE block = :block AND leg = 0", block=where[0])
    return Told(town.audit(), "database", {where})


def rows_reordered(town: Town) -> Told:
    """Two payments change places: the sums are right, the history is not."""
    first, second = town.pay(21), town.pay(34)
    move = "UPDATE entries SET block = {to} WHERE block = {of}"
    steps = [(":first", "-1"), (":second", ":first"), ("-1", ":second")]
    town.tamper(*(move.format(of=of, to=to) for of, to in steps), first=first[0], second=second[0])
    return Told(town.audit(), "database", {first, second})


def the_cursor_moved_back(town: Town) -> Told:
    """So that the indexer would read, and tell people, everything once more."""
    (before, _), _ = town.pay(21), town.pay(34)
    town.tamper("DELETE FROM chain_blocks WHERE number > :block", block=before)
    return Told(town.audit(), "database", {(before, None)})


def the_cursor_moved_on(town: Town) -> Told:
    """So that what comes next would never be read."""
    last, _ = town.pay(21)
    town.tamper("UPDATE chain_blocks SET number = number + 5 WHERE number = :block", block=last)
    return Told(town.audit(), "database", {(last, None)})


def the_cursor_moved_to_another_chain(town: Town) -> Told:
    last, _ = town.pay(21)
    town.tamper("UPDATE chain_blocks SET hash = '0x00' WHERE number = :block", block=last)
    return Told(town.audit(), "database", {(last, None)})


# --- the node lies ----------------------------------------------------------


def logs_hidden_by_the_node(town: Town) -> Told:
    """A freeze and its end: no state at the head tells of them."""
    chain, keys = town.city.chain, town.city.chain.keys
    frozen, freed = (place(chain.token(keys.compliance, act, [BO.address])) for act in ("freeze", "unfreeze"))
    hide_one, hide_other = hiding(frozen[1], 0), hiding(freed[1], 0)
    with lying(chain.rpc.url, lambda request, result: hide_one(request, hide_other(request, result))) as url:
        return Told(town.city.audit(url), "logs", {frozen, freed})


# --- the contracts lie ------------------------------------------------------


def a_share_forged(town: Town) -> Told:
    packet = town.city.open(AN, (AN, BO, VISITOR), total=9_000)
    with forge.escrow_lies(town.city):
        where = place(town.city.claim(packet, BO))
    return Told(town.city.audit(), "draws", {where})


def a_fen_minted(town: Town) -> Told:
    """Out of nothing, beside a payment whose events are in order."""
    forge.upgrade(town.city, forge.lying_token())
    where = place(town.city.pay(AN, BO.address, 777))
    town.city.pay(BO, AN.address, 5)
    return Told(town.city.audit(), "accounts", {where})


def a_bank_entry_doubled(town: Town) -> Told:
    chain, entry = town.city.chain, b"\x07" * 32
    mint = ("mintMany", [(BO.address, 1_000, entry)])
    place(chain.token(chain.keys.minter, *mint))
    forge.forget_entry(town.city, entry)
    where = place(chain.token(chain.keys.minter, *mint))
    return Told(town.city.audit(), "mints", {where})


def a_limit_broken_by_an_upgraded_token(town: Town) -> Told:
    """A visitor pays at most 50,000 fen at once."""
    forge.upgrade(town.city, forge.lying_token())
    where = place(town.city.pay(VISITOR, BO.address, 50_001))
    town.city.pay(VISITOR, BO.address, 49_999)
    return Told(town.city.audit(), "limits", {where})


def a_frozen_account_that_spent(town: Town) -> Told:
    forge.upgrade(town.city, forge.lying_token())
    town.city.chain.token(town.city.chain.keys.compliance, "freeze", [AN.address])
    where = place(town.city.pay(AN, BO.address, 5))
    return Told(town.city.audit(), "standing", {where})


def a_wrong_tier(town: Town) -> Told:
    """The event says 2, the token keeps 3."""
    forge.upgrade(town.city, forge.lying_token())
    chain = town.city.chain
    where = place(chain.token(chain.keys.compliance, "setTiers", [(VISITOR.address, 2)]))
    town.city.pay(AN, VISITOR.address, 5)
    return Told(town.city.audit(), "accounts", {where})


LIES: list[Callable[[Town], Told]] = [
    *(a_row_changed, a_row_added, a_row_dropped, rows_reordered),
    *(logs_hidden_by_the_node, a_share_forged, a_fen_minted, a_bank_entry_doubled),
    *(a_limit_broken_by_an_upgraded_token, a_frozen_account_that_spent, a_wrong_tier),
    *(the_cursor_moved_back, the_cursor_moved_on, the_cursor_moved_to_another_chain),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_is_named_with_its_block_and_transaction(town: Town, lie: Callable[[Town], Told]):
    assert town.audit().ok
    report, check, places = lie(town)
    assert {(one.block, one.transaction) for one in report.differences() if one.check == check} == places
    shown = json.dumps(report.to_json()), printed(report)
    for block, hashed in places:
        assert all(str(block) in text and (hashed or "") in text for text in shown)


def printed(report: Report) -> str:
    """The report as a terminal shows it, wide enough for a hash."""
    screen = StringIO()
    Console(file=screen, width=400).print(report.table())
    return screen.getvalue()
