"""A5, A7: a course that lies in /tmp itself, where a room has a folder of its own: shown, never writable."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.walls import kernel, sandbox, tree

pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or sandbox.tier() == "none", reason="needs root, who may make such a tree by itself"
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in /tmp with a part that is shown and a part that is not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        for part in ("shown", "secret"):
            (Path(folder) / part).mkdir()
            (Path(folder) / part / "file").write_text(part)
        yield Path(folder)


def seen(place: Path, shown: list[str]) -> dict[str, bool]:
    """What a room sees of PLACE when the paths SHOWN go into its tree; made in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            real = tree.readable
            tree.readable = lambda: [*real(), *shown]
            tree.build()
            kernel.unshare(kernel.CLONE_NEWNS)
            tree.add_own_folders(0, 0)
            os.write(writing, "".join(str(int(found)) for found in _look(place)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    return dict(zip(("shown", "secret", "written", "own"), map(bool, map(int, told)), strict=True))


def _look(place: Path) -> Iterator[bool]:
    yield (place / "shown/file").exists()
    yield (place / "secret/file").exists()
    try:
        (place / "shown/new").write_text("x")
    except OSError:
        yield False
    else:
        yield True
    Path("/tmp/own").write_text("x")
    yield Path("/tmp/own").exists()


def test_what_lies_in_tmp_is_shown_and_nothing_beside_it(place: Path) -> None:
    found = seen(place, [str(place / "shown")])
    assert found == {"shown": True, "secret": False, "written": False, "own": True}
    assert not Path("/tmp/own").exists()


def test_without_it_in_the_tree_it_is_not_there(place: Path) -> None:
    """The control: the room's own /tmp covers everything."""
    assert seen(place, [])["shown"] is False
