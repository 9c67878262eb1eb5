"""Where a webhook may go: never into our own network (server-side request forgery). Pure: reasons, or none.

Checked twice: the URL when it is given, and every address of its name each time it is called.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

LONGEST_URL = 1_024


def url_flaw(url: str, *, sandbox: bool) -> str | None:
    """Return why no webhook goes to `url`: https to a public host; in the sandbox http and the loopback too."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "malformed"
    if len(url) > LONGEST_URL or not url.isascii() or any(sign <= " " for sign in url) or "\\" in url:
        return "malformed"
    if parts.scheme not in (("https", "http") if sandbox else ("https",)):
        return "scheme"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "malformed"
    if not host or port == 0:
        return "host"
    return _host_flaw(host, sandbox)


def _host_flaw(host: str, sandbox: bool) -> str | None:
    if "%" in host:  # an IPv6 zone, or an escaped sign
        return "host"
    try:
        address = ip_address(host)
    except ValueError:
        return None  # a name: its addresses are checked when it is called
    return None if may_connect(address, loopback=sandbox) else "address"


def may_connect(address: IPv4Address | IPv6Address, *, loopback: bool) -> bool:
    """Return whether a webhook may go to `address`: to public unicast ones, and to the loopback if that is allowed."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return may_connect(address.ipv4_mapped, loopback=loopback)
        if address.is_loopback:
            return loopback
        # These carry an IPv4 address. So do NAT64 and the old compatible form, which count as reserved.
        if address.sixtofour or address.teredo or address.is_site_local:
            return False
    if address.is_loopback:
        return loopback
    return address.is_global and not address.is_multicast and not address.is_reserved
