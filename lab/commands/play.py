"""The playground's page with the lab behind it, until Ctrl-C."""

import asyncio
import contextlib
import os
import signal
import sys

from lab.aws.environment import lab_environment
from lab.aws.instance import Instance
from lab.errors import LabError
from lab.machine.interrupts import Ended
from lab.machine.processes import this_process

PORT = 8080
WATCH_SECONDS = 1.0


def play(instance: Instance, port: int | None = None, browser: bool = True) -> int:
    """Serve the page on PORT (None: 8080, or a free one) until Ctrl-C; the exit status.

    A lab that does not run is started, and ends with the page; one that dies meanwhile is started again.

    Raises LabError (port taken) and what `Instance.up` raises.
    """
    from lab.pages.server import (
        listening,  # Tornado takes a third of a second, and only this command needs it
    )

    ours = instance.running is None
    with listening(port, PORT) as socket:
        if port is None and socket.getsockname()[1] != PORT:
            print(f"Port {PORT} is taken by another program, so the page gets another one.")
        try:
            known = instance.up(owner=this_process() if ours else "")
            os.environ["LAB_STATE"] = str(instance.state)
            os.environ.update(lab_environment(known.endpoint))
            asyncio.run(_serve(socket, instance, browser))
        except Ended as ended:
            print("\nThe playground has ended" + (", and the lab with it." if ours else "."), file=sys.stderr)
            return 0 if ended.number == signal.SIGINT else 128 + ended.number
        finally:
            if ours:
                instance.down()
    return 0


async def _serve(socket: object, instance: Instance, browser: bool) -> None:
    from lab.pages.server import serve
    from lab.playground.account import ACCOUNT, find
    from lab.playground.engine import Playground
    from lab.playground.routes import routes

    playground = Playground(lambda: find(ACCOUNT))
    tasks = [asyncio.create_task(playground.run()), asyncio.create_task(_watch(instance))]
    try:
        await serve(socket, routes(playground), browser, "The playground")  # type: ignore[arg-type]
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


async def _watch(instance: Instance) -> None:
    """Start a lab again that died: what was in it is gone, and the page says so."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if instance.died:
            print("\nThe local AWS ended by itself. Starting it again, empty.", flush=True)
            try:
                await asyncio.to_thread(instance.up, None, this_process())
            except (LabError, OSError) as error:
                print(error, file=sys.stderr, flush=True)
                await asyncio.sleep(10 * WATCH_SECONDS)
