"""Decisions about accounts: codes, registration, sign-in, sessions, look-up, and the standing that the chain gives."""

from pswallet.accounts.service.codes import RESEND_AFTER_S, CodeSender, require_phone, send_code, use_code
from pswallet.accounts.service.people import (
    Profile,
    addresses_of,
    find_by_phone,
    masked_names,
    name_person,
    profile,
)
from pswallet.accounts.service.sessions import (
    ContractVerdict,
    SessionOwner,
    SignInProof,
    authenticate,
    forget_stale,
    give_nonce,
    prove_address,
    register,
    revoke_session,
    sessions_of,
    sign_in,
    sign_in_with_code,
)
from pswallet.accounts.service.standing import VISITOR_TIER, Standing, may_receive, request_tier, standing

__all__ = [
    "RESEND_AFTER_S",
    "VISITOR_TIER",
    "CodeSender",
    "ContractVerdict",
    "Profile",
    "SessionOwner",
    "SignInProof",
    "Standing",
    "addresses_of",
    "authenticate",
    "find_by_phone",
    "forget_stale",
    "give_nonce",
    "masked_names",
    "may_receive",
    "name_person",
    "profile",
    "prove_address",
    "register",
    "request_tier",
    "require_phone",
    "revoke_session",
    "send_code",
    "sessions_of",
    "sign_in",
    "sign_in_with_code",
    "standing",
    "use_code",
]
