"""`lab prove` on a small repository of somebody else's, and the action that calls it, step by step."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
CODE = """import boto3
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName="orders", ShardCount=3)
kinesis.get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1})"""
COUNT = """import shutil
shutil.which("aws") and len(kinesis.list_shards(StreamName="orders")["Shards"])"""
NUMBER = 'kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="a")["SequenceNumber"]'


def notebook(path: Path, count: str) -> None:
    """Three code cells; the second shows COUNT, the third a sequence number of another run."""
    made = nbformat.v4.new_notebook()
    shown = [(CODE, None), (COUNT, count), (NUMBER, "'4968" + "7" * 52 + "'")]
    for source, output in shown:
        cell = nbformat.v4.new_code_cell(source, execution_count=1)
        if output:
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": output})]
        made.cells.append(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("foreign")
    notebook(root / "notebooks" / "fresh.ipynb", "3")
    notebook(root / "notebooks" / "stale.ipynb", "4")
    return root


def run(*words: str, cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


@pytest.mark.long
def test_the_action_tells_the_notebook_that_shows_something_else(repository: Path) -> None:
    """The action's last step, in a foreign repository; the two before it set up Python and the course."""
    action = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
    step = action["runs"]["steps"][-1]
    place = repository / "action"
    (place / ".venv" / "bin").mkdir(parents=True)
    (place / ".venv" / "bin" / "lab").symlink_to(Path(sys.executable).parent / "lab")
    done = run(
        "bash",
        "-euo",
        "pipefail",
        "-c",
        step["run"],
        cwd=repository,
        GITHUB_ACTION_PATH=str(place),
        NOTEBOOKS="notebooks/*.ipynb",
        PATH=os.defpath,  # as where nothing is activated: cells find `aws` none the less
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "notebooks/fresh.ipynb: 3 cells show what is committed" in done.stdout
    assert "notebooks/stale.ipynb: 1 of 3 cells do not show what is committed" in done.stdout
    assert "code cell 2" in done.stdout


def test_what_is_no_notebook_is_told(tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "lab.cli", "prove", "missing.ipynb", cwd=tmp_path)
    assert done.returncode == 1
    assert "missing.ipynb is no notebook" in done.stderr
    assert "Traceback" not in done.stderr
