"""Whoever takes the gateway over spends nobody's balance and redirects nothing that was signed but a 口令 packet.

What he can do all the same is in test_attacker_powers.py and docs/threat-model.md, each with what reveals it.
"""

import pytest
from eth_abi import encode
from sqlalchemy import text

from pswallet.chain import calldata, signing
from pswallet.chain.abi import artifact
from pswallet.chain.hashing import selector
from pswallet.chain.terms import Terms
from pswallet.kit.db import transaction
from tests.audit.city import City, Opened
from tests.journeys.attacker import DONE, THIEF, Attacker, Victims, claims_of
from tests.parts import DAY_S, Person, merkle_proof

XIAO_PING, A_LIANG, MEI = Person("xiao ping"), Person("a liang"), Person("mei")
HELD = ("relayer", "dealer", "minter", "compliance", "attestor", "nobody")


# --- what people have signed ---


@pytest.fixture
def payment(attacker: Attacker) -> dict:
    """A payment that XIAO_PING signed and the relayer has not sent yet, as the attacker finds it in the outbox."""
    call = XIAO_PING.payment(attacker.city.chain.deployment, A_LIANG.address, 2_500, valid_before=2**33)
    attacker.pipeline.leave(call)
    (found,) = attacker.stolen("authorization")
    return found


CHANGES = {
    "another recipient": {"to": THIEF.address},
    "a higher value": {"value": 99_000},
    "another nonce": {"nonce": "0x" + "11" * 32},
    "another payer": {"from": A_LIANG.address},
    "a longer life": {"validBefore": 2**34},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_signed_payment_cannot_be_changed(attacker: Attacker, victims: Victims, payment: dict, change: dict):
    data = calldata.transfer_with_authorization({**payment, **change})
    for name in ("relayer", "compliance"):
        assert attacker.send(attacker.keys[name], attacker.city.chain.deployment.stablecoin, data) == "SignatureInvalid"
    victims.assert_unharmed()


def test_a_changed_row_of_the_outbox_is_refused_by_the_contract(attacker: Attacker, victims: Victims, payment: dict):
    thief = f'"{THIEF.address}"'
    with transaction(attacker.pipeline.sessions) as session:
        session.execute(
            text("UPDATE chain_calls SET arguments = jsonb_set(arguments, '{to}', cast(:thief AS jsonb))"),
            {"thief": thief},
        )
    attacker.pipeline.settle()
    ((_, refusal),) = attacker.pipeline.calls().values()
    assert refusal == "SignatureInvalid"
    victims.assert_unharmed()


def test_a_signed_payment_goes_where_its_owner_sent_it_and_only_once(attacker: Attacker, payment: dict):
    data = calldata.transfer_with_authorization(payment)
    token = attacker.city.chain.deployment.stablecoin
    assert attacker.send(attacker.keys["relayer"], token, data) == DONE
    assert attacker.send(attacker.keys["relayer"], token, data) == "AuthorizationAlreadyUsed"
    assert attacker.city.chain.balance(A_LIANG.address) == 102_500
    assert attacker.city.chain.balance(XIAO_PING.address) == 97_500


def test_a_signed_payment_cannot_be_taken_as_the_money_of_a_packet(attacker: Attacker, victims: Victims, payment: dict):
    city = attacker.city
    terms = Terms(
        creator=XIAO_PING.address,
        total=2_500,
        shares=1,
        expiry=city.chain.now() + DAY_S,
        max_share=0,
        lucky=False,
        guests="0x" + "00" * 32,
        claim_key=THIEF.address,
        dealer="0x" + "00" * 20,
        draw_commitment="0x" + "00" * 20,
        salt=payment["nonce"],
    )
    data = calldata.create_packet(terms, 0, payment["validBefore"], bytes.fromhex(payment["signature"][2:]))
    assert attacker.escrow(attacker.keys["relayer"], data) == "SignatureInvalid"
    victims.assert_unharmed()


def test_nobody_can_be_made_to_cancel_permit_redeem_or_receive(attacker: Attacker, victims: Victims):
    who, thief = XIAO_PING.address, THIEF.address
    nonce = bytes(31) + b"\x05"
    cancel = attacker.own_signature(signing.CANCEL_AUTHORIZATION, {"authorizer": who, "nonce": "0x" + nonce.hex()})
    permit = {"owner": who, "spender": thief, "value": 9, "nonce": 0, "deadline": 2**33}
    allowed = attacker.own_signature(signing.PERMIT, permit)
    burn = {"from": who, "value": 9, "bankReference": "0x" + nonce.hex(), "validAfter": 0, "validBefore": 2**33}
    burnt = attacker.own_signature(signing.REDEEM, burn)
    taken = {"from": who, "to": thief, "value": 9, "validAfter": 0, "validBefore": 2**33, "nonce": "0x" + nonce.hex()}
    received = attacker.own_signature(signing.RECEIVE_WITH_AUTHORIZATION, taken)
    split = (27 + (allowed[64] - 27), allowed[:32], allowed[32:64])
    for key in attacker.keys.values():
        assert _cancel(attacker, key, who, nonce, cancel) == "SignatureInvalid"
        assert attacker.token(key, "permit", who, thief, 9, 2**33, *split) == "SignatureInvalid"
        assert attacker.token(key, "transferFrom", who, thief, 9) == "AllowanceInsufficient"
        assert attacker.token(key, "redeem", who, 9, nonce, 0, 2**33, burnt) == "SignatureInvalid"
    data = selector("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)") + encode(
        ["address", "address", "uint256", "uint256", "uint256", "bytes32", "bytes"],
        [who, thief, 9, 0, 2**33, nonce, received],
    )
    assert attacker.send(THIEF.key, attacker.city.chain.deployment.stablecoin, data) == "SignatureInvalid"
    victims.assert_unharmed()


def _cancel(attacker: Attacker, key: bytes, who: str, nonce: bytes, signature: bytes) -> str:
    data = selector("cancelAuthorization(address,bytes32,bytes)") + encode(
        ["address", "bytes32", "bytes"], [who, nonce, signature]
    )
    return attacker.send(key, attacker.city.chain.deployment.stablecoin, data)


# --- what his roles do not reach ---


@pytest.mark.parametrize("name", HELD)
def test_no_key_of_his_returns_lists_limits_pauses_attests_or_upgrades(attacker: Attacker, victims: Victims, name: str):
    key, implementation = attacker.keys[name], attacker.city.chain.deployment.stablecoin_implementation
    limits = (2**47, 2**47, 2**47, 2**47, 2**47, False)
    assert attacker.token(key, "returnTo", THIEF.address, 1) == "NotSystemAccount"
    for function, arguments in {
        "setSystem": (attacker.city.chain.deployment.batch,),
        "setTierLimits": (4, limits),
        "pause": (),
        "unpause": (),
        "attestReserve": (2**63,),
        "upgradeToAndCall": (implementation, b""),
    }.items():
        assert attacker.token(key, function, *arguments) == "RoleMissing", function
    assert attacker.token(key, "initialize", attacker.city.chain.deployment.access_manager, []) != DONE
    assert attacker.token(key, "setAuthority", THIEF.address) != DONE
    victims.assert_unharmed()


@pytest.mark.parametrize("name", HELD)
def test_no_key_of_his_changes_the_table_of_roles(attacker: Attacker, name: str):
    key, place = attacker.keys[name], attacker.city.chain.deployment
    thief, upgrade = THIEF.address, selector("upgradeToAndCall(address,bytes)")
    call = artifact("Stablecoin").call("upgradeToAndCall", place.stablecoin_implementation, b"")
    tries = {
        "grantRole": (0, thief, 0),
        "revokeRole": (0, thief),
        "setRoleAdmin": (7, 1),
        "setRoleGuardian": (7, 1),
        "setGrantDelay": (7, 0),
        "setTargetFunctionRole": (place.stablecoin, [upgrade], 1),
        "setTargetClosed": (place.stablecoin, True),
        "setTargetAdminDelay": (place.stablecoin, 0),
        "updateAuthority": (place.stablecoin, thief),
        "schedule": (place.stablecoin, call, 0),
        "execute": (place.stablecoin, call),
    }
    for function, arguments in tries.items():
        assert attacker.manager(key, function, *arguments) != DONE, function


def test_the_batch_speaks_for_nobody(attacker: Attacker, victims: Victims):
    place = attacker.city.chain.deployment
    token = artifact("Stablecoin")
    calls = [
        token.call("transferFrom", XIAO_PING.address, THIEF.address, 9),
        token.call("transfer", THIEF.address, 1),
        token.call("mintMany", [(THIEF.address, 9, b"\x01" * 32)]),
        token.call("setTiers", [(THIEF.address, 6)]),
        token.call("returnTo", THIEF.address, 1),
    ]
    data = calldata.execute([calldata.BatchCall(place.stablecoin, 200_000, each) for each in calls])
    for key in attacker.keys.values():
        receipt = attacker.city.chain.transact(key, place.batch, data)
        assert receipt["status"] == "0x1"
        assert len(receipt["logs"]) == len(calls)
        assert {log["address"].lower() for log in receipt["logs"]} == {place.batch.lower()}  # five failures
    victims.assert_unharmed()


def test_a_replaced_account_keeps_its_money(attacker: Attacker, victims: Victims):
    """COMPLIANCE moves tier, freeze and counters to the thief's address; the money does not move."""
    compliance, fresh = attacker.keys["compliance"], Person("the thief's next phone")
    assert attacker.token(compliance, "replaceAccount", XIAO_PING.address, THIEF.address) == "SuccessorInUse"
    assert attacker.token(compliance, "replaceAccount", XIAO_PING.address, fresh.address) == DONE
    assert attacker.city.chain.balance(fresh.address) == 0
    assert attacker.token(fresh.key, "transferFrom", XIAO_PING.address, fresh.address, 1) == "AllowanceInsufficient"
    assert attacker.token(compliance, "replaceAccount", fresh.address, XIAO_PING.address) == "SuccessorInUse"
    attacker.city.chain.register(XIAO_PING)  # an operator puts it right, and nothing is lost
    attacker.city.pay(XIAO_PING, A_LIANG.address, 100_000)
    assert attacker.city.chain.balance(A_LIANG.address) == 200_000


# --- red packets ---


@pytest.fixture
def linked(city: City) -> Opened:
    """XIAO_PING's packet behind a link, whose key the gateway never saw."""
    return city.open(XIAO_PING, (), shares=1, total=1_000, lucky=False, link_key=Person("a link's key").key)


def _skipped(city: City, receipt) -> str:
    from pswallet.chain.reverts import error_name

    (log,) = receipt["logs"]
    return error_name(log["data"][:10])


def test_a_guests_place_cannot_be_taken(attacker: Attacker, group: Opened):
    city = attacker.city
    before = Victims.of(city, XIAO_PING, A_LIANG, MEI)
    evidence = b"".join(merkle_proof([A_LIANG.address, MEI.address], 0))
    receipt = city.chain.transact(
        attacker.keys["relayer"], city.chain.deployment.escrow, claims_of(city, group, THIEF.address, evidence)
    )
    assert _skipped(city, receipt) == "NotAGuest"
    before.assert_unharmed()


def test_a_share_is_not_his_to_choose(attacker: Attacker, group: Opened):
    """The dealer's key orders the queue; what a place is worth was fixed before the packet existed."""
    city = attacker.city
    evidence = b"".join(merkle_proof([A_LIANG.address, MEI.address], 0))
    data = claims_of(city, group, A_LIANG.address, evidence, deal_with=b"\x01" * 20)
    receipt = city.chain.transact(attacker.keys["relayer"], city.chain.deployment.escrow, data)
    assert _skipped(city, receipt) == "LinkMismatch"


def test_a_links_signature_cannot_be_redirected(attacker: Attacker, linked: Opened):
    """MEI's claim waits in the outbox; the attacker shows its signature for himself."""
    city = attacker.city
    before = Victims.of(city, XIAO_PING, A_LIANG, MEI)
    message = {"packet": linked.id, "claimant": MEI.address}
    evidence = signing.sign(signing.digest(city.domain, signing.LINK_CLAIM, message), linked.link_key)
    for key in attacker.keys.values():
        data = claims_of(city, linked, THIEF.address, evidence)
        receipt = city.chain.transact(key, city.chain.deployment.escrow, data)
        assert _skipped(city, receipt) == "LinkSignatureInvalid"
    before.assert_unharmed()
    data = claims_of(city, linked, MEI.address, evidence)
    assert attacker.escrow(attacker.keys["relayer"], data) == DONE  # carried, it pays MEI
    assert city.chain.balance(MEI.address) == 101_000


def test_an_open_packet_is_neither_refunded_early_nor_to_another(attacker: Attacker, linked: Opened):
    city = attacker.city
    assert attacker.escrow(attacker.keys["relayer"], calldata.refund_packet(linked.terms)) == "PacketNotExpired"
    city.chain.move_time(DAY_S)
    stolen = calldata.refund_packet(Terms(**{**_fields(linked.terms), "creator": THIEF.address}))
    assert attacker.escrow(attacker.keys["relayer"], stolen) == "PacketNotOpen"
    assert attacker.token(attacker.keys["compliance"], "freeze", [XIAO_PING.address]) == DONE
    assert attacker.escrow(attacker.keys["relayer"], calldata.refund_packet(linked.terms)) == DONE
    assert city.chain.balance(XIAO_PING.address) == 100_000


def _fields(terms: Terms) -> dict:
    return {name: getattr(terms, name) for name in Terms.__dataclass_fields__}


def test_an_owed_share_is_collected_by_its_owner_alone(attacker: Attacker):
    """He takes a guest's registration back, so that the share is owed; only that guest can ever have it."""
    city = attacker.city
    packet = city.open(XIAO_PING, (A_LIANG, MEI), total=1_000, lucky=False)
    assert attacker.token(attacker.keys["compliance"], "setTiers", [(MEI.address, 0)]) == DONE
    city.claim(packet, MEI)
    relayer = attacker.keys["relayer"]
    assert attacker.escrow(relayer, calldata.collect_share(packet.terms, THIEF.address)) == "NothingOwed"
    city.chain.register(MEI)
    assert attacker.escrow(relayer, calldata.collect_share(packet.terms, MEI.address)) == DONE
    assert city.chain.balance(MEI.address) == 100_500
