"""Transfers: what the gateway takes in, what the chain makes of it, and what people see."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pswallet.chain import signing
from pswallet.chain.abi import call_data
from pswallet.chain.calldata import transfer_with_authorization
from pswallet.chain.signing import Domain
from pswallet.kit.problems import Problem
from pswallet.notifications.service import notices_after
from pswallet.payments import service
from pswallet.payments.service import Accepted
from tests.features.money import Town, name
from tests.parts import Person, secret

HALF_ORDER_TWICE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_a_transfer_is_submitted_until_its_event_is_seen(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    sent = town.pay(ping, hua, 1_280)
    assert town.status(sent.id, ping).status == "submitted"
    town.settle()
    found = town.status(sent.id, hua)
    assert (found.status, found.amount_fen, found.error) == ("confirmed", 1_280, None)
    assert (town.balance(ping), town.balance(hua)) == (98_720, 101_280)


def test_a_transfer_is_nobody_elses_business(town: Town) -> None:
    ping, hua, nosy = town.people("ping", "hua", "nosy")
    sent = town.pay(ping, hua, 1)
    with pytest.raises(Problem) as refused:
        town.status(sent.id, nosy)
    assert name(refused.value) == "TransferUnknown"


def test_activity_shows_the_balance_after_each_line(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    for value in (100, 200, 300):
        town.pay(ping, hua, value)
        town.settle()
    page = town.run(lambda session: service.activity(session, ping.address, before=None, limit=2))
    assert [(line.amount_fen, line.balance_after_fen, line.kind) for line in page.lines] == [
        (-300, 99_400, "transfer"),
        (-200, 99_700, "transfer"),
    ]
    assert page.older is not None
    assert all(line.transfer_id for line in page.lines)
    rest = town.run(lambda session: service.activity(session, ping.address, before=page.older, limit=2))
    assert [(line.amount_fen, line.kind) for line in rest.lines] == [(-100, "transfer"), (100_000, "mint")]
    assert rest.older is None


def test_balances_equal_the_tokens(town: Town) -> None:
    ping, hua, ming = town.people("ping", "hua", "ming")
    town.transfer(
        town.payment(ping, hua.address, 1_000),
        town.payment(hua, ming.address, 2_000),
        town.payment(ming, ping.address, 3_000),
        town.payment(ping, ping.address, 500),
    )
    town.settle()
    for person in (ping, hua, ming):
        assert town.balance(person) == town.pipeline.chain.balance(person.address)
    assert town.balance(ping) == 102_000


# --- bad input: a named problem, and nothing moves ---


def refused(town: Town, payment: service.SignedPayment) -> str:
    """The name of the problem at intake, after which no call waits."""
    before = town.pipeline.calls()
    outcome = town.transfer(payment)[0]
    assert town.pipeline.calls() == before
    return name(outcome)


def test_somebody_elses_signature_is_refused(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    assert refused(town, replace(town.payment(hua, hua.address, 5), payer=ping.address)) == "SignatureInvalid"


def test_a_signature_over_another_amount_is_refused(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    assert refused(town, replace(town.payment(ping, hua.address, 5), value_fen=500)) == "SignatureInvalid"


@pytest.mark.parametrize("part", ["chain", "contract", "name", "version"])
def test_a_signature_for_another_domain_is_refused(town: Town, part: str) -> None:
    ping, hua = town.people("ping", "hua")
    here = town.token
    foreign = {
        "chain": Domain(here.name, here.version, here.chain_id + 1, here.verifying_contract),
        "contract": Domain(here.name, here.version, here.chain_id, town.escrow.verifying_contract),
        "name": Domain("Other Voucher", here.version, here.chain_id, here.verifying_contract),
        "version": Domain(here.name, "2", here.chain_id, here.verifying_contract),
    }[part]
    assert refused(town, town.payment(ping, hua.address, 5, domain=foreign)) == "SignatureInvalid"


def test_a_high_s_signature_is_refused(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    good = town.payment(ping, hua.address, 5)
    raw = bytes.fromhex(good.signature[2:])
    high = (HALF_ORDER_TWICE - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    flipped = raw[:32] + high + bytes([55 - raw[64]])
    assert refused(town, replace(good, signature="0x" + flipped.hex())) == "SignatureMalformed"


def test_a_replayed_authorization_is_refused_before_and_after_its_event(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    payment = town.payment(ping, hua.address, 5)
    sent = town.transfer(payment)[0]
    again = town.transfer(payment)[0]
    assert name(again) == "AuthorizationAlreadyUsed"
    assert again.details["transfer"] == sent.id
    town.settle()
    assert refused(town, payment) == "AuthorizationAlreadyUsed"
    assert town.balance(hua) == 100_005


def test_the_same_authorization_twice_in_one_list_counts_once(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    payment = town.payment(ping, hua.address, 5)
    assert [name(outcome) for outcome in town.transfer(payment, payment)] == ["Accepted", "AuthorizationAlreadyUsed"]


def test_an_authorization_used_past_the_gateway_is_refused(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    payment = town.payment(ping, hua.address, 5)
    town.pipeline.leave(ping.payment(town.pipeline.chain.deployment, hua.address, 5, nonce=bytes(31) + b"\7"))
    town.settle()
    assert (
        refused(town, town.payment(ping, hua.address, 5, nonce="0x" + "00" * 31 + "07")) == "AuthorizationAlreadyUsed"
    )
    assert isinstance(town.transfer(payment)[0], Accepted)


def test_an_authorization_is_refused_from_the_second_of_its_end_on(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    now = int(town.now.timestamp())
    assert refused(town, town.payment(ping, hua.address, 5, valid_before=now)) == "AuthorizationExpired"
    assert refused(town, town.payment(ping, hua.address, 5, valid_after=now)) == "AuthorizationNotYetValid"
    assert refused(town, town.payment(ping, hua.address, 5, valid_before=now + 90_000)) == "ValidityOutOfRange"
    block_number = (1 << 47) | (now + 60)
    assert refused(town, town.payment(ping, hua.address, 5, valid_before=block_number)) == "ValidityOutOfRange"


@pytest.mark.parametrize(("value", "problem"), [(0, "ZeroAmount"), (2**63, "ValueTooLarge")])
def test_nothing_and_more_than_a_column_holds_are_refused(town: Town, value: int, problem: str) -> None:
    ping, hua = town.people("ping", "hua")
    assert refused(town, town.payment(ping, hua.address, value)) == problem


def test_limits_are_the_tokens_own(town: Town) -> None:
    (ping,) = town.people("ping", tier=2, fen=800_000)
    hua, ming = town.people("hua", "ming", tier=3)
    assert refused(town, town.payment(ping, hua.address, 200_001)) == "PaymentLimitExceeded"
    assert [name(town.pay(ping, hua, 200_000)) for _ in range(2)] == ["Accepted", "Accepted"]
    # Two payments on their way count already: a day's limit of T1 is ¥5,000.00.
    assert name(town.pay(ping, ming, 100_001)) == "DailyLimitExceeded"
    assert name(town.pay(ping, ming, 100_000)) == "Accepted"
    town.settle()
    assert name(town.pay(ping, ming, 1)) == "DailyLimitExceeded"
    assert town.balance(ping) == 300_000
    town.pass_time(86_400)
    assert name(town.pay(ping, ming, 1)) == "Accepted"


def test_a_visitors_limit_is_for_life(town: Town) -> None:
    (visitor,) = town.people("visitor", tier=1, fen=100_000)
    (hua,) = town.people("hua")
    for _ in range(2):
        assert name(town.pay(visitor, hua, 50_000)) == "Accepted"
    town.settle()
    town.pipeline.chain.fund(visitor, fen=50_000)
    town.pass_time(400 * 86_400)
    assert name(town.pay(visitor, hua, 1)) == "YearlyLimitExceeded"


def test_the_balance_less_what_is_on_its_way_can_be_sent(town: Town) -> None:
    ping, hua = town.people("ping", "hua", fen=1_000)
    assert name(town.pay(ping, hua, 600)) == "Accepted"
    assert name(town.pay(ping, hua, 401)) == "BalanceInsufficient"
    assert name(town.pay(ping, hua, 400)) == "Accepted"


def test_a_list_is_counted_in_order(town: Town) -> None:
    ping, hua = town.people("ping", "hua", fen=1_000)
    given = [town.payment(ping, hua.address, value) for value in (700, 400, 300)]
    assert [name(outcome) for outcome in town.transfer(*given)] == ["Accepted", "BalanceInsufficient", "Accepted"]


def test_the_recipients_cap_counts_what_is_on_its_way(town: Town) -> None:
    ping = town.people("ping", tier=3, fen=1_000_000)[0]
    (visitor,) = town.people("visitor", tier=1, fen=60_000)
    assert name(town.pay(ping, visitor, 30_000)) == "Accepted"
    assert name(town.pay(ping, visitor, 10_001)) == "BalanceLimitExceeded"
    assert name(town.pay(ping, visitor, 10_000)) == "Accepted"
    town.settle()
    assert town.balance(visitor) == 100_000


def test_strangers_neither_send_nor_receive(town: Town) -> None:
    (ping,) = town.people("ping")
    stranger = Person("stranger")
    assert refused(town, town.payment(stranger, ping.address, 5)) == "AccountNotRegistered"
    assert refused(town, town.payment(ping, stranger.address, 5)) == "AccountNotRegistered"


def test_frozen_accounts_neither_send_nor_receive(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    town.freeze(hua)
    assert refused(town, town.payment(hua, ping.address, 5)) == "AccountIsFrozen"
    assert refused(town, town.payment(ping, hua.address, 5)) == "RecipientIsFrozen"
    town.unfreeze(hua)
    assert name(town.pay(hua, ping, 5)) == "Accepted"


def test_money_sent_to_a_contract_of_the_system_is_refused(town: Town) -> None:
    (ping,) = town.people("ping")
    assert refused(town, town.payment(ping, town.escrow.verifying_contract, 5)) == "SystemRecipient"


def test_what_the_chain_refuses_is_told_by_its_name_and_counts_no_more(town: Town) -> None:
    ping, hua = town.people("ping", "hua", fen=1_000)
    sent = town.pay(ping, hua, 600)
    # The freeze reaches the chain first: the gateway could not know.
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [ping.address])
    town.settle()
    found = town.status(sent.id, ping)
    assert (found.status, found.error) == ("refused", "AccountIsFrozen")
    assert town.balance(ping) == 1_000
    town.unfreeze(ping)
    assert name(town.pay(ping, hua, 1_000)) == "Accepted"


def test_a_nonce_that_paid_something_else_confirms_nothing(town: Town) -> None:
    """The payer signs two messages with one nonce, gives one here and has the other carried first."""
    ping, hua = town.people("ping", "hua")
    promised = town.payment(ping, hua.address, 70_000)
    sent = town.transfer(promised)[0]
    cheap = town.payment(ping, ping.address, 1, nonce=promised.nonce)
    data = transfer_with_authorization({**cheap.message(), "signature": cheap.signature})
    town.pipeline.chain.transact(secret("anybody"), town.token.verifying_contract, data)
    town.settle()
    found = town.status(sent.id, ping)
    assert (found.status, found.error, found.confirmed_at) == ("refused", "AuthorizationAlreadyUsed", None)
    assert town.balance(hua) == 100_000
    page = town.run(lambda session: service.activity(session, ping.address, before=None, limit=9))
    assert [line.transfer_id for line in page.lines] == [None, None, None]


def test_a_cancelled_nonce_is_canceled(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    payment = town.payment(ping, hua.address, 5)
    sent = town.transfer(payment)[0]
    message = {"authorizer": ping.address, "nonce": payment.nonce}
    digest = signing.digest(town.token, signing.CANCEL_AUTHORIZATION, message)
    raw = signing.sign(digest, ping.key)
    arguments = [ping.address, bytes.fromhex(payment.nonce[2:]), raw]
    data = call_data("Stablecoin", "cancelAuthorization(address,bytes32,bytes)", arguments)
    town.pipeline.chain.transact(secret("anybody"), town.token.verifying_contract, data)
    town.settle()
    assert town.status(sent.id, ping).status == "canceled"
    assert town.balance(hua) == 100_000


def test_a_contracts_verdict_stands_for_its_signature(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    unsigned = replace(town.payment(ping, hua.address, 5), signature="0x" + "00" * 80)
    asked = service.contract_digest(unsigned, domain=town.token, struct=signing.TRANSFER_WITH_AUTHORIZATION)
    assert asked == signing.digest(town.token, signing.TRANSFER_WITH_AUTHORIZATION, unsigned.message())
    assert name(town.transfer(replace(unsigned, contract_verdict=False))[0]) == "SignatureMalformed"
    assert name(town.transfer(replace(unsigned, contract_verdict=True))[0]) == "Accepted"


def notices(town: Town, person: Person) -> list[tuple[str, Any]]:
    """Kind and amount of what the person was told, in order."""
    found = town.run(lambda session: notices_after(session, address=person.address, last_id=0, limit=50))
    return [(one.kind, one.body.get("amount_fen")) for one in found if one.kind != "tier-set"]


def test_both_sides_are_told_of_a_payment_and_of_a_refusal_the_payer(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    town.pay(ping, hua, 5)
    town.settle()
    town.pay(ping, hua, 6)
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "freeze", [hua.address])
    town.settle()
    assert notices(town, ping) == [("money-arrived", 100_000), ("transfer-sent", 5), ("transfer-refused", None)]
    assert notices(town, hua) == [("money-arrived", 100_000), ("transfer-received", 5), ("account-frozen", None)]


def test_what_the_escrow_pays_is_told_once_and_by_the_packet(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, [an], total=100)
    town.open(packet, an)
    town.settle()
    assert notices(town, creator)[1:] == [("packet-opened", None), ("packet-exhausted", None)]
    assert notices(town, an)[1:] == [("share-claimed", 100)]


def test_a_pause_refuses_payments_and_packets_at_once_until_it_ends(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    token, keys = town.pipeline.chain.token, town.pipeline.chain.keys
    token(keys.pauser, "pause")
    town.settle()
    payment = town.payment(ping, hua.address, 5)
    (refused,) = town.transfer(payment)
    assert name(refused) == "PaymentsPaused"
    assert datetime.fromisoformat(refused.details["until"]) - town.now == timedelta(hours=72)
    assert town.refusal(town.command(ping, [hua])) == "PaymentsPaused"
    assert not [key for key in town.pipeline.calls() if key.startswith(("auth", "packet"))]
    token(keys.unpauser, "unpause")
    town.settle()
    assert name(town.transfer(payment)[0]) == "Accepted", "nothing was kept of it"
    town.settle()
    assert town.balance(hua) == 100_005


def test_a_pause_ends_by_itself(town: Town) -> None:
    ping, hua = town.people("ping", "hua")
    town.pipeline.chain.token(town.pipeline.chain.keys.pauser, "pause")
    town.settle()
    town.pass_time(72 * 3600 - 60)
    assert name(town.pay(ping, hua, 5)) == "PaymentsPaused"
    town.pass_time(60)
    assert name(town.pay(ping, hua, 5)) == "Accepted"
    town.settle()
    assert town.balance(hua) == 100_005


def test_a_claim_is_taken_in_a_pause_and_waits(town: Town) -> None:
    creator, an = town.people("creator", "an")
    packet = town.give(creator, [an], total=100)
    town.pipeline.chain.token(town.pipeline.chain.keys.pauser, "pause")
    town.settle()
    assert [name(one) for one in town.open(packet, an)] == ["Claim"]


def replace_account(town: Town, account: Person, successor: Person, fen: int) -> None:
    """Replace `account`, and give the successor money of its own."""
    town.pipeline.chain.token(town.pipeline.chain.keys.compliance, "replaceAccount", account.address, successor.address)
    town.pipeline.chain.fund(successor, fen=fen)
    town.settle()


def test_what_an_account_has_sent_counts_for_its_successor(town: Town) -> None:
    (ping,) = town.people("ping", tier=2, fen=600_000)
    (hua,) = town.people("hua", tier=4, fen=0)
    second, third = Person("ping's second phone"), Person("ping's third phone")
    for _ in range(3):
        town.pay(ping, hua, 150_000)
    town.settle()
    replace_account(town, ping, second, fen=600_000)
    over = town.pay(second, hua, 50_001)
    assert (name(over), over.details["attempted"]) == ("DailyLimitExceeded", 500_001)
    fits = town.pay(second, hua, 20_000)
    town.settle()
    assert town.status(fits.id, second).status == "confirmed", "the chain counts the same"
    replace_account(town, second, third, fen=600_000)
    over = town.pay(third, hua, 30_001)
    assert (name(over), over.details["attempted"]) == ("DailyLimitExceeded", 500_001)
    last = town.pay(third, hua, 30_000)
    town.settle()
    assert town.status(last.id, third).status == "confirmed"
    town.pass_time(86_400)
    assert name(town.pay(third, hua, 150_000)) == "Accepted", "the year counts on, the day begins anew"


def test_what_a_successor_had_sent_itself_counts_no_more(town: Town) -> None:
    ping, heir = town.people("ping", "heir", tier=2, fen=300_000)
    (hua,) = town.people("hua", tier=4, fen=0)
    town.pay(ping, hua, 10)
    town.pay(heir, hua, 150_000)
    town.pay(heir, hua, 150_000)
    town.settle()
    town.pipeline.chain.register(heir, tier=0)
    replace_account(town, ping, heir, fen=600_000)
    assert [name(town.pay(heir, hua, 150_000)) for _ in range(3)] == ["Accepted"] * 3
    over = town.pay(heir, hua, 49_991)
    assert (name(over), over.details["attempted"]) == ("DailyLimitExceeded", 500_001)
    fits = town.pay(heir, hua, 49_990)
    town.settle()
    assert town.status(fits.id, heir).status == "confirmed"
