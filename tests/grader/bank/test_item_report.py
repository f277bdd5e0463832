"""A learner's report of an item is a file with the item's id and version and the learner's words."""

import json
from pathlib import Path

import pytest

from grader.cli import main

PROJECT = Path(__file__).resolve().parents[3]


def report(folder: Path, item: str, words: str) -> int:
    return main(["--course", str(PROJECT), "report-item", item, words, "--to", str(folder)])


def test_report_holds_item_version_and_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(tmp_path, "02-shards/hot-key", "  Option B — is it?\nI think so.  ") == 0
    [path] = tmp_path.iterdir()
    assert path.name == "02-shards.hot-key-v1.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    assert (said["item"], said["version"]) == ("02-shards/hot-key", 1)
    assert said["words"] == "Option B — is it?\nI think so."
    assert path.name in capsys.readouterr().out


def test_a_second_report_keeps_the_first(tmp_path: Path) -> None:
    assert report(tmp_path, "hot-key", "First.") == report(tmp_path, "hot-key", "Second.") == 0
    words = [json.loads(path.read_text(encoding="utf-8"))["words"] for path in sorted(tmp_path.iterdir())]
    assert sorted(words) == ["First.", "Second."]


@pytest.mark.parametrize(
    ("item", "words", "told"),
    [
        ("02-shards/hot-keys", "Wrong.", "Did you mean 02-shards/hot-key"),
        ("nothing-like-it-at-all", "Wrong.", "no item 'nothing-like-it-at-all'"),
        ("02-shards/hot-key", "  ", "Say in a few words"),
        ("02-shards/hot-key", "x" * 4001, "at most 4,000 characters, not 4,001"),
    ],
)
def test_what_cannot_be_reported_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], item: str, words: str, told: str
) -> None:
    assert report(tmp_path / "new", item, words) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
