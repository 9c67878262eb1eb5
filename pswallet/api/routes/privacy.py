"""What we hold of a person, for that person; and being erased."""

from datetime import datetime

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field, JsonValue

from pswallet.accounts import errors
from pswallet.api.deps import GatewayParts, Now, OpenPost, Owner, Transaction
from pswallet.api.idempotency import once
from pswallet.api.limits import limited
from pswallet.api.problems import RateLimitExceeded
from pswallet.api.refusals import refused
from pswallet.api.routes.accounts import EXAMPLE_PROOF, PROOF, Code, MessageText, proof_of
from pswallet.api.shapes import Address, Phone, Shape, Signature
from pswallet.privacy import erasure as erasures
from pswallet.privacy import export as exports
from pswallet.privacy.errors import ErasureBlocked, FreshSignInRequired, RetentionKeyMissing
from pswallet.privacy.rules import STATEMENT

router = APIRouter(tags=["privacy"])


class ExportShape(Shape):
    """Everything that is held of the account's owner."""

    exported_at: datetime
    account_id: str
    address: Address
    balance_fen: int
    records: dict[str, list[dict[str, JsonValue]]] = Field(
        description="table → the person's rows, what is sealed opened; `trail_entries` says who read them"
    )
    withheld: dict[str, str] = Field(description="table.column → why it is not shown")
    erasure: dict[str, str] = Field(description="table → what an erasure does with these rows")


class EraseMe(Shape):
    """Prove address and phone afresh. The message's statement must be `Erase my pswallet account.`"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message": str(EXAMPLE_PROOF["message"]).replace("Sign in to pswallet.", STATEMENT),
                    "signature": EXAMPLE_PROOF["signature"],
                    "phone": "13800138000",
                    "code": "123456",
                }
            ]
        }
    )

    message: MessageText
    signature: Signature
    phone: Phone
    code: Code


class Retained(Shape):
    """What the law keeps: locked, storage only, until it is destroyed."""

    fields: list[str]
    basis: str
    until: datetime


class Erased(Shape):
    """The person is erased; no session and no name is left."""

    account_id: str
    erased_at: datetime
    retained: Retained | None = Field(description="null when the law keeps nothing: no real name, no payment")


@router.get(
    "/privacy/export",
    responses=refused(RateLimitExceeded, FreshSignInRequired),
    dependencies=[Depends(limited("checks"))],
)
def export_everything(
    session: Transaction, owner: Owner, gateway: GatewayParts, now: Now, response: Response
) -> ExportShape:
    """Show everything that is held of oneself. The session must be at most 10 minutes old."""
    exports.require_fresh(session, owner.session_id, now=now)
    found = exports.export(session, gateway.vault, account_id=owner.account_id)
    response.headers["Cache-Control"] = "no-store"
    return ExportShape(
        exported_at=now,
        account_id=found.account_id,
        address=found.address,
        balance_fen=found.balance_fen,
        records=found.records,
        withheld=found.withheld,
        erasure=found.erasure,
    )


@router.post(
    "/privacy/erasure",
    responses=refused(
        RateLimitExceeded,
        *PROOF,
        errors.AccountUnknown,
        errors.PhoneInvalid,
        errors.CodeInvalid,
        errors.CodeExpired,
        errors.CodeTriesExhausted,
        ErasureBlocked,
        RetentionKeyMissing,
    ),
    dependencies=[Depends(limited("sign_ins"))],
)
@once
def erase(body: EraseMe, post: OpenPost) -> Erased:
    """Be erased: by address and phone, proven afresh. Nothing of it can be undone."""
    done = erasures.erase(
        post.session,
        post.gateway.vault,
        post.gateway.retention_key,
        proof_of(body.message, body.signature, post.gateway, statement=STATEMENT),
        phone=body.phone,
        code=body.code,
        now=post.now,
    )
    kept = done.retained
    return Erased(
        account_id=done.account_id,
        erased_at=done.erased_at,
        retained=Retained(fields=kept.fields, basis=kept.basis, until=kept.ends_at) if kept else None,
    )
