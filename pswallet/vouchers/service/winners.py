"""Who is given vouchers: a list of accounts whose root the campaign's issuer signs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from pswallet.chain import funded
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.chain.signing import WINNERS, Domain, address_of, digest, sign
from pswallet.kit.merkle import merkle_list
from pswallet.kit.rows import insert_new_rows
from pswallet.vouchers import errors, rules
from pswallet.vouchers.models import Campaign, ListedWinner
from pswallet.vouchers.service import calls

_PROBLEMS = {
    "WinnerListInvalid": errors.WinnerListInvalid,
    "VoucherLimitExceeded": errors.VoucherLimitExceeded,
}


def require_campaign(session: Session, campaign: str) -> Campaign:
    """Return a campaign that was asked for here. Raises CampaignUnknown."""
    found = session.get(Campaign, campaign)
    if found is None:
        raise errors.CampaignUnknown(campaign=campaign)
    return found


def terms_of_campaign(session: Session, campaign: str) -> funded.Campaign:
    """Return a campaign's terms. Raises CampaignUnknown."""
    return funded.Campaign.from_json(require_campaign(session, campaign).terms)


def list_winners(
    session: Session, campaign: str, winners: Sequence[tuple[str, int]], *, voucher: Domain, issuer_key: bytes
) -> str:
    """Sign and publish a list of (account, vouchers that it may have had in all); return its Merkle root.

    Raises CampaignUnknown, WinnerListInvalid, VoucherLimitExceeded, and IssuerSignatureInvalid for another's campaign.
    """
    terms = funded.Campaign.from_json(require_campaign(session, campaign).terms)
    broken = rules.winners_violation(winners, per_person=terms.per_person)
    if broken is not None:
        raise _PROBLEMS[broken](campaign=campaign, limit=terms.per_person)
    if address_of(issuer_key) != terms.issuer:
        raise errors.IssuerSignatureInvalid(campaign=campaign)
    listed = merkle_list(winners)
    root = "0x" + listed.root.hex()
    rows = [
        {"campaign": campaign, "root": root, "account": account, "count": count, "proof": proof}
        for (account, count), proof in zip(winners, listed.proofs, strict=True)
    ]
    insert_new_rows(session, ListedWinner, rows)
    signature = sign(digest(voucher, WINNERS, {"campaign": campaign, "list": root}), issuer_key)
    arguments = {"data": calls.listing(terms, root, signature), "campaign": campaign, "list": root}
    enqueue(session, [Call(f"winners:{campaign}:{root}", CallKind.WINNERS_LIST, arguments)])
    return root
