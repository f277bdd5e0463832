"""What JupyterLab opens with: one notebook beside the folders of lessons and exercises."""

import fnmatch
import json
from pathlib import Path

import pytest

from lab.aws.folders import PROJECT
from lab.commands import window


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config"


def layout(config: Path) -> dict[str, object]:
    data: dict[str, object] = json.loads((config / "lab/workspaces" / window.WORKSPACE).read_text())["data"]
    return data


def leave_open(config: Path, front: str, *others: str) -> None:
    """As JupyterLab writes it when several notebooks are open."""
    names = [f"notebook:{path}" for path in (front, *others)]
    dock = {"type": "tab-area", "currentIndex": 0, "widgets": names}
    data = {"layout-restorer:data": {"main": {"dock": dock, "current": names[0]}}}
    (config / "lab/workspaces").mkdir(parents=True, exist_ok=True)
    (config / "lab/workspaces" / window.WORKSPACE).write_text(json.dumps({"data": data}))


def test_the_workspace_s_file_has_the_name_that_jupyterlab_gives_it() -> None:
    from jupyterlab_server.workspaces_handler import WORKSPACE_EXTENSION, slugify

    assert slugify("default") + WORKSPACE_EXTENSION == window.WORKSPACE


def test_the_first_time_the_first_lesson(config: Path) -> None:
    assert window.arrange(config.parent, None) == "course/00-welcome.ipynb"
    assert layout(config)["file-browser-filebrowser:cwd"] == {"path": ""}


def test_only_what_was_in_front_comes_back(config: Path) -> None:
    leave_open(config, "course/02-shards.ipynb", "course/01-producers.ipynb")
    assert window.arrange(config.parent, None) == "course/02-shards.ipynb"
    assert "01-producers" not in json.dumps(layout(config))
    assert window.arrange(config.parent, None) == "course/02-shards.ipynb", "and again"


def test_what_is_asked_for_comes_before_what_was_in_front(config: Path) -> None:
    leave_open(config, "course/02-shards.ipynb")
    assert window.arrange(config.parent, "course/01-producers.ipynb") == "course/01-producers.ipynb"


@pytest.mark.parametrize("front", ["course/gone.ipynb", "", "../outside.ipynb"])
def test_what_was_in_front_and_is_not_there_any_more(config: Path, front: str) -> None:
    leave_open(config, front)
    assert window.arrange(config.parent, None) == window.FIRST


def test_a_damaged_workspace_is_no_hindrance(config: Path) -> None:
    leave_open(config, "course/02-shards.ipynb")
    (config / "lab/workspaces" / window.WORKSPACE).write_text('{"data": []')
    assert window.arrange(config.parent, None) == window.FIRST


def test_a_learner_sees_lessons_and_exercises_and_nothing_else() -> None:
    patterns = window.hidden()

    def seen(folder: str) -> set[str]:
        names = {path.name for path in (PROJECT / folder).iterdir() if not path.name.startswith(".")}
        return {name for name in names if not any(fnmatch.fnmatch(name, one) for one in patterns)}

    assert seen("") == {"course", "exercises"}
    assert all(name.endswith(".ipynb") for name in seen("course"))
    for exercise in seen("exercises"):
        assert f"{exercise}.ipynb" in seen(f"exercises/{exercise}")


def test_a_teacher_s_settings_take_the_learner_s_place(config: Path) -> None:
    window.furnish(config.parent, teacher=False)
    learner = json.loads((config / "jupyter_server_config.json").read_text())
    assert learner["ServerApp"]["jpserver_extensions"]["nbgrader.server_extensions.formgrader"] is False
    window.furnish(config.parent, teacher=True)
    teacher = json.loads((config / "jupyter_server_config.json").read_text())
    assert teacher["ServerApp"]["jpserver_extensions"] == {window.PLAYGROUND: True}
    assert "ContentsManager" not in teacher
