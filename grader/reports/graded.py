"""The graded copy of a submission: the released notebook with the learner's cells in it and the marks shown.

Made from the release, so that formgrader finds every cell it knows, whatever the submission looks like.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from grader.engine.handed import read_modules
from grader.engine.submission import LARGEST_NOTEBOOK
from grader.notebook.views import COLOURS, WRONG, box, code_text
from grader.plain_files import read_plain
from grader.source import Cell, cell_source, code_cells, grade_id, parse_notebook, read_notebook


def graded_copy(released: Path, submitted: Path, line: Mapping[str, Any]) -> str:
    """The notebook's text. Raises OSError or ValueError when one of the two cannot be read."""
    notebook = read_notebook(released)
    own = parse_notebook(read_plain(submitted, LARGEST_NOTEBOOK))
    code = own_code(notebook, own, read_modules(submitted.parent)[0])
    marks = {task["id"]: task for task in line["tasks"]}
    for cell in notebook["cells"]:
        name = grade_id(cell)
        if name in code.answers:
            cell["source"] = code.answers[name]
        elif name in marks:
            cell["outputs"] = [_output(marks[name])]
    further = [_extra(number, source) for number, source in enumerate(code.further)]
    further += own_texts(notebook, own)
    if further:
        notebook["cells"] += [_heading(), *further]
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@dataclass(frozen=True)
class OwnCode:
    """What of a submission the learner wrote, cell by cell; set-up and check cells are not among it."""

    answers: Mapping[str | None, str]
    """Answer cells by their nbgrader id; the untouched stub too, where nothing was written."""
    further: tuple[str, ...]
    """Code cells that the release does not have, and the learner's modules: helpers, trials, copies."""


def own_code(
    released: dict[str, Any], submitted: dict[str, Any], modules: Mapping[str, str] | None = None
) -> OwnCode:
    """The learner's cells, told by the release that they were made from, and the MODULES beside them."""
    answers = _answers(submitted, released)
    known = {cell_source(cell).strip() for cell in released["cells"]}
    placed = set(answers.values())
    sources = [cell_source(cell) for cell in code_cells(submitted)]
    further = tuple(s for s in sources if s.strip() not in known and s not in placed and s.strip())
    beside = tuple(f"# {name}\n{text}" for name, text in (modules or {}).items())
    return OwnCode(answers, further + beside)


def own_texts(released: dict[str, Any], submitted: dict[str, Any]) -> list[Cell]:
    """Text cells that the release does not have, and what is attached to an answer: the person sees it all.

    Copies of an answer's cell too: the last one stands in its place, the others here.
    """
    known = {cell_source(cell).strip() for cell in released["cells"]}
    found: list[Cell] = []
    for cell in submitted["cells"]:
        if not isinstance(cell, dict) or cell.get("cell_type") == "code":
            continue
        source, attached = cell_source(cell), cell.get("attachments")
        if attached or (source.strip() and source.strip() not in known):
            found.append(_text(len(found), source, attached))
    return found


def _text(index: int, source: str, attached: Any) -> Cell:
    cell = {"cell_type": "markdown", "id": f"further-text-{index}", "metadata": {}, "source": source}
    return {**cell, "attachments": attached} if isinstance(attached, dict) else cell


def _answers(own: dict[str, Any], released: dict[str, Any]) -> dict[str | None, str]:
    """The learner's answer cells by id; of copies, the last that is not the untouched stub."""
    stubs = {grade_id(c): cell_source(c) for c in released["cells"] if _is_answer(c)}
    answers: dict[str | None, str] = {}
    for cell in filter(lambda cell: isinstance(cell, dict), own["cells"]):
        name, source = grade_id(cell), cell_source(cell)
        if name in stubs and (name not in answers or source.strip() != stubs[name].strip()):
            answers[name] = source
    return answers


def _is_answer(cell: Cell) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def _output(mark: Mapping[str, Any]) -> Cell:
    title = f"{mark['points']} of {mark['max_points']} points: {mark['outcome'].replace('_', ' ')}"
    lines = mark["reasons"] or ["Right on the visible cases and on the hidden ones."]
    html = box(
        COLOURS.get(mark["outcome"], WRONG),
        escape(title),
        "".join(f"<p>{code_text(line)}</p>" for line in lines),
    )
    return {
        "output_type": "execute_result",
        "execution_count": None,
        "metadata": {},
        "data": {"text/plain": str(mark["points"]), "text/html": html},
    }


def _heading() -> Cell:
    text = "### Further cells of the submission"
    return {"cell_type": "markdown", "id": "further-cells", "metadata": {}, "source": text}


def _extra(index: int, source: str) -> Cell:
    return {
        "cell_type": "code",
        "id": f"further-{index}",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
