"""The steps of docs/demo.sh that need Python: python demo.py lab | lesson NOTEBOOK | submission COURSE."""

import os
import sys
from pathlib import Path

import boto3
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from grader.authoring.compose import compose, hand_in
from lab.aws.probe import instance_at

ASSIGNMENT = "02-shards"
STUDENT = "sample-learner"
ANSWERS = {
    "required_shards": "wrong/required_shards/forgets_records.py",
    "predict_shard": "right/predict_shard/by_start.py",
    "split_point": "right/split_point/from_start.py",
    "reading_order": "right/reading_order/depth_first.py",
}
"""What the sample learner wrote, by task; the other tasks are left as they were."""
QUOTED = ("Largest", "legal from", "parent first", "child first", "KiB/s, need")


def lab() -> int:
    """Say where the lab is, and that plain boto3 reaches it."""
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    known = instance_at(endpoint)
    if known is None:
        print(f"No lab answers at {endpoint}.", file=sys.stderr)
        return 1
    streams = boto3.client("kinesis").list_streams()["StreamNames"]
    print(f"LocalStack {known['localstack']} with the course's plugins, at {endpoint}")
    print(f'boto3.client("kinesis").list_streams() -> {streams}')
    return 0


def lesson(notebook: Path) -> int:
    """Run every cell from the top, as a reader would, and quote some of what was printed."""
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    try:
        NotebookClient(
            content,
            timeout=120,
            resources={"metadata": {"path": str(notebook.parent)}},
            extra_arguments=["--log-level=ERROR"],  # ipykernel warns of its port on the loopback
        ).execute()
    except CellExecutionError as error:
        print(f"A cell of {notebook.name} failed:\n{error}", file=sys.stderr)
        return 1
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    pictures = sum("image/png" in out.get("data", {}) for cell in cells for out in cell.outputs)
    ran = sum(cell.execution_count is not None for cell in cells)
    print(f"{ran} of {len(cells)} code cells ran, {pictures} pictures were drawn. It printed, for example:")
    printed = "".join(out.text for cell in cells for out in cell.outputs if out.output_type == "stream")
    for line in printed.splitlines():
        if any(words in line for words in QUOTED):
            print(f"    {line}")
    return 0


def submission(course: Path) -> int:
    """Put ANSWERS into the assignment and hand it in, in the folder that the grader reads."""
    source = course / "solutions" / ASSIGNMENT
    answers = {task: (source / file).read_text() for task, file in ANSWERS.items()}
    notebook = compose(source / f"{ASSIGNMENT}.ipynb", answers, solved=False)
    path = hand_in(course / "submitted", STUDENT, ASSIGNMENT, notebook)
    print(path.relative_to(course))
    for task, file in ANSWERS.items():
        print(f"    {task}: solutions/{ASSIGNMENT}/{file}")
    print("    the other tasks: not attempted")
    return 0


def main(words: list[str]) -> int:
    match words:
        case ["lab"]:
            return lab()
        case ["lesson", notebook]:
            return lesson(Path(notebook))
        case ["submission", course]:
            return submission(Path(course))
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
