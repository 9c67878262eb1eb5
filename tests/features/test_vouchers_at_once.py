"""A thousand claims at once: no budget is promised twice, nobody gets more than the campaign gives a person."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import text

from pswallet.kit.db import transaction
from pswallet.vouchers import service
from pswallet.vouchers.service import ClaimVouchers
from tests.features.fair import Fair
from tests.features.money import Town, name

WINNERS, BUDGETED, THREADS = 50, 40, 20


def test_of_a_thousand_claims_at_once_the_budget_and_the_limit_a_person_hold(town: Town) -> None:
    """50 winners ask 20 times each in 20 sessions at once, as many gateways would; there are 40 vouchers."""
    fair = Fair(town)
    people = town.people(*(f"winner {number}" for number in range(WINNERS)), fen=0)
    terms = fair.opened(budget=BUDGETED * 2_000)
    fair.publish(terms, *((person, 1) for person in people))
    town.settle()
    now = town.now
    commands = [ClaimVouchers(fair.id(terms), person.address) for person in people]

    together = Barrier(THREADS)

    def ask(thread: int) -> list[str]:
        with transaction(town.pipeline.sessions) as session:
            session.execute(text("SELECT 1"))  # the connection is there: now all begin in the same moment
            together.wait(30)
            turned = commands[thread:] + commands[:thread]
            return [name(one) for one in service.claim(session, turned, now=now)]

    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = Counter(one for found in threads.map(ask, range(THREADS)) for one in found)
    assert outcomes.total() == WINNERS * THREADS
    assert outcomes["Claim"] == BUDGETED
    town.settle()
    assert fair.view(terms).issued_fen == BUDGETED * 2_000
    assert fair.state(terms) == (0, BUDGETED * 2_000)
    held = Counter(fair.holding(terms, person) for person in people)
    assert held == {(2_000, 1): BUDGETED, (0, 0): WINNERS - BUDGETED}
