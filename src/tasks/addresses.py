"""Where webhooks may go: to public addresses on the usual ports, and to hosts that the operator has named."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_USUAL_PORTS = {"http": 80, "https": 443}
_TRANSLATED = ip_network("64:ff9b::/96")  # an IPv4 address inside an IPv6 one, for networks with NAT64
_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\]")


class Forbidden(Exception):
    """A webhook must not go there; the message says why."""


@dataclass(frozen=True)
class Target:
    """A URL in its parts; `path` is what the request line carries."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _USUAL_PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """The parts of an http or https URL. Raises ValueError when it is none, or carries a password."""
    if _NOT_IN_A_URL.search(url) or not url.isascii():
        raise ValueError("the URL has a character that must be percent-encoded")
    parts = urlsplit(url)
    if parts.scheme not in _USUAL_PORTS:
        raise ValueError("the URL must begin with http:// or https://")
    if not parts.hostname:
        raise ValueError("the URL names no host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the URL must not carry a user name or password")
    port = parts.port if parts.port is not None else _USUAL_PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname.rstrip("."), port, path)


class Guard:
    """Decides where webhooks may go. `named` are hosts, or hosts with a port, that need not be public."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        self._named = {one.strip().lower() for one in named if one.strip()}

    def addresses(self, target: Target) -> list[str]:
        """The addresses of the target, each checked: the connection goes to one of these and no name is asked again.

        Raises Forbidden, and OSError when the name is not known.
        """
        host = f"[{target.host}]" if ":" in target.host else target.host
        is_named_with_port = f"{host}:{target.port}" in self._named
        if target.port not in _USUAL_PORTS.values() and not is_named_with_port:
            raise Forbidden(f"port {target.port}")
        answers = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        if is_named_with_port or host in self._named:
            return found
        for address in found:
            if not is_public(address):
                raise Forbidden(address if address == target.host else f"{target.host}: {address}")
        return found


def is_public(address: str) -> bool:
    """Whether an address is in the public Internet, looking through the forms that hide an IPv4 address in IPv6."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        hidden = _hidden(parsed)
        if hidden is not None:
            return is_public(str(hidden))
    return parsed.is_global and not (
        parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified or parsed.is_link_local
    )


def _hidden(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
