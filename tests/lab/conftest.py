"""Fixtures of the lab's own tests: labs of their own, and AWS credentials lying in wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.aws.instance import Instance
from tests.lab.support import PLANTED_ENDPOINT, PLANTED_KEY, PLANTED_REGION, Command


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """The state folder of a lab that only this test has; it is ended with the test."""
    folder = tmp_path / "state"
    yield folder
    Instance(folder).down()


@pytest.fixture
def planted_home(tmp_path: Path) -> Path:
    """A home folder with AWS files as people have them."""
    aws = tmp_path / "home" / ".aws"
    aws.mkdir(parents=True)
    keys = f"aws_access_key_id = {PLANTED_KEY}\naws_secret_access_key = planted/secret\n"
    (aws / "credentials").write_text(f"[default]\n{keys}[work]\n{keys}")
    settings = f"region = {PLANTED_REGION}\nendpoint_url = {PLANTED_ENDPOINT}\n"
    (aws / "config").write_text(f"[default]\n{settings}[profile work]\n{settings}")
    return aws.parent


@pytest.fixture
def lab(state: Path, planted_home: Path) -> Command:
    return Command(state, planted_home)
