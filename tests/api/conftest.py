"""The real app on a real database and a real chain; only vendors are the sandbox's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pswallet.api.app import create_app
from pswallet.api.limits import Limit, Limits
from pswallet.chain import signing
from pswallet.chain.dealer import Dealer
from pswallet.chain.presence import PARTS, Presence
from pswallet.chain.sponsor import Sponsor
from pswallet.kit.db import Sessions
from pswallet.kit.vault import Vault
from pswallet.settings import Settings
from pswallet.vendors.identity import SandboxIdentity
from pswallet.vendors.register import SandboxRegister
from pswallet.vendors.sms import SandboxSms
from tests.api.gateway import HOST, Member, serve
from tests.parts import Chain

WIDE = Limits(codes=Limit(10_000, 60), sign_ins=Limit(10_000, 60), lookups=Limit(10_000, 60), checks=Limit(10_000, 60))


@pytest.fixture
def vault(keys: Any) -> Vault:
    return Vault(keys.vault_master)


@pytest.fixture
def settings() -> Settings:
    return Settings(mode="sandbox", public_url=f"http://{HOST}")


@pytest.fixture
def make_app(log_file: Path, sessions: Sessions, chain: Chain, vault: Vault, settings: Settings) -> Any:
    def make(**changed: Any) -> FastAPI:
        parts: dict[str, Any] = {
            "settings": settings,
            "sessions": sessions,
            "deployment": chain.deployment,
            "vault": vault,
            "dealer": Dealer(chain.keys.dealer, chain.keys.dealer_seed, signing.escrow_domain(chain.deployment)),
            "rpc": chain.rpc,
            "sms": SandboxSms(sessions, vault),
            "identity": SandboxIdentity(),
            "register": SandboxRegister(),
            "limits": WIDE,
            "retention_key": chain.keys.retention_public,
            "sponsor": Sponsor(chain.keys.sponsor, signing.checkout_domain(chain.deployment)),
        } | changed
        return create_app(parts.pop("settings"), parts.pop("sessions"), **parts)

    return make


@pytest.fixture
def http(make_app: Any) -> Iterator[httpx.Client]:
    """The gateway over HTTP."""
    with serve(make_app()) as client:
        yield client


@pytest.fixture
def at_work(sessions: Sessions) -> Iterator[dict[str, Presence]]:
    """Each of the other processes as the gateway sees it: a connection that holds the lock the process itself takes."""
    shown = {part: Presence(sessions, part) for part in PARTS}
    for presence in shown.values():
        presence.show()
    yield shown
    for presence in shown.values():
        presence.close()


@pytest.fixture
def stranger(http: httpx.Client, sessions: Sessions, vault: Vault, chain: Chain) -> Any:
    """Make somebody who has not registered yet."""

    def make(name: str = "ping", phone: str = "+8613800138000") -> Member:
        return Member(http, SandboxSms(sessions, vault), sessions, name, phone, chain.deployment.chain_id)

    return make


@pytest.fixture
def member(stranger: Any) -> Member:
    """Somebody who has registered."""
    return stranger().register()
