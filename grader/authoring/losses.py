"""A lint's rule: each wrong answer loses just the parts of its task that `losses.toml` names.

The file stands beside the source, where an assignment is judged line by line; by task:

    [policies]
    no_star = "operator"
    other_careless = "producer, consumer"
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from grader.authoring.mutants import read_reasons
from grader.tasks.declaration import Choice, FreeText, Task

FILE_NAME: Final = "losses.toml"


def lost_parts(task: Task, mark: Mapping[str, Any]) -> set[str]:
    """The ids of the parts that a mark's reasons tell as lost; never a text, which a person marks."""
    told = {
        # A wrong letter is answered in the option's own words, after the variable's name.
        part.id: f"`{part.name}`" if isinstance(part, Choice) else part.says
        for part in task.parts
        if not isinstance(part, FreeText)
    }
    return {name for name, words in told.items() if any(words in reason for reason in mark["reasons"])}


def check_losses(
    task: Task, folder: Path, marks: Mapping[str, Mapping[str, Any]], tasks: set[str]
) -> Iterator[str]:
    """What differs between FOLDER's `losses.toml` and the MARKS of the task's wrong answers, by their names.

    Nothing for an assignment without the file. TASKS are the ids of all its tasks. Raises AuthoringError for
    a file that is damaged.
    """
    if not (folder / FILE_NAME).is_file():
        return
    declared = read_reasons(folder, FILE_NAME)
    for unknown in sorted(declared.keys() - tasks):
        yield f"{FILE_NAME} names the task {unknown}, which there is not; remove it."
    own = declared.get(task.id, {})
    for gone in sorted(own.keys() - marks.keys()):
        yield f"{FILE_NAME} names wrong/{task.id}/{gone}.py, which there is not; remove it."
    for name, mark in sorted(marks.items()):
        lost = lost_parts(task, mark)
        wanted = {part.strip() for part in own.get(name, "").split(",")} - {""}
        if lost != wanted:
            yield (
                f"wrong/{task.id}/{name}.py loses {_list(lost)}, and {FILE_NAME} says {_list(wanted)}; "
                "mend the one that is not meant."
            )


def _list(parts: set[str]) -> str:
    return ", ".join(sorted(parts)) or "nothing"
