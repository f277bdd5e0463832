"""What a notebook says below an error that is no mistake in its cell."""

import subprocess
import sys
from typing import Any

import botocore.exceptions
import pytest

from lab import first_aid
from lab.first_aid import advice


def refused(code: str) -> Exception:
    told: Any = {"Error": {"Code": code, "Message": ""}}
    return botocore.exceptions.ClientError(told, "DescribeStreamSummary")


NOT_REACHED = botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("error", "began", "now", "says"),
    [
        (NOT_REACHED, "one", None, "The lab does not answer"),
        (NOT_REACHED, "one", "one", None),
        (refused("ResourceNotFoundException"), "one", "two", "is empty"),
        (refused("ResourceNotFoundException"), "one", "one", None),
        (refused("ResourceNotFoundException"), None, "two", None),
        (refused("ResourceInUseException"), "one", "two", None),
        (NameError("name 'check' is not defined", name="check"), "one", "one", "check is not known"),
        (ValueError("a learner's own"), "one", None, None),
        (ConnectionError("a learner's own"), "one", None, None),
        (None, "one", None, None),
    ],
)
def test_advice(
    error: BaseException | None,
    began: str | None,
    now: str | None,
    says: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(first_aid, "_lab", lambda: now)
    said = advice(error, began)
    assert said is None if says is None else said is not None and says in said


@pytest.mark.parametrize(
    ("name", "cell", "quotes"),
    [
        ("follow", "check(follow)", True),
        ("b", "service_replay = b", True),
        ("b", "first = 'a'\nservice_replay = b  # the stream\nlast = 'c'", True),
        ("follow", "hint(follow, 2)", True),
        ("check", 'check("follow")', False),
        ("kinesis", "kinesis.list_streams()", False),
        ("total", "mean = total / 2", False),
    ],
)
def test_a_text_without_its_quotes(name: str, cell: str, quotes: bool) -> None:
    said = advice(NameError(f"name {name!r} is not defined", name=name), "one", cell)
    assert said is not None
    assert f"{name} is not known" in said
    assert (f'it stands in quotes: "{name}".' in said) is quotes


def test_a_kernel_s_start_does_not_wait_for_boto3() -> None:
    program = "import sys, lab.first_aid; print('boto3' in sys.modules, 'botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
