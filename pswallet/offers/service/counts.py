"""Counting what is taken of offers: budgets and caps, exact under any number of requests at once.

A count is a row with its own limit, taken by one conditional statement over all the rows that a quote needs, always in
the order of their keys: whoever waits holds only rows before the one it waits for, so nothing deadlocks
(docs/decisions/0015). Counts are the last thing that a transaction locks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from pswallet.kit.clock import shanghai_day
from pswallet.kit.rows import TEXTS
from pswallet.offers.models import Offer, Quote, QuoteLine

_NO_LIMIT = 2**62
_KEY = "offer_id, person, day"
_NUMBERS = ARRAY(BigInteger)

_TAKE = text(
    f"""
    INSERT INTO offer_counts ({_KEY}, uses, most_uses, value_fen, most_fen)
    SELECT {_KEY}, 1, most_uses, value_fen, most_fen
    FROM unnest(:offers, :people, :days, :most_uses, :values, :most_fen)
        AS wanted({_KEY}, most_uses, value_fen, most_fen)
    WHERE value_fen <= most_fen
    ORDER BY {_KEY}
    ON CONFLICT ({_KEY}) DO UPDATE
        SET uses = offer_counts.uses + 1, value_fen = offer_counts.value_fen + EXCLUDED.value_fen
        WHERE offer_counts.uses < offer_counts.most_uses
            AND offer_counts.value_fen + EXCLUDED.value_fen <= offer_counts.most_fen
    RETURNING {_KEY}
    """  # noqa: S608 - our own names
).bindparams(
    *(bindparam(name, type_=TEXTS) for name in ("offers", "people", "days")),
    *(bindparam(name, type_=_NUMBERS) for name in ("most_uses", "values", "most_fen")),
)

_LOCK = text(
    f"""
    SELECT 1 FROM offer_counts
    WHERE ({_KEY}) IN (SELECT * FROM unnest(:offers, :people, :days)) ORDER BY {_KEY} FOR UPDATE
    """  # noqa: S608 - our own names
).bindparams(*(bindparam(name, type_=TEXTS) for name in ("offers", "people", "days")))

_GIVE_BACK = text(
    f"""
    UPDATE offer_counts SET uses = offer_counts.uses - back.uses, value_fen = offer_counts.value_fen - back.value_fen
    FROM unnest(:offers, :people, :days, :uses, :values) AS back({_KEY}, uses, value_fen)
    WHERE (offer_counts.offer_id, offer_counts.person, offer_counts.day) = (back.offer_id, back.person, back.day)
    """  # noqa: S608 - our own names
).bindparams(
    *(bindparam(name, type_=TEXTS) for name in ("offers", "people", "days")),
    *(bindparam(name, type_=_NUMBERS) for name in ("uses", "values")),
)


@dataclass(frozen=True, slots=True, order=True)
class _Key:
    """Which count: of an offer, of a person or of all (empty), on a day or always (empty)."""

    offer_id: str
    person: str
    day: str


def take(session: Session, wanted: Sequence[tuple[Offer, int]], *, person: str, at: datetime) -> dict[str, str]:
    """Count one use and `value` fen of each offer for `person`, all of them or none.

    Return what refused by offer id: "exhausted" (budget or uses in all) or "cap"; empty when all is counted.
    """
    rows = [(key, limit, value, offer) for offer, value in wanted for key, limit in _keys(offer, person, at)]
    with session.begin_nested() as savepoint:
        taken = session.execute(
            _TAKE,
            _columns([key for key, *_ in rows])
            | {
                "most_uses": [limit for _, limit, *_ in rows],
                "values": [value for *_, value, _ in rows],
                "most_fen": [offer.budget_fen for *_, offer in rows],
            },
        )
        missing = sorted({key for key, *_ in rows} - {_Key(*row) for row in taken})
        if missing:
            savepoint.rollback()
    refused: dict[str, str] = {}
    for key in missing:  # of one offer the count in all comes first
        refused.setdefault(key.offer_id, "cap" if key.person or key.day else "exhausted")
    return refused


def give_back(session: Session, released: Sequence[tuple[Quote, QuoteLine, Offer]]) -> None:
    """Take back what lines of quotes had counted."""
    uses, values = Counter[_Key](), Counter[_Key]()
    for quote, line, offer in released:
        for key, _ in _keys(offer, quote.payer, quote.created_at):
            uses[key] += 1
            values[key] += line.value_fen
    keys = list(uses)
    if keys:
        session.execute(_LOCK, _columns(keys))
        numbers = {"uses": [uses[key] for key in keys], "values": [values[key] for key in keys]}
        session.execute(_GIVE_BACK, _columns(keys) | numbers)


def _keys(offer: Offer, person: str, at: datetime) -> Iterator[tuple[_Key, int]]:
    """Yield the counts that a use at `at` touches, and how many uses each allows."""
    day = shanghai_day(at).isoformat()
    yield _Key(offer.id, "", ""), offer.uses or _NO_LIMIT
    for limit, key in (
        (offer.per_day, _Key(offer.id, "", day)),
        (offer.per_person, _Key(offer.id, person, "")),
        (offer.per_person_a_day, _Key(offer.id, person, day)),
    ):
        if limit is not None:
            yield key, limit


def _columns(keys: Sequence[_Key]) -> dict[str, list[str]]:
    offers, people, days = zip(*map(astuple, keys), strict=True)
    return {"offers": list(offers), "people": list(people), "days": list(days)}
