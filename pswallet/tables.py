"""Imports every feature's models, so that `Base.metadata` is whole, and brings a database up to it.

Migrations, tests and the indexer start here.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from pswallet.accounts import models as accounts
from pswallet.api import models as api
from pswallet.bank import models as bank
from pswallet.chain import models as chain
from pswallet.checkout import models as checkout
from pswallet.contacts import models as contacts
from pswallet.kit import trail, vault
from pswallet.kit.db import Base, engine_for
from pswallet.kyc import models as kyc
from pswallet.merchants import models as merchants
from pswallet.notifications import models as notifications
from pswallet.offers import models as offers
from pswallet.payments import models as payments
from pswallet.points import models as points
from pswallet.privacy import models as privacy
from pswallet.redpackets import models as redpackets
from pswallet.vendors import models as vendors
from pswallet.vouchers import models as vouchers

FEATURES = (
    accounts,
    api,
    bank,
    chain,
    checkout,
    contacts,
    kyc,
    merchants,
    notifications,
    offers,
    payments,
    points,
    privacy,
    redpackets,
    trail,
    vault,
    vendors,
    vouchers,
)
"""The modules that hold tables."""

metadata = Base.metadata
"""All tables of pswallet."""

_MIGRATING = 0x70737761


def migrations() -> Path:
    """Return the folder of the migrations: beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).parent / "migrations"
    return inside if inside.exists() else Path(__file__).parents[1] / "migrations"


def migrate(database_url: str, *, revision: str = "head") -> None:
    """Bring the database to `revision`. Two processes that try at once wait for each other."""
    engine = engine_for(database_url)
    try:
        migrate_engine(engine, revision=revision)
    finally:
        engine.dispose()


def migrate_engine(engine: Engine, *, revision: str = "head") -> None:
    """Bring the database behind `engine` to `revision`, up or down; "base" takes every table back.

    Raises alembic's CommandError for a revision that is not there.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
        config.attributes["connection"] = connection
        current = MigrationContext.configure(connection).get_current_revision()
        before = {one.revision for one in ScriptDirectory.from_config(config).iterate_revisions(current, "base")}
        (command.downgrade if revision in {"base", *before} else command.upgrade)(config, revision)
