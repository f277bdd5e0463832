"""The file that tells KCL what to do."""

from pathlib import Path

import pytest

from lab.errors import LabError
from lab.kcl.properties import worker_properties, write_properties

ENVIRONMENT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "AWS_REGION": "us-east-1"}


def properties(**chosen: str) -> dict[str, str]:
    return worker_properties("app", "orders", "worker-1", "./processor", ENVIRONMENT, chosen)


def test_everything_goes_to_the_lab() -> None:
    found = properties()
    assert {found["kinesisEndpoint"], found["dynamoDBEndpoint"]} == {ENVIRONMENT["AWS_ENDPOINT_URL"]}
    assert found["disableWorkerMetrics"] == "true"  # else KCL asks EC2's and ECS's own addresses


def test_chosen_ones_replace_the_lessons() -> None:
    assert properties()["failoverTimeMillis"] != "10000"
    assert properties(failoverTimeMillis="10000")["failoverTimeMillis"] == "10000"


@pytest.mark.parametrize("name", ["applicationName", "streamName", "workerId", "executableName"])
def test_what_the_application_decides_cannot_be_chosen(name: str) -> None:
    with pytest.raises(LabError, match=name):
        properties(**{name: "other"})


def test_the_file_is_what_java_reads(tmp_path: Path) -> None:
    file = tmp_path / "worker.properties"
    write_properties(file, {"streamName": "orders", "note": "a\\b = c # d"})
    assert file.read_text() == "streamName = orders\nnote = a\\\\b = c # d\n"


@pytest.mark.parametrize(
    ("name", "value"), [("a", "b\nstreamName = other"), ("a = b", "c"), ("", "c"), ("#a", "b"), ("a", "ä")]
)
def test_a_property_that_java_would_read_as_another_is_told(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "worker.properties"
    with pytest.raises(LabError, match="is no property"):
        write_properties(file, {name: value})
    assert not file.exists()
