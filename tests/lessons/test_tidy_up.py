"""*Tidy up* after the kernel was started anew: it has all that it needs, and may be run a second time."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest

from lab import begin, iam, wait_until_active
from lab.control import control
from tests.conftest import STATE
from tests.lab.test_beginning import CLEAN
from tests.lab.test_connection import use

from .course import READY, notebook_of
from .rules import code_under

LEFT = {
    "00-welcome": "course-00-welcome",
    "03-consumers": "course-03-sale",
    "08-kcl": "course-08-kcl",
    "09-delivery": "course-09-orders",
}
"""A stream that the lesson makes, where *Tidy up* deletes it by its whole name."""

SWITCHES: dict[str, Callable[[], object]] = {
    'mode="off"': lambda: control().set("quotas", mode="off"),
    "scale=0.": lambda: control().set("quotas", scale=0.05),
    'set("faults"': lambda: control().set("faults", rules=[FAULT]),
    "iam.enforce(True)": lambda: iam.enforce(True),
    'set("endpoint_policy"': lambda: control().set("endpoint_policy", policy=None, context=ENDPOINT),
}
"""What switches something on in a lesson's code, and how the test does it."""
FAULT = {"operation": "kinesis.PutRecords", "error": "InternalFailure", "rate": 1.0}
ENDPOINT = {"aws:SourceVpce": "vpce-1"}

pytestmark = pytest.mark.xdist_group("shared-lab")


@pytest.fixture
def account(fresh_account: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """This process as a kernel that has run nothing, with an account of its own."""
    use({**fresh_account, "LAB_STATE": os.environ[STATE]}, monkeypatch)


def tidy_up(lesson: str) -> None:
    """Run the section's cells, one after the other, as a new kernel does."""
    kernel: dict[str, Any] = {}
    for cell in code_under("## Tidy up", notebook_of(lesson)):
        exec(compile(cell.source, f"{lesson}, Tidy up", "exec"), kernel)


def leave_on(lesson: str) -> list[str]:
    """Switch on whatever the lesson switches on; what that is."""
    code = "\n".join(cell.source for cell in notebook_of(lesson).cells if cell.cell_type == "code")
    found = [words for words in SWITCHES if words in code]
    for words in found:
        SWITCHES[words]()
    return found


@pytest.mark.parametrize("lesson", READY)
@pytest.mark.usefixtures("account")
def test_tidy_up_works_in_a_new_kernel_and_once_more(lesson: str, capsys: pytest.CaptureFixture[str]) -> None:
    left = LEFT.get(lesson, f"course-{lesson[:2]}-left")
    kinesis = boto3.client("kinesis")
    kinesis.create_stream(StreamName=left, ShardCount=1)
    wait_until_active(kinesis, left)
    on = leave_on(lesson)
    tidy_up(lesson)
    tidy_up(lesson)
    capsys.readouterr()
    begin(lesson)
    assert capsys.readouterr().out == CLEAN, on
