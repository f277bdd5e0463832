"""Make a Python environment from a hash-locked set: `python3 install.py ENVIRONMENT SET [SET ...]`.

Runs before anything is installed, so: standard library only, and a syntax that a Python too old for
the course can still read far enough to say so. `lab` uses `install` again for the emulator's environment.
"""

import os
import shutil
import subprocess
import sys

OLDEST_PYTHON = (3, 11)
FREE_DISK_MIB = 1500  # learner's and emulator's environments together, with what uv unpacks on the way
HERE = os.path.dirname(os.path.abspath(__file__))


class InstallError(Exception):
    """What is wrong and what to do, in one sentence or two."""


def check_platform():
    """Refuse a Python or a system on which the lab can't run; raises InstallError."""
    if sys.version_info < OLDEST_PYTHON:
        raise InstallError(
            "This course needs Python %d.%d or newer; %s is Python %d.%d. Install a newer Python and "
            "run make PYTHON=/path/to/python3.11 lab."
            % (*OLDEST_PYTHON, sys.executable, *sys.version_info[:2])
        )
    if os.name == "nt":
        raise InstallError(
            "The lab does not run on Windows itself. Open a WSL2 terminal (wsl --install) and run make "
            "there, or use docker-compose.yml."
        )


def check_machine(directory):
    """Refuse what cannot work, before anything is downloaded; raises InstallError."""
    check_platform()
    free = shutil.disk_usage(directory).free // 2**20
    if free < FREE_DISK_MIB:
        raise InstallError(
            "Only %d MiB are free on the disk of %s; the course needs about %d MiB. Free some space "
            "and run the same command again." % (free, directory, FREE_DISK_MIB)
        )


def tell(what):
    sys.stderr.write(what + "\n")
    sys.stderr.flush()


def run(command, what):
    """Run one step; its own output, on stderr, is the progress that the user sees."""
    try:
        code = subprocess.call(command, stdout=sys.__stderr__)
    except OSError as error:
        raise InstallError(
            "%s failed: %s could not be started (%s)." % (what, command[0], error.strerror)
        ) from None
    if code:
        raise InstallError(
            "%s failed (exit status %d); the lines above say why. The usual reasons are no connection "
            "to the package registry (check the network or the proxy settings of pip) and a full disk. "
            "Nothing is half-installed: run the same command again." % (what, code)
        )


def install(environment, sets, uv=None):
    """Create ENVIRONMENT and install the locked SETS (names of files here, without .txt), hashes checked."""
    python = os.path.join(environment, "bin", "python")
    if not os.path.exists(python):
        tell("Making the Python environment %s" % os.path.relpath(environment))
        maker = [sys.executable, "-m", "venv", "--clear", environment]
        if uv is not None:
            maker = [
                uv,
                "venv",
                "--quiet",
                "--clear",
                "--relocatable",
                "--python",
                sys.executable,
                environment,
            ]
        run(maker, "Making the environment")
    if uv is None:
        uv = os.path.join(environment, "bin", "uv")
        if not os.path.exists(uv):
            tell("Installing uv, which installs the rest")
            run(
                [
                    python,
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--require-hashes",
                    "-r",
                    os.path.join(HERE, "installer.txt"),
                ],
                "Installing uv",
            )
    tell("Installing %s" % " and ".join("requirements/%s.txt" % name for name in sets))
    command = [uv, "pip", "install", "--python", python, "--no-deps", "--require-hashes"]
    for name in sets:
        command += ["-r", os.path.join(HERE, name + ".txt")]
    run(command, "Installing the locked packages")


def install_project(environment, project, uv=None):
    """Install a project of this repository, editable, into ENVIRONMENT, which has what it needs."""
    python = os.path.join(environment, "bin", "python")
    uv = uv or os.path.join(environment, "bin", "uv")
    run(
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
            "--no-deps",
            "--no-build-isolation",
            "-e",
            project,
        ],
        "Installing %s" % os.path.basename(project),
    )


def main(arguments):
    environment, sets = os.path.abspath(arguments[0]), arguments[1:]
    project = os.path.dirname(HERE)
    try:
        check_machine(project)
        install(environment, sets)
        install_project(environment, project)
    except InstallError as error:
        print("\n%s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
