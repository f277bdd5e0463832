"""docker-compose.yml started for real, where podman or docker is; what is missing is named where not."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging import class_in_containers, containers, engines

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
    status = containers.main(["build", "use"])  # the class too takes minutes: make containers alone
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


@pytest.mark.parametrize(
    ("parts", "had", "status"),
    [([], False, 0), ([], True, 1), (["gradebook", "class"], False, 3), (["gradebook", "class"], True, 1)],
)
def test_where_no_gradebook_is_had_the_class_alone_is_left_out(
    parts: list[str],
    had: bool,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def gradebook(engine: engines.Engine) -> Iterator[str]:
        yield "gradebook"
        if not had:
            raise engines.NotTriedError("no registry gives it")

    def broken(engine: engines.Engine) -> Iterator[str]:
        yield "class"
        raise containers.FoundError("it is broken")

    monkeypatch.setattr(containers, "find_engine", lambda: engines.Engine("podman", ("podman",), own=False))
    monkeypatch.setattr(containers, "PARTS", {"gradebook": gradebook, "class": broken})
    assert containers.main(parts) == status
    said = capfd.readouterr().out
    assert ("not tried: no registry gives it" in said) is not had
    assert ("does not work: it is broken" in said) is had


FULL, NONE = (
    ("graded", 25, {"split_point": "passed, 3 points"}),
    ("graded", 22, {"split_point": "failed, 0 points"}),
)


def test_marks_that_differ_are_found() -> None:
    unread = ("unreadable", 0, {})
    slow = {f"slow-{number}": FULL for number in range(class_in_containers.NAPPING)}
    found = {"ada": FULL, "hostile": NONE, "cut-off": unread, **slow}
    class_in_containers.compare(found, dict(found))
    class_in_containers.compare(found, {name: mark[1] for name, mark in found.items() if mark != unread})
    assert class_in_containers.right_ones(found)
    assert not class_in_containers.right_ones(found | {"hostile": FULL})
    assert not class_in_containers.right_ones(found | {"cut-off": NONE})
    for other in (found | {"hostile": FULL}, {"ada": 25.0}, {}):
        with pytest.raises(containers.FoundError, match="other marks"):
            class_in_containers.compare(found, other)


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
