"""The README's picture of the playground moves, is light enough for a page, and can be made again."""

from PIL import Image

from lab.aws.folders import PROJECT
from tests.lab.playground.moving_picture import FILE, HEIGHT, WIDTH

MOST_BYTES = 3_000_000


def test_it_moves_and_is_light() -> None:
    with Image.open(FILE) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        assert getattr(picture, "n_frames", 1) > 20
        assert picture.info["loop"] == 0, "it goes on for ever"
    assert FILE.stat().st_size < MOST_BYTES


def test_the_readme_shows_it_first() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    first = readme.index("![")
    assert FILE.relative_to(PROJECT).as_posix() in readme[first:].partition("\n")[0]
