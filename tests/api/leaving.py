"""People who ask for their data, and leave."""

from typing import Any

from sqlalchemy import text

from pswallet.kit.db import Sessions, transaction
from pswallet.privacy.rules import STATEMENT
from pswallet.vendors.identity import LIVE_FACE
from tests.api.gateway import Member

NAME, NUMBER, CARD, BORN = "廖美兰", "440310199003070023", "6222020000000000000", "1990-03-07"


def check_name(member: Member) -> None:
    """Pass the real-name check with everything there is."""
    card = {"number": CARD, "phone": member.phone}
    asked = {"name": NAME, "id_number": NUMBER, "bank_card": card, "liveness_token": LIVE_FACE}
    assert member.post("/kyc/real-name", asked).status_code == 202


def forget_codes(sessions: Sessions) -> None:
    """Let a phone have another code at once."""
    with transaction(sessions) as session:
        session.execute(text("UPDATE phone_codes SET sent_at = sent_at - interval '2 minutes'"))


def leave_body(member: Member, **changed: Any) -> dict[str, Any]:
    """What asks for the member's erasure, by both factors."""
    forget_codes(member.sessions)
    message = member.message().replace("Sign in to pswallet.", STATEMENT)
    return {"phone": member.phone, "code": member.code(), **member.proof(message), **changed}


def leave(member: Member, **options: Any) -> Any:
    """Ask to be erased."""
    return member.post("/privacy/erasure", leave_body(member), **options)


def rows_of_others(sessions: Sessions, *mine: str) -> dict[str, set[str]]:
    """Every row of every table, as text, that names none of `mine`; what the edge keeps for itself apart."""
    edge = {"kept_answers", "rate_windows", "sign_in_nonces", "phone_codes", "sandbox_messages", "trail_entries"}
    with transaction(sessions) as session:
        found = session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        return {
            table: {
                row
                for row in session.execute(text(f'SELECT t::text FROM "{table}" AS t')).scalars()
                if not any(one in row for one in mine)
            }
            for table in set(found) - edge
        }
