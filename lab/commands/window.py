"""JupyterLab's window as it opens: what the file browser shows, which extensions are on, what is in front."""

import glob
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from lab.aws.folders import PROJECT
from lab.machine.whole_files import write_whole

SHOWN = ("course", "exercises")
"""What a learner's file browser shows of the project; a teacher's shows everything."""
NOT_A_LEARNERS = ("source", "backups", "__pycache__")
"""Folders in those that it hides."""
FIRST = "course/00-welcome.ipynb"
NBGRADER = ("formgrader", "validate_assignment", "assignment_list", "course_list")
"""nbgrader's server extensions. Its buttons are for who makes, collects and grades assignments."""
PLAYGROUND = "lab.playground.jupyter"
"""The server extension with the playground's page; its tile is in `lab/playground/labextensions`."""
WORKSPACE = f"default-{hashlib.sha256(b'default').hexdigest()[:4]}.jupyterlab-workspace"
"""The file's name by the rule of `jupyterlab_server.workspaces_handler.slugify`."""

# What JupyterLab's own settings start from; a person can still change them in its menu.
INTERFACE = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # In a narrow window a long line goes on below, and nothing scrolls sideways.
    "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineWrap": True}},
}
TABS = """\
/* A lesson and its exercise have files of the same name: their tabs say which is which. */
.lm-TabBar-tab[title*="Path: course/"] .lm-TabBar-tabLabel::before { content: "Lesson "; }
.lm-TabBar-tab[title*="Path: exercises/"] .lm-TabBar-tabLabel::before { content: "Exercise "; }
"""
KERNELS = {"InteractiveShellApp": {"extensions": ["lab.first_aid"]}}


def furnish(folder: Path, teacher: bool) -> None:
    """Write what JupyterLab and its kernels read when they start; their folders are in FOLDER."""
    config = folder / "config"
    write_whole(config / "labconfig" / "default_setting_overrides.json", json.dumps(INTERFACE))
    write_whole(config / "labconfig" / "page_config.json", json.dumps(_extensions(teacher)))
    write_whole(config / "jupyter_server_config.json", json.dumps(_server(teacher)))
    write_whole(config / "custom" / "custom.css", TABS)
    profile = folder / "ipython" / "profile_default"
    write_whole(profile / "ipython_kernel_config.json", json.dumps(KERNELS))


def _extensions(teacher: bool) -> dict[str, Any]:
    return {"disabledExtensions": {} if teacher else {"@jupyter/nbgrader": True}}


def _server(teacher: bool) -> dict[str, Any]:
    """Terminals know `lab` and `grader`: by itself Jupyter starts login shells, which set PATH anew."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    server: dict[str, Any] = {"terminado_settings": {"shell_command": [shell]}}
    server["jpserver_extensions"] = {PLAYGROUND: True}
    if teacher:
        return {"ServerApp": server}
    server["jpserver_extensions"] |= {f"nbgrader.server_extensions.{name}": False for name in NBGRADER}
    return {"ServerApp": server, "ContentsManager": {"hide_globs": hidden()}}


def hidden() -> list[str]:
    """Patterns of the names that a learner's file browser leaves out. A link still opens what they name."""
    others = (path.name for path in PROJECT.iterdir() if path.name not in SHOWN)
    return sorted({*(glob.escape(name) for name in others), *NOT_A_LEARNERS, "*~", "*.pyc"})


def arrange(folder: Path, notebook: str | None) -> str:
    """Have JupyterLab open with one notebook, beside the file browser at the top; the notebook's path.

    That is NOTEBOOK (a path below the project), or the one that was in front when JupyterLab was last used,
    or the first lesson. All others stay closed: each would start a kernel.
    """
    path = folder / "config" / "lab" / "workspaces" / WORKSPACE
    shown = notebook or _in_front(path) or FIRST
    write_whole(path, json.dumps(_layout(shown)))
    return shown


def _in_front(workspace: Path) -> str | None:
    try:
        current = json.loads(workspace.read_text())["data"]["layout-restorer:data"]["main"]["current"]
        kind, _, path = str(current).partition(":")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return path if kind == "notebook" and (PROJECT / path).is_file() else None


def _layout(notebook: str) -> dict[str, Any]:
    """What JupyterLab itself writes for this layout (`layout-restorer:data` and a key for each widget)."""
    widget = f"notebook:{notebook}"
    layout = {
        "main": {
            "dock": {"type": "tab-area", "currentIndex": 0, "widgets": [widget]},
            "current": widget,
        },
        "left": {"collapsed": False, "visible": True, "current": "filebrowser", "widgets": ["filebrowser"]},
        "right": {"collapsed": True, "visible": True, "widgets": []},
        "relativeSizes": [0.2, 0.8, 0],
    }
    return {
        "data": {
            "layout-restorer:data": layout,
            "file-browser-filebrowser:cwd": {"path": ""},
            widget: {"data": {"path": notebook, "factory": "Notebook"}},
        },
        "metadata": {"id": "default"},
    }
