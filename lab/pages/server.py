"""A page's server on the loopback, until Ctrl-C."""

import asyncio
import socket
import webbrowser
from collections.abc import Sequence

from tornado.httpserver import HTTPServer
from tornado.web import Application

from lab.errors import LabError
from lab.machine.display import has_display
from lab.machine.ports import listen_on, some_free_port
from lab.pages.guard import Guard
from lab.pages.handlers import LARGEST_BODY, Lost, Route


def listening(port: int | None, preferred: int) -> socket.socket:
    """A socket on PORT exactly; with None on PREFERRED, or a free one when that is taken.

    Raises LabError when PORT is taken.
    """
    for candidate in (preferred, some_free_port()) if port is None else (port,):
        if found := listen_on(candidate):
            found.setblocking(False)
            return found
    raise LabError(
        f"Port {port} is taken by another program. Choose another one (--port N), or leave --port out to get "
        "a free one."
    )


class PageServer:
    """Serves ROUTES on LISTENING (of `listening`), each guarded. Start it inside an event loop."""

    def __init__(self, listening: socket.socket, routes: Sequence[Route]) -> None:
        self.port = int(listening.getsockname()[1])
        self.guard = Guard(port=self.port)
        given = [(pattern, handler, {"guard": self.guard, **more}) for pattern, handler, more in routes]
        application = Application(
            given, default_handler_class=Lost, default_handler_args={"guard": self.guard}, log_function=_quiet
        )
        self._server = HTTPServer(application, max_body_size=LARGEST_BODY, max_buffer_size=2 * LARGEST_BODY)
        self._server.add_socket(listening)

    @property
    def address(self) -> str:
        """What to give to a browser."""
        return f"http://localhost:{self.port}/"

    async def cut(self) -> None:
        """End the connections that are open; pages come back by themselves."""
        await self._server.close_all_connections()

    async def close(self) -> None:
        """Take no more requests, and end those that are open."""
        self._server.stop()
        await self.cut()


async def serve(listening: socket.socket, routes: Sequence[Route], browser: bool, name: str) -> None:
    """Serve until this task is cancelled (Ctrl-C); say where, and open a BROWSER if there is a display.

    NAME: of the page, as the beginning of a sentence.
    """
    server = PageServer(listening, routes)
    print(f"{name} is at\n\n    {server.address}\n\nCtrl-C here ends it.", flush=True)
    if browser and has_display():
        webbrowser.open(server.address)
    try:
        await asyncio.Event().wait()
    finally:
        await server.close()


def _quiet(_handler: object) -> None:
    """No line for each request: the terminal is a person's."""
