"""The way down: what is stored before it is sent, in whose company it travels, and what becomes of a bad call."""

import pytest
from sqlalchemy import text

from pswallet.chain import packing
from pswallet.chain.abi import artifact
from pswallet.chain.outbox import Call, CallKind, authorization_key
from pswallet.chain.relayer import Tuning
from pswallet.chain.rpc import Rpc, RpcUnavailable
from pswallet.chain.signing import address_of
from tests.parts import Person, secret, synthetic_keys


def rows(pipeline, statement, **values):
    with pipeline.sessions() as session:
        return session.execute(text(statement), values).all()


def transactions(pipeline):
    return rows(pipeline, "SELECT id, sender, nonce, call_ids, mined_block FROM chain_transactions ORDER BY id")


def refusals(pipeline):
    return {key: refusal for key, (_, refusal) in pipeline.calls().items() if refusal}


def tier_call(person, tier=3):
    return Call(f"tier:{person.address}:{tier}:1", CallKind.SET_TIER, {"account": person.address, "tier": tier})


def test_a_payment_left_twice_moves_money_once(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 2_500)
    pipeline.leave(payment)
    pipeline.leave(payment)
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 2_500
    assert len(pipeline.calls()) == 1


def test_role_acts_become_one_list_call_of_their_own_key(pipeline):
    people = [Person(f"person {place}") for place in range(30)]
    pipeline.leave(*[tier_call(person) for person in people])
    pipeline.settle()
    assert [(row.sender, len(row.call_ids)) for row in transactions(pipeline)] == [
        (address_of(pipeline.chain.keys.compliance), 30)
    ]
    assert not refusals(pipeline)


def test_a_freeze_and_its_lifting_keep_their_order(pipeline, ann, bob):
    asked = {"account": ann.address}
    pipeline.leave(
        Call("freeze:1", CallKind.FREEZE, asked),
        Call("unfreeze:1", CallKind.UNFREEZE, asked),
        Call("freeze:2", CallKind.FREEZE, asked),
    )
    pipeline.settle()
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    pipeline.leave(payment)
    pipeline.settle()
    assert refusals(pipeline) == {payment.key: "AccountIsFrozen"}


def test_money_is_minted_once_for_a_bank_entry(pipeline, bob):
    pipeline.leave(
        Call("reserve:1", CallKind.ATTEST_RESERVE, {"reserve": 10**9}),
        Call("mint:0x" + "11" * 32, CallKind.MINT, {"to": bob.address, "value": 700, "entry": "0x" + "11" * 32}),
    )
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 700


def test_a_mint_waits_for_a_fresh_attestation(pipeline, bob):
    entry = "0x" + "12" * 32
    pipeline.leave(Call(f"mint:{entry}", CallKind.MINT, {"to": bob.address, "value": 700, "entry": entry}))
    pipeline.settle()
    assert pipeline.calls()[f"mint:{entry}"] == (None, None)
    pipeline.leave(Call("reserve:1", CallKind.ATTEST_RESERVE, {"reserve": 10**9}))
    pipeline.settle()
    rows_changed = "UPDATE chain_calls SET retry_at = now() RETURNING id"
    with pipeline.sessions.begin() as session:
        session.execute(text(rows_changed))
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 700


def test_a_bad_mint_costs_only_itself(pipeline, bob):
    stranger = Person("stranger")
    pipeline.chain.token(pipeline.chain.keys.reserve, "attestReserve", 10**9)
    calls = []
    for place in range(9):
        entry = "0x" + f"{place + 1:064x}"
        to = stranger if place == 4 else bob
        calls.append(Call(f"mint:{entry}", CallKind.MINT, {"to": to.address, "value": 100, "entry": entry}))
    pipeline.leave(*calls)
    pipeline.settle()
    assert refusals(pipeline) == {calls[4].key: "AccountNotRegistered"}
    assert pipeline.chain.balance(bob.address) == 800


def test_a_bad_payment_costs_only_itself(pipeline, ann, bob):
    stranger = Person("stranger")
    good = [ann.payment(pipeline.chain.deployment, bob.address, 100 + place) for place in range(5)]
    bad = ann.payment(pipeline.chain.deployment, stranger.address, 100)
    pipeline.leave(*good[:3], bad, *good[3:])
    pipeline.settle()
    assert refusals(pipeline) == {bad.key: "AccountNotRegistered"}
    assert pipeline.chain.balance(bob.address) == 510
    assert len(transactions(pipeline)) == 1


@pytest.mark.parametrize(
    ("value", "valid_before", "error"),
    [
        (100_001, 2**40, "BalanceInsufficient"),
        (5_000_001, 2**40, "PaymentLimitExceeded"),
        (1, 5, "AuthorizationExpired"),
    ],
)
def test_a_refused_payment_says_why(pipeline, ann, bob, value, valid_before, error):
    payment = ann.payment(pipeline.chain.deployment, bob.address, value, valid_before=valid_before)
    pipeline.leave(payment)
    pipeline.settle()
    assert refusals(pipeline) == {payment.key: error}


def test_a_payment_with_another_persons_signature_is_refused(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    forged = {**payment.arguments, "value": 200}
    pipeline.leave(Call(payment.key, payment.kind, forged))
    pipeline.settle()
    assert refusals(pipeline) == {payment.key: "SignatureInvalid"}


def test_several_keys_send(pipeline, ann, bob):
    for place in range(4):
        pipeline.leave(ann.payment(pipeline.chain.deployment, bob.address, 100 + place))
        pipeline.settle()
    assert {row.sender for row in transactions(pipeline)} == {address_of(key) for key in pipeline.chain.keys.relayers}


def test_what_was_stored_but_never_sent_goes_out_after_a_restart(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    pipeline.leave(payment)
    pipeline.relayer._introduce()
    pipeline.relayer._store_waiting(pipeline.relayer._current_fee())  # killed before it sends
    (before,) = rows(pipeline, "SELECT hash, raw FROM chain_sendings")
    pipeline.relayer = pipeline.new_relayer(tuning=Tuning(resend_after_s=0.0, tend_every_s=0.0))
    pipeline.settle()
    assert rows(pipeline, "SELECT hash, raw FROM chain_sendings") == [before]
    assert pipeline.chain.balance(bob.address) == 100


def test_a_call_past_the_gas_of_a_transaction_goes_in_the_next(pipeline, ann, bob):
    calls = [ann.payment(pipeline.chain.deployment, bob.address, 1, nonce=secret(str(place))) for place in range(230)]
    pipeline.leave(*calls)
    pipeline.settle()
    sizes = [len(row.call_ids) for row in transactions(pipeline)]
    assert sum(sizes) == 230
    assert max(sizes) <= packing.MAX_CALLS
    assert pipeline.chain.balance(bob.address) == 230


def test_no_transaction_asks_for_more_gas_than_one_may_use(pipeline, ann, bob):
    calls = [ann.payment(pipeline.chain.deployment, bob.address, 1, nonce=secret(str(place))) for place in range(230)]
    pipeline.leave(*calls)
    pipeline.settle()
    for block in range(1, pipeline.chain.head() + 1):
        found = pipeline.chain.rpc.call("eth_getBlockByNumber", [hex(block), True])
        assert all(int(one["gas"], 16) < 16_777_216 for one in found["transactions"])


def test_a_lingering_transaction_is_replaced_by_a_higher_fee(pipeline, ann, bob):
    chain = pipeline.chain
    chain.rpc.call("evm_setAutomine", [False])
    payment = ann.payment(chain.deployment, bob.address, 100)
    pipeline.leave(payment)
    pipeline.relayer.step()
    patient = pipeline.new_relayer(tuning=Tuning(resend_after_s=0.0, replace_after_s=0.0, tend_every_s=0.0))
    assert patient.step()
    fees = [row.max_fee for row in rows(pipeline, "SELECT max_fee FROM chain_sendings ORDER BY max_fee")]
    assert len(fees) == 2
    assert fees[1] * 1000 >= fees[0] * 1125
    assert len(transactions(pipeline)) == 1
    chain.rpc.call("evm_setAutomine", [True])
    chain.mine()
    pipeline.settle()
    assert chain.balance(bob.address) == 100
    cheap, dear = rows(pipeline, "SELECT hash FROM chain_sendings ORDER BY max_fee")
    assert chain.rpc.call("eth_getTransactionReceipt", [cheap.hash]) is None
    assert chain.rpc.call("eth_getTransactionReceipt", [dear.hash]) is not None


def test_a_chain_that_mines_nothing_is_not_offered_ever_more(pipeline, ann, bob):
    chain = pipeline.chain
    chain.rpc.call("evm_setAutomine", [False])
    pipeline.leave(ann.payment(chain.deployment, bob.address, 100))
    impatient = pipeline.new_relayer(tuning=Tuning(resend_after_s=0.0, replace_after_s=0.0, tend_every_s=0.0))
    for _ in range(15):
        impatient.step()
    assert len(rows(pipeline, "SELECT 1 FROM chain_sendings")) == 8


def test_a_nonce_that_nothing_holds_is_filled(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    pipeline.relayer._introduce()
    with pipeline.sessions.begin() as session:
        session.execute(text("UPDATE chain_senders SET next_nonce = next_nonce + 2"))
    pipeline.leave(payment)
    pipeline.relayer = pipeline.new_relayer(tuning=Tuning(resend_after_s=0.0, tend_every_s=0.0))
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 100
    assert sorted(len(row.call_ids) for row in transactions(pipeline)) == [0, 0, 1]


def test_a_nonce_used_elsewhere_sets_its_calls_free(pipeline, ann, bob):
    person = Person("newcomer")
    pipeline.relayer.step()
    pipeline.chain.register(bob, tier=2)  # the same COMPLIANCE key, past the relayer: an operator's command
    pipeline.leave(tier_call(person))
    pipeline.relayer = pipeline.new_relayer(tuning=Tuning(resend_after_s=0.0, tend_every_s=0.0))
    pipeline.settle()
    state = pipeline.chain.rpc.call(
        "eth_call",
        [
            {
                "to": pipeline.chain.deployment.stablecoin,
                "data": "0x" + artifact("Stablecoin").call("accountOf", person.address).hex(),
            },
            "latest",
        ],
    )
    assert int(state[2 + 64 * 5 : 2 + 64 * 6], 16) == 3
    assert pipeline.calls()[tier_call(person).key][0] is not None


def test_calls_wait_while_the_chain_is_away(pipeline, ann, bob):
    payment = ann.payment(pipeline.chain.deployment, bob.address, 100)
    pipeline.leave(payment)
    with Rpc("http://127.0.0.1:9", attempts=1) as nobody:
        working, pipeline.chain.rpc = pipeline.chain.rpc, nobody
        with pytest.raises(RpcUnavailable):
            pipeline.new_relayer().step()
        pipeline.chain.rpc = working
    assert pipeline.calls()[payment.key] == (None, None)
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 100


@pytest.mark.parametrize(
    "tuning", [Tuning(in_flight=1, full_load=0), Tuning(full_load=9, gather_s=60)], ids=["most in flight", "few calls"]
)
def test_calls_that_find_every_key_busy_wait_and_travel_together(pipeline, ann, bob, tuning):
    chain = pipeline.chain
    pipeline.relayer = pipeline.new_relayer(tuning=tuning)
    chain.rpc.call("evm_setAutomine", [False])
    for place in range(8):
        pipeline.leave(ann.payment(chain.deployment, bob.address, 100 + place))
        pipeline.relayer.step()
    assert len(transactions(pipeline)) == len(synthetic_keys().relayers)
    chain.rpc.call("evm_setAutomine", [True])
    chain.mine()
    pipeline.settle()
    assert len(transactions(pipeline)) == len(synthetic_keys().relayers) + 1
    assert chain.balance(bob.address) == sum(range(100, 108))


def test_few_calls_do_not_wait_for_a_slow_chain(pipeline, ann, bob):
    """Blocks and their confirmations may take minutes: a lone call gathers company for a moment, and goes."""
    chain = pipeline.chain
    pipeline.relayer = pipeline.new_relayer(tuning=Tuning(gather_s=0.0))
    chain.rpc.call("evm_setAutomine", [False])
    for place in range(4):
        pipeline.leave(ann.payment(chain.deployment, bob.address, 100 + place))
        pipeline.relayer.step()
    assert [len(row.call_ids) for row in transactions(pipeline)] == [1] * 4


def test_a_full_load_goes_out_though_every_key_is_busy(pipeline, ann, bob):
    chain, keys = pipeline.chain, len(synthetic_keys().relayers)
    pipeline.relayer = pipeline.new_relayer(tuning=Tuning(full_load=3, gather_s=60))
    chain.rpc.call("evm_setAutomine", [False])
    for place in range(keys + 3):
        pipeline.leave(ann.payment(chain.deployment, bob.address, 100 + place))
        pipeline.relayer.step()
    assert [len(row.call_ids) for row in transactions(pipeline)] == [1] * keys + [3]


@pytest.mark.parametrize(
    "change",
    [
        {"from": "nobody"},
        {"value": -1},
        {"value": "1e3"},
        {"signature": None},
        {"nonce": "0x1"},
        {"validBefore": str(2**256)},
    ],
)
def test_a_malformed_call_is_put_aside_and_holds_up_nobody(pipeline, ann, bob, change):
    good = [ann.payment(pipeline.chain.deployment, bob.address, 100 + place) for place in range(2)]
    other = ann.payment(pipeline.chain.deployment, bob.address, 5)
    bad = Call("authorization:malformed", other.kind, {**other.arguments, **change})
    pipeline.leave(good[0], bad, good[1])
    pipeline.settle()
    assert pipeline.chain.balance(bob.address) == 201
    assert pipeline.calls()[bad.key] == (None, None)


def test_a_contracts_payment_is_carried_with_its_own_signature(pipeline, bob, monkeypatch):
    """ERC-1271: the payer is a contract, and its 65 bytes are no ECDSA signature."""
    from pathlib import Path

    from eth_abi import encode

    from pswallet.chain import compile as compiling
    from pswallet.chain.transactions import created_address

    monkeypatch.setattr(compiling, "TARGETS", {"CarelessWallet": "contracts/mocks/CarelessWallet.sol"})
    code = compiling.compiled(Path(__file__).parents[2])["CarelessWallet"]["bytecode"]
    signature = b"\x07" * 65
    chain, maker = pipeline.chain, Person("maker")
    receipt = chain.transact(maker.key, None, bytes.fromhex(code[2:]) + encode(["bytes"], [signature]))
    wallet = created_address(maker.address, 0)
    assert receipt["contractAddress"] == wallet.lower()
    chain.token(chain.keys.compliance, "setTiers", [(wallet, 3)])
    chain.token(chain.keys.reserve, "attestReserve", 10**9)
    chain.token(chain.keys.minter, "mintMany", [(wallet, 5_000, b"\x05" * 32)])
    asked = Person("anybody").payment(chain.deployment, bob.address, 700).arguments
    asked |= {"from": wallet, "signature": "0x" + signature.hex(), "erc1271": True}
    call = Call(authorization_key(wallet, asked["nonce"], bob.address, 700), CallKind.AUTHORIZATION, asked)
    pipeline.leave(call)
    pipeline.settle()
    assert not refusals(pipeline)
    assert chain.balance(bob.address) == 700


def test_a_mint_above_the_reserve_does_not_hold_up_the_others(pipeline, bob):
    pipeline.chain.token(pipeline.chain.keys.reserve, "attestReserve", 1_000)
    entries = ["0x" + f"{place:064x}" for place in (21, 22, 23)]
    calls = [
        Call(f"mint:{entry}", CallKind.MINT, {"to": bob.address, "value": value, "entry": entry})
        for entry, value in zip(entries, (300, 5_000, 400), strict=True)
    ]
    pipeline.leave(*calls)
    for _ in range(4):
        pipeline.settle()
        with pipeline.sessions.begin() as session:
            session.execute(text("UPDATE chain_calls SET retry_at = now() WHERE settled_block IS NULL"))
    assert pipeline.chain.balance(bob.address) == 700
    assert pipeline.calls()[calls[1].key] == (None, None)
