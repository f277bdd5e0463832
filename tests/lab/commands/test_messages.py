"""What a person is told when something can't be done: what is wrong, and what to do."""

import errno
import os
import sys
from argparse import Namespace
from collections import namedtuple
from pathlib import Path

import pytest
import uv

from lab import cli
from lab.aws import build
from lab.aws.environment import LEARNER_ACCOUNT
from lab.aws.installer import installer
from lab.aws.instance import Instance
from lab.aws.runtime import chosen_settings
from lab.commands import actions
from lab.control import control_of
from lab.errors import LabError
from tests.lab.support import Command, of_lab

Usage = namedtuple("Usage", "total used free")
Version = namedtuple("Version", "major minor micro releaselevel serial")


def test_a_python_that_is_too_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["status", "--json"]) in (0, 1)
    assert "condition" in capsys.readouterr().out, "the control: this Python is new enough"
    monkeypatch.setattr(sys, "version_info", Version(3, 10, 4, "final", 0))
    assert cli.main(["status"]) == 1
    said = capsys.readouterr().err
    assert "needs Python 3.11 to " in said
    assert "is Python 3.10" in said


def test_a_python_that_is_too_new(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = installer().machine.NEWEST_PYTHON
    monkeypatch.setattr(sys, "version_info", Version(*newest, 9, "final", 0))
    assert cli.main(["status", "--json"]) in (0, 1)
    assert "condition" in capsys.readouterr().out, "the control: the newest that is known"
    monkeypatch.setattr(sys, "version_info", Version(newest[0], newest[1] + 1, 0, "final", 0))
    assert cli.main(["status"]) == 1
    said = capsys.readouterr().err
    assert f"needs Python 3.11 to {newest[0]}.{newest[1]}" in said
    assert "make lab PYTHON=uv" in said


def test_windows(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "name", "nt")
    status = cli.main(["up"])
    monkeypatch.undo()
    assert status == 1
    said = capsys.readouterr().err
    assert "does not run on Windows" in said
    assert "WSL2" in said


def test_too_little_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install = installer()
    install.check_machine(str(tmp_path))
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10 * 2**30, 9 * 2**30, 100 * 2**20))
    with pytest.raises(install.InstallError, match=r"Only 100 MiB are free .* Free some space"):
        install.check_machine(str(tmp_path))


def test_no_network_while_building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install = installer()
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(install.InstallError, match=r"no connection to the package registry"):
        install.install(str(tmp_path / "environment"), ["installer"], "A set", uv=uv.find_uv_bin())
    assert not (tmp_path / "environment").exists()


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "The disk is full: /some/file"),
        (errno.EACCES, "can't write /some/file"),
        (errno.EROFS, "choose another one for this lab: lab --state DIR"),
    ],
)
def test_a_state_folder_that_can_not_be_written(
    number: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_options: Namespace) -> int:
        raise OSError(number, os.strerror(number), "/some/file")

    monkeypatch.setitem(actions.COMMANDS, "up", fail)
    assert cli.main(["up"]) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said


def test_a_state_folder_that_can_not_be(lab: Command) -> None:
    done = lab("--state", "/dev/null/lab", "up")
    assert done.returncode == 1
    assert "/dev/null/lab" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("up", "--port", "99999"), "'99999' is no port"),
        (("up", "--port", "http"), "'http' is no port"),
        (("run", "--account", "12", "--", "true"), "'12' is no AWS account"),
        (("run",), "run needs a command"),
        (("fly",), "there is no command 'fly'"),
    ],
)
def test_a_command_that_is_asked_wrongly(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(list(words))
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


def test_alone_it_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert all(f"\n    {command} " in said.out for command in actions.COMMANDS)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert all(f"\n    {name} " in said for name in actions.COMMANDS)


@pytest.mark.parametrize("command", ["reset", "logs", "env"])
def test_what_needs_a_lab_says_how_to_start_one(lab: Command, state: Path, command: str) -> None:
    done = lab(command)
    assert (done.returncode, done.stdout) == (1, "")
    assert "lab up" in done.stderr
    assert of_lab(state) == []


@pytest.fixture
def pretended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A build that only notes that it was done; its stamp is in a folder of the test's own."""
    done: list[str] = []
    monkeypatch.setattr(build, "STAMP", tmp_path / "built.json")
    monkeypatch.setattr(build, "STATE_FOLDER", tmp_path)
    monkeypatch.setattr(build, "_build", lambda: done.append("built"))
    return done


def test_the_emulator_is_built_once_and_again_when_the_lock_files_change(
    pretended: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build.build()
    assert not build.build()
    changed = tmp_path / "emulator.txt"
    changed.write_text("something==1.0\n")
    monkeypatch.setattr(build, "SOURCES", (*build.SOURCES[1:], changed))
    assert build.build()
    assert not build.build()
    assert len(pretended) == 2


def test_an_interrupted_build_is_begun_again(pretended: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert build.build()

    def interrupted() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(build, "_build", interrupted)
        meanwhile.setattr(build, "built_from", lambda: "newer lock files")
        with pytest.raises(KeyboardInterrupt):
            build.build()
    assert not build.is_built()
    assert build.build()


def test_outside_a_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.aws.installer.REQUIREMENTS", tmp_path)
    with pytest.raises(LabError, match="run make lab there"):
        installer()


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("LAB_QUOTAS", "on", ["off", "AWS", ""]),
        ("LAB_QUOTA_SCALE", "fast", ["0.1", "1000", " "]),
        ("LAB_QUOTA_SCALE", "0", ["1e-3"]),
        ("LAB_QUOTA_SCALE", "nan", ["2"]),
        ("LAB_QUOTA_SCALE", "1001", ["3"]),
        ("LAB_TRAIL_SECONDS", "-5", ["0.5"]),
        ("LAB_TRAIL_SECONDS", "inf", ["300"]),
    ],
)
def test_a_wrong_setting(lab: Command, name: str, wrong: str, right: list[str]) -> None:
    refused = lab("up", **{name: wrong})
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{name}={wrong} is no setting")
    assert not of_lab(lab.state)
    for value in right:
        chosen_settings({name: value})


def test_a_setting_reaches_the_lab(lab: Command) -> None:
    started = lab("up", LAB_QUOTAS="off", LAB_QUOTA_SCALE="0.5")
    assert started.returncode == 0, started.stderr
    assert control_of(Instance(lab.state), LEARNER_ACCOUNT).look("quotas") == {"mode": "off", "scale": 0.5}
    assert lab("down").returncode == 0
    assert lab("up").returncode == 0
    assert control_of(Instance(lab.state), LEARNER_ACCOUNT).look("quotas") == {"mode": "aws", "scale": 1.0}, (
        "the control"
    )
