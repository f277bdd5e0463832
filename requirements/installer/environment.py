"""An environment from locked sets: made beside the old one, then put in its place, so never half there."""

import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import sys

from .locks import SETS, lock_file, locked
from .machine import check_python
from .pythons import own_python, this_base
from .settings import for_uv
from .step import Step
from .uv import fetch_uv, uv_in, with_pip


def install(environment, sets, title, uv=None, project=None, this_python=True):
    """Make ENVIRONMENT hold the locked SETS (names of files, without .txt) and PROJECT, editable.

    A set that it has already stays in it. Nothing is done when all is there from today's files. Without
    THIS_PYTHON an environment keeps the Python that it has, if the locks know it. UV is where uv is; without
    it, uv is fetched by pip. TITLE is what the user reads. Raises InstallError; the old environment is then
    as it was.
    """
    environment = os.path.abspath(environment)
    with locked(os.path.dirname(environment)) as lock:
        recover(environment)
        if is_whole(environment, sets, project, this_python):
            return
        python = python_for(environment, this_python)
        sets = list(dict.fromkeys(sets + sets_in(environment)))
        before = packages_in(environment)
        with Step(title) as step:
            _build(step, lock, environment, sets, python, uv, project)
        left_out = sorted(before - packages_in(environment))
        if left_out:
            say_what_is_not_there_any_more(environment, left_out)


def is_whole(environment, sets, project, this_python):
    """Whether ENVIRONMENT has all SETS from today's files, with a Python that runs or, THIS_PYTHON, this."""
    python = own_python(environment)
    if python is None or (this_python and os.path.realpath(python) != os.path.realpath(this_base())):
        return False
    wanted = {*sets, *sets_in(environment)}
    return all(stamp_of(environment, name) == stamp(name, project) for name in wanted)


def _build(step, lock, environment, sets, python, uv, project):
    unfinished, tools = environment + ".unfinished", environment + ".installer"
    if uv is None:
        uv = uv_in(environment) or uv_in(tools) or fetch_uv(step, lock, tools)
    settings = for_uv(with_pip(step, lock, tools, os.path.join(environment, "bin", "python")))
    step.part(step.share, 1.0)
    shutil.rmtree(unfinished, ignore_errors=True)
    making = [uv, "venv", "--quiet", "--relocatable", "--no-project", "--python", python, unfinished]
    step.run(making, "Making the environment", lock, settings)
    settle(unfinished, environment)
    inside = os.path.join(unfinished, "bin", "python")
    command = [uv, "pip", "install", "--color", "never", "--python", inside, "--no-deps"]
    # Ready-made for the machines of the README. Elsewhere one may be built, if there is a compiler.
    locked_sets = ["--require-hashes"]
    for name in sets:
        locked_sets += ["-r", lock_file(name)]
    step.run(command + locked_sets, "Installing the locked packages", lock, settings)
    if project is not None:
        editable = ["--quiet", "--no-build-isolation", "-e", project]
        step.run(command + editable, "Installing %s" % os.path.basename(project), lock, settings)
    for name in sets:
        with open(os.path.join(unfinished, name), "w") as file:
            json.dump(stamp(name, project), file)
    put_in_place(unfinished, environment)
    shutil.rmtree(tools, ignore_errors=True)


def settle(unfinished, environment):
    """Let `activate` name the place where it will be: uv's asks the shell, and not every shell knows."""
    activate = os.path.join(unfinished, "bin", "activate")
    with open(activate, encoding="utf-8") as file:
        text = file.read()
    named = "VIRTUAL_ENV=%s" % shlex.quote(environment)
    text = re.sub(r"^VIRTUAL_ENV=.*$", lambda _: named, text, flags=re.MULTILINE)
    with open(activate, "w", encoding="utf-8") as file:
        file.write(text)


def put_in_place(unfinished, environment):
    """UNFINISHED becomes ENVIRONMENT; killed in the middle, `recover` gives the old one back."""
    old = environment + ".old"
    if os.path.lexists(environment):
        os.rename(environment, old)
    os.rename(unfinished, environment)
    shutil.rmtree(old, ignore_errors=True)


def packages_in(environment):
    """Names of the packages in ENVIRONMENT; none where there is no environment."""
    found = glob.glob(os.path.join(glob.escape(environment), "lib", "*", "site-packages", "*.dist-info"))
    return {os.path.basename(path).split("-")[0] for path in found}


def say_what_is_not_there_any_more(environment, names):
    """What somebody had added is not in the new environment: it is in no locked set, so not known."""
    sys.stderr.write(
        "Not in the new environment, but in the old one: %s. If you need them: %s install %s\n"
        % (", ".join(names), os.path.join(os.path.relpath(environment), "bin", "pip"), " ".join(names))
    )


def recover(environment):
    """Tidy up after an installation that was killed while it put an environment in its place."""
    old = environment + ".old"
    if os.path.lexists(old) and not os.path.lexists(environment):
        os.rename(old, environment)
    shutil.rmtree(old, ignore_errors=True)


def stamp(name, project):
    """What the set NAME of an environment was made from: it is made anew when this changes."""
    digest = hashlib.sha256()
    with open(lock_file(name), "rb") as file:
        digest.update(file.read())
    if project is not None:
        with open(os.path.join(project, "pyproject.toml"), "rb") as file:
            digest.update(file.read())
    return {"from": digest.hexdigest(), "project": project}


def stamp_of(environment, name):
    """The stamp that ENVIRONMENT has for the set NAME, or None."""
    try:
        with open(os.path.join(environment, name)) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def sets_in(environment):
    """Names of the sets that ENVIRONMENT was made with, also when they have changed since."""
    names = sorted(name[:-4] for name in os.listdir(SETS) if name.endswith(".txt"))
    return [name for name in names if os.path.isfile(os.path.join(environment, name))]


def python_for(environment, this_python):
    """The Python to make ENVIRONMENT with; raises InstallError when it is one that the locks don't know."""
    python = None if this_python else own_python(environment)
    if python is None:
        check_python()
        python = this_base()
    return python
