"""Make the lessons' notebooks from their text twins: run them in the lab and keep the outputs.

    lab run --own -- python course/source/build_lessons.py 02-shards
    python course/source/build_lessons.py --prose 02-shards

Without a name, all lessons. A cell that stays keeps its id. A notebook is replaced only when every
cell ran.
"""

import argparse
import sys
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import combine_inputs_with_outputs
from jupytext.config import load_jupytext_config
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from lab.kcl.environment import kcl
from lab.machine.whole_files import write_whole

COURSE = Path(__file__).resolve().parents[1]


def from_text(course: Path, name: str) -> nbformat.NotebookNode:
    """The lesson as its twin has it; a cell that the notebook has already brings its id along."""
    notebook = jupytext.read(course / "source" / "text" / f"{name}.py")
    path = course / f"{name}.ipynb"
    if path.exists():
        notebook = combine_inputs_with_outputs(notebook, nbformat.read(path, as_version=4))
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    notebook.metadata = nbformat.from_dict(
        {"jupytext": _filters(path), "kernelspec": notebook.metadata["kernelspec"]}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _filters(path: Path) -> dict[str, str]:
    """What jupytext itself adds when JupyterLab saves the pair, so that saving changes nothing."""
    config = load_jupytext_config(str(path))
    return {
        "cell_metadata_filter": config.cell_metadata_filter,
        "notebook_metadata_filter": config.notebook_metadata_filter,
    }


def unlike(path: Path, notebook: nbformat.NotebookNode) -> list[str]:
    """The code of NOTEBOOK that the file at PATH has not, in this order; [] where its outputs are still true."""
    was = [
        cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"
    ]
    now = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if len(was) != len(now):
        return [f"{len(now)} cells of code, where there were {len(was)}"]
    return [after for before, after in zip(was, now, strict=True) if before != after]


def run(course: Path, notebook: nbformat.NotebookNode) -> None:
    """Run all cells from the top, in the course's folder. Raises CellExecutionError."""
    if any("from lab.kcl import" in cell.source for cell in notebook.cells):
        kcl()  # installed first, so that the notebook does not keep the installer's line
    where = {"metadata": {"path": str(course)}}
    client = NotebookClient(
        notebook, timeout=120, record_timing=False, coalesce_streams=True, resources=where
    )
    client.execute()


def main() -> int:
    """Exit status: 0 made, 1 a cell failed, 2 asked for a lesson that is not there."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", help="names such as 02-shards; all without one")
    parser.add_argument("--course", type=Path, default=COURSE, help="the folder of the lessons")
    parser.add_argument(
        "--prose", action="store_true", help="only prose was changed: run nothing, keep the outputs"
    )
    asked = parser.parse_args()
    known = sorted(path.stem for path in asked.course.glob("source/text/*.py"))
    if unknown := sorted(set(asked.lessons) - set(known)):
        have = ", ".join(known) or "none"
        print(
            f"No lesson {', '.join(unknown)} in {asked.course / 'source' / 'text'}. There are: {have}."
        )
        return 2
    for name in asked.lessons or known:
        notebook = from_text(asked.course, name)
        if asked.prose and (cells := unlike(asked.course / f"{name}.ipynb", notebook)):
            print(
                f"{name}.ipynb was left as it is: its code changed, so it must run.\n{cells[0]}",
                file=sys.stderr,
            )
            return 1
        try:
            if not asked.prose:
                run(asked.course, notebook)
        except CellExecutionError as error:
            print(f"{name}.ipynb was left as it is, since a cell failed:\n{error}", file=sys.stderr)
            return 1
        notebook.metadata["language_info"] = nbformat.from_dict({"name": "python"})
        nbformat.validate(notebook)
        write_whole(asked.course / f"{name}.ipynb", nbformat.writes(notebook) + "\n")
        print(f"{name}: {len(notebook.cells)} cells")
    return 0


if __name__ == "__main__":
    sys.exit(main())
