"""Submissions made from an assignment and chosen answers: what the lint, the tests and the demo hand in."""

import json
from collections.abc import Mapping
from pathlib import Path

from grader.source import grade_id, read_notebook, solution_of, stub_of
from lab.machine.whole_files import write_whole


def compose(source: Path, answers: Mapping[str, str], *, solved: bool) -> str:
    """The notebook's text: ANSWERS (cell text by task id) put in, the rest solved or left as stubs.

    Raises KeyError when the assignment has no answer cell for one of the answers.
    """
    notebook = read_notebook(source)
    open_answers = dict(answers)
    for cell in notebook["cells"]:
        name = grade_id(cell)
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
        if not name or not name.endswith("_answer"):
            continue
        text = "".join(cell["source"])
        task_id = name.removesuffix("_answer")
        cell["source"] = open_answers.pop(task_id, solution_of(text) if solved else stub_of(text))
    if open_answers:
        raise KeyError(f"no answer cell for {', '.join(open_answers)} in {source.name}")
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def hand_in(folder: Path, student: str, assignment: str, notebook: str) -> Path:
    """Write a submission in nbgrader's layout; its path."""
    path = folder / student / assignment / f"{assignment}.ipynb"
    write_whole(path, notebook)
    return path
