"""Tornado handlers of a guarded page: the page, its files, JSON that it posts, events that it hears.

A page is a folder with `index.html` and the files that it names (`src="page.js"`): no build, nothing from
elsewhere. `{{token}}` in index.html becomes the token that changes need; the page sends it as X-Page-Token.
"""

import html
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from lab.errors import LabError
from lab.pages.feed import Feed
from lab.pages.guard import SameOrigin

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""The files that a page may have."""
PATIENCE_SECONDS: Final = 15.0
LARGEST_BODY: Final = 2**20
"""Bytes of a request that are read."""

Answer = Callable[[dict[str, Any]], Awaitable[Any]]
"""What a JSON object is answered with. Raises LabError for what can't be done, in words for the page."""


class Guarded(RequestHandler):
    """Serves nobody whom the guard objects to; tells errors as `{"error": "..."}`."""

    def initialize(self, guard: SameOrigin) -> None:
        self.guard = guard

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        objection = self.guard.objection(self.request.method or "", self.request.headers)
        if objection is not None:
            self.refuse(403, objection)

    def refuse(self, status: int, why: str) -> None:
        """End the request."""
        self.set_status(status)
        self.finish({"error": why})

    def write_error(self, status_code: int, **_: Any) -> None:
        """Tornado calls it; the words are for a person, and hold nothing of the request."""
        words = {404: "There is no such page.", 405: "This address is not for that."}
        self.finish({"error": words.get(status_code, "The server could not do that. Its terminal says why.")})


class Lost(Guarded):
    """Every address that is nowhere."""

    def prepare(self) -> None:
        super().prepare()
        if not self._finished:
            raise HTTPError(404)


class File(Guarded):
    """A file of the page's FOLDER, index.html by default."""

    def initialize(self, guard: SameOrigin, folder: Path) -> None:  # type: ignore[override]
        super().initialize(guard)
        self.folder = folder

    def get(self, name: str = "") -> None:
        file = self.folder / (name or "index.html")
        if file.parent != self.folder or file.suffix not in TYPES or not file.is_file():
            raise HTTPError(404)
        self.set_header("Content-Type", TYPES[file.suffix])
        content = file.read_text(encoding="utf-8")
        self.finish(content.replace("{{token}}", html.escape(self.guard.token)) if not name else content)


class Post(Guarded):
    """A JSON object that the page posts, answered by ANSWER."""

    def initialize(self, guard: SameOrigin, answer: Answer) -> None:  # type: ignore[override]
        super().initialize(guard)
        self.answer = answer

    async def post(self) -> None:
        try:
            body = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            self.refuse(400, "The request is no JSON object.")
            return
        try:
            answer = await self.answer(body)
        except LabError as error:
            self.refuse(409, str(error))
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(answer))


class Look(Guarded):
    """What LOOK tells, as JSON, to a GET; ARGUMENTS of the address are passed on."""

    def initialize(self, guard: SameOrigin, look: Answer) -> None:  # type: ignore[override]
        super().initialize(guard)
        self.look = look

    async def get(self) -> None:
        asked = {name: self.get_argument(name) for name in self.request.arguments}
        try:
            answer = await self.look(asked)
        except LabError as error:
            self.refuse(409, str(error))
            return
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(answer))


class Events(Guarded):
    """The events of FEED, until the page goes."""

    def initialize(self, guard: SameOrigin, feed: Feed) -> None:  # type: ignore[override]
        super().initialize(guard)
        self.feed = feed

    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        last_id = self.request.headers.get("Last-Event-ID", "")
        async with aclosing(self.feed.messages(last_id, PATIENCE_SECONDS)) as messages:
            try:
                async for message in messages:
                    self.write(message)
                    await self.flush()
            except StreamClosedError:
                return


Route = tuple[str, type[Guarded], Mapping[str, Any]]
"""A pattern of addresses, its handler, and what the handler is given beside the guard."""
