"""The same with the lab: each notebook makes a stream, writes to it and reads it, through the relay here.

Both graders use the same lab. The assignment is made for this; its task is judged by calling a function.
"""

import os
import tempfile
import textwrap
import time
from pathlib import Path
from statistics import median

import boto3
import nbformat

from benchmarks._classes import ROOT, Class, Race, others, sandboxed, spread
from grader.authoring.compose import compose
from grader.authoring.release import release
from lab.aws.environment import LEARNER_ACCOUNT, lab_environment
from lab.aws.instance import Instance, private_lab
from lab.control import control_of

ASSIGNMENT = "90-lab"
SAMPLE = 5
MANY = 100
ROUNDS = 3

CHECKS = """
from grader.tasks.declaration import Cases, Misconception, Task

SERVICES = ("kinesis",)
TASKS = [
    Task(
        id="read_back", title="Count what came back", function="read_back", read="nowhere",
        hints=("Look at `records`.", "Count those of the key."), seconds_per_call=20.0,
        oracle=lambda key: {"a": 7, "b": 3}.get(key, 0),
        misconceptions=(Misconception("all_keys", "counts every key", lambda key: 10),),
        parts=(
            Cases("count", 1, "must count one key", ({"key": "a"}, {"key": "b"}),
                  lambda rng: {"key": rng.choice("abc")}, 2),
        ),
    )
]
"""
SETUP = """
import time
import uuid
import boto3
from grader import check

kinesis = boto3.client("kinesis")
"""
CALLS = """
stream = f"bench-{uuid.uuid4().hex[:12]}"
kinesis.create_stream(StreamName=stream, ShardCount=1)
def status():
    summary = kinesis.describe_stream_summary(StreamName=stream)
    return summary["StreamDescriptionSummary"]["StreamStatus"]
while status() != "ACTIVE":
    time.sleep(0.02)
sent = [{"Data": b"x", "PartitionKey": key} for key in "aaaaaaabbb"]
kinesis.put_records(StreamName=stream, Records=sent)
shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
place = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
records = kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
"""
RIGHT = 'def read_back(key):\n    return sum(record["PartitionKey"] == key for record in records)'
WRONG = "def read_back(key):\n    return len(records)"


def code_cell(name: str, source: str, **flags: object) -> nbformat.NotebookNode:
    no = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    nbgrader = {**no, "grade_id": name, **flags}
    return nbformat.v4.new_code_cell(
        source.strip(), id=name.replace("_", "-"), metadata={"nbgrader": nbgrader}
    )


def streams(folder: Path, variables: dict[str, str]) -> Class:
    """The assignment, released; every second submission is wrong."""
    (folder / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    source = folder / "solutions" / ASSIGNMENT
    source.mkdir(parents=True)
    (source / "checks.py").write_text(CHECKS)
    solution = f"### BEGIN SOLUTION\n{textwrap.dedent(RIGHT)}\n### END SOLUTION"
    cells = [
        code_cell("setup", SETUP, locked=True),
        code_cell("calls", CALLS, locked=True),
        code_cell("read_back_answer", solution, solution=True),
        code_cell("read_back", 'check("read_back")', grade=True, locked=True, points=1),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = source / f"{ASSIGNMENT}.ipynb"
    nbformat.write(notebook, path)
    release(folder, [ASSIGNMENT])
    texts = [compose(path, {"read_back": answer}, solved=True) for answer in (RIGHT, WRONG)]
    return Class(folder, ASSIGNMENT, lambda number: texts[number % 2] + " " * number, variables)


def aws_seconds(endpoint: str) -> list[float]:
    """How long the notebook's calls take by themselves, without a grader."""
    client = boto3.client("kinesis", endpoint_url=endpoint, region_name="us-east-1",
                          aws_access_key_id=LEARNER_ACCOUNT, aws_secret_access_key="x")  # fmt: skip
    code = compile("import time, uuid\n" + CALLS, "calls", "exec")
    taken = []
    for _ in range(5):
        began = time.monotonic()
        exec(code, {"kinesis": client})
        taken.append(time.monotonic() - began)
    return taken


def main() -> None:
    sandboxed()
    with private_lab() as lab, tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        measure(lab, Path(scratch))


def measure(lab: Instance, folder: Path) -> None:
    known = lab.running
    assert known is not None
    variables = {**lab_environment(known.endpoint, base={}), "LAB_STATE": str(lab.state)}
    os.environ["LAB_STATE"] = str(lab.state)
    both = streams(folder, variables)
    both.command("nbgrader", "generate_assignment", ASSIGNMENT, "--create", "--force")
    wipe = control_of(lab, LEARNER_ACCOUNT)
    aws = aws_seconds(known.endpoint)
    print(f"with the lab, six Kinesis calls or more in each notebook, sandbox on; {others()}", flush=True)
    race = Race(both, SAMPLE, MANY, ROUNDS)
    race.run(before=lambda: wipe.set("wipe"))
    race.tell(10)
    share = median(aws) / median(theirs.clock for theirs in race.theirs)
    took = spread([1000 * seconds for seconds in aws])
    print(f"  the calls alone: {took} ms, {share:.0%} of nbgrader's time (target: below 20 %)")


if __name__ == "__main__":
    main()
