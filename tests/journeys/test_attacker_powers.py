"""What somebody who takes the gateway over can do all the same; docs/threat-model.md says what reveals each of it."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from pswallet.accounts.models import Account
from pswallet.accounts.service import people
from pswallet.chain import signing
from pswallet.kit.db import transaction
from pswallet.kit.vault import Vault
from pswallet.redpackets import service as redpackets
from pswallet.redpackets.service import phrases
from tests.audit.city import City, Opened
from tests.journeys.attacker import DONE, THIEF, Attacker, Victims, claims_of
from tests.parts import DAY_S, Person

XIAO_PING, A_LIANG, MEI = Person("xiao ping"), Person("a liang"), Person("mei")


def test_he_can_redirect_a_spoken_packet(attacker: Attacker):
    """口令: the gateway holds the key, so whoever holds the gateway can claim. The public log names the claimant."""
    city, now = attacker.city, datetime.now(UTC)
    vault = Vault(city.chain.keys.vault_master)
    with transaction(attacker.pipeline.sessions) as session:
        claim_key = phrases.make_phrase_key(session, vault, creator=XIAO_PING.address, phrase="恭喜发财", now=now)
    with attacker.pipeline.sessions() as session:
        sealed = session.execute(text("SELECT secret_sealed FROM phrase_keys")).scalar_one()
    key = vault.unseal_record(f"phrase-key|{claim_key}", sealed)
    packet = city.open(XIAO_PING, (), shares=1, total=1_000, lucky=False, link_key=key)
    message = {"packet": packet.id, "claimant": THIEF.address}
    evidence = signing.sign(signing.digest(city.domain, signing.LINK_CLAIM, message), key)
    assert attacker.escrow(attacker.keys["relayer"], claims_of(city, packet, THIEF.address, evidence)) == DONE
    assert city.chain.balance(THIEF.address) == 1_000


def test_he_can_issue_against_a_false_entry_within_the_reserve_only(attacker: Attacker, victims: Victims):
    minter, city = attacker.keys["minter"], attacker.city
    supply = sum(victims.wealth.values())
    city.chain.token(city.chain.keys.reserve, "attestReserve", supply + 100)
    false_entry = [(THIEF.address, 101, b"\x66" * 32)]
    assert attacker.token(minter, "mintMany", false_entry) == "ReserveExceeded"
    victims.assert_unharmed()
    assert attacker.token(minter, "mintMany", [(THIEF.address, 100, b"\x66" * 32)]) == DONE
    assert attacker.token(minter, "mintMany", [(THIEF.address, 1, b"\x66" * 32)]) == "EntryAlreadyMinted"
    # What reveals it: the public log names an entry that the bank's statement does not have.
    (entry,) = [log for log in _minted(city) if log["topics"][1].endswith(THIEF.address[2:].lower())]
    assert entry["topics"][2] == "0x" + "66" * 32


def _minted(city: City) -> list[dict]:
    topic = "0x" + signing.keccak(b"Minted(address,uint256,bytes32)").hex()
    query = {"fromBlock": "0x0", "toBlock": "latest", "topics": [topic]}
    return city.chain.rpc.call("eth_getLogs", [query])


def test_he_can_freeze_but_what_is_frozen_stays_its_owners(attacker: Attacker, victims: Victims):
    city = attacker.city
    assert attacker.token(attacker.keys["compliance"], "freeze", [XIAO_PING.address]) == DONE
    assert city.pay(XIAO_PING, A_LIANG.address, 1)["status"] == "0x0"
    victims.assert_unharmed()
    assert attacker.token(attacker.keys["compliance"], "unfreeze", [XIAO_PING.address]) == DONE
    assert city.pay(XIAO_PING, A_LIANG.address, 1)["status"] == "0x1"


def test_he_can_order_the_queue_of_a_lucky_packet(attacker: Attacker, group: Opened):
    """MEI came first and has the ticket to prove it; he deals A_LIANG's claim before hers."""
    city = attacker.city
    ticket = city.dealer.sign_ticket(group.id, MEI.address, 0)
    city.claim(group, A_LIANG, MEI)
    promised = {"packet": group.id, "claimant": MEI.address, "position": 0}
    digest = signing.digest(city.domain, signing.POSITION_TICKET, promised)
    assert (
        signing.recover(digest, ticket) == city.dealer.address
    )  # what reveals it: the chain gave position 0 to another
    assert city.audit().ok  # the draw itself is as it was committed


def test_he_can_answer_a_phone_with_a_false_address(attacker: Attacker):
    """Who pays by phone signs for the address that the gateway names. A signature for MEI's own address is safe."""
    city, sessions = attacker.city, attacker.pipeline.sessions
    vault, phone = Vault(city.chain.keys.vault_master), "+8613800138000"
    with transaction(sessions) as session:
        index = vault.index("phone", phone)
        sealed = vault.seal(session, "acc_mei", "phone", phone)
        told = {"id": "acc_mei", "address": MEI.address, "phone_index": index, "phone_sealed": sealed}
        session.add(Account(**told, created_at=datetime.now(UTC)))
    with transaction(sessions) as session:
        session.execute(text("UPDATE accounts SET address = :thief"), {"thief": THIEF.address})
    with transaction(sessions) as session:
        named = people.find_by_phone(session, vault, phone=phone).address
    city.pay_signed(XIAO_PING, named, 700)
    assert city.chain.balance(THIEF.address) == 700
    assert named != MEI.address  # what reveals it: MEI's own wallet knows her address, and has received nothing


def test_his_lies_in_the_database_move_no_money_and_the_audit_names_them(attacker: Attacker, victims: Victims):
    city, pipeline = attacker.city, attacker.pipeline
    pipeline.settle()
    with transaction(pipeline.sessions) as session:
        session.execute(
            text("UPDATE entries SET balance_after_fen = 0 WHERE account = :who"), {"who": XIAO_PING.address}
        )
    victims.assert_unharmed()
    report = city.audit(database_url=pipeline.database_url)
    assert [one.check for one in report.differences()] == ["database"]


def test_a_guest_list_that_names_somebody_twice_does_not_stop_the_indexer(attacker: Attacker):
    """Anybody may open such a packet past the gateway: the gateway must go on reading the chain."""
    city, chain = attacker.city, attacker.city.chain
    packet = city.open(XIAO_PING, (MEI, A_LIANG, MEI, MEI), total=400, lucky=False)
    city.claim_place(packet, 0)
    for place in (2, 3):  # owed, collected; and once more
        chain.token(chain.keys.compliance, "setTiers", [(MEI.address, 0)])
        city.claim_place(packet, place)
        chain.register(MEI)
        city.collect(packet, MEI)
    assert chain.balance(MEI.address) == 100_300
    attacker.pipeline.settle()
    assert city.audit(database_url=attacker.pipeline.database_url).ok


def test_a_packet_opened_past_the_gateway_is_refunded_by_the_workers_call(attacker: Attacker):
    """The gateway never heard of it; its terms stand in the chain's own event."""
    city, pipeline = attacker.city, attacker.pipeline
    packet = city.open(XIAO_PING, (MEI,), total=400)
    city.chain.move_time(2 * DAY_S)
    pipeline.settle()
    now = datetime.fromtimestamp(city.chain.now(), UTC)
    with transaction(pipeline.sessions) as session:
        expired = redpackets.expired_packets(session, since=datetime.fromtimestamp(0, UTC), now=now, limit=10)
        for each in expired:
            redpackets.refund(session, each, now=now)
    pipeline.settle()
    assert list(expired) == [packet.id]
    assert city.chain.balance(XIAO_PING.address) == 100_000
    assert pipeline.calls()[f"packet-refund:{packet.id}"][1] is None


def test_the_threat_model_lists_everything_that_he_can_do():
    told = (Path(__file__).parents[2] / "docs" / "threat-model.md").read_text()
    acts = [name for name in globals() if name.startswith("test_he_can_")]
    assert len(acts) >= 5
    assert [name for name in acts if f"`{name}`" not in told] == []
