"""The playground's server on the shared lab, in an account of its own, and a browser that looks at it."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.aws.environment import fresh_account
from lab.aws.instance import Instance
from lab.control import Control, control_of
from lab.machine.ports import ANY_PORT
from lab.pages.server import PageServer, listening
from lab.playground.account import STREAM, Home
from lab.playground.engine import Playground
from lab.playground.routes import routes
from tests.browser import Page, chromium
from tests.conftest import STATE


@dataclass
class Stage:
    """A playground that is served. `home`: its account, for a client of boto3 that looks too."""

    address: str
    home: Home
    token: str
    playground: Playground
    loop: asyncio.AbstractEventLoop
    server: PageServer
    clients: dict[str, Any] = field(default_factory=dict)

    def cut(self) -> None:
        """End every connection; the server goes on."""
        asyncio.run_coroutine_threadsafe(self.server.cut(), self.loop).result(60)

    def client(self, service: str) -> Any:
        """One client for each service, which ends with the stage."""
        if service not in self.clients:
            self.clients[service] = self.home.client(service)
        return self.clients[service]

    def close(self) -> None:
        for client in self.clients.values():
            client.close()

    def counts(self) -> Any:
        """What the lab counts of the stream."""
        return self.home.control.look("shards")[STREAM]


def serve(home: Home, ready: "Callable[[Stage], None]", stopped: threading.Event) -> None:
    """Serve the playground of HOME in this thread until STOPPED is set."""

    async def run() -> None:
        playground = Playground(lambda: home)
        server = PageServer(listening(None, ANY_PORT), routes(playground))
        task = asyncio.create_task(playground.run())
        ready(Stage(server.address, home, server.guard.token, playground, asyncio.get_running_loop(), server))
        while not stopped.is_set():
            await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.close()

    asyncio.run(run())


@contextmanager
def playing(home: Home) -> Iterator[Stage]:
    """A playground in the account HOME, served until the block ends."""
    found: list[Stage] = []
    ready, stopped = threading.Event(), threading.Event()

    def take(made: Stage) -> None:
        found.append(made)
        ready.set()

    thread = threading.Thread(target=serve, args=(home, take, stopped))
    thread.start()
    try:
        assert ready.wait(60)
        yield found[0]
    finally:
        stopped.set()
        thread.join(60)
        for made in found:
            made.close()


@pytest.fixture(scope="module")
def stage(running_lab: str) -> Iterator[Stage]:
    assert running_lab
    with playing(Home(control_of(Instance(Path(os.environ[STATE])), fresh_account()))) as made:
        yield made


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Page]]:
    with chromium(tmp_path_factory.mktemp("browser")) as tab:
        yield tab


@pytest.fixture
def page(stage: Stage, browser: Callable[[], Page]) -> Iterator[Page]:
    """The page, with an empty stream."""
    tab = browser()
    tab.look(1280, 900)
    tab.open(stage.address)
    tab.wait("document.querySelector('#lab').textContent.includes('runs')")
    tab.click("#start-over")
    tab.wait("document.querySelector('#note').textContent.includes('empty again')")
    tab.wait("document.querySelector('#sum-sent').textContent === '0'")
    tab.wait("document.querySelector('#firehose').textContent.includes('Delete')")
    yield tab
    assert tab.errors == []
    tab.close()


@pytest.fixture
def control(fresh_account: Mapping[str, str]) -> Control:
    """The switches of `fresh_account`."""
    return control_of(Instance(Path(os.environ[STATE])), fresh_account["AWS_ACCESS_KEY_ID"])
