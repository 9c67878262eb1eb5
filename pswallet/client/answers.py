"""What the gateway answers, by the names of the document.

Made from the OpenAPI document by tools/client.py: do not edit.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from pswallet.client import bodies, parts


class AccountShape(TypedDict):
    """An account as its owner sees it."""

    id: str
    address: str
    masked_phone: str
    masked_name: str | None
    tier: int
    frozen: bool
    created_at: str


class ActivityPage(TypedDict):
    """A page of lines; `older` asks for the next page, null at the end."""

    items: list[parts.LineShape]
    older: str | None


class Alive(TypedDict):
    """The process answers."""

    status: str


class Allowances(TypedDict):
    """Every kind and level."""

    items: list[parts.AllowanceShape]


class Balance(TypedDict):
    """What the account holds by the last block read."""

    balance_fen: int


class BasketShape(TypedDict):
    """A basket and its price."""

    id: str
    merchant: str
    items: list[parts.BasketItemShape]
    price_fen: int
    till: str | None
    reference: str | None
    created_at: str


class Box(TypedDict):
    """The last messages to a phone, the newest last."""

    messages: list[parts.Message]


class BudgetAccepted(TypedDict):
    """The budget waits for the chain."""

    id: str
    status: str


class BudgetShape(TypedDict):
    """A budget and what it can pay still; the chain shows it to everybody."""

    id: str
    funder: str
    signer: str
    total_fen: int
    left_fen: int
    ends_at: str
    status: str


class CampaignAccepted(TypedDict):
    """The campaign waits for the chain."""

    id: str
    status: str


class CampaignShape(TypedDict):
    """A campaign and how far it is. All of it is public."""

    id: str
    terms: bodies.CampaignTerms
    names: bodies.Wording
    notes: bodies.Wording
    status: str
    error: str | None
    issued_fen: int
    spent_fen: int
    restored_fen: int
    returned_fen: int
    lists: list[str]
    starts_at: str
    ends_at: str


class CampaignShops(TypedDict):
    """A page of a campaign's shops by address; `after` asks for the next page, null at the end."""

    items: list[bodies.ShopShape]
    after: str | None


class CashbackPage(TypedDict):
    """A page of cashbacks; `older` asks for the next page, null at the end."""

    items: list[parts.CashbackShape]
    older: str | None


class CashierAccepted(TypedDict):
    """The act waits for the chain."""

    cashier: str
    status: str


class Cashiers(TypedDict):
    """A merchant's cashiers, dismissed ones too."""

    items: list[parts.CashierShape]


class ChainShape(TypedDict):
    """The chain behind the gateway."""

    chain_id: int
    contracts: parts.Contracts
    signer: str | None
    block: parts.BlockShape


class ClaimAccepted(TypedDict):
    """The claim waits for the chain, its position fixed by the dealer's signature."""

    packet: str
    account: str
    position: int
    ticket: str
    status: str


class ClaimShape(TypedDict):
    """One's own claim and what the chain says of it."""

    packet: str
    account: str
    position: int | None
    ticket: str | None
    status: str
    error: str | None
    amount_fen: int | None


class ClosingAccepted(TypedDict):
    """The closing waits for the chain."""

    campaign: str
    status: str


class CodeSent(TypedDict):
    """A code is on its way."""

    expires_at: str
    resend_after_s: int


class Deliveries(TypedDict):
    """A page of deliveries, the newest first."""

    items: list[DeliveryShape]
    older: str | None


class DeliveryShape(TypedDict):
    """An event for an endpoint."""

    id: str
    kind: Literal["payment.confirmed", "refund.confirmed", "endpoint.tested"]
    created_at: str
    tries: int
    due_at: str | None
    accepted_at: str | None
    last_status: int | None
    last_flaw: str | None
    content: str


class Devices(TypedDict):
    """One's own devices, the oldest first; 5 at most."""

    items: list[parts.DeviceShape]


class DrawProof(TypedDict):
    """All that a client needs to recompute the draw: rest = total, then for each position share = f(link,
    rest)."""

    packet: str
    lucky: bool
    dealer: str
    draw_commitment: str
    total_fen: int
    shares: int
    max_share_fen: int
    reveals: list[parts.Reveal]
    complete: bool
    rule: str


class DrawShape(TypedDict):
    """What goes into a lucky packet's terms; good for the first packet bound to it."""

    id: str
    dealer: str
    draw_commitment: str


class EndpointMade(TypedDict):
    """An endpoint, and the secret of its signatures for the only time."""

    endpoint: EndpointShape
    secret: str


class EndpointShape(TypedDict):
    """An endpoint and its health."""

    id: str
    url: str
    kinds: list[Literal["payment.confirmed", "refund.confirmed", "endpoint.tested"]]
    created_at: str
    old_secret_until: str | None
    failing_since: str | None
    disabled_at: str | None


class Endpoints(TypedDict):
    """A merchant's endpoints."""

    items: list[EndpointShape]


class EntryShape(TypedDict):
    """A bank entry and what the chain says of it."""

    id: str
    entry: str
    account: str
    amount_fen: int
    status: str
    error: str | None


class Erased(TypedDict):
    """The person is erased; no session and no name is left."""

    account_id: str
    erased_at: str
    retained: parts.Retained | None


class ExportShape(TypedDict):
    """Everything that is held of the account's owner."""

    exported_at: str
    account_id: str
    address: str
    balance_fen: int
    records: dict[str, list[dict[str, Any]]]
    withheld: dict[str, str]
    erasure: dict[str, str]


class Found(TypedDict):
    """Whom a payment would go to; show the masked name before it is signed."""

    address: str
    masked_phone: str
    masked_name: str | None


class FundedOrderAccepted(TypedDict):
    """The payment waits for the chain; the order and the events say what became of it."""

    hash: str
    status: str


class FundedRefundAccepted(TypedDict):
    """The refund waits for the chain."""

    hash: str
    number: int
    status: str


class GroupShape(TypedDict):
    """A group as its owner sees it, the members in the order in which they came."""

    id: str
    name: str
    members: list[parts.ContactShape]
    created_at: str


class Groups(TypedDict):
    """One's own groups, the oldest first; 20 at most."""

    items: list[GroupShape]


class KeyMade(TypedDict):
    """A new key, and its token for the only time."""

    key: parts.KeyShape
    token: str


class Keys(TypedDict):
    """A merchant's live API keys."""

    items: list[parts.KeyShape]


class MerchantShape(TypedDict):
    """A merchant; what is asked on its behalf is paid to `address`."""

    id: str
    address: str
    credit_code: str
    name: str
    kind: Literal["OFFLINE_POS", "OFFLINE_STATIC_QR", "ONLINE"]
    mcc: str
    category: str
    city: str
    place: str
    role: Literal["owner", "manager", "cashier"] | None
    ready: bool
    created_at: str


class Merchants(TypedDict):
    """Those for which one acts, the oldest first."""

    items: list[MerchantShape]


class NonceGiven(TypedDict):
    """What a sign-in message must say."""

    nonce: str
    domain: str
    uri: str
    chain_id: int
    issued_at: str
    expires_at: str


class OfferPage(TypedDict):
    """A page of offers; `older` asks for the next page, null at the end."""

    items: list[OfferShape]
    older: str | None


class OfferShape(TypedDict):
    """An offer. What is left of it only its owner sees."""

    id: str
    owner: str
    text: str
    funder: Literal["merchant", "platform", "points", "sponsor"]
    terms: parts.OfferTermsShape
    merchants: list[str]
    starts_at: str
    ends_at: str
    withdrawn_at: str | None
    uses: int | None
    per_day: int | None
    per_person: int | None
    per_person_a_day: int | None
    fund: str | None
    seed_hash: str | None
    seed: str | None
    budget_fen: int | None
    taken_fen: int | None
    times_taken: int | None


class OpenedDeviceShape(TypedDict):
    """A device and its key, which is told here alone: keep it where the wallet's own key lies."""

    id: str
    key: str
    step_s: int
    counters: int
    created_at: str


class OrderCodeShape(TypedDict):
    """An order's code, after EMVCo's specification."""

    text: str
    expires_at: str


class OrderShape(TypedDict):
    """An order and where it stands. Payments and refunds are shown to the merchant, and to a payer its own."""

    id: str
    hash: str
    merchant: str
    till: str
    reference: str
    amount_fen: int
    expiry: int
    status: str
    error: str | None
    quote_id: str | None
    parts: list[bodies.OrderPartShape]
    payments: list[parts.OrderPaymentShape]
    refunds: list[parts.RefundShape]


class PacketAccepted(TypedDict):
    """The packet waits for the chain; GET /v1/red-packets/{id} and the events say what became of it."""

    id: str
    status: str
    transfer_id: str


class PacketPage(TypedDict):
    """A page of packets; `older` asks for the next page, null at the end."""

    items: list[PacketShape]
    older: str | None


class PacketShape(TypedDict):
    """A packet and how far it is."""

    id: str
    kind: str
    terms: bodies.TermsShape
    greeting: str | None
    cover: str
    guests: list[str]
    status: str
    error: str | None
    claimed_shares: int
    claimed_fen: int
    owed_fen: int
    refunded_fen: int
    created_at: str
    expires_at: str


class PermitAccepted(TypedDict):
    """The permit waits for the chain."""

    status: str


class PermitState(TypedDict):
    """What a permit is signed with, and whether the checkout may move this account's money."""

    spender: str
    number: int
    allowed: bool


class PhraseKeyShape(TypedDict):
    """The address that goes into the terms as `claim_key`."""

    claim_key: str


class PointsProofShape(TypedDict):
    """One's proof of being counted in a day's root: save it, and check it by `pswallet points verify`."""

    format: str
    day: str
    account: str
    salt: str
    points: int
    position: int
    beside: list[parts.BesideShape]
    root: str
    total: int


class PointsShape(TypedDict):
    """How one's points stand by the last block read."""

    free: int
    held: int
    lots: list[parts.LotShape]
    tier: parts.PointsTierShape


class PointsStatementShape(TypedDict):
    """The sums of a period, and a page of its lines, oldest first: opening + in - out = closing."""

    first_day: str | None
    last_day: str | None
    opening: int
    came_in: int
    went_out: int
    closing: int
    items: list[parts.PointsLineShape]
    newer: int | None


class ProblemShape(TypedDict):
    """What a problem means."""

    type: str
    title: str
    status: int
    meaning: str


class QuotePage(TypedDict):
    """A page of quotes; `older` asks for the next page, null at the end."""

    items: list[QuoteShape]
    older: str | None


class QuoteShape(TypedDict):
    """A price, explained. Own money and what each funder gives are the basket's price."""

    id: str
    basket_id: str
    merchant: str
    payer: str
    status: str
    price_fen: int
    own_fen: int
    settlement_fen: int
    funded_fen: dict[str, int]
    cashback_fen: int
    lines: list[parts.QuoteLineShape]
    order_parts: list[parts.QuotePartShape]
    settled_items_fen: list[int]
    explanation: list[str]
    created_at: str
    expires_at: str
    order_id: str | None


class Ready(TypedDict):
    """What the gateway needs, and whether it is there; null where nothing could be learnt."""

    ready: bool
    database: bool
    schema_complete: bool
    chain: bool
    relayer: bool
    indexer: bool
    worker: bool
    head_block: int | None
    indexed_block: int | None
    lag_blocks: int | None
    unsettled_calls: int | None
    tiers_not_enforced: list[int] | None


class RedemptionShape(TypedDict):
    """A reward that was taken; its id is what one shows to get it."""

    id: str
    reward_id: str
    title: str
    points: int
    at: str


class Redemptions(TypedDict):
    """What one has taken, the newest first."""

    items: list[RedemptionShape]


class Registered(TypedDict):
    """The new account and its first session's token."""

    account: AccountShape
    token: str


class Reminded(TypedDict):
    """Who has been told once more."""

    payers: list[str]


class Replayed(TypedDict):
    """How many are sent again."""

    count: int


class RequestPage(TypedDict):
    """A page of requests; `older` asks for the next page, null at the end."""

    items: list[RequestShape]
    older: str | None


class RequestShape(TypedDict):
    """A payment request and how far it is paid."""

    id: str
    creator: str
    kind: str
    total_fen: int
    note: str
    created_at: str
    expires_at: str
    shares: list[parts.RequestsShareShape]


class Rewards(TypedDict):
    """The catalogue, the cheapest first."""

    items: list[parts.RewardShape]


class ScanShape(TypedDict):
    """Whose code it is and what to look up. Name and price are never taken from a code: ask for them by these."""

    kind: Literal["merchant-code", "payment-code"]
    network: str
    initiation: Literal["static", "dynamic"] | None
    merchant: str | None
    store: str | None
    till: str | None
    reference: str | None
    order: str | None
    expires_at: str | None


class SessionList(TypedDict):
    """Every open session of the account, the newest first."""

    sessions: list[parts.SessionShape]


class SettlementShape(TypedDict):
    """A day of Asia/Shanghai: opening + sales - refunds - fees + deposits - payouts = closing."""

    address: str
    day: str
    opening_fen: int
    sales_fen: int
    sales: int
    refunds_fen: int
    refunds: int
    fees_fen: int
    net_fen: int
    deposits_fen: int
    payouts_fen: int
    closing_fen: int
    difference_fen: int
    complete: bool


class Shares(TypedDict):
    """The drawn shares in order of position; a packet has 100 at most."""

    items: list[parts.ClaimsShareShape]


class SignedIn(TypedDict):
    """The account and a session's token; the token is shown once."""

    account: AccountShape
    token: str


class StaffList(TypedDict):
    """Everybody who acts for a merchant."""

    items: list[StaffShape]


class StaffShape(TypedDict):
    """Somebody who acts for a merchant."""

    address: str
    role: Literal["owner", "manager", "cashier"]
    since: str


class StatementShape(TypedDict):
    """The sums of a period, and a page of its lines, oldest first: opening + in - out = closing."""

    account: str
    first_day: str | None
    last_day: str | None
    opening_fen: int
    in_fen: int
    out_fen: int
    closing_fen: int
    items: list[parts.LineShape]
    newer: str | None


class StoreShape(TypedDict):
    """A store that is open."""

    id: str
    name: str
    street: str | None
    place: str
    created_at: str


class Stores(TypedDict):
    """A merchant's open stores."""

    items: list[StoreShape]


class Submitted(TypedDict):
    """A call waits for the chain."""

    packet: str
    status: str


class TakenShape(TypedDict):
    """Whom to ask for the money; none of it has moved."""

    account: str
    order: str | None
    amount_fen: int
    taken_at: str


class Thanked(TypedDict):
    """The reply as everybody who takes part in the packet reads it."""

    packet: str
    words: str


class TierList(TypedDict):
    """The tiers whose figures are due today."""

    tiers: list[parts.KycTierShape]


class TierRequested(TypedDict):
    """The tier that was asked of the chain. It holds once `GET /v1/accounts/me` shows it."""

    tier_requested: int


class TillShape(TypedDict):
    """A till that is open."""

    till: str
    store: str
    created_at: str


class Tills(TypedDict):
    """A merchant's open tills."""

    items: list[TillShape]


class TimeMoved(TypedDict):
    """The block that shows the new time."""

    number: int
    time: int


class TransferAccepted(TypedDict):
    """The transfer waits for the chain; GET /v1/transfers/{id} and the events say what became of it."""

    id: str
    status: str


class TransferShape(TypedDict):
    """A transfer and what the chain says of it."""

    id: str
    payer: str
    recipient: str
    amount_fen: int
    nonce: str
    purpose: str
    status: str
    error: str | None
    block: int | None
    confirmed_at: str | None
    accepted_at: str


class TypedData(TypedDict):
    """Every EIP-712 type that the gateway takes, and the domains to sign in."""

    types: dict[str, list[parts.TypedField]]
    domains: parts.TypedDomains


class Vouchers(TypedDict):
    """One's vouchers, by campaign."""

    items: list[parts.VoucherShape]


class VouchersAccepted(TypedDict):
    """The vouchers wait for the chain."""

    campaign: str
    account: str
    count: int
    amount_fen: int
    status: str
