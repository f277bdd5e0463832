"""The playground inside JupyterLab, at `kinesis/`, for whoever Jupyter lets in.

Jupyter checks host and token; the page's own token stands in place of its XSRF cookie. The account is another
one than that of `make run`, so both may be open on one lab.
"""

import contextlib
from typing import Any

import nbformat.v4
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import RequestHandler, authenticated

from lab.aws.folders import PROJECT
from lab.pages.guard import SameOrigin
from lab.pages.handlers import Guarded
from lab.playground.account import JUPYTER_ACCOUNT, find
from lab.playground.engine import Playground
from lab.playground.routes import routes


class LetIn(Guarded, JupyterHandler):
    """Asks Jupyter first, then the guard."""

    async def prepare(self) -> None:  # type: ignore[override]
        await JupyterHandler.prepare(self)
        authenticated(_nothing)(self)  # redirects to Jupyter's login, or raises 403
        if not self._finished and (
            why := self.guard.objection(self.request.method or "", self.request.headers)
        ):
            self.refuse(403, why)

    def check_xsrf_cookie(self) -> None:
        """A change carries the page's token instead."""


def _nothing(_handler: RequestHandler) -> None:
    return None


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "lab.playground.jupyter"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Add the playground's addresses. It begins to work when a page first listens."""
    playground, guard = Playground(lambda: find(JUPYTER_ACCOUNT)), SameOrigin()
    base = server.web_app.settings["base_url"].rstrip("/") + "/kinesis"
    handlers = [
        (pattern, type(handler.__name__, (LetIn, handler), {}), {"guard": guard, **more})
        for pattern, handler, more in routes(playground, base)
    ]
    server.web_app.add_handlers(".*$", handlers)
    server.io_loop.add_callback(playground.run)
    trust_lessons(server.contents_manager.notary)


def trust_lessons(notary: Any) -> None:
    """Sign the lessons as they are, so that their buttons open the playground without a warning.

    Who works through a lesson runs its code anyway. Nothing else in the file browser is signed.
    """
    for path in (PROJECT / "course").glob("[0-9][0-9]-*.ipynb"):
        with contextlib.suppress(OSError, ValueError, KeyError):
            notary.sign(nbformat.v4.reads(path.read_text(encoding="utf-8")))
