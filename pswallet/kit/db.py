"""PostgreSQL through SQLAlchemy: the base of every table, the mixin of every fact, and the only commit in the code."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column, sessionmaker

Sessions = sessionmaker[Session]
"""Makes sessions of one database."""


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Base of every table. Ids cross features; `relationship()` does not."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # Aware times and 64-bit integers everywhere: a naive time or a 32-bit amount is never meant.
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger}  # noqa: RUF012 - SQLAlchemy's own form


class Fact(MappedAsDataclass, kw_only=True):
    """Mixin of tables that only projections write, and only by inserting: a fact decoded from the chain.

    A rollback deletes the rows above the fork; a rebuild empties the table and replays the logs.
    """

    block: Mapped[int] = mapped_column(BigInteger, index=True)
    log_index: Mapped[int] = mapped_column(Integer)


def fact_tables() -> list[type[Base]]:
    """Return every mapped class that carries `Fact`, in a stable order."""
    mapped: list[type[Base]] = [mapper.class_ for mapper in Base.registry.mappers]
    return sorted((kind for kind in mapped if issubclass(kind, Fact)), key=lambda kind: kind.__tablename__)


def engine_for(url: str, *, pool_size: int = 20) -> Engine:
    """Open an engine on `url` (postgresql://…); connections are checked before use, so a restart heals by itself."""
    # Parameters may be personal data: an error message never shows them. Last in, first out: few connections are used
    # as long as few are needed, and each keeps buffers as large as the largest list that it ever carried.
    return create_engine(
        _with_driver(url), pool_size=pool_size, max_overflow=10, pool_pre_ping=True, pool_timeout=5,
        pool_use_lifo=True, hide_parameters=True,
    )  # fmt: skip


def loop_engine_for(url: str) -> Engine:
    """Open an engine for one loop that goes on by itself after a lost connection: no check before each use."""
    return create_engine(_with_driver(url), pool_size=2, pool_timeout=5, hide_parameters=True)


def replaying_engine_for(url: str) -> Engine:
    """Open a `loop_engine_for` whose commits do not wait for the disk.

    For the indexer alone: what a power cut takes is read from the chain again, for facts and cursor move together.
    """
    options = {"options": "-c synchronous_commit=off"}
    return create_engine(_with_driver(url), pool_size=2, pool_timeout=5, hide_parameters=True, connect_args=options)


def _with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)


def sessions_of(engine: Engine) -> Sessions:
    """Return the session factory of `engine`; rows stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(sessions: Sessions) -> Iterator[Session]:
    """Run a block in one SQL transaction: committed at its end, rolled back on any exception."""
    with sessions() as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
