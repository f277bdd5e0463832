"""Lessons and the playground's tours know each other: a button for each scene, in its lesson."""

import json
import re

from .course import READY, ROOT, notebook_of

SCENE = re.compile(r'id: "([a-z-]+)", title: "([^"]+)"')
BUTTON = re.compile(
    r"<button data-commandlinker-command=\"playground:open\" data-commandlinker-args='([^']+)'>([^<]+)<"
)
ROW = re.compile(r"^\| ([^|]+) \| \[[^]]+\]\(([0-9a-z-]+)\.ipynb\) \|$", re.MULTILINE)


def scenes() -> dict[str, str]:
    """Each scene's title by its id."""
    return dict(SCENE.findall((ROOT / "lab/playground/page/scenes.js").read_text(encoding="utf-8")))


def prose(lesson: str) -> str:
    return "\n".join(cell.source for cell in notebook_of(lesson).cells if cell.cell_type == "markdown")


def buttons(text: str) -> dict[str, str]:
    """The words on each button by the scene that it opens."""
    return {json.loads(asked)["scene"]: words for asked, words in BUTTON.findall(text)}


def test_each_scene_has_a_button_in_its_lesson_and_says_its_title() -> None:
    found = {lesson: buttons(prose(lesson)) for lesson in READY}
    assert {scene: words for one in found.values() for scene, words in one.items()} == scenes()
    told = {
        title.strip().capitalize(): lesson
        for titles, lesson in ROW.findall(prose("00-welcome"))
        for title in titles.split(";")
    }
    assert {title: told[title] for title in scenes().values()} == {
        words: lesson for lesson, one in found.items() for words in one.values()
    }


def test_a_button_to_another_scene_is_seen() -> None:
    text = prose("02-shards").replace('{"scene": "split"}', '{"scene": "splits"}')
    assert buttons(text) == {"splits": scenes()["split"]}
