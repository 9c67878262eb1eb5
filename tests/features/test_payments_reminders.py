"""Reminding of payment requests: who has not paid, not too often, and never who declined or whose request is over."""

from datetime import timedelta
from typing import Any

import pytest

from pswallet.kit.money import Fen
from pswallet.kit.problems import Problem
from pswallet.notifications.service import Place, told_after
from pswallet.payments import service
from pswallet.schedule import Schedule
from tests.features.money import Town, name
from tests.parts import DAY_S, Person

WEEK_S = 7 * DAY_S


def ask(town: Town, host: Person, payers: list[Person], days: int = 7) -> service.PaymentRequestView:
    asked = service.AskForPayment(
        creator=host.address,
        kind="split" if len(payers) > 1 else "request",
        total_fen=Fen(1_000),
        payers=[payer.address for payer in payers],
        note="擂茶",
        expires_in=timedelta(days=days),
    )
    return town.run(lambda session: service.create_request(session, asked, now=town.now))


def remind(town: Town, request: service.PaymentRequestView, asker: Person) -> list[str]:
    return town.run(lambda session: service.remind(session, request.id, asker.address, now=town.now))


def decline(town: Town, request: service.PaymentRequestView, payer: Person) -> service.PaymentRequestView:
    return town.run(lambda session: service.decline_share(session, request.id, payer.address, now=town.now))


def pay(town: Town, request: service.PaymentRequestView, payer: Person) -> None:
    amount = next(share.amount_fen for share in request.shares if share.payer == payer.address)
    payment = town.payment(payer, request.creator, amount)
    town.run(lambda session: service.pay_share(session, request.id, payment, domain=town.token, now=town.now))


def told(town: Town, person: Person, kind: str = "payment-reminded") -> list[dict[str, Any]]:
    found = town.run(lambda session: told_after(session, address=person.address, place=Place(), limit=50))
    return [one.body for one in found if one.kind == kind]


def reach(town: Town, second: float) -> None:
    """Let the chain's clock show exactly `second`."""
    town.pipeline.chain.rpc.call("evm_setNextBlockTimestamp", [int(second)])
    town.pipeline.chain.mine()
    town.settle()


def refusal(act: Any, *given: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        act(*given)
    return refused.value


def test_the_asker_reminds_exactly_who_has_neither_paid_nor_declined(town: Town) -> None:
    host, an, bo, chen, ding = town.people("host", "an", "bo", "chen", "ding")
    request = ask(town, host, [host, an, bo, chen, ding])
    pay(town, request, an)
    town.settle()
    pay(town, request, bo)  # on its way
    decline(town, request, chen)
    assert remind(town, request, host) == [ding.address]
    assert told(town, ding) == [
        {
            "request": request.id,
            "from": host.address,
            "amount_fen": 200,
            "expires_at": request.expires_at.isoformat(),
        }
    ]
    assert [told(town, one) for one in (host, an, bo, chen)] == [[]] * 4


def test_a_payer_is_reminded_once_in_24_hours_and_again_in_the_first_second_after(town: Town) -> None:
    host, an = town.people("host", "an")
    request = ask(town, host, [an])
    remind(town, request, host)
    last = town.now.timestamp()
    reach(town, last + DAY_S - 1)
    early = refusal(remind, town, request, host)
    assert (name(early), early.details["retry_after_s"]) == ("RemindedTooSoon", 1)
    reach(town, last + DAY_S)
    assert remind(town, request, host) == [an.address]
    assert len(told(town, an)) == 2


def test_each_payer_has_an_own_24_hours(town: Town) -> None:
    host, an, bo = town.people("host", "an", "bo")
    request = ask(town, host, [an, bo])
    pay(town, request, bo)
    remind(town, request, host)
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [bo.address])
    town.settle()  # the chain refuses bo's payment: the share is open again
    assert remind(town, request, host) == [bo.address]
    assert len(told(town, an)) == 1


def test_only_the_asker_reminds_and_only_while_something_is_open(town: Town) -> None:
    host, an, bo = town.people("host", "an", "bo")
    request = ask(town, host, [an])
    assert name(refusal(remind, town, request, an)) == "NotTheAsker"
    assert name(refusal(remind, town, request, bo)) == "PaymentRequestUnknown"
    pay(town, request, an)
    assert name(refusal(remind, town, request, host)) == "NobodyToRemind"


def test_nothing_is_paid_declined_or_reminded_from_the_second_of_the_end_on(town: Town) -> None:
    host, an = town.people("host", "an")
    request, other = ask(town, host, [an]), ask(town, host, [an])
    end = request.expires_at.timestamp()
    reach(town, end - 1)
    pay(town, other, an)
    reach(town, end)
    for act, given in ((pay, an), (decline, an), (remind, host)):
        assert name(refusal(act, town, request, given)) == "PaymentRequestExpired"
    assert name(refusal(pay, town, other, an)) == "ShareAlreadyPaid"


def test_who_declines_tells_the_asker_once_and_may_still_pay(town: Town) -> None:
    host, an, nosy = town.people("host", "an", "nosy")
    request = ask(town, host, [an])
    for _ in range(2):
        assert [share.status for share in decline(town, request, an).shares] == ["declined"]
    assert told(town, host, "payment-declined") == [{"request": request.id, "by": an.address}]
    assert name(refusal(decline, town, request, nosy)) == "PaymentRequestUnknown"
    assert name(refusal(decline, town, request, host)) == "NotAskedToPay"
    pay(town, request, an)
    town.settle()
    assert name(refusal(decline, town, request, an)) == "ShareAlreadyPaid"


def test_the_worker_reminds_once_a_day_before_the_end_of_what_is_open(town: Town) -> None:
    host, an, bo, chen = town.people("host", "an", "bo", "chen")
    request = ask(town, host, [host, an, bo, chen])
    pay(town, request, bo)
    town.settle()
    decline(town, request, chen)
    worker, end = Schedule(town.pipeline.sessions), request.expires_at.timestamp()
    reach(town, end - DAY_S - 1)
    worker.step()
    assert told(town, an) == []
    reach(town, end - DAY_S)
    for _ in range(2):
        worker.step()
        town.pass_time(60)
    assert [one["request"] for one in told(town, an)] == [request.id]
    assert [told(town, one) for one in (host, bo, chen)] == [[]] * 3
    assert name(refusal(remind, town, request, host)) == "RemindedTooSoon", "the worker's counts too"


def test_the_worker_reminds_of_a_one_day_request_at_its_half(town: Town) -> None:
    host, an = town.people("host", "an")
    request = ask(town, host, [an], days=1)
    for second, reminders in ((request.expires_at.timestamp() - DAY_S / 2 - 1, 0), (0, 1)):
        reach(town, second or request.expires_at.timestamp() - DAY_S / 2)
        Schedule(town.pipeline.sessions).step()
        assert len(told(town, an)) == reminders


def test_a_worker_that_comes_after_the_end_reminds_nobody(town: Town) -> None:
    host, an = town.people("host", "an")
    request = ask(town, host, [an])
    reach(town, request.expires_at.timestamp())
    Schedule(town.pipeline.sessions).step()
    assert told(town, an) == []
