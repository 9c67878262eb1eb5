"""What the gateway is sent, by the names of the document.

Made from the OpenAPI document by tools/client.py: do not edit.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class AddContact(TypedDict):
    """An address, or the phone of who registered with it."""

    address: NotRequired[str | None]
    phone: NotRequired[str | None]
    alias: NotRequired[str]


class AddEndpoint(TypedDict):
    """Where to tell of what."""

    url: str
    kinds: NotRequired[list[Literal["payment.confirmed", "refund.confirmed", "endpoint.tested"]]]


class Appoint(TypedDict):
    """Who acts for the merchant, and as what."""

    address: str
    role: Literal["owner", "manager", "cashier"]


class Ask(TypedDict):
    """Nothing is asked but the act itself."""


class AskForDraw(TypedDict):
    """Nothing is asked but the commitment."""


class AskForMoney(TypedDict):
    """Who is asked for what. A split is even to a fen, the first payers give the odd ones."""

    kind: Literal["request", "split"]
    total_fen: int
    payers: list[str]
    note: NotRequired[str]
    expires_in_days: NotRequired[int]


class AskForOrder(TypedDict):
    """What a till asks for. The same reference is the same order, however often it is asked for."""

    till: str
    reference: str
    amount_fen: int
    expires_in_s: NotRequired[int]


class BasketItem(TypedDict):
    """A line of a basket."""

    code: str
    name: NotRequired[str]
    category: NotRequired[str]
    unit_price_fen: int
    quantity: NotRequired[int]


class BecomeMerchant(TypedDict):
    """What a business is. All examples are synthetic."""

    credit_code: str
    name: str
    kind: Literal["OFFLINE_POS", "OFFLINE_STATIC_QR", "ONLINE"]
    mcc: str
    city: str
    place: str


class CampaignTerms(TypedDict):
    """What the sponsor signs for; `Campaign` of /v1/typed-data. Their hash is the campaign's id."""

    sponsor: str
    budget: int
    face: int
    per_person: int
    start: int
    end: int
    minimum_spend: int
    divisible: bool
    merchants: str
    issuer: str
    lottery: str
    salt: str


class CardShape(TypedDict):
    """A bank card in one's own name, and the phone the bank knows. No CVV is ever asked for."""

    number: str
    phone: str


class ClaimMyVouchers(TypedDict):
    """Nothing is asked but the act itself."""


class EraseMe(TypedDict):
    """Prove address and phone afresh. The message's statement must be `Erase my pswallet account.`"""

    message: str
    signature: str
    phone: str
    code: str


class GiveBack(TypedDict):
    """The merchant's TransferWithAuthorization to a payer, its nonce the hash of OrderRefund(order, number)."""

    payer: str
    number: int
    amount_fen: int
    valid_after: int
    valid_before: int
    nonce: str
    signature: str


class GivePacket(TypedDict):
    """A red packet: one signature brings money and terms."""

    terms: TermsShape
    authorization: MoneyIn
    kind: Literal["equal", "lucky", "exclusive", "link", "phrase"]
    guests: NotRequired[list[str] | None]
    draw_id: NotRequired[str | None]
    greeting: NotRequired[str]
    cover: NotRequired[str]


class GiveThanks(TypedDict):
    """A short reply to the creator; one a share, for ever."""

    words: str


class Lookup(TypedDict):
    """Find who registered with a phone."""

    phone: str


class MakeKey(TypedDict):
    """What a key is for."""

    name: str
    scopes: list[Literal["reports", "webhooks", "orders"]]


class MakePhraseKey(TypedDict):
    """A phrase (口令) for the next packet. It stays here: only a keyed hash is kept."""

    phrase: str


class MemberPrice(TypedDict):
    """An item's price for members."""

    code: str
    unit_price_fen: int


class MoneyIn(TypedDict):
    """ERC-3009 ReceiveWithAuthorization to the escrow; its nonce is the packet's id."""

    valid_after: int
    valid_before: int
    signature: str


class MoveTime(TypedDict):
    """How far to move the chain's clock."""

    advance_s: int


class NameGroup(TypedDict):
    """What one calls the group; nobody else reads it."""

    name: str


class NewBasket(TypedDict):
    """What somebody wants to buy, at the merchant's prices."""

    items: list[BasketItem]
    till: NotRequired[str | None]
    reference: NotRequired[str | None]


class NewCashier(TypedDict):
    """`Cashier` of /v1/typed-data in the checkout's domain, signed by the merchant: whoever posts it."""

    cashier: str
    cap_fen: int
    number: int
    signature: str


class NewOffer(TypedDict):
    """An offer with its window, budget and caps."""

    terms: OfferTerms
    starts_at: str
    ends_at: str
    budget_fen: int
    uses: NotRequired[int | None]
    per_day: NotRequired[int | None]
    per_person: NotRequired[int | None]
    per_person_a_day: NotRequired[int | None]
    merchants: NotRequired[list[str]]
    fund: NotRequired[str | None]


class NewPermit(TypedDict):
    """ERC-2612 `Permit` of /v1/typed-data in the token's domain, for the checkout; `allow` signs 2^256 - 1,
    else 0."""

    allow: bool
    number: int
    deadline: int
    signature: str


class NewQuote(TypedDict):
    """Which basket, at the price that the merchant showed; `offers` null for the best that there are."""

    basket_id: str
    price_fen: int
    offers: NotRequired[list[str] | None]
    points: NotRequired[int]


class OfferStepShape(TypedDict):
    """A step: from `reach_fen` on (null: from the first fen), `less_fen` less."""

    reach_fen: int | None
    less_fen: int


class OfferTerms(TypedDict):
    """What an offer gives and when; what its kind has no use for is left out."""

    kind: Literal[
        "member-price", "discount", "reduction", "instant", "random", "voucher", "points", "packet", "cashback"
    ]
    layer: NotRequired[Literal["item", "discount", "reduction", "voucher", "points", "packet", "cashback"] | None]
    minimum_spend_fen: NotRequired[int | None]
    at_most_fen: NotRequired[int | None]
    pay_bp: NotRequired[int]
    steps: NotRequired[list[OfferStepShape]]
    repeats: NotRequired[bool]
    low_fen: NotRequired[int | None]
    high_fen: NotRequired[int | None]
    prices: NotRequired[list[MemberPrice]]
    categories: NotRequired[list[str]]
    excludes: NotRequired[list[Literal["item", "discount", "reduction", "voucher", "points", "packet", "cashback"]]]
    member_tier: NotRequired[int]
    allows_zero: NotRequired[bool]


class OpenABudget(TypedDict):
    """`Budget` of /v1/typed-data in the checkout's domain, signed by the funder: whoever posts it."""

    signer: str
    total_fen: int
    end: int
    salt: str
    signature: str


class OpenACampaign(TypedDict):
    """Terms, words for people, shops, and ReceiveWithAuthorization of the budget to the vouchers."""

    terms: CampaignTerms
    names: Wording
    notes: Wording
    shops: NotRequired[list[ShopShape]]
    signature: str


class OpenBox(TypedDict):
    """Whose messages to read."""

    phone: str


class OpenDevice(TypedDict):
    """Nothing is asked: the gateway makes the key."""


class OpenPacket(TypedDict):
    """A guest sends nothing; a link's holder its signature over LinkClaim; a friend the phrase (口令)."""

    link_signature: NotRequired[str | None]
    phrase: NotRequired[str | None]


class OpenStore(TypedDict):
    """A shop."""

    name: str
    street: NotRequired[Literal["坪山", "坑梓", "龙田", "石井", "马峦", "碧岭"] | None]
    place: str


class OrderPartShape(TypedDict):
    """What somebody else pays of an order."""

    funder: str
    budget: str
    value_fen: int
    minimum_spend_fen: int


class PayAnOrder(TypedDict):
    """An ERC-3009 TransferWithAuthorization to the merchant; `validAfter` is 0, the nonce is the order's hash."""

    valid_before: int
    signature: str


class PayFundedOrder(TypedDict):
    """An order with its parts: `FundedOrder` of /v1/typed-data in the checkout's domain, its terms those of the
    order."""

    own_fen: int
    parts: list[OrderPartShape]
    signature: str


class PayShare(TypedDict):
    """The authorization of exactly one's own share to the asker."""

    valid_after: int
    valid_before: int
    nonce: str
    signature: str


class RealName(TypedDict):
    """Who one is. Name and number give T1; with a card and a live face T2. All examples are synthetic."""

    name: str
    id_kind: NotRequired[
        Literal[
            "resident-id",
            "residence-permit",
            "mainland-travel-permit",
            "taiwan-travel-permit",
            "hkid",
            "macau-bir",
            "chinese-passport",
            "foreign-passport",
            "foreign-resident-card",
        ]
    ]
    id_number: str
    birth_date: NotRequired[str | None]
    machine_line: NotRequired[str | None]
    bank_card: NotRequired[CardShape | None]
    liveness_token: NotRequired[str | None]


class RefundAFundedOrder(TypedDict):
    """`Refund` of /v1/typed-data in the checkout's domain, signed by the merchant or one of its cashiers."""

    hash: str
    number: int
    amount_fen: int
    signer: str
    signature: str


class Registration(TypedDict):
    """Open an account: a proven phone and a proven address."""

    phone: str
    code: str
    message: str
    signature: str


class ReplayFailed(TypedDict):
    """From when on."""

    since: str


class ReportEntry(TypedDict):
    """Money arrived at the bank for an account, named by its address or its phone."""

    address: NotRequired[str | None]
    phone: NotRequired[str | None]
    amount_fen: int
    entry: str


class RotateKey(TypedDict):
    """How long the old key serves beside the new one."""

    overlap_s: int


class RotateSecret(TypedDict):
    """How long the old secret signs beside the new one."""

    overlap_s: int


class ScannedText(TypedDict):
    """What a camera read, or somebody typed."""

    text: str


class SendCode(TypedDict):
    """Ask for a one-time code."""

    phone: str


class SendMoney(TypedDict):
    """A transfer to an address, or to whoever registered with a phone (whose address was signed for)."""

    valid_after: int
    valid_before: int
    nonce: str
    signature: str
    to: NotRequired[str | None]
    to_phone: NotRequired[str | None]
    amount_fen: int


class SetLimit(TypedDict):
    """What codes of level A may pay in a day."""

    per_day_fen: int


class SetUpTill(TypedDict):
    """The merchant's own number of the till, which orders carry to the chain."""

    till: str


class ShopShape(TypedDict):
    """A shop of a campaign's list."""

    merchant: str
    category: int


class SignIn(TypedDict):
    """Prove an address; with phone and code, by two factors."""

    message: str
    signature: str
    phone: NotRequired[str | None]
    code: NotRequired[str | None]


class TakeCode(TypedDict):
    """The customer's code, for the merchant's own number of a sale; a retry repeats all three."""

    text: str
    reference: str
    amount_fen: int


class TakeReward(TypedDict):
    """Which reward."""

    reward_id: str


class TermsShape(TypedDict):
    """What the creator signs for; `RedPacket` of /v1/typed-data. Their hash is the packet's id."""

    creator: str
    total: int
    shares: int
    expiry: int
    max_share: int
    lucky: bool
    guests: str
    claim_key: str
    dealer: str
    draw_commitment: str
    salt: str


class Wording(TypedDict):
    """The same words in the three languages."""

    zh_cn: str
    zh_hk: str
    en: str
