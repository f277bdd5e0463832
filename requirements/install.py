"""Make a Python environment from hash-locked sets: `python3 install.py ENVIRONMENT SET [SET ...]`.

Runs before anything is installed, and each time that make needs the environment: when all is there, it
does nothing. An environment keeps the Python that it has, unless one of these says which.
"""

import argparse
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from installer.environment import install, is_whole  # noqa: E402
from installer.locks import locked  # noqa: E402
from installer.machine import NEWEST_PYTHON, InstallError, check_machine  # noqa: E402
from installer.pythons import fetch_python, own_python  # noqa: E402
from installer.step import Step  # noqa: E402

FETCHED = "%d.%d" % NEWEST_PYTHON


def options_of(arguments):
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    which = asked.add_mutually_exclusive_group()
    which.add_argument("--this-python", action="store_true", help="the one that runs this")
    which.add_argument("--fetch-python", action="store_true", help="one that uv fetches, if need be")
    asked.add_argument("--project", default=os.path.dirname(HERE), help="installed too, editable")
    asked.add_argument("environment")
    asked.add_argument("sets", nargs="+")
    return asked.parse_args(arguments)


def go_on_with_a_fetched_python(place, sets, project):
    """Fetch a Python that the locks know and become it; returns when the environment has one already."""
    if own_python(place):
        return
    with locked(os.path.dirname(place)) as lock, Step("Python " + FETCHED) as step:
        python = fetch_python(step, lock, place + ".installer", FETCHED)
    chosen = ["--this-python", "--project", project]
    os.execv(python, [python, os.path.abspath(__file__), *chosen, place, *sets])


def main(arguments):
    options = options_of(arguments)
    place, project = os.path.abspath(options.environment), os.path.abspath(options.project)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        if not is_whole(place, options.sets, project, options.this_python):
            check_machine(project)
            if options.fetch_python:
                go_on_with_a_fetched_python(place, options.sets, project)
            title = "The environment of the course (%s)" % os.path.relpath(place)
            install(place, options.sets, title, project=project, this_python=options.this_python)
    except InstallError as error:
        sys.stderr.write("%s\n" % error)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Run the same command again to go on.\n")
        return 130
    except OSError as error:
        sys.stderr.write(
            "%s could not be installed: %s. Mend that and run the same command again.\n" % (place, error)
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
