"""The addresses of the playground: its page, what it hears, what it asks for."""

from pathlib import Path

from lab.pages.handlers import Events, File, Look, Post, Route
from lab.playground.engine import Playground

PAGE = Path(__file__).parent / "page"


def routes(playground: Playground, base: str = "") -> list[Route]:
    """BASE: what stands before every address, without a slash at its end."""
    changes = {
        "send": playground.send,
        "stop": playground.stop,
        "clock": playground.move_clock,
        "split": playground.split,
        "merge": playground.merge,
        "double": playground.double,
        "firehose": playground.switch_firehose,
        "reader": playground.add_reader,
        "reader-switch": playground.switch_reader,
        "start-over": playground.start_over,
    }
    return [
        *((rf"{base}/do/{name}", Post, {"answer": answer}) for name, answer in changes.items()),
        (rf"{base}/object", Look, {"look": playground.content}),
        (rf"{base}/events", Events, {"feed": playground.feed}),
        (rf"{base}/([a-z-]*(?:\.[a-z]+)?)", File, {"folder": PAGE}),
    ]
