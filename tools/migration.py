"""Write the next alembic migration from the difference between the tables and the migrations so far.

Its one argument is the message: `.venv/bin/python tools/migration.py "Add points"`.
"""

import shutil
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config

from pswallet import tables
from pswallet.kit.db import engine_for
from pswallet.local import postgres


def main(message: str) -> None:
    """Start an empty PostgreSQL, bring it to the last migration, write the next one."""
    folder = Path("build/migration-postgres").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    server = postgres.start(folder, log=folder.with_suffix(".log"))
    engine = engine_for(server.url())
    if any((tables.migrations() / "versions").glob("*.py")):
        tables.migrate_engine(engine)
    config = Config()
    config.set_main_option("script_location", str(tables.migrations()))
    count = len(list((tables.migrations() / "versions").glob("*.py")))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True, rev_id=f"{count + 1:04d}")
    engine.dispose()
    server.stop()


if __name__ == "__main__":
    main(sys.argv[1])
