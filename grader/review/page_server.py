"""The page of `grader review`: a desk behind a guarded server on the loopback."""

from pathlib import Path
from typing import Any, Final

from grader.review.desk import Desk, step
from grader.whereabouts import CallError
from lab.errors import LabError
from lab.pages.handlers import File, Post, Route
from lab.pages.server import listening, serve

PORT: Final = 8767
"""Tried first."""
PAGE: Final = Path(__file__).with_name("page")


def html_of(markdown: str) -> str:
    """The course's own text as HTML."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune  # takes a second

    return str(markdown2html_mistune(markdown))


def routes(desk: Desk) -> list[Route]:
    """What the server answers."""

    async def answer(body: dict[str, Any]) -> Any:
        try:
            return step(desk, body)
        except CallError as error:
            raise LabError(str(error)) from None

    return [(r"/step", Post, {"answer": answer}), (r"/(|page\.js|page\.css)", File, {"folder": PAGE})]


async def run(desk: Desk, port: int | None, browser: bool) -> None:
    """Serve until Ctrl-C. Raises LabError when PORT is taken."""
    await serve(listening(port, PORT), routes(desk), browser, "The page of the review")
