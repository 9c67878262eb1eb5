"""How people and shops come to have accounts: shops register by the gateway's own services, people come by list.

Shops: a code to the phone, a signature for the address (EIP-4361), a real-name check, a business: many in one commit,
in several processes. Only HTTP is left out, for one address may not try so often. People applied and were checked
elsewhere (in 2020: in i深圳), so they come as a list: accounts, sealed phones and sessions, a statement a table.
Everybody's tier goes through the relayer and comes back as an event.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy.orm import Session

from pswallet.accounts import service as accounts
from pswallet.accounts.models import Account, AccountSession
from pswallet.accounts.rules import SESSION_LIFETIME
from pswallet.chain.keys import open_vault
from pswallet.chain.outbox import Call, CallKind, enqueue
from pswallet.client.signed import SIGN_IN, prove
from pswallet.kit import clock
from pswallet.kit.db import Sessions, loop_engine_for, sessions_of, transaction
from pswallet.kit.ids import new_id
from pswallet.kit.rows import insert_rows
from pswallet.kit.vault import Vault
from pswallet.kyc import service as kyc
from pswallet.kyc.rules.documents import IdKind
from pswallet.local.processes import die_with_parent
from pswallet.merchants import service as merchants
from pswallet.replay.people import business_of, id_number_of, key_of, phone_of
from pswallet.vendors.identity import SandboxIdentity
from pswallet.vendors.register import SandboxRegister

AT_ONCE = 100
"""Registrations in one commit."""
LISTED_AT_ONCE = 1_000
"""People of a list in one commit."""
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Office:
    """Where people register: the database, the gateway's keys, what a sign-in message names, and the seed of all."""

    database_url: str
    keys_file: Path
    public_url: str
    chain_id: int
    seed: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who registered: the account's id and the session's token."""

    account_id: str
    token: str


class _Pocket:
    """Satisfies `accounts.service.CodeSender`: the phone that the code arrives at."""

    def __init__(self) -> None:
        self.code = ""

    def send_code(self, phone: str, code: str) -> None:
        """Keep the code."""
        self.code = code


def register(
    office: Office, role: str, count: int, *, heard: Callable[[int], None], processes: int = PROCESSES
) -> list[Member]:
    """Register `count` of a role ("shop", "office"), numbered from 0; `heard` is told how many more are in.

    A shop is a person who was checked by name and number, and whose business is a merchant.
    """
    pieces = [range(first, min(count, first + AT_ONCE)) for first in range(0, count, AT_ONCE)]
    if len(pieces) == 1:
        heard(count)
        return register_some(office, role, pieces[0])
    found: dict[int, list[Member]] = {}
    # Spawned: a fork would share the connections and the threads of this process.
    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=die_with_parent) as pool:
        tasks = {pool.submit(register_some, office, role, piece): piece.start for piece in pieces}
        for task in as_completed(tasks):
            found[tasks[task]] = task.result()
            heard(len(found[tasks[task]]))
    return [member for _, some in sorted(found.items()) for member in some]


def register_some(office: Office, role: str, numbers: Sequence[int]) -> list[Member]:
    """Register these numbers of a role in one commit."""
    sessions, vault = _desk(office)
    enter = partial(_enter, vault=vault, office=office, role=role)
    with transaction(sessions) as session:
        members = [enter(session, number) for number in numbers]
        if role == "shop":
            for number, member in zip(numbers, members, strict=True):
                _make_merchant(session, vault, number, member.account_id)
        return members


@cache
def _desk(office: Office) -> tuple[Sessions, Vault]:
    return sessions_of(loop_engine_for(office.database_url)), open_vault(office.keys_file)


def _enter(session: Session, number: int, *, vault: Vault, office: Office, role: str) -> Member:
    now, pocket = clock.now(), _Pocket()
    key, phone = key_of(office.seed, role, number), phone_of(role, number)
    accounts.send_code(session, vault, pocket, phone=phone, now=now)
    nonce = accounts.give_nonce(session, now=now)
    domain = office.public_url.split("://", 1)[-1].strip("/")
    asked = {"nonce": nonce.nonce, "domain": domain, "uri": office.public_url, "chain_id": office.chain_id}
    signed = prove(
        key,
        {**asked, "issued_at": now.isoformat(), "expires_at": nonce.expires_at.isoformat()},  # type: ignore[typeddict-item]
        SIGN_IN,
    )
    proof = accounts.SignInProof(
        message=signed["message"],
        signature=bytes.fromhex(signed["signature"][2:]),
        domain=domain,
        chain_id=office.chain_id,
        contract_accepts=lambda *_: False,  # all of them are keys
        statement=SIGN_IN,
    )
    account, token = accounts.register(session, vault, proof, phone=phone, code=pocket.code, now=now)
    return Member(account.id, token)


def _make_merchant(session: Session, vault: Vault, number: int, account_id: str) -> None:
    now = clock.now()
    claim = kyc.Claim(name="罗湖店主", kind=IdKind.RESIDENT_ID, number=id_number_of(number))
    kyc.check_real_name(session, vault, SandboxIdentity(), account_id=account_id, claim=claim, now=now)
    merchants.onboard(session, SandboxRegister(), business_of(number), account_id=account_id, now=now)


def bring_in(office: Office, count: int, *, heard: Callable[[int], None]) -> list[Member]:
    """Bring `count` people in by list, numbered from 0; `heard` is told how many more are in."""
    found: list[Member] = []
    for first in range(0, count, LISTED_AT_ONCE):
        numbers = range(first, min(count, first + LISTED_AT_ONCE))
        found += _list(office, numbers)
        heard(len(numbers))
    return found


def _list(office: Office, numbers: Sequence[int]) -> list[Member]:
    sessions, vault = _desk(office)
    now = clock.now()
    members = [Member(new_id("acc"), "pst_" + secrets.token_urlsafe(32)) for _ in numbers]
    addresses = [key_of(office.seed, "person", number).address for number in numbers]
    phones = [phone_of("person", number) for number in numbers]
    with transaction(sessions) as session:
        ids = [member.account_id for member in members]
        sealed = vault.seal_many(session, "phone", dict(zip(ids, phones, strict=True)))
        accounts_ = [
            {
                "id": account, "address": address, "phone_index": vault.index("phone", phone),
                "phone_sealed": sealed[account], "created_at": now, "tier_serial": 1,
            }
            for account, address, phone in zip(ids, addresses, phones, strict=True)
        ]  # fmt: skip
        signed_in = [
            {
                "id": new_id("ses"), "account_id": member.account_id, "created_at": now,
                "token_hash": hashlib.sha256(member.token.encode()).digest(), "expires_at": now + SESSION_LIFETIME,
            }
            for member in members
        ]  # fmt: skip
        insert_rows(session, Account, accounts_)
        insert_rows(session, AccountSession, signed_in)
        enqueue(session, [_tier_call(address, accounts.VISITOR_TIER) for address in addresses])
    return members


def _tier_call(address: str, tier: int) -> Call:
    """Ask for the first tier of an account, as `accounts.service.request_tier` does."""
    arguments = {"account": address, "tier": tier}
    return Call(f"tier:{address}:{tier}:1", CallKind.SET_TIER, arguments, lane=f"tier:{address}")


def raise_to(session: Session, members: Sequence[Member], tier: int) -> None:
    """Ask the chain for another tier than registering gives: an operator's decision."""
    for member in members:
        accounts.request_tier(session, account_id=member.account_id, tier=tier)
