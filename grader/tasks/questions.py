"""Knowledge checks: questions kept as data beside a lesson, with an explanation for every option.

A lesson shows one with `question("02-shards", "hot-key")` (`grader.notebook.knowledge_checks`); an exam
draws on the same files. The answers are folded away in plain HTML, so they open in a notebook that is not
trusted, on a web page and from the keyboard.
"""

import html
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[2] / "course" / "source" / "questions"
EXAM_TASK: Final = re.compile(r"(SAA-C03|DVA-C03|DEA-C01|MLA-C02|SCS-C03|SOA-C03) (\d+(\.\d+)+|domain \d+)")
LETTERS: Final = "ABCDEFGH"


class QuestionError(ValueError):
    """A question that is not there, or a file of questions that breaks the rules; says where."""

    def _render_traceback_(self) -> list[str]:
        """A sentence in a notebook, where IPython would print the call stack."""
        return [str(self)]


@dataclass(frozen=True)
class Option:
    """One answer to choose, and why it is right or wrong."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """A knowledge check. `multiple`: more than one option is right, and the reader is told so. `facts`: the
    ids in course/source/facts.toml on which the answer hangs."""

    id: str
    text: str
    exam_tasks: tuple[str, ...]
    options: tuple[Option, ...]
    multiple: bool = False
    facts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The question and its options, without the answers."""
        options = zip(LETTERS, self.options, strict=False)
        lines = [f"  {letter}. {_plain(option.text)}" for letter, option in options]
        return "\n".join([f"Knowledge check: {_plain(self.text)}{self._how_many}", *lines])

    def _repr_html_(self) -> str:
        return self.html()

    def html(self, opened: Collection[str] = ()) -> str:
        """The question with its options folded, but for those whose letters are OPENED."""
        options = zip(LETTERS, self.options, strict=False)
        folded = "".join(_folded(letter, option, opened=letter in opened) for letter, option in options)
        return (
            f"<p><strong>Knowledge check.</strong> {_marked_up(self.text)}{self._how_many}<br>"
            f"<small>Decide first, then open an option to see why.</small></p>{folded}"
        )

    @property
    def _how_many(self) -> str:
        return " (More than one is right.)" if self.multiple else ""


def _folded(letter: str, option: Option, *, opened: bool) -> str:
    verdict = "✔ Right." if option.right else "✘ Not this one."
    summary = f"<summary>{letter}. {_marked_up(option.text)}</summary>"
    answer = f"<strong>{verdict}</strong> {_marked_up(option.why)}"
    return (
        f'<details style="margin: 0 0 0.5em 1em"{" open" * opened}>{summary}'
        f'<p style="margin: 0.3em 0 0 1.3em">{answer}</p></details>'
    )


def _plain(text: str) -> str:
    return text.replace("`", "")


def _marked_up(text: str) -> str:
    """HTML of a text whose only mark-up is `code` in backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def load_questions(path: Path) -> dict[str, Question]:
    """The questions of a file by id, in its order. Raises QuestionError when a rule is broken."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        have = ", ".join(sorted(p.stem for p in path.parent.glob("*.toml"))) or "none"
        raise QuestionError(f"No questions for {path.stem}. Lessons that have questions: {have}.") from None
    except tomllib.TOMLDecodeError as error:
        raise QuestionError(f"{path.name} is not valid TOML: {error}.") from None
    _refuse_unknown(data, {"question"}, path.name)
    questions: dict[str, Question] = {}
    for number, item in enumerate(_tables(data, "question", path.name), start=1):
        read = _read_question(item, f"{path.name}, question {item.get('id', number)}")
        if read.id in questions:
            raise QuestionError(f"{path.name}: the id {read.id!r} stands twice.")
        questions[read.id] = read
    if not questions:
        raise QuestionError(f"{path.name} holds no [[question]].")
    return questions


def _read_question(item: Mapping[str, Any], where: str) -> Question:
    _refuse_unknown(item, {field.name for field in fields(Question)}, where)
    options = tuple(
        _read_option(option, f"{where}, option {letter}")
        for letter, option in zip(LETTERS, _tables(item, "options", where), strict=False)
    )
    read = Question(
        id=_text(item, "id", where),
        text=_text(item, "text", where),
        exam_tasks=tuple(item.get("exam_tasks", ())),
        options=options,
        multiple=item.get("multiple", False),
        facts=tuple(item.get("facts", ())),
    )
    _judge(read, where)
    return read


def _judge(read: Question, where: str) -> None:
    right = sum(option.right for option in read.options)
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", read.id):
        raise QuestionError(f"{where}: an id is small letters and digits with dashes between.")
    if not 3 <= len(read.options) <= 5:
        raise QuestionError(f"{where}: give 3 to 5 options, not {len(read.options)}.")
    if not read.multiple and right != 1:
        raise QuestionError(f"{where}: one option must be right, not {right} (or set multiple).")
    if read.multiple and not 1 < right < len(read.options):
        raise QuestionError(f"{where}: with multiple, two or more are right, one or more wrong.")
    if not read.exam_tasks or not all(EXAM_TASK.fullmatch(task) for task in read.exam_tasks):
        raise QuestionError(f'{where}: exam_tasks is a list like ["SAA-C03 3.5", "DEA-C01 domain 4"].')


def _read_option(item: Mapping[str, Any], where: str) -> Option:
    _refuse_unknown(item, {field.name for field in fields(Option)}, where)
    if not isinstance(item.get("right"), bool):
        raise QuestionError(f"{where}: say right = true or right = false.")
    return Option(_text(item, "text", where), item["right"], _text(item, "why", where))


def _tables(item: Mapping[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    tables = item.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise QuestionError(f"{where}: `{key}` is a list of tables, each begun by [[{key}]].")
    return tables


def _text(item: Mapping[str, Any], key: str, where: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value.strip():
        raise QuestionError(f"{where}: `{key}` is missing or empty.")
    return " ".join(value.split())


def _refuse_unknown(item: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(item) - known)
    if unknown:
        names = ", ".join(sorted(known))
        raise QuestionError(f"{where}: unknown {', '.join(unknown)}; known are {names}.")
