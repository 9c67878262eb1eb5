"""Posts webhooks as Standard Webhooks has them, to whoever a merchant named, and trusts nobody it speaks to.

A name is resolved once a try, each of its addresses is checked, and the connection goes to one that was checked, with
the name in `Host` and in the TLS handshake: a name that points elsewhere a moment later changes nothing. No redirect is
followed, no proxy of the environment asked, and the whole try ends in time whatever the receiver does.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from pswallet.merchants.rules.targets import may_connect, url_flaw
from pswallet.merchants.service import Outgoing, Try

CONNECT_S = 5.0
WHOLE_S = 15.0
"""From the first look-up of the name to the last byte of the answer that is read."""
MOST_ADDRESSES = 4
"""Of one name that are tried in turn until one takes the connection."""
READ_BYTES = 16 * 1024
"""Of an answer's body: enough to leave the connection in order; nothing of it is kept."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Name and port → addresses."""


async def look_up(host: str, port: int) -> list[str]:
    """Return every address of `host`. Raises OSError when it has none."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, ask)
    return [str(address[0]) for *_, address in found]


# Threads of their own: a name server that does not answer holds one for long, and no other work may wait for it.
_RESOLVERS = ThreadPoolExecutor(64, thread_name_prefix="webhook-names")


class TargetRefused(Exception):
    """The URL, or an address of its name, is none to which a webhook goes."""


class WebhookPoster:
    """Tries deliveries. `sandbox` lets http and the loopback pass."""

    def __init__(
        self,
        *,
        sandbox: bool,
        resolve: Resolve = look_up,
        trust: ssl.SSLContext | None = None,
        whole_s: float = WHOLE_S,
    ) -> None:
        self._sandbox = sandbox
        self._resolve = resolve
        self._trust = trust or ssl.create_default_context()
        self._whole_s = whole_s

    async def post(self, outgoing: Outgoing, *, now: datetime) -> Try:
        """Try a delivery once; whatever goes wrong is what is returned."""
        try:
            async with asyncio.timeout(self._whole_s):
                return await self._post(outgoing, now)
        except TargetRefused:
            return Try(None, "target-refused")
        except (TimeoutError, httpx.TimeoutException):
            return Try(None, "timeout")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return Try(None, "no-answer")

    async def _post(self, outgoing: Outgoing, now: datetime) -> Try:
        headers = signed_headers(outgoing, now=now)
        addresses = await self._checked_addresses(outgoing.url)
        for address in addresses[:-1]:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._post_to(address, outgoing, headers)
        return await self._post_to(addresses[-1], outgoing, headers)

    async def _post_to(self, address: str, outgoing: Outgoing, headers: dict[str, str]) -> Try:
        url = httpx.URL(outgoing.url)
        # A client of its own: a connection kept open would outlive the check of its address.
        async with httpx.AsyncClient(
            verify=self._trust, trust_env=False, timeout=httpx.Timeout(self._whole_s, connect=CONNECT_S)
        ) as client:
            request = client.build_request(
                "POST",
                url.copy_with(host=address),
                content=outgoing.content.encode(),
                headers={**headers, "Host": url.netloc.decode()},
                extensions={"sni_hostname": url.host},
            )
            answer = await client.send(request, stream=True, follow_redirects=False)
            try:
                await _read_a_little(answer)
            finally:
                await answer.aclose()
            return _judged(answer.status_code)

    async def _checked_addresses(self, url: str) -> Sequence[str]:
        """Return the addresses to try in turn. Raises TargetRefused if any address of the name is none to go to."""
        if url_flaw(url, sandbox=self._sandbox) is not None:
            raise TargetRefused
        parts = urlsplit(url)
        host = parts.hostname or ""
        addresses = await self._resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
        if not addresses or not all(may_connect(ip_address(one), loopback=self._sandbox) for one in addresses):
            raise TargetRefused
        return addresses[:MOST_ADDRESSES]


def signed_headers(outgoing: Outgoing, *, now: datetime) -> dict[str, str]:
    """Return the headers of Standard Webhooks: during a rotation of the secret both signatures."""
    sent_at = now.astimezone(UTC)  # the library takes any time's digits for those of UTC
    signatures = [Webhook(secret).sign(outgoing.id, sent_at, outgoing.content) for secret in outgoing.secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "pswallet-webhooks",
        "webhook-id": outgoing.id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


async def _read_a_little(answer: httpx.Response) -> None:
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read >= READ_BYTES:
            return


def _judged(status: int) -> Try:
    if 200 <= status < 300:
        return Try(status, None)
    return Try(status, "redirect" if 300 <= status < 400 else "refused")
