"""Opening a campaign: one signed authorization whose nonce is the campaign's id brings money and terms together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pswallet.accounts import errors as token_errors
from pswallet.accounts.service import standing
from pswallet.chain import funded
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import RECEIVE_WITH_AUTHORIZATION, Domain, digest, is_signed_by
from pswallet.kit.clock import from_unix, to_unix
from pswallet.kit.merkle import merkle_list
from pswallet.kit.problems import Problem
from pswallet.kit.rows import insert_new_rows
from pswallet.vouchers import errors, rules
from pswallet.vouchers.models import Campaign, ListedShop
from pswallet.vouchers.service import calls

_PROBLEMS: dict[str, type[Problem]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Problem)
}

Shop = tuple[str, int]
"""A merchant's address and its category (ISO 18245)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCampaign:
    """What a sponsor asks for. `names` and `notes`: by language; no `shops`: the list of that root is known already.

    `contract_verdict`: what the sponsor's own contract says of the signature (ERC-1271), None for a person's key.
    """

    sponsor: str
    terms: funded.Campaign
    signature: str
    names: Mapping[str, str]
    notes: Mapping[str, str]
    shops: Sequence[Shop] = ()
    contract_verdict: bool | None = None

    def judged(self, verdict: bool) -> OpenCampaign:
        """Return the same command with the verdict of the sponsor's contract."""
        return replace(self, contract_verdict=verdict)


def money_digest(terms: funded.Campaign, *, token: Domain, voucher: Domain) -> bytes:
    """Return what the sponsor signs: ReceiveWithAuthorization of the budget, its nonce the campaign's id."""
    message = {
        "from": terms.sponsor,
        "to": voucher.verifying_contract,
        "value": terms.budget,
        "validAfter": 0,
        "validBefore": terms.end,
        "nonce": funded.campaign_id(voucher, terms),
    }
    return digest(token, RECEIVE_WITH_AUTHORIZATION, message)


def open_campaign(
    session: Session, command: OpenCampaign, *, token: Domain, voucher: Domain, issuer: str, now: datetime
) -> str:
    """Ask the contract for a campaign; return its id. `now` is the last indexed block's time.

    `issuer`: whose lists this gateway signs. Raises a Problem of vouchers.errors, or of the token for the signature.
    """
    terms = command.terms
    broken = rules.violation(terms, chain_time=to_unix(now))
    if broken is not None:
        raise _PROBLEMS[broken](budget=terms.budget, face=terms.face, start=terms.start, end=terms.end)
    if terms.issuer != issuer:
        raise errors.IssuerUnknown(issuer=issuer)
    _check_sponsor(session, command)
    signed = money_digest(terms, token=token, voucher=voucher)
    if not (command.contract_verdict or is_signed_by(terms.sponsor, signed, command.signature)):
        raise token_errors.SignatureInvalid()
    _check_shops(session, command)
    campaign = funded.campaign_id(voucher, terms)
    insert_new_rows(session, Campaign, [_row(command, campaign, now=now)])
    data = calls.opening(terms, command.signature)
    arguments = {"data": data, "campaign": campaign, "sponsor": terms.sponsor}
    enqueue(session, [Call(f"campaign-open:{campaign}", CallKind.CAMPAIGN_OPEN, arguments)])
    return campaign


def _check_sponsor(session: Session, command: OpenCampaign) -> None:
    if command.terms.sponsor != command.sponsor:
        raise token_errors.SignatureInvalid()
    sponsor = standing(session, [command.sponsor])[command.sponsor]
    if sponsor.tier != rules.SPONSOR_TIER:
        raise errors.NotASponsor(tier=sponsor.tier)
    if sponsor.frozen:
        raise token_errors.AccountIsFrozen(account=command.sponsor)


def _check_shops(session: Session, command: OpenCampaign) -> None:
    root = command.terms.merchants
    if command.shops:
        if keep_shops(session, command.shops) != root:
            raise errors.ShopListMismatch(root=root)
    elif not session.scalar(select(func.count()).select_from(ListedShop).where(ListedShop.root == root)):
        raise errors.ShopListMismatch(root=root)


def keep_shops(session: Session, shops: Sequence[Shop]) -> str:
    """Keep a list of shops under its Merkle root; return it.

    Raises ShopListMismatch for nobody, a shop that is there twice, and a category that is no four digits.
    """
    if not rules.shops_fit(shops):
        raise errors.ShopListMismatch(shops=len(shops))
    listed = merkle_list(shops)
    root = "0x" + listed.root.hex()
    rows = [
        {"root": root, "merchant": merchant, "category": category, "proof": proof}
        for (merchant, category), proof in zip(shops, listed.proofs, strict=True)
    ]
    insert_new_rows(session, ListedShop, rows)
    return root


def _row(command: OpenCampaign, campaign: str, *, now: datetime) -> dict[str, object]:
    terms = command.terms
    return {
        "id": campaign,
        "sponsor": terms.sponsor,
        "terms": terms.to_json(),
        "names": dict(command.names),
        "notes": dict(command.notes),
        "budget_fen": terms.budget,
        "face_fen": terms.face,
        "per_person": terms.per_person,
        "starts_at": from_unix(terms.start),
        "ends_at": from_unix(terms.end),
        "shops": terms.merchants,
        "created_at": now,
    }
