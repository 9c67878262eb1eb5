"""The sandbox's bank: money arrives by an entry, and is issued once however often the bank reports it."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from pswallet.accounts import service as accounts
from pswallet.accounts.errors import PersonUnknown, PhoneInvalid
from pswallet.api.deps import OpenPost
from pswallet.api.idempotency import once
from pswallet.api.problems import AmountInvalid, ChainAway
from pswallet.api.refusals import refused
from pswallet.api.shapes import Address, AmountFen, Bytes32, Phone, Shape
from pswallet.bank import errors, service
from pswallet.chain.outbox import last_block
from pswallet.kit.money import Fen

router = APIRouter(prefix="/sandbox/bank-entries", tags=["sandbox"])


class ReportEntry(Shape):
    """Money arrived at the bank for an account, named by its address or its phone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "address": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                    "amount_fen": 100_000,
                    "entry": "BANK-20261122-0001",
                }
            ]
        }
    )

    address: Address | None = None
    phone: Phone | None = None
    amount_fen: AmountFen
    entry: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/-]{1,64}$")] = Field(
        description="the bank's own name of the entry; it never goes on chain, its hash does"
    )

    @model_validator(mode="after")
    def _one_account(self) -> "ReportEntry":
        if (self.address is None) is (self.phone is None):
            raise ValueError("give either `address` or `phone`")
        return self


class EntryShape(Shape):
    """A bank entry and what the chain says of it."""

    id: str
    entry: Bytes32
    account: Address
    amount_fen: int
    status: str = Field(description="recorded, issued or refused")
    error: str | None


@router.post(
    "",
    status_code=202,
    responses=refused(
        AmountInvalid, ChainAway, PhoneInvalid, PersonUnknown, errors.BankEntryConflict, errors.BankTotalTooLarge
    ),
)
@once
def report_entry(body: ReportEntry, post: OpenPost) -> EntryShape:
    """Report money that arrived. Play money: sandbox only."""
    block = last_block(post.session)
    if block is None:
        raise ChainAway(retry_after_s=1)
    address = body.address
    if address is None:
        address = accounts.find_by_phone(post.session, post.gateway.vault, phone=body.phone or "").address
    recorded = service.record_entry(
        post.session, entry_id=body.entry, account=address, amount=Fen(body.amount_fen), now=block.time
    )
    fields: dict[str, Any] = {name: getattr(recorded, name) for name in EntryShape.model_fields}
    return EntryShape(**fields)
