"""Who may ask a page's server."""

import pytest

from lab.pages.guard import Guard

GUARD = Guard(port=8080, token="the-token")
OURS = {"Host": "localhost:8080", "Origin": "http://localhost:8080", "X-Page-Token": "the-token"}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_the_page_itself_may_look_and_change(name: str) -> None:
    headers = OURS | {"Host": f"{name}:8080", "Origin": f"http://{name}:8080"}
    assert GUARD.objection("POST", headers) is None
    assert GUARD.objection("GET", {"Host": f"{name}:8080"}) is None


@pytest.mark.parametrize(
    ("method", "headers", "words"),
    [
        ("GET", {"Host": "stranger.example:8080"}, "answers to"),
        ("GET", {"Host": "localhost:9090"}, "answers to"),
        ("GET", {"Host": "localhost"}, "answers to"),
        ("GET", {}, "answers to"),
        ("GET", OURS | {"Origin": "http://stranger.example"}, "Another site"),
        ("GET", OURS | {"Origin": "http://localhost:9090"}, "Another site"),
        ("GET", OURS | {"Origin": "null"}, "Another site"),
        ("POST", OURS | {"Origin": "https://localhost:8080"}, "Another site"),
        ("POST", {name: value for name, value in OURS.items() if name != "Origin"}, "which page"),
        ("POST", OURS | {"X-Page-Token": "another"}, "Load it again"),
        ("POST", OURS | {"X-Page-Token": "ä"}, "Load it again"),
        ("POST", {name: value for name, value in OURS.items() if name != "X-Page-Token"}, "Load it again"),
        ("DELETE", OURS | {"X-Page-Token": ""}, "Load it again"),
    ],
)
def test_everybody_else_is_refused(method: str, headers: dict[str, str], words: str) -> None:
    assert words in str(GUARD.objection(method, headers))


def test_port_80_is_what_browsers_leave_out() -> None:
    guard = Guard(port=80, token="the-token")
    assert guard.objection("GET", {"Host": "localhost"}) is None
    assert Guard(port=80).token != Guard(port=80).token
    assert "the-token" not in repr(guard)
