"""Asking for money: requests to one, AA splits among several, and how their shares are paid."""

from typing import Any

import pytest

from pswallet.chain.calldata import transfer_with_authorization
from pswallet.kit.problems import Problem
from pswallet.notifications.service import Place, told_after
from pswallet.payments import service
from tests.features.money import Town, name
from tests.parts import Person, secret


def ask(town: Town, creator: Person, payers: list[Person], total: int, kind: str = "split") -> Any:
    asked = service.AskForPayment(
        creator=creator.address,
        kind=kind,
        total_fen=total,  # type: ignore[arg-type]
        payers=[payer.address for payer in payers],
        note="擂茶",
    )
    return town.run(lambda session: service.create_request(session, asked, now=town.now))


def pay_share(town: Town, request_id: str, payment: service.SignedPayment) -> Any:
    return town.run(lambda session: service.pay_share(session, request_id, payment, domain=town.token, now=town.now))


def statuses(town: Town, request_id: str, viewer: Person) -> list[str]:
    found = town.run(lambda session: service.find_request(session, request_id, viewer=viewer.address))
    return [share.status for share in found.shares]


def test_an_aa_split_of_ten_yuan_by_three_is_paid_by_three(town: Town) -> None:
    host, *friends = town.people("host", "an", "bo", "chen")
    request = ask(town, host, friends, 1_000)
    assert [share.amount_fen for share in request.shares] == [334, 333, 333]
    pay_share(town, request.id, town.payment(friends[0], host.address, 334))
    assert statuses(town, request.id, host) == ["submitted", "unpaid", "unpaid"]
    town.settle()
    for friend in friends[1:]:
        pay_share(town, request.id, town.payment(friend, host.address, 333))
    town.settle()
    assert statuses(town, request.id, friends[2]) == ["paid", "paid", "paid"]
    assert town.balance(host) == 101_000


def test_a_share_is_not_paid_by_another_payment_of_the_same_nonce(town: Town) -> None:
    host, friend = town.people("host", "an")
    request = ask(town, host, [friend], 50_000, kind="request")
    promised = town.payment(friend, host.address, 50_000)
    pay_share(town, request.id, promised)
    cheap = town.payment(friend, friend.address, 1, nonce=promised.nonce)
    data = transfer_with_authorization({**cheap.message(), "signature": cheap.signature})
    town.pipeline.chain.transact(secret("anybody"), town.token.verifying_contract, data)
    town.settle()
    assert statuses(town, request.id, host) == ["unpaid"]
    pay_share(town, request.id, town.payment(friend, host.address, 50_000))
    town.settle()
    assert statuses(town, request.id, host) == ["paid"]


def test_the_askers_own_part_of_a_split_is_nobodys_debt(town: Town) -> None:
    host, friend = town.people("host", "an")
    request = ask(town, host, [host, friend], 1_001)
    assert [(share.amount_fen, share.status) for share in request.shares] == [(501, "own"), (500, "unpaid")]


def test_a_share_is_paid_once(town: Town) -> None:
    host, friend = town.people("host", "an")
    request = ask(town, host, [friend], 500, kind="request")
    pay_share(town, request.id, town.payment(friend, host.address, 500))
    for _ in range(2):  # on its way, then paid
        with pytest.raises(Problem) as again:
            pay_share(town, request.id, town.payment(friend, host.address, 500))
        assert name(again.value) == "ShareAlreadyPaid"
        town.settle()
    assert town.balance(host) == 100_500


def test_a_refused_payment_of_a_share_may_be_followed_by_another(town: Town) -> None:
    host, friend = town.people("host", "an")
    request = ask(town, host, [friend], 500, kind="request")
    pay_share(town, request.id, town.payment(friend, host.address, 500))
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [friend.address])
    town.settle()
    assert statuses(town, request.id, host) == ["unpaid"]
    town.unfreeze(friend)
    pay_share(town, request.id, town.payment(friend, host.address, 500))
    town.settle()
    assert statuses(town, request.id, host) == ["paid"]


def test_only_the_asked_pay_and_only_what_was_asked(town: Town) -> None:
    host, friend, other = town.people("host", "an", "bo")
    request = ask(town, host, [friend], 500, kind="request")
    cases = {
        "NotAskedToPay": town.payment(other, host.address, 500),
        "ShareMismatch": town.payment(friend, host.address, 499),
    }
    for problem, payment in cases.items():
        with pytest.raises(Problem) as refused:
            pay_share(town, request.id, payment)
        assert name(refused.value) == problem
    with pytest.raises(Problem) as misdirected:
        pay_share(town, request.id, town.payment(friend, other.address, 500))
    assert name(misdirected.value) == "ShareMismatch"
    with pytest.raises(Problem) as unknown:
        pay_share(town, "req_" + "0" * 26, town.payment(friend, host.address, 500))
    assert name(unknown.value) == "PaymentRequestUnknown"


def test_a_request_is_shown_to_its_people_only(town: Town) -> None:
    host, friend, nosy = town.people("host", "an", "nosy")
    request = ask(town, host, [friend], 500, kind="request")
    assert statuses(town, request.id, friend) == ["unpaid"]
    with pytest.raises(Problem) as refused:
        statuses(town, request.id, nosy)
    assert name(refused.value) == "PaymentRequestUnknown"


def test_payers_that_cannot_share_are_refused(town: Town) -> None:
    host, an, bo = (Person(one) for one in ("host", "an", "bo"))
    town.people("host", fen=0)
    cases: list[tuple[list[Person], int, str]] = [
        ([an], 500, "split"),
        ([an, bo], 500, "request"),
        ([an, an], 500, "split"),
        ([host], 500, "request"),
        ([an, bo], 1, "split"),
    ]
    for payers, total, kind in cases:
        with pytest.raises(Problem) as refused:
            ask(town, host, payers, total, kind)
        assert name(refused.value) == "PayersOutOfRange"
    with pytest.raises(Problem) as nothing:
        ask(town, host, [an, bo], 0)
    assert name(nothing.value) == "ZeroAmount"


def told(town: Town, person: Person) -> list[dict[str, Any]]:
    """What the person was told of requests, in order."""
    found = town.run(lambda session: told_after(session, address=person.address, place=Place(), limit=50))
    return [one.body for one in found if one.kind == "payment-requested"]


def test_each_payer_is_told_and_the_asker_is_not(town: Town) -> None:
    host, an, bo, chen = town.people("host", "an", "bo", "chen")
    request = ask(town, host, [host, an, bo], 1_000)
    assert told(town, an) == [{"request": request.id, "from": host.address, "amount_fen": 333}]
    assert told(town, bo) == [{"request": request.id, "from": host.address, "amount_fen": 333}]
    assert told(town, host) == told(town, chen) == []


def test_a_rebuild_neither_forgets_nor_repeats_who_was_asked(town: Town) -> None:
    host, an = town.people("host", "an")
    request = ask(town, host, [an], 1_000, kind="request")
    town.pipeline.indexer.rebuild()
    assert [body["request"] for body in told(town, an)] == [request.id]


def made(town: Town, person: Person, before: str | None = None, limit: int = 10) -> service.RequestPage:
    return town.run(lambda session: service.requests_made(session, person.address, before=before, limit=limit))


def to_pay(town: Town, person: Person, before: str | None = None, limit: int = 10) -> service.RequestPage:
    return town.run(lambda session: service.requests_to_pay(session, person.address, before=before, limit=limit))


def test_who_asks_and_who_is_asked_find_the_request(town: Town) -> None:
    host, an, bo, chen = town.people("host", "an", "bo", "chen")
    split = ask(town, host, [host, an, bo], 1_000)
    other = ask(town, an, [host], 70, kind="request")
    pay_share(town, split.id, town.payment(an, host.address, 333))
    town.settle()
    assert [one.id for one in made(town, host).requests] == [split.id]
    assert [one.id for one in to_pay(town, host).requests] == [other.id], "one's own part of a split asks nobody"
    (found,) = to_pay(town, an).requests
    assert (found.id, found.note) == (split.id, "擂茶")
    assert [share.status for share in found.shares] == ["own", "paid", "unpaid"]
    assert made(town, chen).requests == to_pay(town, chen).requests == []


def test_requests_come_newest_first_page_by_page(town: Town) -> None:
    host, an = town.people("host", "an")
    ids = sorted((ask(town, host, [an], total, kind="request").id for total in range(1, 6)), reverse=True)
    for listed, person in ((made, host), (to_pay, an)):
        first = listed(town, person, limit=2)
        ask(town, host, [an], 9, kind="request")  # what arrives meanwhile shifts nothing
        rest = listed(town, person, before=first.older, limit=10)
        found = [one.id for one in first.requests + rest.requests]
        assert found == sorted(found, reverse=True)
        assert (first.older, rest.older) == (first.requests[-1].id, None)
        assert set(ids) <= set(found)


def refusal(town: Town, *asked: Any, **options: Any) -> Problem:
    with pytest.raises(Problem) as refused:
        ask(town, *asked, **options)
    return refused.value


def test_whom_the_chain_does_not_know_nobody_can_ask(town: Town) -> None:
    host, an = town.people("host", "an")
    stranger = Person("stranger")
    unknown = refusal(town, host, [an, stranger], 500)
    assert (name(unknown), unknown.details["account"]) == ("AccountNotRegistered", stranger.address)
    assert told(town, an) == [], "nobody was told of what was refused"


def test_what_no_tier_could_pay_at_once_nobody_can_ask_for(town: Town) -> None:
    host, an, bo = town.people("host", "an", "bo")
    largest = 100_000_000  # a sponsor's
    over = refusal(town, host, [an], largest + 1, kind="request")
    assert (name(over), over.details["attempted"], over.details["limit"]) == (
        "PaymentLimitExceeded", largest + 1, largest,
    )  # fmt: skip
    assert ask(town, host, [an], largest, kind="request").total_fen == largest
    assert ask(town, host, [an, bo], 2 * largest).total_fen == 2 * largest
    assert name(refusal(town, host, [an, bo], 2 * largest + 1)) == "PaymentLimitExceeded"
    assert name(refusal(town, host, [an], 2**63 - 1, kind="request")) == "PaymentLimitExceeded"
