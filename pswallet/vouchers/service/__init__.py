"""Decisions about campaigns inside a session; nothing here commits, and nothing says that a voucher has moved."""

from pswallet.vouchers.service.campaigns import OpenCampaign, keep_shops, money_digest, open_campaign
from pswallet.vouchers.service.claims import Claim, ClaimVouchers, claim
from pswallet.vouchers.service.closing import close, ended_campaigns, unfinished_campaigns
from pswallet.vouchers.service.reading import (
    CampaignView,
    ShopPage,
    VoucherView,
    find_campaign,
    shops_of,
    vouchers_of,
)
from pswallet.vouchers.service.spending import LEFT, Held, Shop, Spendable, Wanted, held, proof_for, spendable
from pswallet.vouchers.service.winners import list_winners, terms_of_campaign

__all__ = [
    "LEFT",
    "CampaignView",
    "Claim",
    "ClaimVouchers",
    "Held",
    "OpenCampaign",
    "Shop",
    "ShopPage",
    "Spendable",
    "VoucherView",
    "Wanted",
    "claim",
    "close",
    "ended_campaigns",
    "find_campaign",
    "held",
    "keep_shops",
    "list_winners",
    "money_digest",
    "open_campaign",
    "proof_for",
    "shops_of",
    "spendable",
    "terms_of_campaign",
    "unfinished_campaigns",
    "vouchers_of",
]
