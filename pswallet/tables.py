"""Imports every feature's models, so that `Base.metadata` is whole. Migrations, tests and the indexer start here."""

from pswallet.kit.db import Base

metadata = Base.metadata
"""All tables of pswallet."""
