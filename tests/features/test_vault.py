"""The vault: what is sealed can be read with the master key, and by nobody without it."""

import pytest
from sqlalchemy import text

from pswallet.kit import clock
from pswallet.kit.db import Sessions, transaction
from pswallet.kit.vault import Erased, SealBroken, Vault

MASTER = bytes(range(32))  # synthetic
NAME = "曾小萍"


@pytest.fixture
def vault() -> Vault:
    return Vault(MASTER)


def sealed_name(sessions: Sessions, vault: Vault) -> bytes:
    with transaction(sessions) as session:
        return vault.seal(session, "acc_1", "name", NAME)


def test_what_is_sealed_is_read_again(sessions: Sessions, vault: Vault) -> None:
    sealed = sealed_name(sessions, vault)
    with transaction(sessions) as session:
        assert vault.unseal(session, "acc_1", "name", sealed) == NAME


def test_the_same_text_is_never_sealed_alike(sessions: Sessions, vault: Vault) -> None:
    assert sealed_name(sessions, vault) != sealed_name(sessions, vault)


def test_what_is_sealed_for_many_at_once_is_read_like_anything_else(sessions: Sessions, vault: Vault) -> None:
    """acc_1 has a data key already, the other one has not."""
    before = sealed_name(sessions, vault)
    with transaction(sessions) as session:
        sealed = vault.seal_many(session, "phone", {"acc_1": "138", "acc_2": "139"})
    with transaction(sessions) as session:
        assert {person: vault.unseal(session, person, "phone", one) for person, one in sealed.items()} == {
            "acc_1": "138",
            "acc_2": "139",
        }
        assert vault.unseal(session, "acc_1", "name", before) == NAME
        assert vault.seal_many(session, "phone", {}) == {}


def test_nobody_erased_is_sealed_for_among_many(sessions: Sessions, vault: Vault) -> None:
    sealed_name(sessions, vault)
    with transaction(sessions) as session:
        vault.destroy(session, "acc_1", now=clock.now())
    with transaction(sessions) as session, pytest.raises(Erased):
        vault.seal_many(session, "phone", {"acc_1": "138", "acc_2": "139"})


def test_a_flipped_bit_is_noticed(sessions: Sessions, vault: Vault) -> None:
    sealed = sealed_name(sessions, vault)
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with transaction(sessions) as session, pytest.raises(SealBroken):
            vault.unseal(session, "acc_1", "name", changed)


def test_a_value_cannot_be_moved_to_another_field_or_person(sessions: Sessions, vault: Vault) -> None:
    sealed = sealed_name(sessions, vault)
    with transaction(sessions) as session:
        vault.seal(session, "acc_2", "name", "other")
        with pytest.raises(SealBroken):
            vault.unseal(session, "acc_1", "phone", sealed)
        with pytest.raises(SealBroken):
            vault.unseal(session, "acc_2", "name", sealed)


def test_another_master_key_reads_nothing(sessions: Sessions, vault: Vault) -> None:
    sealed = sealed_name(sessions, vault)
    with transaction(sessions) as session, pytest.raises(SealBroken):
        Vault(bytes(32)).unseal(session, "acc_1", "name", sealed)


def test_a_destroyed_key_erases_what_it_sealed_for_good(sessions: Sessions, vault: Vault) -> None:
    sealed = sealed_name(sessions, vault)
    with transaction(sessions) as session:
        vault.destroy(session, "acc_1", now=clock.now())
    with transaction(sessions) as session:
        with pytest.raises(Erased):
            vault.unseal(session, "acc_1", "name", sealed)
        with pytest.raises(Erased):
            vault.seal(session, "acc_1", "name", NAME)
        assert session.execute(text("SELECT wrapped FROM vault_keys")).scalar_one() is None


def test_one_persons_key_does_not_erase_anothers(sessions: Sessions, vault: Vault) -> None:
    sealed = sealed_name(sessions, vault)
    with transaction(sessions) as session:
        vault.seal(session, "acc_2", "name", "other")
        vault.destroy(session, "acc_2", now=clock.now())
        assert vault.unseal(session, "acc_1", "name", sealed) == NAME


def test_many_are_read_at_once(sessions: Sessions, vault: Vault) -> None:
    with transaction(sessions) as session:
        sealed = {f"acc_{place}": vault.seal(session, f"acc_{place}", "name", f"name {place}") for place in range(5)}
        assert vault.unseal_many(session, "name", sealed) == {f"acc_{place}": f"name {place}" for place in range(5)}


def test_who_was_erased_is_left_out_where_others_are_read_too(sessions: Sessions, vault: Vault) -> None:
    with transaction(sessions) as session:
        sealed = {person: vault.seal(session, person, "name", NAME) for person in ("acc_1", "acc_2")}
        vault.destroy(session, "acc_1", now=clock.now())
        assert vault.unseal_left(session, "name", sealed) == {"acc_2": NAME}
        with pytest.raises(SealBroken):
            vault.unseal_left(session, "name", {"acc_2": b"\x01" + bytes(40)})


def test_records_are_bound_to_their_label(vault: Vault) -> None:
    sealed = vault.seal_record("answer|1", b"{}")
    assert vault.unseal_record("answer|1", sealed) == b"{}"
    with pytest.raises(SealBroken):
        vault.unseal_record("answer|2", sealed)


def test_blind_indexes_are_equal_for_equal_text_of_one_field_and_one_master(vault: Vault) -> None:
    index = vault.index("phone", "+8613800138000")
    assert index == Vault(MASTER).index("phone", "+8613800138000")
    assert index != vault.index("phone", "+8613800138001")
    assert index != vault.index("document", "+8613800138000")
    assert index != Vault(bytes(32)).index("phone", "+8613800138000")


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(b"short")
