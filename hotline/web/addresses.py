"""From which network a request comes: the /24 or /64 it belongs to, never the address itself.

Only as many proxies are believed as the operator says there are; whatever a visitor writes into the header
stands left of what our own proxies append, and is never looked at.
"""

from ipaddress import IPv6Address, ip_address, ip_network

from aiohttp import web

from hotline.web.keys import SYSTEM

HEADER = "X-Forwarded-For"


def network_of(request: web.Request) -> str:
    """Such as 192.0.2.0/24 or 2001:db8::/64; "" where it is not known."""
    proxies = request.app[SYSTEM].settings.proxies
    return network(client(request.remote, request.headers.getall(HEADER, []), proxies))


def client(peer: str | None, headers: list[str], proxies: int) -> str:
    """The address the outermost trusted proxy saw; the peer's where the header holds fewer than it must."""
    hops = [hop.strip() for header in headers for hop in header.split(",")]
    if proxies and len(hops) >= proxies:
        return hops[-proxies]
    return peer or ""


def network(address: str) -> str:
    """A peer on this very machine is a proxy nobody told us of: everybody would seem to come from there."""
    try:
        ip = ip_address(address.strip("[]"))
    except ValueError:
        return ""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback:
        return ""
    return str(ip_network((ip, 24 if ip.version == 4 else 64), strict=False))
