"""Databases for tests: emptying one takes 5 ms, making one from a template a hundred and more."""

import os
import time

import psycopg

from pswallet.kit.db import Base
from pswallet.kyc.models import Tier, initial_tiers

_SHAPE = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped),
       (SELECT count(*) FROM pg_trigger)
"""
_LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
_RESTART = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


def administrator(url: str) -> psycopg.Connection:
    """Connect so that databases can be made and dropped."""
    return psycopg.connect(url, autocommit=True)


def named(url: str, name: str) -> str:
    """Return the URL of the database `name` on the server of `url`."""
    before, _, query = url.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


class Shelf:
    """Hands one database from test to test, emptied; a test that changed its tables gets the next one a new one."""

    def __init__(self, url: str, template: str) -> None:
        self._url = url
        self._template = template
        self._name: str | None = None
        self._shape: tuple[int, ...] | None = None

    def take(self) -> str:
        """Return the URL of a database with every table and only the rows that a migration brings."""
        if self._name is None or not self._emptied(self._name):
            self.clear()
            self._name = f"test_{os.getpid()}_{time.time_ns()}"
            with administrator(self._url) as connection:
                connection.execute(f"CREATE DATABASE {self._name} TEMPLATE {self._template}")
            with psycopg.connect(named(self._url, self._name)) as connection:
                self._shape = connection.execute(_SHAPE).fetchone()
        return named(self._url, self._name)

    def clear(self) -> None:
        """Drop the database."""
        if self._name is not None:
            with administrator(self._url) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _emptied(self, name: str) -> bool:
        """Empty the database and return True, or False when a test has changed its tables."""
        with psycopg.connect(named(self._url, name)) as connection:
            connection.execute(_LEAVE, [name])
            if connection.execute(_SHAPE).fetchone() != self._shape:
                return False
            tables = [table.name for table in reversed(Base.metadata.sorted_tables)]
            connection.execute("SET session_replication_role = replica")  # the trail's trigger lets nobody delete
            connection.execute(";".join(f'DELETE FROM "{table}"' for table in tables))
            connection.execute(_RESTART)
            columns = [column.name for column in Tier.__table__.columns]
            values = ", ".join(f"%({column})s" for column in columns)
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO tiers ({', '.join(columns)}) VALUES ({values})", initial_tiers())
        return True
