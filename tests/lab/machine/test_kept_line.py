"""A connection that is kept: many answers on one, a new one after its end, nothing asked twice."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from lab.machine.kept_line import Line

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
CHUNKED = b"HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nfour\r\n1\r\n!\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\n\r\nall of it"
BROKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot"
NO_HTTP = b"hello there, who are you?\r\n\r\n"


def whole_request(connection: socket.socket) -> bytes:
    came = connection.recv(10_000)
    head, _, body = came.partition(b"\r\n\r\n")
    length = int(head.rpartition(b"Content-Length: ")[2])
    while len(body) < length:
        more = connection.recv(10_000)
        assert more, "the client ended in the middle of a request"
        body, came = body + more, came + more
    return came


@contextmanager
def a_server(*connections: Sequence[bytes]) -> Iterator[tuple[str, list[list[bytes]]]]:
    """Its address, and the requests that came on each connection, which has those answers and then ends."""
    came: list[list[bytes]] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answers in connections:
                one, _ = listener.accept()
                with one:
                    came.append([])
                    for answer in answers:
                        came[-1].append(whole_request(one))
                        one.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = listener.getsockname()
        yield f"http://{host}:{port}", came
        thread.join()


def test_many_answers_come_on_one_connection() -> None:
    with a_server([PLAIN, CHUNKED, PLAIN]) as (address, came), Line(address, 10) as line:
        assert line.ask("GET", "/a", {"X-One": "1"}) == (200, b"one")
        assert line.ask("POST", "/b", {}, b"body") == (201, b"four!")
        assert line.ask("GET", "/c", {}) == (200, b"one")
    assert [request.split(b" ")[1] for request in came[0]] == [b"/a", b"/b", b"/c"]
    assert b"X-One: 1\r\n" in came[0][0]
    assert came[0][1].endswith(b"\r\nContent-Length: 4\r\n\r\nbody")


@pytest.mark.parametrize("last", [LAST, UNTIL_THE_END])
def test_there_is_a_new_one_after_its_end(last: bytes) -> None:
    with a_server([PLAIN, last], [PLAIN]) as (address, came), Line(address, 10) as line:
        answers = [line.ask("GET", "/", {}) for _ in range(3)]
    assert answers[0] == answers[2] == (200, b"one")
    assert [len(requests) for requests in came] == [2, 1]


@pytest.mark.parametrize("bad", [BROKEN, NO_HTTP, b""])
def test_nothing_is_asked_twice(bad: bytes) -> None:
    with a_server([bad], [PLAIN]) as (address, came), Line(address, 10) as line:
        with pytest.raises(OSError, match=r"HTTP|middle|reset|closed"):
            line.ask("GET", "/first", {})
        assert line.ask("GET", "/second", {}) == (200, b"one")
    assert [request.split(b" ")[1] for requests in came for request in requests] == [b"/first", b"/second"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r "])
def test_no_request_inside_another_one(end: str) -> None:
    with a_server([PLAIN]) as (address, came), Line(address, 10) as line:
        for path, headers in (
            (f"/a{end}X: y", {}),
            ("/a", {"X": f"1{end}X: y"}),
            ("/a", {f"X: 1{end}X": "y"}),
        ):
            with pytest.raises(OSError, match="another one in it"):
                line.ask("GET", path, headers)
        assert line.ask("GET", "/b", {}) == (200, b"one")
    assert [request.split(b" ")[1] for request in came[0]] == [b"/b"]


@pytest.mark.parametrize("header", [{"X:Y": "1"}, {"X": "\u20ac"}])
def test_nothing_is_left_of_a_request_that_could_not_be_written(header: dict[str, str]) -> None:
    with a_server([PLAIN]) as (address, came), Line(address, 10) as line:
        with pytest.raises(OSError):  # noqa: PT011 - http.client's words
            line.ask("GET", "/first", {"X-First": "1"} | header)
        assert line.ask("GET", "/second", {}) == (200, b"one")
    assert came[0][0].startswith(b"GET /second HTTP/1.1\r\nHost: ")


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        Line(f"http://127.0.0.1:{port}", 10).ask("GET", "/", {})
