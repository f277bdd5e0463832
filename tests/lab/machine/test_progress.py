"""What takes long says so, where a line does not stay in somebody's results."""

import io
import time

import nbformat
import pytest
from nbclient import NotebookClient

from lab.machine import progress

CELL = """
import time
from lab.machine import progress

progress.QUIET_SECONDS = 0.0
with progress.progress("Waiting for KCL"):
    time.sleep(0.2)
print("done")
"""


def test_a_log_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    log = io.StringIO()
    with progress.progress("Waiting for KCL", log):
        time.sleep(0.2)
    assert log.getvalue() == "Waiting for KCL …\n"


def test_what_is_short_says_nothing() -> None:
    log = io.StringIO()
    with progress.progress("Waiting for KCL", log):
        pass
    assert log.getvalue() == ""


def test_a_notebooks_cell_shows_only_its_own_outputs() -> None:
    cell = nbformat.v4.new_code_cell(CELL)
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), timeout=60).execute()
    assert [output.text for output in cell.outputs] == ["done\n"]
