"""Decisions about campaigns inside a session; nothing here commits, and nothing says that a voucher has moved."""

from pswallet.vouchers.service.campaigns import OpenCampaign, has_signed, keep_shops, money_digest, open_campaign
from pswallet.vouchers.service.claims import Claim, ClaimVouchers, claim
from pswallet.vouchers.service.closing import close, ended_campaigns
from pswallet.vouchers.service.reading import (
    CampaignView,
    ShopPage,
    VoucherView,
    find_campaign,
    shops_of,
    vouchers_of,
)
from pswallet.vouchers.service.spending import Shop, Spendable, proof_for, spendable
from pswallet.vouchers.service.winners import list_winners

__all__ = [
    "CampaignView",
    "Claim",
    "ClaimVouchers",
    "OpenCampaign",
    "Shop",
    "ShopPage",
    "Spendable",
    "VoucherView",
    "claim",
    "close",
    "ended_campaigns",
    "find_campaign",
    "has_signed",
    "keep_shops",
    "list_winners",
    "money_digest",
    "open_campaign",
    "proof_for",
    "shops_of",
    "spendable",
    "vouchers_of",
]
