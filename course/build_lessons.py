"""Make the lessons' notebooks from their text twins: run them in the lab and keep the outputs.

    lab run --own -- python course/build_lessons.py 02-shards

Without a name, all lessons. A cell that stays keeps its id. A notebook is replaced only when every
cell ran.
"""

import argparse
import sys
from pathlib import Path

import jupytext
import nbformat
from jupytext.combine import combine_inputs_with_outputs
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from grader.files import write_whole

COURSE = Path(__file__).resolve().parent
TEXT = COURSE / "text"


def twin_of(notebook: Path) -> Path:
    """The text twin of `course/NN-topic.ipynb`."""
    return TEXT / f"{notebook.stem}.py"


def from_text(name: str) -> nbformat.NotebookNode:
    """The lesson as its twin has it; a cell that the notebook has already brings its id along."""
    notebook = jupytext.read(TEXT / f"{name}.py")
    path = COURSE / f"{name}.ipynb"
    if path.exists():
        notebook = combine_inputs_with_outputs(notebook, nbformat.read(path, as_version=4))
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    kernelspec = notebook.metadata["kernelspec"]
    notebook.metadata = nbformat.from_dict({"kernelspec": kernelspec})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def run(notebook: nbformat.NotebookNode) -> None:
    """Run all cells from the top, in the course's folder. Raises CellExecutionError."""
    where = {"metadata": {"path": str(COURSE)}}
    client = NotebookClient(
        notebook, timeout=120, record_timing=False, coalesce_streams=True, resources=where
    )
    client.execute()
    notebook.metadata["language_info"] = nbformat.from_dict({"name": "python"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("lessons", nargs="*", help="names such as 02-shards; all without one")
    known = sorted(path.stem for path in TEXT.glob("*.py"))
    names = parser.parse_args().lessons or known
    if unknown := sorted(set(names) - set(known)):
        print(f"No lesson {', '.join(unknown)} in course/text. There are: {', '.join(known)}.")
        return 2
    for name in names:
        notebook = from_text(name)
        try:
            run(notebook)
        except CellExecutionError as error:
            print(f"{name} was left as it is, since a cell failed:\n{error}", file=sys.stderr)
            return 1
        nbformat.validate(notebook)
        write_whole(COURSE / f"{name}.ipynb", nbformat.writes(notebook) + "\n")
        print(f"{name}: {len(notebook.cells)} cells")
    return 0


if __name__ == "__main__":
    sys.exit(main())
