"""One lab for a whole test run, started by the first test that needs it and stopped at the end of the run."""

import contextlib
import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id

from grader.inside import models
from lab.aws.environment import fresh_account as new_account
from lab.aws.environment import lab_environment
from lab.aws.instance import Instance, private_state
from lab.machine.ports import ANY_PORT
from lab.machine.processes import this_process

STATE = "LAB_TEST_STATE"
OWNER = "LAB_TEST_OWNER"
"""Variables by which pytest tells its workers whose lab they share, and where its state folder is."""


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Begun in a shell's background. What tests start would not hear of Ctrl-C either, and some must.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    models.keep()
    if not is_worker(config):
        keeping = contextlib.ExitStack()
        config.add_cleanup(keeping.close)
        os.environ[STATE] = str(keeping.enter_context(private_state()))
        os.environ[OWNER] = this_process()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with long tests, so that none goes on alone at the end; and give xdist its groups.

    xdist 3.8 marks a test's `_nodeid`, which pytest 9.2 does not read any more.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        if (mark := item.get_closest_marker("xdist_group")) is not None:
            group = mark.args[0] if mark.args else mark.kwargs["name"]
            item._id = coerce_node_id(f"{item.nodeid.split('@')[0]}@{group}")


def pytest_collection_finish() -> None:
    """What was imported by now stays: the collector has not to look at it again after each module."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _what_is_left_open_is_told_here() -> Iterator[None]:
    """Collect at a module's end: a file or socket that its tests left open is told beside the last of them.

    Else the collector comes when it likes, and tells it beside a test that has nothing to do with it.
    """
    yield
    gc.collect()


@pytest.fixture(scope="session")
def running_lab() -> str:
    """The endpoint of the lab that all tests of this run share. Stay in your own account: `fresh_account`."""
    return Instance(Path(os.environ[STATE])).up(ANY_PORT, owner=os.environ[OWNER]).endpoint


@pytest.fixture
def fresh_account(running_lab: str) -> dict[str, str]:
    """A whole environment in which plain boto3 reaches the shared lab as an account that nobody has used."""
    return lab_environment(running_lab, new_account())
