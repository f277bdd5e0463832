"""docker-compose.yml started for real, where podman or docker is; what is missing is named where not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.packaging import containers, engines

GROUP = pytest.mark.xdist_group("containers")


@GROUP
@pytest.mark.long
def test_compose_as_it_stands(capfd: pytest.CaptureFixture[str]) -> None:
    """With root's podman alone: what it starts is apart from the machine then, its ports too."""
    try:
        own = engines.find_engine().own
    except engines.NotTriedError as reason:
        pytest.skip(f"containers: {reason}")
    if not own:
        pytest.skip("containers: not as root with podman; make containers tries what is here")
    status = containers.main([])
    said = capfd.readouterr().out
    if status == containers.NOT_TRIED:
        pytest.skip(f"containers {said.splitlines()[-1]}")
    assert status == 0, said
    steps = [line.partition(":")[0] for line in said.splitlines()]
    assert {"base", "build", "up", containers.LESSON, "graded", "down", "port taken"} <= set(steps), said


def test_without_an_engine_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert containers.main([]) == containers.NOT_TRIED
    assert capfd.readouterr().out.startswith("not tried: it needs docker, or podman")


def test_a_command_that_fails_in_a_container_is_found(tmp_path: Path) -> None:
    engine = engines.Engine("false", ("false",), own=False)
    course = containers.Course(engine, tmp_path)
    with pytest.raises(containers.FoundError, match="compose exec -T jupyter sh -c true"):
        course.inside("jupyter", "true")


def test_a_start_that_fails_ends_everything(tmp_path: Path) -> None:
    """Compose is a script here that notes what it is asked for, and can't start anything."""
    script = tmp_path / "compose"
    script.write_text('#!/bin/sh\necho "$3" >> asked\n[ "$3" = down ]\n')
    script.chmod(0o755)
    course = containers.Course(engines.Engine("podman", (str(script),), own=False), tmp_path)
    with pytest.raises(containers.FoundError, match="compose up"), course.up("localstack"):
        pytest.fail("it did not start")
    assert (tmp_path / "asked").read_text().split() == ["up", "down"]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare")
def test_in_namespaces_of_its_own_every_port_is_free(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "--mount", "--net", "true"], check=False).returncode:
        pytest.skip("this machine gives no namespaces")
    words = ["sh", "-c", f"ip -brief link > {tmp_path}/links"]
    if engines.enter(words, network=False):
        pytest.skip("this machine gives no mounts of its own")
    links = (tmp_path / "links").read_text().splitlines()
    assert [line.split()[0] for line in links] == ["lo"]
