"""What a campaign, a list, a claim or a spending is refused for: by the gateway at once, by the contract too."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pswallet.chain import evidence
from pswallet.chain.abi import artifact
from pswallet.chain.funded import Campaign
from pswallet.chain.rpc import RpcUnavailable
from pswallet.chain.terms import ZERO_32, ZERO_ADDRESS
from pswallet.kit.problems import Problem
from pswallet.vouchers import service
from pswallet.vouchers.service import Shop, calls
from tests.features.fair import Fair
from tests.features.money import Town, name
from tests.parts import DAY_S, Person, secret


@pytest.fixture
def fair(town: Town) -> Fair:
    return Fair(town)


@contextmanager
def refused(problem: str) -> Iterator[None]:
    with pytest.raises(Problem) as caught:
        yield
    assert name(caught.value) == problem


def on_chain(fair: Fair, data: bytes, *, to: str | None = None) -> str:
    """The name of the error with which a contract refuses `data` from anybody."""
    chain = fair.town.pipeline.chain
    receipt = chain.transact(secret("anybody"), to or chain.deployment.voucher, data)
    assert receipt["status"] == "0x0"
    return why(fair, receipt)


def why(fair: Fair, receipt: dict[str, Any]) -> str:
    """The error's name; Anvil may give a receipt a moment before it says in which block the transaction is."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return evidence.why_reverted(fair.town.pipeline.chain.rpc, receipt["transactionHash"])[0]
        except RpcUnavailable:
            assert time.monotonic() < deadline, receipt
            time.sleep(0.005)


def spent(fair: Fair, receipt: dict[str, Any]) -> str:
    """Why the checkout took an order not, or "paid"."""
    if receipt["status"] == "0x1":
        return "paid"
    return why(fair, receipt)


# --- opening ------------------------------------------------------------------

WRONG_TERMS: dict[str, list[dict[str, Any]]] = {
    "BudgetNotDivisible": [{"budget": 20_001}, {"face": 0}, {"budget": 0}, {"per_person": 0}],
    "CampaignDatesInvalid": [{"end": 1}, {"start": 2**40}, {"end": 2**40}],
    "CampaignIncomplete": [{"merchants": ZERO_32}, {"issuer": ZERO_ADDRESS}],
}


def test_the_gateway_and_the_contract_refuse_the_same_terms(fair: Fair) -> None:
    for problem, changes in WRONG_TERMS.items():
        for changed in changes:
            terms = fair.terms(**changed)
            with refused(problem):
                fair.open(fair.command(terms))
            command = fair.command(terms)
            data = bytes.fromhex(calls.opening(terms, command.signature)[2:])
            assert on_chain(fair, data) == problem, changed


def test_an_end_400_days_away_is_taken_and_not_a_second_more(fair: Fair) -> None:
    longest = int(fair.now.timestamp()) + 400 * DAY_S
    with refused("CampaignDatesInvalid"):
        fair.open(fair.command(fair.terms(end=longest + 1)))
    fair.open(fair.command(fair.terms(end=longest)))


def test_who_may_open_a_campaign_and_with_what(fair: Fair, town: Town) -> None:
    (an,) = town.people("an")
    with refused("NotASponsor"):
        fair.open(fair.command(fair.terms(sponsor=an.address), signer=an, sponsor=an.address))
    with refused("IssuerUnknown"):
        fair.open(fair.command(fair.terms(issuer=an.address)))
    with refused("SignatureInvalid"):
        fair.open(fair.command(fair.terms(), signer=an))
    with refused("SignatureInvalid"):
        fair.open(fair.command(fair.terms(), sponsor=an.address))
    with refused("ShopListMismatch"):
        fair.open(fair.command(fair.terms(), shops=[(fair.tea_house.address, 1)]))
    with refused("ShopListMismatch"):
        fair.open(fair.command(fair.terms(), shops=fair.shops * 2))
    with refused("ShopListMismatch"):
        fair.open(fair.command(fair.terms(), shops=[]))
    town.freeze(fair.sponsor)
    with refused("AccountIsFrozen"):
        fair.open(fair.command(fair.terms()))


def test_a_category_has_four_digits(fair: Fair, town: Town) -> None:
    for category, fits in ((0, True), (9_999, True), (10_000, False), (-1, False)):
        shops = [(fair.tea_house.address, category)]
        if fits:
            assert town.run(lambda session, shops=shops: service.keep_shops(session, shops)).startswith("0x")
        else:
            with refused("ShopListMismatch"):
                town.run(lambda session, shops=shops: service.keep_shops(session, shops))


def test_a_sponsor_without_the_money_is_told(fair: Fair, town: Town) -> None:
    terms = fair.terms(budget=2_000_000)
    fair.open(fair.command(terms))
    town.settle()
    assert (fair.view(terms).status, fair.view(terms).error) == ("refused", "BalanceInsufficient")
    with town.pipeline.sessions() as session:
        told = session.connection().exec_driver_sql("SELECT address FROM notifications WHERE kind = 'campaign-refused'")
        assert told.scalars().all() == [fair.sponsor.address]


# --- lists and claims ----------------------------------------------------------


def test_a_list_that_is_refused(fair: Fair, town: Town) -> None:
    (an,) = town.people("an", fen=0)
    terms = fair.opened()
    for winners in ([], [(an, 1), (an, 2)], [(an, 0)]):
        with refused("WinnerListInvalid"):
            fair.publish(terms, *winners)
    with refused("VoucherLimitExceeded"):
        fair.publish(terms, (an, 3))
    with refused("CampaignUnknown"):
        fair.publish(fair.terms(), (an, 1))
    fair.issuer_key = secret("somebody")
    with refused("IssuerSignatureInvalid"):
        fair.publish(terms, (an, 1))
    forged = bytes.fromhex(calls.listing(terms, "0x" + "11" * 32, b"\x01" * 65)[2:])
    assert on_chain(fair, forged) == "IssuerSignatureInvalid"


def test_a_claim_that_is_refused(fair: Fair, town: Town) -> None:
    an, bo = town.people("an", "bo", fen=0)
    stranger = Person("never registered")
    waiting = fair.terms()
    fair.open(fair.command(waiting))
    assert name(fair.claim(waiting, an)[0]) == "CampaignNotOpen"
    town.settle()
    fair.publish(waiting, (an, 1), (stranger, 1))
    assert name(fair.claim(waiting, an)[0]) == "NotAWinner"  # the list is not on the chain yet
    town.settle()
    assert [name(one) for one in fair.claim(waiting, an, an, bo, stranger)] == [
        "Claim", "VouchersAlreadyIssued", "NotAWinner", "AccountNotRegistered",
    ]  # fmt: skip
    assert name(fair.claim(fair.terms(), an)[0]) == "CampaignUnknown"
    town.settle()
    assert name(fair.claim(waiting, an)[0]) == "VouchersAlreadyIssued"
    town.freeze(bo)
    assert name(fair.claim(waiting, bo)[0]) == "RecipientIsFrozen"


def test_the_gateway_promises_no_more_than_the_budget(fair: Fair, town: Town) -> None:
    an, bo, cai = town.people("an", "bo", "cai", fen=0)
    terms = fair.opened(budget=6_000)
    fair.publish(terms, (an, 2), (bo, 1), (cai, 1))
    town.settle()
    assert [name(one) for one in fair.claim(terms, an, bo, cai)] == ["Claim", "Claim", "CampaignExhausted"]
    town.settle()
    assert fair.state(terms) == (0, 6_000)
    assert name(fair.claim(terms, cai)[0]) == "CampaignExhausted"


def test_a_claim_is_taken_in_the_last_second_and_not_at_the_end(fair: Fair, town: Town) -> None:
    an, bo = town.people("an", "bo", fen=0)
    terms = fair.opened()
    fair.publish(terms, (an, 1), (bo, 1))
    town.settle()
    chain = town.pipeline.chain
    for second, outcome in ((terms.end - 1, "Claim"), (terms.end, "CampaignEnded")):
        chain.rpc.call("evm_setNextBlockTimestamp", [second])
        chain.mine()
        town.pipeline.indexer.step()
        assert name(fair.claim(terms, an if outcome == "Claim" else bo)[0]) == outcome
    town.settle()  # the chain's clock is past the end now: what was promised is refused, and told
    assert fair.state(terms) == (20_000, 0)
    assert fair.view(terms).issued_fen == 0


def test_a_second_list_gives_only_what_the_first_did_not(fair: Fair, town: Town) -> None:
    (an,) = town.people("an", fen=0)
    terms = fair.opened()
    fair.give(terms, (an, 1))
    fair.give(terms, (an, 2))
    assert fair.holding(terms, an) == (4_000, 2)
    assert fair.vouchers(an)[0].left_fen == 4_000


def test_a_refused_claim_is_no_promise_and_can_be_made_again(fair: Fair, town: Town) -> None:
    """A list that a reorganisation took away, say: the contract does not know it when the claim arrives."""
    (an,) = town.people("an", fen=0)
    terms = fair.opened(budget=2_000)
    fair.publish(terms, (an, 1))
    with town.pipeline.sessions.begin() as session:
        session.connection().exec_driver_sql("UPDATE chain_calls SET retry_at = now() + interval '1 hour'"
                                             " WHERE settled_block IS NULL")  # fmt: skip
        session.connection().exec_driver_sql(
            "INSERT INTO winner_listings (block, log_index, campaign, root, at) SELECT 0, 0, campaign, root, now()"
            " FROM listed_winners"
        )
    assert name(fair.claim(terms, an)[0]) == "Claim"
    town.settle()
    assert (fair.vouchers(an)[0].status, fair.vouchers(an)[0].error) == ("refused", "NotAWinner")
    with town.pipeline.sessions.begin() as session:
        session.connection().exec_driver_sql("UPDATE chain_calls SET retry_at = NULL")
    town.settle()
    assert name(fair.claim(terms, an)[0]) == "Claim"
    town.settle()
    assert fair.holding(terms, an) == (2_000, 1)
    assert fair.vouchers(an)[0].status == "held"


# --- spending -------------------------------------------------------------------


def why_not(fair: Fair, person: Person, price: int, merchant: Person | None = None) -> str | None:
    (found,) = fair.spendable(person, price, merchant)
    assert (found.value_fen == 0) is (found.refusal is not None)
    return found.refusal


def test_a_voucher_in_a_foreign_shop(fair: Fair, town: Town) -> None:
    (an,) = town.people("an")
    foreign = Person("foreign shop")
    town.pipeline.chain.register(foreign, tier=5)
    terms = fair.opened()
    fair.give(terms, (an, 1))
    assert why_not(fair, an, 500, foreign) == "MerchantNotAllowed"
    with refused("MerchantNotAllowed"):
        town.run(lambda session: service.proof_for(session, fair.id(terms), foreign.address))
    theirs = town.run(lambda session: service.proof_for(session, fair.id(terms), fair.tea_house.address))
    order = fair.order(terms, an, 500, merchant=foreign.address)
    assert spent(fair, fair.pay(terms, order, an, theirs)) == "MerchantNotAllowed"
    other = Shop(theirs.category + 1, theirs.proof)
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 500), an, other)) == "MerchantNotAllowed"


def test_a_voucher_below_the_minimum_and_at_it(fair: Fair, town: Town) -> None:
    (an,) = town.people("an")
    terms = fair.opened(minimum_spend=3_000)
    fair.give(terms, (an, 1))
    assert why_not(fair, an, 2_999) == "MinimumSpendNotMet"
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 500, own=2_499), an)) == "MinimumSpendNotMet"
    assert why_not(fair, an, 3_000) is None
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 500, own=2_500), an)) == "paid"


def test_a_voucher_before_the_start_and_after_the_end(fair: Fair, town: Town) -> None:
    (an,) = town.people("an")
    start = int(fair.now.timestamp()) + 1_000
    terms = fair.opened(start=start)
    fair.give(terms, (an, 1))
    assert why_not(fair, an, 500) == "CampaignNotStarted"
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 500), an)) == "CampaignNotStarted"
    town.pass_time(1_000)
    assert why_not(fair, an, 500) is None
    town.pass_time(DAY_S)
    assert why_not(fair, an, 500) == "CampaignEnded"
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 500), an)) == "CampaignEnded"
    assert fair.vouchers(an)[0].status == "ended"


def test_a_voucher_by_another_person(fair: Fair, town: Town) -> None:
    an, bo = town.people("an", "bo")
    terms = fair.opened()
    fair.give(terms, (an, 1))
    assert fair.spendable(bo, 500) == []
    assert spent(fair, fair.pay(terms, fair.order(terms, bo, 500), bo)) == "VoucherBalanceTooLow"
    stolen = fair.pay(terms, fair.order(terms, an, 500), bo)
    assert stolen["status"] == "0x0"
    assert fair.holding(terms, an) == (2_000, 1)


def test_a_voucher_is_spent_to_the_last_fen_and_no_further(fair: Fair, town: Town) -> None:
    (an,) = town.people("an")
    terms = fair.opened()
    fair.give(terms, (an, 1))
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 2_001), an)) == "VoucherBalanceTooLow"
    (found,) = fair.spendable(an, 9_999)
    assert found.value_fen == 2_000
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 2_000), an)) == "paid"
    assert fair.spendable(an, 9_999) == []
    assert fair.vouchers(an)[0].status == "spent"


def test_a_whole_voucher_is_not_cut(fair: Fair, town: Town) -> None:
    (an,) = town.people("an")
    terms = fair.opened(divisible=False)
    fair.give(terms, (an, 2))
    assert why_not(fair, an, 1_999) == "VoucherNotDivisible"
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 1_999), an)) == "VoucherNotDivisible"
    (found,) = fair.spendable(an, 5_000)
    assert found.value_fen == 2_000
    assert spent(fair, fair.pay(terms, fair.order(terms, an, 2_000), an)) == "paid"


def test_vouchers_are_spent_through_the_checkout_only(fair: Fair, town: Town) -> None:
    (an,) = town.people("an")
    terms = fair.opened()
    fair.give(terms, (an, 1))
    place = town.run(lambda session: service.proof_for(session, fair.id(terms), fair.tea_house.address))
    shop = (place.category, place.proof)
    data = artifact("CityVoucher").call("spend", terms.terms(), an.address, fair.tea_house.address, 500, 500, shop)
    assert on_chain(fair, data) == "NotTheCheckout"


# --- closing --------------------------------------------------------------------


def test_a_campaign_is_closed_at_its_end_once_and_not_before(fair: Fair, town: Town) -> None:
    terms = fair.opened()
    with refused("CampaignUnknown"):
        fair.close(fair.terms())
    with refused("CampaignNotEnded"):
        fair.close(terms)
    assert on_chain(fair, _closing(terms)) == "CampaignNotEnded"
    town.pass_time(DAY_S)
    fair.close(terms)
    town.settle()
    assert town.balance(fair.sponsor) == 1_000_000
    with refused("CampaignNotOpen"):
        fair.close(terms)
    assert on_chain(fair, _closing(terms)) == "CampaignNotOpen"


def _closing(terms: Campaign) -> bytes:
    return bytes.fromhex(calls.closing(terms)[2:])
