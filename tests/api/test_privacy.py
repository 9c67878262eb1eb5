"""Nothing personal in clear, neither in a dump of the database nor in a log, whatever people send and how it fails."""

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import text

from pswallet.kit.db import Sessions, transaction
from pswallet.vendors.identity import LIVE_FACE
from tests.api.gateway import Member
from tests.parts import Pipeline

PERSONAL = {
    "name": "廖美兰",
    "phone": "13911112222",
    "number": "440310199003070023",
    "card": "6222020000000000000",
    "birth date": "1990-03-07",
}


def dump_of(sessions: Sessions) -> str:
    """Every row of every table as text."""
    with transaction(sessions) as session:
        tables = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows = [session.execute(text(f'SELECT t::text FROM "{table}" AS t')).scalars().all() for table in tables]
    return "\n".join(row for table in rows for row in table)


def live(stranger: Any, pipeline: Pipeline) -> Member:
    """Somebody's first day: registers, errs, is checked, is looked up, sends rubbish."""
    one: Member = stranger("mei", "+86" + PERSONAL["phone"])
    code = one.code()
    one.post("/accounts", {"phone": one.phone, "code": "000000", **one.proof()})
    one.post("/accounts", {"phone": one.phone, "code": code, "unknown": PERSONAL["name"]})
    answer = one.post("/accounts", {"phone": one.phone, "code": code, **one.proof()})
    one.token = answer.json()["token"]
    one.post("/kyc/real-name", {"name": PERSONAL["name"], "id_number": PERSONAL["number"][:-1] + "4"})
    one.post(
        "/kyc/real-name",
        {
            "name": PERSONAL["name"],
            "id_number": PERSONAL["number"],
            "birth_date": PERSONAL["birth date"],
            "bank_card": {"number": PERSONAL["card"], "phone": PERSONAL["phone"]},
            "liveness_token": LIVE_FACE,
        },
    )
    one.post("/accounts/lookup", {"phone": PERSONAL["phone"]})
    one.post("/accounts/lookup", {"phone": PERSONAL["name"] * 9})
    one.post("/sandbox/sms", {"phone": PERSONAL["phone"]})
    one.get(f"/nothing/{PERSONAL['phone']}?name={PERSONAL['name']}")
    pipeline.settle()
    assert one.get("/accounts/me").json()["tier"] == 3
    return one


def test_a_dump_of_the_database_shows_nobody(stranger: Any, pipeline: Pipeline, sessions: Sessions) -> None:
    one = live(stranger, pipeline)
    dump = dump_of(sessions)
    assert one.address in dump  # the dump is whole
    for what, clear in PERSONAL.items():
        assert clear not in dump, what
        assert clear.encode().hex() not in dump, what
    assert one.token is not None
    assert one.token not in dump


def test_no_column_holds_what_a_guessed_request_hashes_to(member: Member, sessions: Sessions) -> None:
    content = f'{{"phone":"{PERSONAL["phone"]}"}}'.encode()
    headers = {**member.bearer, "Idempotency-Key": "k", "Content-Type": "application/json"}
    assert member.http.post("/v1/accounts/lookup", content=content, headers=headers).status_code == 404
    dump = dump_of(sessions)
    for guess in (content, b"POST\n/v1/accounts/lookup\n" + content, PERSONAL["phone"].encode()):
        for name in ("sha256", "sha1", "md5", "sha512", "blake2b"):
            assert hashlib.new(name, guess).hexdigest() not in dump, name


def test_the_log_shows_nobody(stranger: Any, pipeline: Pipeline, log_file: Path) -> None:
    one = live(stranger, pipeline)
    log = log_file.read_text()
    assert '"route":"/kyc/real-name"' in log  # the log is there
    for what, clear in PERSONAL.items():
        assert clear not in log, what
        assert clear.encode("unicode_escape").decode() not in log, what
    assert one.token is not None
    assert one.token not in log


def test_every_line_of_a_request_carries_its_id(stranger: Any, pipeline: Pipeline, log_file: Path) -> None:
    live(stranger, pipeline)
    lines = [line for line in log_file.read_text().splitlines() if '"event":"request"' in line]
    assert lines
    assert all('"request_id":"' in line for line in lines)
