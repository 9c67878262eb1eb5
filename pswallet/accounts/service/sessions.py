"""Sign-in by EIP-4361, registration, and the sessions they open."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from pswallet.accounts import rules
from pswallet.accounts.errors import (
    AccountUnknown,
    AddressRegistered,
    MessageMalformed,
    MessageRefused,
    NonceUnknown,
    PhoneRegistered,
    SessionInvalid,
    SessionUnknown,
    SignatureInvalid,
)
from pswallet.accounts.models import Account, AccountSession, PhoneCode, SignInNonce
from pswallet.accounts.service.codes import require_phone, use_code
from pswallet.accounts.service.standing import VISITOR_TIER, request_tier
from pswallet.chain import signing
from pswallet.kit.ids import new_id
from pswallet.kit.problems import Problem
from pswallet.kit.rows import BYTES
from pswallet.kit.vault import Vault


class ContractVerdict(Protocol):
    """Says whether a contract account accepts a signature (ERC-1271); the edge asks the chain."""

    def __call__(self, address: str, digest: bytes, signature: bytes) -> bool:
        """Return True when `address` has code and accepts `signature` over `digest`."""
        ...


@dataclass(frozen=True)
class SessionOwner:
    """Who a live session belongs to."""

    account_id: str
    address: str
    session_id: str


@dataclass(frozen=True)
class SignInProof:
    """An EIP-4361 message, its signature, and what it must be for."""

    message: str
    signature: bytes
    domain: str
    chain_id: int
    contract_accepts: ContractVerdict
    statement: str | None = None
    """What the message must say that it is for; None: anything."""


def give_nonce(session: Session, *, now: datetime) -> SignInNonce:
    """Make a nonce for one sign-in message, good for 10 minutes."""
    nonce = SignInNonce(nonce=secrets.token_hex(16), expires_at=now + rules.NONCE_LIFETIME)
    session.add(nonce)
    return nonce


def prove_address(session: Session, proof: SignInProof, *, now: datetime) -> str:
    """Check an EIP-4361 proof, use up its nonce, and return the proven address.

    Raises MessageMalformed, MessageRefused, NonceUnknown, SignatureMalformed, SignatureInvalid.
    """
    message = rules.parse_sign_in(proof.message)
    if message is None:
        raise MessageMalformed()
    refusals = rules.sign_in_refusals(message, domain=proof.domain, chain_id=proof.chain_id, now=now)
    if proof.statement not in (None, message.statement):
        refusals.append("statement")
    if refusals:
        raise MessageRefused(reasons=refusals)
    used = session.execute(
        delete(SignInNonce)
        .where(SignInNonce.nonce == message.nonce, SignInNonce.expires_at > now)
        .returning(SignInNonce.nonce)
    ).scalar()
    if used is None:
        raise NonceUnknown()
    address = signing.checksum(signing.address_bytes(message.address))
    _require_signature(proof, address)
    return address


def register(
    session: Session, vault: Vault, proof: SignInProof, *, phone: str, code: str, now: datetime
) -> tuple[Account, str]:
    """Open an account for a proven phone and a proven address, ask for its visitor tier, and sign it in.

    Returns the account and its first session's token. Raises what `use_code` and `prove_address` raise,
    PhoneRegistered, AddressRegistered.
    """
    index = use_code(session, vault, phone=phone, code=code, now=now)
    address = prove_address(session, proof, now=now)
    # Serializes registrations of one address: the loser sees the winner's row instead of a broken constraint.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(address, 0))))
    taken = session.scalars(
        select(Account).where((Account.phone_index == index) | (Account.address == address)).limit(1)
    ).one_or_none()
    if taken is not None:
        raise AddressRegistered() if taken.address == address else PhoneRegistered()
    account_id = new_id("acc")
    account = Account(
        id=account_id,
        address=address,
        phone_index=index,
        phone_sealed=vault.seal(session, account_id, "phone", require_phone(phone)),
        created_at=now,
    )
    session.add(account)
    session.flush()
    request_tier(session, account_id=account_id, tier=VISITOR_TIER)
    return account, _open_session(session, account_id, now=now)


def sign_in(session: Session, proof: SignInProof, *, now: datetime) -> tuple[Account, str]:
    """Open a session for the account of a proven address; return the account and the token.

    Raises what `prove_address` raises, AccountUnknown.
    """
    account = _prove_account(session, proof, now=now)
    return account, _open_session(session, account.id, now=now)


def sign_in_with_code(
    session: Session, vault: Vault, proof: SignInProof, *, phone: str, code: str, now: datetime
) -> tuple[Account, str]:
    """Open a session by two factors: the address and the account's own phone.

    Raises what `use_code` and `sign_in` raise; AccountUnknown too when the phone is not the account's.
    """
    account = prove_owner(session, vault, proof, phone=phone, code=code, now=now)
    return account, _open_session(session, account.id, now=now)


def prove_owner(session: Session, vault: Vault, proof: SignInProof, *, phone: str, code: str, now: datetime) -> Account:
    """Return the account whose address and phone are both proven. Raises what `sign_in_with_code` raises."""
    index = use_code(session, vault, phone=phone, code=code, now=now)
    account = _prove_account(session, proof, now=now)
    if account.phone_index != index:
        raise AccountUnknown(address=account.address)
    return account


def _prove_account(session: Session, proof: SignInProof, *, now: datetime) -> Account:
    address = prove_address(session, proof, now=now)
    found = select(Account).where(Account.address == address, Account.erased_at.is_(None))
    account = session.scalars(found).one_or_none()
    if account is None:
        raise AccountUnknown(address=address)
    return account


def _require_signature(proof: SignInProof, address: str) -> None:
    content = proof.message.encode()
    digest = signing.keccak(b"\x19Ethereum Signed Message:\n" + str(len(content)).encode() + content)
    if len(proof.signature) == 65 and signing.recover(digest, proof.signature) == address:
        return
    if not proof.contract_accepts(address, digest, proof.signature):
        raise SignatureInvalid()


_AUTHENTICATE = text(
    "SELECT sessions.token_hash, accounts.id AS account_id, accounts.address, sessions.id"
    " FROM account_sessions AS sessions JOIN accounts ON accounts.id = sessions.account_id"
    " WHERE sessions.token_hash = ANY(:hashes) AND sessions.revoked_at IS NULL AND sessions.expires_at > :now"
    " AND accounts.erased_at IS NULL"  # a sign-in that was under way while the account was erased
).bindparams(bindparam("hashes", type_=BYTES))


def authenticate(session: Session, tokens: Sequence[str], now: datetime) -> list[SessionOwner | Problem]:
    """Return each token's owner with one query, or SessionInvalid in its place."""
    hashes = [_token_hash(token) for token in tokens]
    rows = session.execute(_AUTHENTICATE, {"hashes": hashes, "now": now})
    owners = {bytes(row.token_hash): SessionOwner(row.account_id, row.address, row.id) for row in rows}
    return [owners.get(token_hash) or SessionInvalid() for token_hash in hashes]


def sessions_of(session: Session, *, account_id: str, now: datetime) -> list[AccountSession]:
    """Return the live sessions of an account, the newest first."""
    return list(
        session.scalars(
            select(AccountSession)
            .where(
                AccountSession.account_id == account_id,
                AccountSession.revoked_at.is_(None),
                AccountSession.expires_at > now,
            )
            .order_by(AccountSession.created_at.desc(), AccountSession.id.desc())
        )
    )


def session_opened_at(session: Session, session_id: str) -> datetime:
    """Return when a session was opened. Raises SessionUnknown."""
    opened = session.scalar(select(AccountSession.created_at).where(AccountSession.id == session_id))
    if opened is None:
        raise SessionUnknown(session_id=session_id)
    return opened


def revoke_session(session: Session, *, account_id: str, session_id: str, now: datetime) -> None:
    """End a session of one's own. Raises SessionUnknown."""
    ended = session.execute(
        update(AccountSession)
        .where(
            AccountSession.id == session_id,
            AccountSession.account_id == account_id,
            AccountSession.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(AccountSession.id)
    ).scalar()
    if ended is None:
        raise SessionUnknown(session_id=session_id)


def forget_stale(session: Session, *, now: datetime) -> None:
    """Delete expired nonces, codes that no longer count for a day's limit, and sessions that ended a month ago."""
    session.execute(delete(SignInNonce).where(SignInNonce.expires_at <= now))
    session.execute(delete(PhoneCode).where(PhoneCode.sent_at <= now - rules.CODES_COUNTED_FOR))
    session.execute(delete(AccountSession).where(AccountSession.expires_at <= now - rules.SESSION_LIFETIME))


def _open_session(session: Session, account_id: str, *, now: datetime) -> str:
    token = "pst_" + secrets.token_urlsafe(32)
    session.add(
        AccountSession(
            id=new_id("ses"),
            account_id=account_id,
            token_hash=_token_hash(token),
            created_at=now,
            expires_at=now + rules.SESSION_LIFETIME,
        )
    )
    session.flush()
    return token


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
