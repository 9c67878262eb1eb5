"""POST /v1/red-packets/{packet}/thanks: one reply for a drawn share, read by whoever takes part in the packet."""

from typing import Any

import pytest

from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Vault
from pswallet.notifications.service import Place, told_after
from tests.api.gateway import Member, code_of
from tests.api.money import give, members
from tests.api.test_privacy import dump_of
from tests.parts import Pipeline

WORDS = "谢谢阿婆，新年快乐"


@pytest.fixture
def group(stranger: Any, pipeline: Pipeline) -> list[Member]:
    """A creator, two guests, and somebody who only knows the id."""
    return members(stranger, pipeline, "creator", "an", "bo", "passer-by")


def thank(member: Member, packet: str, words: str = WORDS, **options: Any) -> Any:
    return member.post(f"/red-packets/{packet}/thanks", {"words": words}, **options)


def drawn(guest: Member, packet: str, pipeline: Pipeline) -> None:
    assert guest.post(f"/red-packets/{packet}/claims").status_code == 202
    pipeline.settle()


def read(reader: Member, packet: str) -> list[str | None]:
    return [share["thanks"] for share in reader.get(f"/red-packets/{packet}/claims").json()["items"]]


def told(member: Member, sessions: Sessions) -> list[dict[str, Any]]:
    with transaction(sessions) as session:
        found = told_after(session, address=member.address, place=Place(), limit=50)
    return [one.body for one in found if one.kind == "packet-thanked"]


def test_who_drew_a_share_replies_and_who_takes_part_reads_it(
    group: list[Member], pipeline: Pipeline, sessions: Sessions
) -> None:
    creator, an, bo, passer_by = group
    packet = give(creator, [an, bo], pipeline)
    drawn(an, packet, pipeline)
    answer = thank(an, packet, f"  {WORDS} ")
    assert (answer.status_code, answer.json()) == (201, {"packet": packet, "words": WORDS})
    assert [read(reader, packet) for reader in (creator, an, bo)] == [[WORDS]] * 3
    assert read(passer_by, packet) == [None], "an id is no invitation"
    assert told(creator, sessions) == [{"packet": packet, "from": an.address}], "without the words"
    assert told(bo, sessions) == []


def test_there_is_one_reply_a_share(group: list[Member], pipeline: Pipeline, sessions: Sessions) -> None:
    creator, an, bo, _ = group
    packet = give(creator, [an, bo], pipeline)
    drawn(an, packet, pipeline)
    drawn(bo, packet, pipeline)
    assert thank(an, packet, key="one").status_code == 201
    assert thank(an, packet, key="one").status_code == 201, "a repeat gets the same answer"
    assert code_of(thank(an, packet, "again")) == "already-thanked"
    assert thank(bo, packet, "好").status_code == 201
    assert sorted(map(str, read(creator, packet))) == sorted([WORDS, "好"])
    assert len(told(creator, sessions)) == 2


def test_thanks_wait_for_the_chain_and_need_a_share(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, bo, passer_by = group
    packet = give(creator, [an, bo], pipeline)
    assert an.post(f"/red-packets/{packet}/claims").status_code == 202
    assert code_of(thank(an, packet)) == "share-not-drawn"
    pipeline.settle()
    assert thank(an, packet).status_code == 201
    assert code_of(thank(bo, packet)) == "claim-unknown"
    assert code_of(thank(passer_by, packet)) == "claim-unknown"
    assert code_of(thank(an, "0x" + "ab" * 32)) == "packet-unknown"


def test_a_reply_has_1_to_25_characters(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, *_ = group
    packet = give(creator, [an], pipeline)
    drawn(an, packet, pipeline)
    for wrong, problem in (("", "request-invalid"), ("   ", "request-invalid"), ("谢" * 26, "request-invalid")):
        assert code_of(thank(an, packet, wrong)) == problem
    assert code_of(thank(an, packet, "谢\n谢")) == "text-invalid"
    assert thank(an, packet, "谢" * 25).status_code == 201


def test_the_words_are_sealed_and_gone_with_their_persons_key(
    group: list[Member], pipeline: Pipeline, sessions: Sessions, vault: Vault
) -> None:
    creator, an, bo, _ = group
    packet = give(creator, [an, bo], pipeline)
    for guest, words in ((an, WORDS), (bo, "好")):
        drawn(guest, packet, pipeline)
        assert thank(guest, packet, words).status_code == 201
    dump = dump_of(sessions)
    assert packet in dump
    assert WORDS not in dump
    assert WORDS.encode().hex() not in dump
    with transaction(sessions) as session:
        vault.destroy(session, an.account["id"], now=clock.now())
    assert sorted(map(str, read(creator, packet))) == ["None", "好"]


def test_a_rebuild_keeps_the_words(group: list[Member], pipeline: Pipeline) -> None:
    creator, an, *_ = group
    packet = give(creator, [an], pipeline)
    drawn(an, packet, pipeline)
    thank(an, packet)
    pipeline.indexer.rebuild()
    assert read(creator, packet) == [WORDS]
