"""Who may ask a server on the loopback: the page that it gave out itself, and nobody else. Pure.

A browser takes any site's requests to 127.0.0.1. Three things keep them out: the Host names this machine (a
name that a stranger's DNS points here is refused), the Origin is the page's own, and a change carries a token
that only the page was given, which no other site can read.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

TOKEN_HEADER = "X-Page-Token"
LOOKING = ("GET", "HEAD")
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class SameOrigin:
    """Behind a server that checks the Host itself. `token`: what a change must carry."""

    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def objection(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is refused, in words; None for one that is served. HEADERS: as Tornado has them."""
        host, origin = headers.get("Host", ""), headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return "Another site's page asked. Only the page of this server may."
        if method in LOOKING:
            return None
        if origin is None:
            return "A change must say which page it comes from (Origin)."
        if not hmac.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self.token.encode()):
            return "The page is of an earlier start of this server. Load it again."
        return None


@dataclass(frozen=True)
class Guard(SameOrigin):
    """For the server on PORT of the loopback, which speaks plain HTTP."""

    port: int = 0

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a Host header may be; browsers leave out port 80."""
        bare = LOOPBACK if self.port == 80 else ()
        return (*(f"{name}:{self.port}" for name in LOOPBACK), *bare)

    def objection(self, method: str, headers: Mapping[str, str]) -> str | None:
        """As for `SameOrigin`, and the Host must be this machine's."""
        if headers.get("Host", "").lower() not in self.hosts:
            return f"This server answers to {' and '.join(self.hosts)} only."
        origin = headers.get("Origin")
        if origin is not None and not origin.lower().startswith("http://"):
            return "Another site's page asked. Only the page of this server may."
        return super().objection(method, headers)
