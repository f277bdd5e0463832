"""A page's server, asked over HTTP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse

from lab.errors import LabError
from lab.machine.ports import ANY_PORT
from lab.pages.feed import Feed
from lab.pages.handlers import Events, File, Look, Post
from lab.pages.server import PageServer, listening

Ask = Callable[..., Awaitable[HTTPResponse]]


async def _double(body: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(body.get("number"), int):
        raise LabError("number is a whole number.")
    return {"doubled": 2 * body["number"]}


async def _told(asked: dict[str, Any]) -> dict[str, Any]:
    return asked


def in_server(folder: Path, scene: Callable[[PageServer, Ask], Awaitable[None]]) -> None:
    """Run SCENE with a server of the page in FOLDER."""

    async def run() -> None:
        (folder / "page").mkdir()
        (folder / "page" / "index.html").write_text('<meta name="token" content="{{token}}">')
        (folder / "page" / "page.js").write_text("// {{token}} stays")
        (folder / "page" / "notes.txt").write_text("not for the page")
        (folder / "secret.html").write_text("outside")
        feed = Feed(lambda: {"all": 1})
        server = PageServer(
            listening(None, ANY_PORT),
            [
                (r"/double", Post, {"answer": _double}),
                (r"/told", Look, {"look": _told}),
                (r"/events", Events, {"feed": feed}),
                (r"/(.*)", File, {"folder": folder / "page"}),
            ],
        )
        client = AsyncHTTPClient(force_instance=True)

        async def ask(path: str, **more: Any) -> HTTPResponse:
            address = f"http://127.0.0.1:{server.port}{path}"
            return await client.fetch(address, raise_error=False, follow_redirects=False, **more)

        try:
            await scene(server, ask)
        finally:
            client.close()
            await server.close()

    asyncio.run(run())


def change(server: PageServer) -> dict[str, str]:
    """The headers of a change that the page makes."""
    return {"Origin": f"http://127.0.0.1:{server.port}", "X-Page-Token": server.guard.token}


def test_the_page_has_the_token_and_its_files_and_nothing_else_is_given_out(tmp_path: Path) -> None:
    async def scene(server: PageServer, ask: Ask) -> None:
        page = await ask("/")
        assert server.guard.token in page.body.decode()
        assert (await ask("/page.js")).body == b"// {{token}} stays"
        for path in ("/notes.txt", "/../secret.html", "/%2e%2e/secret.html", "/..%2fsecret.html", "/nowhere"):
            answer = await ask(path)
            assert (answer.code, json.loads(answer.body)) == (404, {"error": "There is no such page."}), path

    in_server(tmp_path, scene)


@pytest.mark.parametrize("path", ["/", "/page.js", "/nowhere", "/told?a=1"])
def test_every_answer_says_what_a_browser_may_do_with_it(tmp_path: Path, path: str) -> None:
    async def scene(_server: PageServer, ask: Ask) -> None:
        headers = (await ask(path)).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers

    in_server(tmp_path, scene)


def test_changes_need_the_token_the_origin_and_the_host(tmp_path: Path) -> None:
    async def scene(server: PageServer, ask: Ask) -> None:
        ours, body = change(server), '{"number": 4}'
        answer = await ask("/double", method="POST", body=body, headers=ours)
        assert (answer.code, json.loads(answer.body)) == (200, {"doubled": 8})
        for wrong in (
            {},
            {"X-Page-Token": ours["X-Page-Token"]},
            ours | {"X-Page-Token": "x"},
            ours | {"Origin": "http://stranger.example"},
            ours | {"Host": "stranger.example"},
        ):
            refused = await ask("/double", method="POST", body=body, headers=wrong)
            assert refused.code == 403, wrong
            assert b"doubled" not in refused.body
        for path in ("/", "/told", "/events", "/nowhere"):
            assert (await ask(path, headers={"Host": "stranger.example"})).code == 403, path

    in_server(tmp_path, scene)


def test_what_is_wrong_is_said_in_words(tmp_path: Path) -> None:
    async def scene(server: PageServer, ask: Ask) -> None:
        for body, status, words in (
            ("{}", 409, "number is a whole number."),
            ("[]", 400, "The request is no JSON object."),
            ("{", 400, "The request is no JSON object."),
            ("[" * 100_000, 400, "The request is no JSON object."),
        ):
            answer = await ask("/double", method="POST", body=body, headers=change(server))
            assert (answer.code, json.loads(answer.body)) == (status, {"error": words})
        assert (await ask("/double")).code == 405
        assert json.loads((await ask("/told?a=1&b=%3Cb%3E")).body) == {"a": "1", "b": "<b>"}

    in_server(tmp_path, scene)


def test_events_begin_with_the_whole_state(tmp_path: Path) -> None:
    async def scene(server: PageServer, _ask: Ask) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET /events HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Content-Type: text/event-stream" in head
        told = await reader.readuntil(b"\n\n")
        assert b'event: snapshot\ndata: {"all": 1}' in told
        writer.close()

    in_server(tmp_path, scene)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with listening(None, ANY_PORT) as first:
        port = first.getsockname()[1]
        with listening(None, port) as other:
            assert other.getsockname()[0] == "127.0.0.1"
            assert other.getsockname()[1] != port
        with pytest.raises(LabError, match=f"Port {port} is taken"):
            listening(port, 8080)
