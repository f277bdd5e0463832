"""The two commands on a fresh machine: where the tools are there, on the one with the newest Python."""

import shutil
from pathlib import Path

import pytest

from tests.packaging import machines

NEWEST = max(machines.MACHINES, key=lambda name: tuple(map(int, machines.MACHINES[name].split("."))))


@pytest.mark.long
@pytest.mark.skipif(bool(machines.missing()), reason=f"machines: {machines.missing()}")
def test_the_demo_runs_on_a_fresh_machine(capsys: pytest.CaptureFixture[str]) -> None:
    status = machines.main([NEWEST])
    said = capsys.readouterr().out
    if "not tried" in said:
        pytest.skip(said)
    assert (status, "make demo works" in said) == (0, True), said


@pytest.mark.skipif(bool(machines.missing()), reason=f"machines: {machines.missing()}")
def test_a_machine_on_which_it_fails_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    if not (machines.KEPT / f"{NEWEST}.tar").exists():
        pytest.skip("no machine was made yet")
    assert machines.main([NEWEST, "--run", "false"]) == 1
    assert f"Debian {NEWEST}: Python {machines.MACHINES[NEWEST]}." in capsys.readouterr().out


def test_what_can_not_be_tried_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machines, "KEPT", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert machines.main(["forky"]) == 0
    assert "Debian forky: not tried: it needs " in capsys.readouterr().out


def test_the_machines_have_the_pythons_that_the_locks_know() -> None:
    from lab.aws.installer import installer

    known = installer().machine
    pythons = {tuple(map(int, python.split("."))) for python in machines.MACHINES.values()}
    assert {min(pythons), max(pythons)} == {known.OLDEST_PYTHON, known.NEWEST_PYTHON}
