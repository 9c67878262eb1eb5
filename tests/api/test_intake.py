"""Group commit: one transaction for many requests, and none of them pays for another."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from pswallet.accounts.service import SessionOwner
from pswallet.api.idempotency import Answer
from pswallet.api.intake import Desk, Hot, Intake, accepted
from pswallet.kit.problems import Problem
from pswallet.redpackets.errors import PacketEmpty
from tests.api.gateway import Member
from tests.parts import Pipeline


@pytest.fixture
def gateway(make_app: Any, member: Member, pipeline: Pipeline) -> Any:
    """The gateway's parts, with a block read and a member signed in."""
    pipeline.settle()
    return make_app().state.gateway


def hot(member: Member, word: str, *, key: str | None = None) -> Hot[str]:
    """A request whose command is a word."""

    def command(owner: SessionOwner) -> str:
        assert owner.address == member.address
        return word

    return Hot(member.token or "", key or f"key of {word}", word.encode(), command)


def echo(session: Session, words: Sequence[str], now: datetime) -> list[Answer | Problem]:
    """Answer every word with itself; "no" is refused, "poison" breaks the whole group's transaction."""
    if "poison" in words:
        session.execute(text("SELECT 1 / 0"))
    return [PacketEmpty(word=word) if word == "no" else accepted({"word": word}) for word in words]


def gather(desk: Desk[str], requests: Sequence[Hot[str]]) -> list[Any]:
    """Hand all requests in at once; exceptions stand in their places."""

    async def run() -> list[Any]:
        intake = Intake(desk)
        return await asyncio.gather(*(intake.answer(one) for one in requests), return_exceptions=True)

    return asyncio.run(run())


def kept(pipeline: Pipeline) -> int:
    with pipeline.sessions() as session:
        return session.execute(text("SELECT count(*) FROM kept_answers WHERE key LIKE 'key of %'")).scalar_one()


def test_requests_of_one_moment_share_their_transactions(gateway: Any, member: Member, pipeline: Pipeline) -> None:
    groups: list[int] = []

    def counting(session: Session, words: Sequence[str], now: datetime) -> list[Answer | Problem]:
        groups.append(len(words))
        return echo(session, words, now)

    answers = gather(Desk(gateway, counting), [hot(member, f"word {place}") for place in range(40)])
    assert [answer.body for answer in answers] == [accepted({"word": f"word {n}"}).body for n in range(40)]
    assert len(groups) <= 2
    assert kept(pipeline) == 40


def test_each_gets_its_own_answer_and_a_refusal_is_kept_as_one(
    gateway: Any, member: Member, pipeline: Pipeline
) -> None:
    good, bad = gather(Desk(gateway, echo), [hot(member, "yes"), hot(member, "no")])
    assert (good.status, bad.status) == (202, 409)
    assert kept(pipeline) == 2


def test_a_poisoned_request_costs_only_itself(gateway: Any, member: Member, pipeline: Pipeline) -> None:
    words = ["first", "one", "poison", "two"]
    first, one, poison, two = gather(Desk(gateway, echo), [hot(member, word) for word in words])
    assert [answer.status for answer in (first, one, two)] == [202] * 3
    assert type(poison).__name__ == "DataError"
    assert kept(pipeline) == 3


def test_an_unknown_session_costs_only_its_request(gateway: Any, member: Member) -> None:
    stranger = Hot("pst_nobody", "k", b"x", lambda owner: "x")
    answers = gather(Desk(gateway, echo), [hot(member, "a"), stranger, hot(member, "b")])
    assert [type(answer).__name__ for answer in answers] == ["Answer", "SessionInvalid", "Answer"]


def test_copies_of_one_request_in_one_group_get_its_answer(gateway: Any, member: Member, pipeline: Pipeline) -> None:
    twins = [hot(member, "same", key="key of all") for _ in range(5)]
    other = hot(member, "other", key="key of all")
    answers = gather(Desk(gateway, echo), [*twins, other])
    assert {answer.body for answer in answers[:5]} == {accepted({"word": "same"}).body}
    assert type(answers[5]).__name__ == "IdempotencyKeyReused"
    assert kept(pipeline) == 1


def test_another_process_that_answers_a_key_meanwhile_has_the_word(gateway: Any, member: Member) -> None:
    met: list[str] = []

    def late(session: Session, words: Sequence[str], now: datetime) -> list[Answer | Problem]:
        if not met:
            met.append("once")
            Desk(gateway, elsewhere).work([hot(member, "same")])
        return echo(session, words, now)

    def elsewhere(session: Session, words: Sequence[str], now: datetime) -> list[Answer | Problem]:
        return [accepted({"word": "from elsewhere"}) for _ in words]

    (answer,) = gather(Desk(gateway, late), [hot(member, "same")])
    assert answer.body == accepted({"word": "from elsewhere"}).body


def test_an_undecided_refusal_is_not_kept(gateway: Any, member: Member, pipeline: Pipeline) -> None:
    undecided: Callable[[str, Problem], bool] = lambda word, problem: True  # noqa: E731
    (answer,) = gather(Desk(gateway, echo, undecided), [hot(member, "no")])
    assert type(answer).__name__ == "PacketEmpty"
    assert kept(pipeline) == 0


def test_a_client_that_goes_away_takes_nobody_along(gateway: Any, member: Member) -> None:
    async def run() -> Any:
        intake = Intake(Desk(gateway, echo))
        gone = asyncio.create_task(intake.answer(hot(member, "gone")))
        stays = asyncio.create_task(intake.answer(hot(member, "stays")))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert asyncio.run(run()).status == 202
