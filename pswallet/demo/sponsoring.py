"""The chapters of vouchers (消费红包): a district's money that is good in listed shops, and what is left of it."""

import secrets
from dataclasses import asdict
from functools import partial
from typing import cast

from pswallet.chain.deploy import Deployment
from pswallet.chain.funded import Campaign as Terms
from pswallet.chain.funded import Part
from pswallet.chain.signing import sign, voucher_domain
from pswallet.chain.terms import ZERO_32
from pswallet.client import Refused
from pswallet.client.answers import OrderShape
from pswallet.client.bodies import CampaignTerms, OpenACampaign, Wording
from pswallet.client.parts import VoucherShape
from pswallet.client.signed import hexed
from pswallet.demo.cast import SPONSOR, Campaign, Person, World
from pswallet.demo.opening import open_shops, refusal
from pswallet.demo.people import DISTRICT
from pswallet.demo.stage import StoryBroke
from pswallet.kit.merkle import merkle_list
from pswallet.kit.money import format_yuan
from pswallet.till import rehearsal
from pswallet.vouchers import service as vouchers

_FACE_FEN, _MINIMUM_FEN, _COUNT = 2_000, 3_000, 5
_BUDGET_FEN = _COUNT * _FACE_FEN
_LASTS_S = 86_400
_MEAL = 5_812
"""Restaurants (ISO 18245)."""
_NAMES: Wording = {"zh_cn": "满30减20", "zh_hk": "滿30減20", "en": "¥20 off from ¥30 on"}
_NOTES: Wording = {"zh_cn": "仅限名单内商户", "zh_hk": "只限名單內商戶", "en": "In the shops of the list only"}
_TEA_HOUSE, _BOOKSHOP = ("坪山大万擂茶铺", "大万路33号"), ("龙田书店", "龙田路8号")


def campaign_opens(world: World) -> None:
    """A district puts money into vouchers for one shop; three people are given one each, and a foreign shop none."""
    stage = world.stage
    stage.chapter("Vouchers of a district (消费红包): money in the shops of a list, and nowhere else")
    keeper, bookseller, winners = world.people[10], world.people[9], world.people[5:8]
    open_shops(world, (keeper, *_TEA_HOUSE), (bookseller, *_BOOKSHOP))
    world.campaign = campaign = _open(world, keeper)
    file = world.folder / "winners.csv"
    file.write_text("\n".join(["account,count", *(f"{winner.address},1" for winner in winners)]) + "\n")
    stage.say("the operator signs and publishes the list of who gets one:")
    world.command(
        "voucher", "list", campaign.id, file, "--reason", "the first who asked",
        PSWALLET_DEPLOYMENT_FILE=world.deployment_file,
    )  # fmt: skip
    for winner in winners:
        stage.until("the list", partial(_voucher, winner, campaign.id))
        winner.client.api.claim_vouchers(campaign.id)
    for winner in winners:
        stage.until("the vouchers", partial(_holds, winner, campaign.id))
    names = ", ".join(winner.name for winner in winners)
    stage.check(True, f"{names} hold one each; two are left for whoever comes")
    _refused_elsewhere(world, campaign, winners[2], bookseller)


def _open(world: World, keeper: Person) -> Campaign:
    """Let the district sign money and terms at once, and the chain take them."""
    stage = world.stage
    district = world.enter(DISTRICT)
    if district.client.api.show_own_account()["tier"] < SPONSOR:
        stage.say("The district registers, and the operator makes it a sponsor:")
        world.operate("set-tier", district.address, str(SPONSOR))
        stage.until("the sponsor's tier", lambda: district.client.api.show_own_account()["tier"] == SPONSOR)
    before = district.client.balance_fen()
    entry = f"DISTRICT-{secrets.token_hex(6)}"
    district.client.api.report_entry({"address": district.address, "amount_fen": _BUDGET_FEN, "entry": entry})
    stage.until("the district's money", lambda: district.client.balance_fen() == before + _BUDGET_FEN)
    campaign = district.client.api.open_campaign(_signed(world, district, keeper))["id"]
    stage.until("the campaign", lambda: district.client.api.show_campaign(campaign)["status"] == "open")
    stage.check(
        district.client.balance_fen() == before,
        f"by one signature the district puts {format_yuan(_BUDGET_FEN)} into {_COUNT} vouchers for a day: "
        f"{_NAMES['en']} ({_NAMES['zh_cn']})",
    )
    return Campaign(campaign, district)


def _signed(world: World, district: Person, keeper: Person) -> OpenACampaign:
    chain = district.client.chain()
    terms = Terms(
        sponsor=district.address,
        budget=_BUDGET_FEN,
        face=_FACE_FEN,
        per_person=1,
        start=chain.block_time,
        end=chain.block_time + _LASTS_S,
        minimum_spend=_MINIMUM_FEN,
        divisible=False,
        merchants=hexed(merkle_list([(keeper.address, _MEAL)]).root),
        issuer=district.client.api.show_chain()["signer"] or "",
        lottery=ZERO_32,
        salt=hexed(secrets.token_bytes(32)),
    )
    voucher = voucher_domain(Deployment.load(world.deployment_file))
    signature = sign(vouchers.money_digest(terms, token=chain.token, voucher=voucher), district.client.key.secret)
    return {
        "terms": cast("CampaignTerms", asdict(terms)),
        "names": _NAMES,
        "notes": _NOTES,
        "shops": [{"merchant": keeper.address, "category": _MEAL}],
        "signature": hexed(signature),
    }


def _voucher(holder: Person, campaign: str) -> VoucherShape | None:
    every = holder.client.api.list_vouchers()["items"]
    return next((one for one in every if one["campaign"] == campaign), None)


def _holds(holder: Person, campaign: str) -> bool:
    held = _voucher(holder, campaign)
    return held is not None and held["left_fen"] == _FACE_FEN


def spend(world: World, holder: Person, order: OrderShape) -> None:
    """Pay an order with a voucher and the rest with own money, by one signature."""
    campaign = campaign_of(world)
    own = order["amount_fen"] - _FACE_FEN
    holder.client.pay_funded(order, [_part(holder, campaign)])
    campaign.order = order["id"]
    world.stage.say(
        f"{holder.name} sees {format_yuan(order['amount_fen'])} and signs once: {format_yuan(own)} of own money, "
        f"{format_yuan(_FACE_FEN)} by voucher"
    )


def _part(holder: Person, campaign: Campaign) -> Part:
    return Part(holder.client.chain().voucher, campaign.id, _FACE_FEN, _MINIMUM_FEN)


def _refused_elsewhere(world: World, campaign: Campaign, holder: Person, bookseller: Person) -> None:
    order = bookseller.client.api.open_order(
        {"till": rehearsal.TILL, "reference": secrets.token_hex(8), "amount_fen": _MINIMUM_FEN, "expires_in_s": 600}
    )
    error = None
    try:
        holder.client.pay_funded(order, [_part(holder, campaign)])
    except Refused as refused:
        error = refused
    refusal(
        world,
        "merchant-not-allowed",
        f"{holder.name} cannot spend it at {_BOOKSHOP[0]}, which is not on the list",
        error,
    )


def campaign_ends(world: World) -> None:
    """A day later: a refund gives the voucher's part to the district, and so goes what nobody spent."""
    stage = world.stage
    stage.chapter("The vouchers have ended: what they did not buy is the district's again")
    campaign, keeper, holder, stranger = campaign_of(world), world.people[10], world.people[6], world.people[4]
    district = campaign.district.client
    before, own = district.balance_fen(), holder.client.balance_fen()
    order = keeper.client.api.show_order(campaign.order)
    stage.say(f"{keeper.name} takes a dish back and refunds all of it: {format_yuan(order['amount_fen'])}")
    keeper.client.permit()
    stage.until("the permit", lambda: keeper.client.api.show_permit()["allowed"])
    keeper.client.give_back_funded(order, order["payments"][0], order["amount_fen"])
    stage.until("the refund", lambda: keeper.client.api.show_order(order["id"])["status"] == "refunded")
    back = holder.client.balance_fen() - own
    stage.check(
        (back, district.balance_fen() - before) == (order["amount_fen"] - _FACE_FEN, _FACE_FEN),
        f"{holder.name} has {format_yuan(back)} of own money back, the district the voucher's {format_yuan(_FACE_FEN)}",
    )
    stranger.client.api.close_campaign(campaign.id)
    stage.until("the closing", lambda: district.api.show_campaign(campaign.id)["status"] == "closed")
    rest = _BUDGET_FEN - _FACE_FEN
    stage.check(
        district.balance_fen() == before + _BUDGET_FEN,
        f"{stranger.name} asked for the closing; the other {format_yuan(rest)} went to the district alone",
    )


def campaign_of(world: World) -> Campaign:
    """Return the campaign that was opened. Raises StoryBroke before."""
    if world.campaign is None:
        raise StoryBroke("no campaign was opened")
    return world.campaign
