"""Claiming one's vouchers, the hot path: a list in, one statement a table, nothing promised beyond the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import Standing, standing
from pswallet.chain import funded
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.kit.rows import array_literal, insert_rows
from pswallet.vouchers import errors
from pswallet.vouchers.models import VoucherClaim
from pswallet.vouchers.service import calls


@dataclass(frozen=True, slots=True)
class ClaimVouchers:
    """`account` asks for what a campaign's lists hold for it. `trace`: the `traceparent` of the request."""

    campaign: str
    account: str
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that waits for the chain: `count` vouchers in all, of which `value_fen` are new."""

    campaign: str
    account: str
    count: int
    value_fen: Fen


@dataclass(slots=True)
class _Campaign:
    """A campaign as far as claims go; counts on while a list is worked off."""

    terms: funded.Campaign
    ends_at: datetime
    is_open: bool
    promised: int
    """Issued, and asked for without an answer yet [fen]."""


@dataclass(frozen=True, slots=True)
class _Asker:
    """What is known of one (campaign, account): its best place on a list of the chain, and what it has already."""

    root: str | None
    count: int | None
    proof: bytes | None
    had: int
    refused: int
    """How often the chain refused it just this."""


PENDING = """
    c.tries = (SELECT count(*) FROM voucher_refusals f WHERE f.campaign = c.campaign AND f.account = c.account
        AND f.kind = 'voucher' AND f.count = c.count)
    AND NOT EXISTS (SELECT FROM voucher_entries e WHERE e.account = c.account AND e.campaign = c.campaign
        AND e.kind = 'issued' AND e.count >= c.count)
"""
"""The condition that a row c of voucher_claims waits for the chain."""

# The rows are locked in one order, so that two processes never wait for each other; what is counted next is counted
# by another statement, which sees what was committed while this one waited.
_LOCK = text(
    "SELECT id, terms, ends_at FROM campaigns WHERE id = ANY(CAST(:campaigns AS text[])) ORDER BY id FOR NO KEY UPDATE"
)

_COUNT = text(
    "SELECT asked.campaign,"  # noqa: S608 - our own words
    " EXISTS (SELECT FROM campaign_openings o WHERE o.campaign = asked.campaign) AND NOT EXISTS"
    " (SELECT FROM campaign_closings x WHERE x.campaign = asked.campaign) AS is_open,"
    " (SELECT coalesce(sum(value_fen), 0) FROM voucher_entries i"
    "  WHERE i.campaign = asked.campaign AND i.kind = 'issued')"
    # Only a claim whose call is under way can be pending: those are few, however many were made.
    " + (SELECT coalesce(sum(value_fen), 0) FROM chain_calls q JOIN voucher_claims c ON"
    "   c.campaign = q.arguments->>'campaign' AND c.account = q.arguments->>'account'"
    "   AND c.count = CAST(q.arguments->>'number' AS int)"
    f" WHERE q.settled_block IS NULL AND q.kind = 'voucher' AND c.campaign = asked.campaign AND {PENDING})"
    " AS promised FROM unnest(CAST(:campaigns AS text[])) AS asked(campaign)"
)

_ASKERS = text(
    "SELECT asked.campaign, asked.account, w.root, w.count, w.proof,"  # noqa: S608 - our own words
    " greatest((SELECT coalesce(max(i.count), 0) FROM voucher_entries i"
    "   WHERE i.account = asked.account AND i.campaign = asked.campaign AND i.kind = 'issued'),"
    "  (SELECT coalesce(max(c.count), 0) FROM voucher_claims c"
    f"   WHERE c.campaign = asked.campaign AND c.account = asked.account AND {PENDING})) AS had,"
    " (SELECT count(*) FROM voucher_refusals f WHERE f.campaign = asked.campaign AND f.account = asked.account"
    "   AND f.kind = 'voucher' AND f.count = w.count) AS refused"
    " FROM unnest(CAST(:campaigns AS text[]), CAST(:accounts AS text[])) AS asked(campaign, account)"
    " LEFT JOIN LATERAL (SELECT l.root, l.count, l.proof FROM listed_winners l"
    "  WHERE l.campaign = asked.campaign AND l.account = asked.account AND EXISTS"
    "   (SELECT FROM winner_listings s WHERE s.campaign = l.campaign AND s.root = l.root)"
    "  ORDER BY l.count DESC, l.root LIMIT 1) AS w ON true"
)


@dataclass(slots=True)
class _Desk:
    """All that a list of claims is decided on, read once and carried along."""

    campaigns: dict[str, _Campaign]
    askers: dict[tuple[str, str], _Asker]
    people: dict[str, Standing]
    now: datetime

    def refusal(self, command: ClaimVouchers) -> Problem | None:
        """Return why the contract or the gateway would not give these vouchers, or None."""
        campaign = self.campaigns.get(command.campaign)
        if campaign is None:
            return errors.CampaignUnknown(campaign=command.campaign)
        return (
            self._campaign_problem(command, campaign)
            or self._person_problem(command)
            or self._place_problem(command, campaign)
        )

    def _campaign_problem(self, command: ClaimVouchers, campaign: _Campaign) -> Problem | None:
        if self.now >= campaign.ends_at:
            return errors.CampaignEnded(campaign=command.campaign, ended_at=campaign.ends_at.isoformat())
        return None if campaign.is_open else errors.CampaignNotOpen(campaign=command.campaign)

    def _person_problem(self, command: ClaimVouchers) -> Problem | None:
        person = self.people[command.account]
        if person.tier < 1:
            return token_errors.AccountNotRegistered(account=command.account)
        return token_errors.RecipientIsFrozen(account=command.account) if person.frozen else None

    def _place_problem(self, command: ClaimVouchers, campaign: _Campaign) -> Problem | None:
        asker = self.askers[command.campaign, command.account]
        if asker.count is None:
            return errors.NotAWinner(campaign=command.campaign)
        if asker.count <= asker.had:
            return errors.VouchersAlreadyIssued(campaign=command.campaign, count=asker.had)
        limit = campaign.terms.per_person
        if asker.count > limit:
            return errors.VoucherLimitExceeded(attempted=asker.count, limit=limit)
        left = campaign.terms.budget - campaign.promised
        return errors.CampaignExhausted(campaign=command.campaign, left=left) if self._value(command) > left else None

    def _value(self, command: ClaimVouchers) -> int:
        asker = self.askers[command.campaign, command.account]
        return ((asker.count or 0) - asker.had) * self.campaigns[command.campaign].terms.face

    def promise(self, command: ClaimVouchers) -> tuple[_Asker, Claim]:
        """Count an accepted claim; return on what it was decided, and the claim."""
        campaign, asker = self.campaigns[command.campaign], self.askers[command.campaign, command.account]
        value, count = self._value(command), asker.count or 0
        campaign.promised += value
        self.askers[command.campaign, command.account] = replace(asker, had=count)
        return asker, Claim(command.campaign, command.account, count, Fen(value))


def claim(session: Session, commands: Sequence[ClaimVouchers], *, now: datetime) -> list[Claim | Problem]:
    """Ask the contract for each account's vouchers. A Problem stands in its command's place; claims stay `submitted`.

    `now` is the last indexed block's time.
    """
    desk = _open_desk(session, commands, now=now)
    outcomes: list[Claim | Problem] = []
    rows: list[dict[str, Any]] = []
    left: list[Call] = []
    for command in commands:
        problem = desk.refusal(command)
        if problem is not None:
            outcomes.append(problem)
            continue
        asker, promised = desk.promise(command)
        outcomes.append(promised)
        left.append(_call(command, asker, promised, desk.campaigns[command.campaign].terms))
        rows.append(
            {
                "campaign": command.campaign,
                "account": command.account,
                "count": promised.count,
                "tries": asker.refused,
                "value_fen": promised.value_fen,
                "claimed_at": now,
            }
        )
    insert_rows(session, VoucherClaim, rows)
    enqueue(session, left)
    return outcomes


def _open_desk(session: Session, commands: Sequence[ClaimVouchers], *, now: datetime) -> _Desk:
    campaigns = _campaigns(session, {command.campaign for command in commands})
    known = [command for command in commands if command.campaign in campaigns]
    people = standing(session, [command.account for command in commands])
    return _Desk(campaigns=campaigns, askers=_askers(session, known), people=dict(people), now=now)


def _campaigns(session: Session, ids: set[str]) -> dict[str, _Campaign]:
    locked = session.execute(_LOCK, {"campaigns": array_literal(ids)}).all()
    asked = {"campaigns": array_literal(row.id for row in locked)}
    counted: dict[str, Row[Any]] = {row.campaign: row for row in session.execute(_COUNT, asked)}
    return {
        row.id: _Campaign(
            funded.Campaign.from_json(row.terms), row.ends_at, counted[row.id].is_open, int(counted[row.id].promised)
        )
        for row in locked
    }


def _askers(session: Session, commands: Sequence[ClaimVouchers]) -> dict[tuple[str, str], _Asker]:
    if not commands:
        return {}
    pairs = list({(command.campaign, command.account) for command in commands})
    asked = {
        "campaigns": array_literal(campaign for campaign, _ in pairs),
        "accounts": array_literal(account for _, account in pairs),
    }
    return {(row[0], row[1]): _Asker(*row[2:]) for row in session.execute(_ASKERS, asked)}


def _call(command: ClaimVouchers, asker: _Asker, promised: Claim, terms: funded.Campaign) -> Call:
    again = f":{asker.refused}" if asker.refused else ""
    return Call(
        key=f"voucher:{command.campaign}:{command.account}:{promised.count}{again}",
        kind=CallKind.VOUCHER_ISSUE,
        arguments={
            "data": calls.issuing(
                terms,
                root=asker.root or "",
                account=command.account,
                count=promised.count,
                proof=asker.proof or b"",
            ),
            "campaign": command.campaign,
            "account": command.account,
            "number": promised.count,
        },
        trace=command.trace,
    )
