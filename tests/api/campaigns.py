"""A sponsor and its campaigns over HTTP, signed as any client would."""

from dataclasses import asdict
from typing import Any

from pswallet.chain import signing
from pswallet.chain.funded import Campaign, campaign_id
from pswallet.chain.hashing import keccak
from pswallet.chain.terms import ZERO_32
from pswallet.kit.db import transaction
from pswallet.kit.merkle import merkle_list
from pswallet.vouchers import service
from tests.api.gateway import Member
from tests.parts import DAY_S, Pipeline, secret

SHOP = signing.address_of(secret("tea house"))
WORDS = {"zh_cn": "坪山茶券", "zh_hk": "坪山茶券", "en": "Tea in Pingshan"}


def terms_of(sponsor: Member, pipeline: Pipeline, **changed: Any) -> Campaign:
    """Ten divisible vouchers of ¥20.00 for one tea house, one a person, for a day."""
    start = pipeline.chain.now()
    fields: dict[str, Any] = {
        "sponsor": sponsor.address,
        "budget": 20_000,
        "face": 2_000,
        "per_person": 1,
        "start": start,
        "end": start + DAY_S,
        "minimum_spend": 0,
        "divisible": True,
        "merchants": "0x" + merkle_list([(SHOP, 5812)]).root.hex(),
        "issuer": signing.address_of(pipeline.chain.keys.sponsor),
        "lottery": ZERO_32,
        "salt": "0x" + keccak(f"campaign {start} {len(changed)}".encode()).hex(),
    }
    return Campaign(**fields | changed)


def campaign_body(sponsor: Member, pipeline: Pipeline, **changed: Any) -> dict[str, Any]:
    """A signed campaign, ready to be posted; `changed` replaces fields of the terms before the signature."""
    deployment = pipeline.chain.deployment
    terms = terms_of(sponsor, pipeline, **changed)
    digest = service.money_digest(
        terms, token=signing.token_domain(deployment), voucher=signing.voucher_domain(deployment)
    )
    return {
        "terms": asdict(terms),
        "names": WORDS,
        "notes": WORDS,
        "shops": [{"merchant": SHOP, "category": 5812}],
        "signature": "0x" + signing.sign(digest, sponsor.key).hex(),
    }


def open_campaign(sponsor: Member, pipeline: Pipeline, **changed: Any) -> str:
    """Open a campaign and wait for it; return its id."""
    body = campaign_body(sponsor, pipeline, **changed)
    answer = sponsor.post("/campaigns", body)
    assert answer.status_code == 202, answer.text
    pipeline.settle()
    campaign: str = answer.json()["id"]
    assert campaign == campaign_id(signing.voucher_domain(pipeline.chain.deployment), Campaign(**body["terms"]))
    return campaign


def list_winners(pipeline: Pipeline, campaign: str, *members: Member, count: int = 1) -> None:
    """Publish a list that gives each of them `count` vouchers, and wait for it."""
    with transaction(pipeline.sessions) as session:
        service.list_winners(
            session,
            campaign,
            [(member.address, count) for member in members],
            voucher=signing.voucher_domain(pipeline.chain.deployment),
            issuer_key=pipeline.chain.keys.sponsor,
        )
    pipeline.settle()
