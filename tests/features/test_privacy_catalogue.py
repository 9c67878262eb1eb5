"""Every table is in the catalogue, and every personal column is shown, opened or withheld for a reason."""

from sqlalchemy import LargeBinary

from pswallet import tables
from pswallet.privacy.catalogue import DELETED, HOLDINGS, IMPERSONAL, UNREADABLE, Holding

HELD = {holding.table.__tablename__: holding for holding in HOLDINGS}
OTHERS = {table.__tablename__: why for table, why in IMPERSONAL.items()}


def columns(holding: Holding) -> set[str]:
    return {column.name for column in holding.table.__table__.columns}


def test_every_table_is_somebodys_or_says_why_it_is_nobodys() -> None:
    assert set(HELD) | set(OTHERS) == set(tables.metadata.tables)
    assert set(HELD) & set(OTHERS) == set()
    assert all(why.strip() for why in OTHERS.values())


def test_no_table_that_names_an_account_passes_as_nobodys() -> None:
    naming = {"account", "account_id", "address", "payer", "creator", "person", "phone_index", "owner"}
    found = {table for table in OTHERS if naming & {column.name for column in tables.metadata.tables[table].columns}}
    assert found == {"sandbox_messages", "chain_senders"}  # a vendor's; our own keys


def test_every_sealed_column_is_opened_or_withheld() -> None:
    for name, holding in HELD.items():
        sealed = {column for column in columns(holding) if column.endswith("_sealed")}
        assert sealed == set(holding.sealed) | {one for one in holding.withheld if one.endswith("_sealed")}, name


def test_what_the_catalogue_names_are_columns() -> None:
    for name, holding in HELD.items():
        assert set(holding.sealed) | set(holding.withheld) <= columns(holding), name
        assert all(why.strip() for why in holding.withheld.values()), name


def test_keyed_hashes_and_tokens_are_withheld() -> None:
    for name, holding in HELD.items():
        secret = {one for one in columns(holding) if one.endswith(("_index", "_hash")) and one != "log_index"}
        assert secret <= set(holding.withheld), name


def test_what_is_sealed_under_the_persons_key_is_neither_deleted_nor_readable() -> None:
    for name, holding in HELD.items():
        assert (holding.erasure == UNREADABLE) is bool(holding.sealed), name


def test_no_fact_of_the_chain_is_deleted() -> None:
    from pswallet.kit.db import Fact

    assert not [
        name for name, holding in HELD.items() if holding.erasure == DELETED and issubclass(holding.table, Fact)
    ]
    assert all(isinstance(HELD["accounts"].table.__table__.columns[one].type, LargeBinary) for one in ("phone_sealed",))
