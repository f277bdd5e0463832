"""Fresh machines, for whoever has root and mmdebstrap: `make machines`, or `python3 machines.py [NAME ...]`.

Each is a Debian of its own in a folder, with the Python that its release brings, and no git, compiler or uv.
An ordinary user, whose home has a space and an umlaut in its name, copies the course there and runs
`make demo`. Standard library only. The machines are kept in .lab/machines; a run's folder is gone afterwards.
"""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
KEPT = PROJECT / ".lab" / "machines"
MACHINES = {"bookworm": "3.11", "trixie": "3.13", "forky": "3.14"}
"""Releases of Debian, and the Python that each of them brings."""
PACKAGES = "python3,python3-venv,make,ca-certificates,procps"
TOOLS = ("mmdebstrap", "apt-get", "unshare", "pivot_root", "chroot", "tar")
HOME = "/srv/ada lövelace"
USER = 1500
SETTINGS = ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "etc/ssl/certs/ca-certificates.crt")
"""This machine's files that a machine needs to reach the same registries; where they are there."""
VARIABLES = (
    "PIP_",
    "UV_",
    "SSL_CERT_",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
)
MADE_HERE = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".venv.*",
    ".lab",
    ".grader",
    "__pycache__",
    "node_modules",
    "*.egg-info",
    ".*_cache",
    "dist",
    ".hypothesis",
)
"""What a machine makes beside the course's files, where git does not say it; as shutil.copytree asks."""

INSIDE = """
mount --bind "$1" "$1" && cd "$1" && shift && mount -t proc proc proc && mount --rbind /dev dev &&
mount -t tmpfs tmpfs tmp && mkdir -p .before && pivot_root . .before && umount -l /.before &&
exec chroot --userspec={user}:{user} / /usr/bin/env -i "$@"
"""
"""The folder becomes the root of all: below another root, as `chroot` alone gives, the kernel lets nobody
make the namespaces that the grader's sandbox is of."""


class NotTriedError(Exception):
    """Why a machine could not be had; not the course's fault."""


def missing() -> str:
    """What this machine lacks for it, or nothing."""
    if os.name != "posix" or os.geteuid() != 0:
        return "it needs root"
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"it needs {', '.join(lacking)} (on Debian: apt install mmdebstrap)" if lacking else ""


def mirror() -> str:
    """Where this machine's own apt gets Debian's packages."""
    asking = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)", "Created-By: Packages"]
    said = subprocess.run(asking, capture_output=True, text=True).stdout
    found = [line.split()[0] for line in said.splitlines() if line.split()[0].rstrip("/").endswith("/debian")]
    if not found:
        raise NotTriedError("this machine's apt names no place of Debian's packages")
    return found[0]


def root_of(name: str) -> Path:
    """The machine as an archive, made when it is missing; raises NotTriedError."""
    archive = KEPT / f"{name}.tar"
    if archive.exists():
        return archive
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = KEPT / f"{name}.unfinished.tar"
    # A release that is still being made has no date until which it is valid.
    options = ["--mode=root", "--variant=minbase", f"--include={PACKAGES}"]
    options += ['--aptopt=Acquire::Check-Valid-Until "false"']
    command = ["mmdebstrap", *options, name, str(unfinished), mirror()]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        unfinished.unlink(missing_ok=True)
        raise NotTriedError(f"mmdebstrap: {(made.stderr.strip() or 'failed').splitlines()[-1]}")
    unfinished.replace(archive)
    return archive


def furnish(root: Path) -> None:
    """A user with a home, this machine's ways to the registries, and the course as somebody would copy it."""
    home = root / HOME.lstrip("/")
    home.mkdir(parents=True)
    with (root / "etc" / "passwd").open("a") as users:
        users.write(f"ada:x:{USER}:{USER}::{HOME}:/bin/sh\n")
    for name in SETTINGS:
        if (Path("/") / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path("/") / name, root / name)
    pip = Path(".config", "pip", "pip.conf")
    if (Path.home() / pip).exists():
        (home / pip).parent.mkdir(parents=True)
        shutil.copy(Path.home() / pip, home / pip)
    shutil.copytree(PROJECT, home / "course", ignore=MADE_HERE, symlinks=True)
    for path in (home, *home.rglob("*")):
        os.chown(path, USER, USER, follow_symlinks=False)


def add(root: Path, packages: Sequence[str]) -> None:
    """More of the release's packages, such as a browser; raises NotTriedError."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "APT::Sandbox::User=root"]
    quiet += ["--no-install-recommends"]
    for words in (["update"], ["install", "-y", *packages]):
        done = subprocess.run(["chroot", str(root), *quiet, *words], capture_output=True, text=True)
        if done.returncode:
            raise NotTriedError(f"apt-get: {(done.stderr.strip() or 'failed').splitlines()[-1]}")


def run_in(root: Path, command: str, log: Path) -> int:
    """Run COMMAND as the user, in the course, in namespaces of its own: all that it started ends with it.

    What it prints is in LOG as it comes.
    """
    variables = {name: value for name, value in os.environ.items() if name.startswith(VARIABLES)}
    variables |= {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": HOME, "LANG": "C", "TERM": "dumb"}
    words = [f"{name}={value}" for name, value in variables.items()]
    words += ["sh", "-c", f"cd {shlex.quote(HOME)}/course && {command}"]
    spaces = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    script = INSIDE.format(user=USER)
    inside = [*spaces, "sh", "-c", script, "sh", str(root), *words]
    with log.open("w") as said:
        done = subprocess.run(inside, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
    return done.returncode


def tried(name: str, command: str, packages: Sequence[str] = ()) -> tuple[bool, str]:
    """Whether COMMAND works on the machine NAME with PACKAGES, and a line about it; raises NotTriedError."""
    archive = root_of(name)
    with tempfile.TemporaryDirectory(dir=KEPT, prefix="run-") as folder:
        root = Path(folder)
        subprocess.run(["tar", "-xf", str(archive), "-C", folder, "--exclude=./dev/*"], check=True)
        furnish(root)
        if packages:
            add(root, packages)
        log = KEPT / f"{name}.log"
        run_in(root, "python3 --version", log)
        python = log.read_text().strip()
        if not python.startswith(f"Python {MACHINES[name]}."):
            return False, f"it has {python or 'no Python'}, and should have {MACHINES[name]}"
        began = time.monotonic()
        failed = run_in(root, command, log)
        seconds = time.monotonic() - began
    if failed:
        last = (log.read_text(errors="replace").strip() or "it said nothing").splitlines()[-1]
        return False, f"{python}: {command} failed ({last}); all of it: {log}"
    return True, f"{python}: {command} works, {seconds:.0f} s"


def main(arguments: list[str]) -> int:
    """0: all that could be tried work; 1: one does not. What can't be tried here is named."""
    asked = argparse.ArgumentParser(description="Try the course on fresh machines.")
    asked.add_argument(
        "machines", nargs="*", metavar="MACHINE", help=f"of {', '.join(MACHINES)}; all of them"
    )
    asked.add_argument("--run", default="make demo", metavar="COMMAND", help="instead of make demo")
    asked.add_argument(
        "--with", nargs="+", default=[], dest="packages", metavar="PACKAGE", help="of Debian, on each machine"
    )
    options = asked.parse_args(arguments)
    if unknown := [name for name in options.machines if name not in MACHINES]:
        asked.error(f"there is no machine {unknown[0]}: choose of {', '.join(MACHINES)}")
    failed = False
    for name in options.machines or MACHINES:
        try:
            if lacking := missing():
                raise NotTriedError(lacking)
            works, line = tried(name, options.run, options.packages)
        except NotTriedError as reason:
            works, line = True, f"not tried: {reason}"
        failed |= not works
        print(f"Debian {name}: {line}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    # As Ctrl-C does: what runs on a machine ends, and the machine goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    sys.exit(main(sys.argv[1:]))
