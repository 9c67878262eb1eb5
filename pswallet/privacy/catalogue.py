"""Where a person's data are: every table is a holding here, or stands among those that hold nothing personal.

A test holds the list to the tables. Rows are found by account id or address; every column is shown to the person
unless it is withheld for a reason, and each holding says what an erasure does with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Text, bindparam, or_, select

from pswallet.accounts.models import Account, AccountFreeze, AccountSession, AccountTier, PhoneCode, SignInNonce
from pswallet.api.models import KeptAnswer, RateWindow
from pswallet.bank.models import BankEntry, BankMint, BankMintRefusal, BankRedemption, ReserveAttestation
from pswallet.chain.models import ChainBlock, ChainCall, ChainSender, ChainSending, ChainTransaction
from pswallet.checkout.models import (
    Allowance,
    BudgetOpening,
    CheckoutBudget,
    CheckoutCashier,
    CheckoutPart,
    CheckoutPayment,
    CheckoutRefund,
    CheckoutRefundAsked,
    CheckoutRefusal,
)
from pswallet.contacts.models import ContactGroup
from pswallet.kit.db import Base
from pswallet.kit.trail import TrailEntry
from pswallet.kit.vault import DataKey, MasterKey
from pswallet.kyc.models import CheckedIdentity, Tier
from pswallet.merchants.models import (
    ApiKey,
    CodeLimit,
    CodeSpending,
    Merchant,
    PaymentDevice,
    Staff,
    Store,
    TakenCode,
    Till,
    WebhookDelivery,
    WebhookEndpoint,
)
from pswallet.notifications.models import Notification, OffChainNotification
from pswallet.offers.models import Basket, Offer, OfferCount, Quote, QuoteLine
from pswallet.payments.models import (
    Authorization,
    AuthorizationCancellation,
    AuthorizationRefusal,
    AuthorizationUse,
    Entry,
    FundedIntake,
    Order,
    OrderRefund,
    PaymentPause,
    PaymentRequest,
    PaymentShare,
    SharePayment,
    Succession,
    TierLimit,
)
from pswallet.points.models import (
    PointsDay,
    PointsHold,
    PointsPurchase,
    PointsRedemption,
    PointsRefund,
    PointsReminder,
    PointsReward,
)
from pswallet.privacy.models import RetainedRecord
from pswallet.redpackets.models import (
    Draw,
    PacketClaim,
    PacketCollection,
    PacketGuest,
    PacketOpening,
    PacketRefund,
    PacketRefusal,
    PacketShare,
    PacketThanks,
    PhraseKey,
    PhraseTry,
    RedPacket,
)
from pswallet.vendors.models import SandboxMessage
from pswallet.vouchers.models import (
    Campaign,
    CampaignClosing,
    CampaignOpening,
    ListedShop,
    ListedWinner,
    VoucherClaim,
    VoucherEntry,
    VoucherRefusal,
    WinnerListing,
)

ACCOUNT: ColumnElement[str] = bindparam("account_id", type_=Text)
ADDRESS: ColumnElement[str] = bindparam("address", type_=Text)

DELETED = "deleted"
UNREADABLE = "stays sealed; the key is destroyed"
LEDGER = "stays, by address alone: the public chain says the same"
SIGNED = "stays, by address alone: the audit holds it to what was signed and to the chain"
SAID = "stays, by address alone: it was said to others and is their history too"
COUNTED = "stays, by address alone: the daily roots of everybody's points count it"
PROOF = "stays: it proves the erasure"
TRADE = "stays: a business, whom others have paid; the law keeps its books"

_KEYED = "a keyed hash of what stands beside it"
_SECRET = "a secret, or what one is checked by"  # noqa: S105 - words


@dataclass(frozen=True)
class Holding:
    """A table with rows of a person: which are theirs, what becomes of them, what is opened and what withheld."""

    table: type[Base]
    theirs: ColumnElement[bool]
    erasure: str
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Column → the field under which the vault sealed it."""
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Column → why the person is not shown it."""


_PHONE = select(Account.phone_index).where(Account.id == ACCOUNT).scalar_subquery()
_OWN_REQUESTS = select(PaymentRequest.id).where(PaymentRequest.creator == ADDRESS)
_ASKED = select(PaymentShare.request_id).where(PaymentShare.payer == ADDRESS)
_OWN_MERCHANTS = select(Merchant.id).where(Merchant.account_id == ACCOUNT)
_OWN_KEYS = select(ApiKey.id).where(ApiKey.merchant_id.in_(_OWN_MERCHANTS))
_OWN_ENDPOINTS = select(WebhookEndpoint.id).where(WebhookEndpoint.merchant_id.in_(_OWN_MERCHANTS))
_OWN_QUOTES = select(Quote.id).where(Quote.payer == ADDRESS)
_QUOTED = select(Quote.basket_id).where(Quote.payer == ADDRESS)
_OWN_CHECKOUTS = select(CheckoutPayment.hash).where(
    or_(CheckoutPayment.payer == ADDRESS, CheckoutPayment.merchant == ADDRESS)
)
_OWN_ORDERS = select(Order.id).where(Order.merchant == ADDRESS)
_PAID = or_(
    Order.hash.in_(select(Authorization.nonce).where(Authorization.payer == ADDRESS)),
    Order.hash.in_(select(AuthorizationUse.nonce).where(AuthorizationUse.payer == ADDRESS)),
    Order.id.in_(select(FundedIntake.order_id).where(FundedIntake.payer == ADDRESS)),
)
"""Orders that the person paid, or tried to: their rows name the merchant alone."""
_OWN_FUNDED = select(FundedIntake.hash).where(FundedIntake.payer == ADDRESS)
_OWN_BUDGETS = select(CheckoutBudget.id).where(CheckoutBudget.funder == ADDRESS)
_OWN_PACKETS = select(RedPacket.id).where(RedPacket.creator == ADDRESS)
_OWN_ENTRIES = select(BankEntry.entry).where(BankEntry.account == ADDRESS)

HOLDINGS = (
    Holding(
        Account,
        Account.id == ACCOUNT,
        UNREADABLE,
        sealed={"phone_sealed": "phone", "name_sealed": "name"},
        withheld={"phone_index": _KEYED},
    ),
    Holding(AccountSession, AccountSession.account_id == ACCOUNT, DELETED, withheld={"token_hash": _SECRET}),
    Holding(
        PhoneCode, PhoneCode.phone_index == _PHONE, DELETED, withheld={"phone_index": _KEYED, "code_hash": _SECRET}
    ),
    Holding(AccountTier, AccountTier.address == ADDRESS, LEDGER),
    Holding(AccountFreeze, AccountFreeze.address == ADDRESS, LEDGER),
    Holding(
        CheckedIdentity,
        CheckedIdentity.account_id == ACCOUNT,
        UNREADABLE,
        sealed={"number_sealed": "document", "birth_date_sealed": "birth-date", "card_sealed": "card"},
        withheld={"number_index": _KEYED},
    ),
    Holding(ContactGroup, ContactGroup.owner == ACCOUNT, UNREADABLE, sealed={"content_sealed": "contact-group"}),
    # Before the devices: what a device's codes were taken for goes with it.
    Holding(TakenCode, TakenCode.owner == ACCOUNT, DELETED),
    Holding(PaymentDevice, PaymentDevice.owner == ACCOUNT, DELETED, withheld={"key_sealed": _SECRET}),
    Holding(CodeSpending, CodeSpending.owner == ACCOUNT, DELETED),
    Holding(CodeLimit, CodeLimit.owner == ACCOUNT, DELETED),
    Holding(Merchant, Merchant.account_id == ACCOUNT, TRADE),
    Holding(Store, Store.merchant_id.in_(_OWN_MERCHANTS), TRADE),
    Holding(Till, Till.merchant_id.in_(_OWN_MERCHANTS), TRADE),
    Holding(Staff, or_(Staff.account_id == ACCOUNT, Staff.merchant_id.in_(_OWN_MERCHANTS)), TRADE),
    # Before the keys: what their machines were answered goes with them.
    Holding(
        KeptAnswer,
        or_(KeptAnswer.owner == ACCOUNT, KeptAnswer.owner.in_(_OWN_KEYS)),
        DELETED,
        withheld={"fingerprint": _SECRET, "body": "an answer that was given already; gone after a day"},
    ),
    Holding(ApiKey, ApiKey.merchant_id.in_(_OWN_MERCHANTS), DELETED, withheld={"token_hash": _SECRET}),
    Holding(WebhookDelivery, WebhookDelivery.endpoint_id.in_(_OWN_ENDPOINTS), DELETED),
    Holding(
        WebhookEndpoint,
        WebhookEndpoint.merchant_id.in_(_OWN_MERCHANTS),
        DELETED,
        withheld={"secret_sealed": _SECRET, "old_secret_sealed": _SECRET},
    ),
    Holding(DataKey, DataKey.person == ACCOUNT, PROOF, withheld={"wrapped": _SECRET}),
    Holding(RateWindow, RateWindow.bucket.endswith(ACCOUNT), DELETED),
    Holding(Notification, Notification.address == ADDRESS, LEDGER),
    Holding(OffChainNotification, OffChainNotification.address == ADDRESS, DELETED),
    Holding(Authorization, or_(Authorization.payer == ADDRESS, Authorization.recipient == ADDRESS), SIGNED),
    Holding(AuthorizationUse, AuthorizationUse.payer == ADDRESS, LEDGER),
    Holding(AuthorizationCancellation, AuthorizationCancellation.payer == ADDRESS, LEDGER),
    Holding(AuthorizationRefusal, AuthorizationRefusal.payer == ADDRESS, LEDGER),
    Holding(Entry, Entry.account == ADDRESS, LEDGER),
    Holding(Succession, or_(Succession.account == ADDRESS, Succession.successor == ADDRESS), LEDGER),
    Holding(PaymentRequest, or_(PaymentRequest.creator == ADDRESS, PaymentRequest.id.in_(_ASKED)), SAID),
    Holding(PaymentShare, or_(PaymentShare.payer == ADDRESS, PaymentShare.request_id.in_(_OWN_REQUESTS)), SAID),
    Holding(SharePayment, SharePayment.payer == ADDRESS, SIGNED),
    Holding(Order, or_(Order.merchant == ADDRESS, _PAID), SIGNED),
    Holding(OrderRefund, or_(OrderRefund.payer == ADDRESS, OrderRefund.order_id.in_(_OWN_ORDERS)), SIGNED),
    Holding(Offer, Offer.owner == ADDRESS, SAID, withheld={"seed": _SECRET}),
    Holding(OfferCount, OfferCount.person == ADDRESS, SIGNED),
    Holding(Basket, or_(Basket.merchant == ADDRESS, Basket.id.in_(_QUOTED)), SAID),
    Holding(Quote, Quote.payer == ADDRESS, SIGNED),
    Holding(QuoteLine, QuoteLine.quote_id.in_(_OWN_QUOTES), SIGNED),
    Holding(BankEntry, BankEntry.account == ADDRESS, SIGNED),
    Holding(BankMint, BankMint.account == ADDRESS, LEDGER),
    Holding(BankRedemption, BankRedemption.account == ADDRESS, LEDGER),
    Holding(BankMintRefusal, BankMintRefusal.entry.in_(_OWN_ENTRIES), LEDGER),
    Holding(PointsPurchase, PointsPurchase.account == ADDRESS, LEDGER),
    Holding(PointsRefund, PointsRefund.account == ADDRESS, LEDGER),
    Holding(PointsHold, PointsHold.account == ADDRESS, COUNTED),
    Holding(PointsRedemption, PointsRedemption.account == ADDRESS, COUNTED),
    Holding(PointsReminder, PointsReminder.account == ADDRESS, DELETED),
    Holding(Draw, Draw.creator == ADDRESS, SIGNED),
    Holding(
        PhraseKey,
        PhraseKey.creator == ADDRESS,
        SIGNED,
        withheld={"secret_sealed": _SECRET, "phrase_index": "a keyed hash of the phrase, which is not kept"},
    ),
    Holding(PhraseTry, PhraseTry.account == ADDRESS, DELETED),
    Holding(RedPacket, RedPacket.creator == ADDRESS, SAID),
    Holding(PacketGuest, or_(PacketGuest.account == ADDRESS, PacketGuest.packet.in_(_OWN_PACKETS)), SAID),
    Holding(PacketThanks, PacketThanks.person == ACCOUNT, UNREADABLE, sealed={"words_sealed": "thanks"}),
    Holding(PacketClaim, PacketClaim.account == ADDRESS, SIGNED),
    Holding(PacketOpening, PacketOpening.creator == ADDRESS, LEDGER),
    Holding(PacketShare, PacketShare.account == ADDRESS, LEDGER),
    Holding(PacketCollection, PacketCollection.account == ADDRESS, LEDGER),
    Holding(PacketRefund, PacketRefund.creator == ADDRESS, LEDGER),
    Holding(PacketRefusal, or_(PacketRefusal.account == ADDRESS, PacketRefusal.packet.in_(_OWN_PACKETS)), LEDGER),
    Holding(Campaign, Campaign.sponsor == ADDRESS, SAID),
    Holding(ListedShop, ListedShop.merchant == ADDRESS, SAID),
    Holding(ListedWinner, ListedWinner.account == ADDRESS, SIGNED),
    Holding(VoucherClaim, VoucherClaim.account == ADDRESS, SIGNED),
    Holding(CampaignOpening, CampaignOpening.sponsor == ADDRESS, LEDGER),
    Holding(VoucherEntry, or_(VoucherEntry.account == ADDRESS, VoucherEntry.merchant == ADDRESS), LEDGER),
    Holding(CampaignClosing, CampaignClosing.sponsor == ADDRESS, LEDGER),
    Holding(VoucherRefusal, VoucherRefusal.account == ADDRESS, LEDGER),
    Holding(FundedIntake, FundedIntake.payer == ADDRESS, SIGNED),
    Holding(CheckoutBudget, CheckoutBudget.funder == ADDRESS, SIGNED),
    Holding(
        CheckoutRefundAsked,
        or_(
            CheckoutRefundAsked.merchant == ADDRESS,
            CheckoutRefundAsked.signer == ADDRESS,
            CheckoutRefundAsked.hash.in_(_OWN_CHECKOUTS),
        ),
        SIGNED,
    ),
    Holding(Allowance, or_(Allowance.owner == ADDRESS, Allowance.spender == ADDRESS), LEDGER),
    Holding(BudgetOpening, or_(BudgetOpening.funder == ADDRESS, BudgetOpening.signer == ADDRESS), LEDGER),
    Holding(CheckoutPayment, CheckoutPayment.hash.in_(_OWN_CHECKOUTS), LEDGER),
    Holding(CheckoutPart, or_(CheckoutPart.funder == ADDRESS, CheckoutPart.hash.in_(_OWN_CHECKOUTS)), LEDGER),
    Holding(CheckoutRefund, or_(CheckoutRefund.signer == ADDRESS, CheckoutRefund.hash.in_(_OWN_CHECKOUTS)), LEDGER),
    Holding(CheckoutCashier, or_(CheckoutCashier.merchant == ADDRESS, CheckoutCashier.cashier == ADDRESS), LEDGER),
    Holding(
        CheckoutRefusal,
        or_(
            CheckoutRefusal.subject.contains(ADDRESS),
            CheckoutRefusal.key.contains(ADDRESS),
            CheckoutRefusal.subject.in_(_OWN_FUNDED),
            CheckoutRefusal.subject.in_(_OWN_CHECKOUTS),
            CheckoutRefusal.subject.in_(_OWN_BUDGETS),
        ),
        LEDGER,
    ),
    Holding(TrailEntry, or_(TrailEntry.person == ACCOUNT, TrailEntry.person == ADDRESS), PROOF),
    Holding(
        RetainedRecord,
        RetainedRecord.account_id == ACCOUNT,
        PROOF,
        withheld={"locked": "only the operators can open it"},
    ),
)
"""Every table that holds a person's data."""

IMPERSONAL: dict[type[Base], str] = {
    SignInNonce: "a random number for whoever asked, gone after ten minutes",
    Tier: "limits, the same for all",
    TierLimit: "limits, the same for all",
    PaymentPause: "the token's own",
    ReserveAttestation: "the custodian's",
    PointsReward: "what is to be had, the same for all",
    PointsDay: "sums under names that are blinded anew each day; only the person's own proof opens one",
    WinnerListing: "roots of lists; whom they name stands in the lists",
    ChainBlock: "the chain's",
    ChainCall: "our calls: what is in them stands in the requests that they carry out",
    ChainSender: "our own keys' addresses",
    ChainTransaction: "our own transactions",
    ChainSending: "our own transactions",
    MasterKey: "names of our keys",
    SandboxMessage: "an SMS vendor's, whose stand-in keeps a sealed code for a day",
}
"""Every other table, and why it holds nobody's data."""


def sealed_holdings() -> list[Holding]:
    """Return the holdings with sealed fields."""
    return [holding for holding in HOLDINGS if holding.sealed]


def identity_holdings() -> list[Holding]:
    """Return the holdings that say who a person is: all that operators may read, and the law keeps."""
    return [holding for holding in HOLDINGS if holding.table in (Account, CheckedIdentity)]
