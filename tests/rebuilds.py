"""What `pswallet indexer --rebuild` must give back: the live run's rows."""

from sqlalchemy import text

from pswallet.kit.db import fact_tables


def facts(pipeline):
    """Every fact and every call's outcome; numbers that a sequence gave are left out."""
    found = {}
    with pipeline.sessions() as session:
        for table in fact_tables():
            columns = [c.name for c in table.__table__.columns if c.identity is None]
            rows = session.execute(text(f"SELECT {', '.join(columns)} FROM {table.__tablename__}")).all()
            found[table.__tablename__] = sorted(map(repr, rows))
        calls = session.execute(text("SELECT key, settled_block, refusal FROM chain_calls")).all()
        found["chain_calls"] = sorted(map(repr, calls))
    return found


def assert_equal_to_a_rebuild(pipeline):
    live = facts(pipeline)
    assert any(rows for name, rows in live.items() if name != "chain_calls")
    indexer = pipeline.new_indexer()
    indexer.rebuild()
    assert facts(pipeline) == live
