"""Lessons keep to the rules, and every rule is shown to refuse a lesson that breaks it."""

import copy
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
import pytest

from grader.tasks.questions import load_questions

from . import rules
from .course import COURSE, INDEX, READY, notebook_of

Notebook = nbformat.NotebookNode
ENTRIES = {lesson["name"]: lesson for lesson in INDEX}


def sources(notebook: Notebook) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


@pytest.mark.parametrize("lesson", READY)
def test_twin_is_in_step(lesson: str) -> None:
    twin = jupytext.read(COURSE / "source" / "text" / f"{lesson}.py")
    assert sources(twin) == sources(notebook_of(lesson))
    twin.cells[3].source += " "
    assert sources(twin) != sources(notebook_of(lesson))


def test_pairing_changes_nothing(tmp_path: Path) -> None:
    """What JupyterLab does on saving: notebook and twin stay as they are, to the byte."""
    for path in (*COURSE.glob("*.ipynb"), *COURSE.glob("source/text/*.py"), COURSE / ".jupytext.toml"):
        copied = tmp_path / path.relative_to(COURSE)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copied)
    twins = sorted(map(str, tmp_path.glob("source/text/*.py")))
    subprocess.run([sys.executable, "-m", "jupytext", "--sync", *twins], check=True, cwd=tmp_path)
    assert twins
    for copied in (*tmp_path.glob("*.ipynb"), *tmp_path.glob("source/text/*.py")):
        assert copied.read_bytes() == (COURSE / copied.relative_to(tmp_path)).read_bytes()


@pytest.mark.parametrize("lesson", READY)
@pytest.mark.parametrize("rule", rules.WITHOUT_INDEX)
def test_lesson_keeps_the_rule(lesson: str, rule: Callable[[Notebook], list[str]]) -> None:
    assert rule(notebook_of(lesson)) == []


@pytest.mark.parametrize("lesson", READY)
def test_lesson_agrees_with_the_index(lesson: str) -> None:
    assert rules.objectives(notebook_of(lesson), ENTRIES[lesson]) == []


@pytest.mark.parametrize("lesson", READY)
def test_lesson_says_what_comes_before_and_after_it(lesson: str) -> None:
    assert rules.way(notebook_of(lesson), INDEX, lesson) == []


@pytest.mark.parametrize("lesson", READY)
def test_lesson_begins_with_the_lab_set_back(lesson: str) -> None:
    assert rules.begins(notebook_of(lesson), lesson) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lesson 01, [Producers](01-producers.ipynb)", "lesson 00, [Welcome](00-welcome.ipynb)"),
        ("[Consumers](03-consumers.ipynb)", "[Retention](04-retention.ipynb)"),
        ("(../exercises/02-shards/02-shards.ipynb)", "(../exercises/01-producers/01-producers.ipynb)"),
        ("**Where next:**", "**Next:**"),
        ("**Where next:**", "Lesson 09 (planned) does that. **Where next:**"),
    ],
)
def test_rule_of_the_way_refuses(before: str, after: str) -> None:
    notebook = notebook_of("02-shards")
    joined = {n: cell.source for n, cell in enumerate(notebook.cells) if cell.cell_type == "markdown"}
    for number, text in joined.items():
        notebook.cells[number].source = re.sub(r"\n(?!\n)", " ", text).replace(before, after)
    assert rules.way(notebook, INDEX, "02-shards")


def test_rule_of_the_beginning_refuses() -> None:
    notebook = notebook_of("02-shards")
    assert rules.begins(notebook, "01-producers")
    notebook.cells[-1].source += "\n(`ResourceInUseException`? Run it again.)"
    assert rules.begins(notebook, "02-shards")


@pytest.mark.parametrize("lesson", READY)
def test_links_lead_somewhere(lesson: str) -> None:
    assert rules.links(notebook_of(lesson), COURSE) == []


def test_index_names_what_is_there() -> None:
    assert sorted(path.stem for path in COURSE.glob("*.ipynb")) == sorted(READY)
    assert sorted(path.stem for path in (COURSE / "source" / "text").glob("*.py")) == sorted(READY)
    assert {lesson["status"] for lesson in INDEX} <= {"ready", "planned"}
    assert [lesson["name"] for lesson in INDEX] == sorted(ENTRIES)


@pytest.mark.parametrize("lesson", READY)
def test_every_question_of_the_lesson_is_asked(lesson: str) -> None:
    asked = []
    for cell in notebook_of(lesson).cells:
        asked += re.findall(r'^question\("([^"]+)", "([^"]+)"\)', cell.source, re.MULTILINE)
    assert {name for name, _ in asked} == {lesson}
    assert sorted(key for _, key in asked) == sorted(
        load_questions(COURSE / "source" / "questions" / f"{lesson}.toml")
    )


def ways(text: str) -> list[str]:
    """What the welcome's text says otherwise than the index: a row for each lesson, with link and minutes."""
    rows = {
        lesson[
            "name"
        ]: rf"\| {lesson['name'][:2]} \[{re.escape(lesson['title'])}\]\({lesson['name']}\.ipynb\) \|"
        rf"[^|]+\| {lesson['minutes']} \|"
        for lesson in INDEX
    }
    return [name for name, row in rows.items() if not re.search(row, text)]


def test_welcome_shows_the_way() -> None:
    text = "\n".join(cell.source for cell in notebook_of("00-welcome").cells)
    assert ways(text) == []
    last = INDEX[-1]["name"]
    assert ways(text.replace(f"{last}.ipynb", "nowhere.ipynb")) == [last]


Damage = Callable[[Notebook], None]


def code_cell(notebook: Notebook) -> Notebook:
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def lengthen(notebook: Notebook) -> None:
    code_cell(notebook).source = "\n".join("x = 1" for _ in range(13))


def repeat_an_id(notebook: Notebook) -> None:
    notebook.cells[1].id = notebook.cells[0].id


def save_as_jupyterlab_does(notebook: Notebook) -> None:
    notebook.metadata.language_info["version"] = "3.11.7"


def forget_to_run(notebook: Notebook) -> None:
    code_cell(notebook).execution_count = None


def warn(notebook: Notebook) -> None:
    output = nbformat.v4.new_output("stream", name="stderr", text="DeprecationWarning")
    code_cell(notebook).outputs.append(output)


def drop_words(notebook: Notebook) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.metadata["image/png"].pop("alt")


def of_pictures(notebook: Notebook) -> list[Notebook]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output for output in outputs if "image/png" in output.get("data", {})]


def tell_of_another(notebook: Notebook) -> None:
    for output in of_pictures(notebook):
        output.metadata["image/png"]["alt"] = "9 records through 4 shards: another picture than this one is."


def list_everything(notebook: Notebook) -> None:
    for output in of_pictures(notebook):
        output.metadata["image/png"]["alt"] *= 20


def fold_nothing(notebook: Notebook) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "details" in output.get("data", {}).get("text/html", ""):
                output.data["text/html"] = "<details><summary>In words</summary></details>"


def drop_pictures(notebook: Notebook) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)


def sleep(notebook: Notebook) -> None:
    code_cell(notebook).source = "import time\n\ntime.sleep(1)"


def ignore_three(notebook: Notebook) -> None:
    for cell in [cell for cell in notebook.cells if cell.cell_type == "code"][:3]:
        cell.metadata["tags"] = [rules.IGNORED]


def ask_nothing(notebook: Notebook) -> None:
    for cell in notebook.cells:
        cell.source = cell.source.replace("question(", "answer(")


def tidy_up_with_a_name_of_the_first_cells(notebook: Notebook) -> None:
    cell = rules.code_under("## Tidy up", notebook)[0]
    assert "import boto3\n" in cell.source
    cell.source = cell.source.replace("import boto3\n", "")


def show_a_wide_table(notebook: Notebook) -> None:
    row = f"<tr><td>{'a' * 50}</td><td>{'b' * 50}</td></tr>"
    page = f"<table><thead><tr><th>one</th><th>two</th></tr></thead><tbody>{row}</tbody></table>"
    shown = nbformat.v4.new_output("display_data", {"text/html": page})
    next(cell for cell in notebook.cells if cell.cell_type == "code").outputs.append(shown)


def name_two_prices(notebook: Notebook) -> None:
    notebook.cells[0].source += "\n| $0.015 an hour | $0.014 a million |"


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        (rules.no_price_as_a_formula, name_two_prices),
        (rules.short_cells, lengthen),
        (rules.stable_ids, repeat_an_id),
        (rules.little_metadata, save_as_jupyterlab_does),
        (rules.outputs_committed, forget_to_run),
        (rules.outputs_committed, warn),
        (rules.described_pictures, drop_words),
        (rules.described_pictures, drop_pictures),
        (rules.described_pictures, tell_of_another),
        (rules.described_pictures, list_everything),
        (rules.described_pictures, fold_nothing),
        (rules.no_waiting_by_the_clock, sleep),
        (rules.few_ignored, ignore_three),
        (rules.knowledge_checks, ask_nothing),
        (rules.narrow_tables, show_a_wide_table),
        (rules.tidy_up_alone, tidy_up_with_a_name_of_the_first_cells),
    ],
)
def test_rule_refuses(rule: Callable[[Notebook], list[str]], damage: Damage) -> None:
    notebook = copy.deepcopy(notebook_of(READY[0]))
    damage(notebook)
    assert rule(notebook)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Welcome", "# Well"),
        ("## You can now …\n\n1. **name**", "## You can now …\n\n1. **list**"),
        ("**Minutes:** ", "**Minutes:** 1"),
    ],
)
def test_index_rule_refuses(before: str, after: str) -> None:
    notebook = notebook_of("00-welcome")
    assert sum(before in cell.source for cell in notebook.cells) >= 1
    for cell in notebook.cells:
        cell.source = cell.source.replace(before, after)
    assert rules.objectives(notebook, ENTRIES["00-welcome"])


def test_link_rule_refuses(tmp_path: Path) -> None:
    assert rules.links(notebook_of("00-welcome"), tmp_path)
