"""A merchant's day as sums that balance, and its lines as CSV for a spreadsheet."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from pswallet.api.deps import GatewayParts, MerchantCaller, Now, Transaction
from pswallet.api.languages import Language
from pswallet.api.periods import AskedDays
from pswallet.api.polling import PolledRoute
from pswallet.api.problems import PeriodInvalid
from pswallet.api.refusals import refused
from pswallet.api.routes.merchants import ACTING, MerchantId
from pswallet.api.routes.statements import CSV, csv_headers, csv_rows
from pswallet.api.shapes import Address, Shape
from pswallet.chain.outbox import last_block
from pswallet.kit import db
from pswallet.kit.clock import shanghai_day, shanghai_start
from pswallet.merchants import service as merchants
from pswallet.merchants.rules import Role, Scope
from pswallet.payments import service
from pswallet.payments.service import Period

router = APIRouter(prefix="/merchants/{merchant_id}", tags=["merchants"], route_class=PolledRoute)


class SettlementShape(Shape):
    """A day of Asia/Shanghai: opening + sales - refunds - fees + deposits - payouts = closing."""

    address: Address
    day: date
    opening_fen: int
    sales_fen: int
    sales: int = Field(description="how many payments came in")
    refunds_fen: int = Field(description="paid back to who had paid before")
    refunds: int
    fees_fen: int = Field(description="0: nobody takes one")
    net_fen: int = Field(description="sales - refunds - fees")
    deposits_fen: int = Field(description="from the bank or out of a contract")
    payouts_fen: int = Field(description="to the bank, or to anybody else")
    closing_fen: int
    difference_fen: int = Field(description="0, unless rows of the gateway are not the chain's")
    complete: bool = Field(description="the day is over by the chain's clock")


@router.get("/settlement", responses=refused(*ACTING))
def show_settlement(
    merchant_id: MerchantId,
    session: Transaction,
    caller: MerchantCaller,
    gateway: GatewayParts,
    now: Now,
    day: Annotated[
        date | None, Query(ge=date(2000, 1, 1), le=date(2999, 12, 31), description="of Asia/Shanghai; today if absent")
    ] = None,
) -> SettlementShape:
    """Show what a day brought, by the times of the blocks."""
    merchant = merchants.merchant_for(session, merchant_id, caller, role=Role.MANAGER, scopes=(Scope.REPORTS,))
    block = last_block(session)
    chain_time = block.time if block else now
    asked = day or shanghai_day(chain_time)
    period = Period(shanghai_start(asked), shanghai_start(asked + timedelta(days=1)))
    shops = gateway.deployment
    found = service.settlement(session, merchant.address, period=period, checkout=shops.checkout, voucher=shops.voucher)
    return SettlementShape(
        address=merchant.address,
        day=asked,
        opening_fen=found.opening_fen,
        sales_fen=found.sales_fen,
        sales=found.sales,
        refunds_fen=found.refunds_fen,
        refunds=found.refunds,
        fees_fen=found.fees_fen,
        net_fen=found.net_fen,
        deposits_fen=found.deposits_fen,
        payouts_fen=found.payouts_fen,
        closing_fen=found.closing_fen,
        difference_fen=found.difference_fen,
        complete=chain_time >= period.end,
    )


csv_router = APIRouter(prefix="/merchants/{merchant_id}", tags=["merchants"])


@csv_router.get("/statement.csv", response_class=StreamingResponse, responses=refused(PeriodInvalid, *ACTING) | CSV)
def export_statement(
    merchant_id: MerchantId, days: AskedDays, caller: MerchantCaller, gateway: GatewayParts, language: Language
) -> StreamingResponse:
    """Export every line of a merchant's account as CSV, oldest first."""
    with db.transaction(gateway.sessions) as session:
        merchant = merchants.merchant_for(session, merchant_id, caller, role=Role.MANAGER, scopes=(Scope.REPORTS,))
    rows = csv_rows(gateway, merchant.address, days.period, language)
    headers = csv_headers("pswallet-statement", days, language)
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)
