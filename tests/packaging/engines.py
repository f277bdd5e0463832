"""What can start containers here: docker or podman with compose; root's podman in namespaces of its own."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.machines import PROJECT, SETTINGS, NotTriedError, mirror

KEPT = PROJECT / ".lab" / "containers"
"""Images, their layers and the stand-ins, so that only what has changed is built again."""
INSIDE = "LAB_CONTAINERS_INSIDE"
"""Variable of a process that is in namespaces of its own already."""
BUILD_ARGUMENTS = "--isolation=chroot --network=host --pull=never --ulimit=nofile=1024:1024"
"""For a build in such namespaces: with this machine's network, and the images that are there."""
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{kept}/storage"
runroot = "/run/containers/storage"
"""
SETUP = """
[containers]
cgroups = "disabled"
default_ulimits = ["nofile=1024:1024", "nproc=4000:4000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
[network]
network_backend = "netavark"
"""
ENTER = """\
umount -R /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm &&
ip link set lo up && exec "$@"
"""


@dataclass(frozen=True)
class Engine:
    """PROGRAM is docker or podman; OWN: in namespaces of its own, where nothing runs health checks."""

    program: str
    compose: tuple[str, ...]
    own: bool

    def say(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([self.program, *words], capture_output=True, text=True, check=False)

    def is_healthy(self, container: str) -> bool:
        """What the container's own health check says, run now where nothing else runs it."""
        if self.program == "podman":
            return self.say("healthcheck", "run", container).returncode == 0
        said = self.say("inspect", "--format", "{{.State.Health.Status}}", self._name(container))
        return said.stdout.strip() == "healthy"

    def kill(self, container: str) -> None:
        self.say("kill", self._name(container))

    def remove_all(self) -> None:
        """What a run that was killed left, where nothing but ours can be."""
        if self.own:
            self.say("rm", "--all", "--force")
            self.say("volume", "prune", "--force")

    def _name(self, container: str) -> str:
        """Compose's of docker has other joints."""
        return container if self.program == "podman" else container.replace("_", "-")


def find_engine() -> Engine:
    """Root's podman; else docker, else podman, with their compose. Raises NotTriedError: what is missing."""
    podman = bool(shutil.which("podman") and importlib.util.find_spec("podman_compose"))
    compose = (sys.executable, "-m", "podman_compose")
    if podman and os.geteuid() == 0 and sys.platform == "linux":
        if lacking := [tool for tool in ("unshare", "ip", "crun", "netavark") if not _there(tool)]:
            raise NotTriedError(f"it needs {', '.join(lacking)} beside podman")
        return Engine("podman", (*compose, f"--podman-build-args={BUILD_ARGUMENTS}"), own=True)
    docker = Engine("docker", ("docker", "compose"), own=False)
    if shutil.which("docker") and all(
        docker.say(*words).returncode == 0 for words in (("compose", "version"), ("info",))
    ):
        return docker
    if podman:
        return Engine("podman", compose, own=False)
    raise NotTriedError(
        "it needs docker, or podman (on Debian: apt install podman crun netavark aardvark-dns)"
    )


def _there(tool: str) -> bool:
    return bool(shutil.which(tool)) or Path("/usr/lib/podman", tool).exists()


def enter(words: Sequence[str], network: bool) -> int:
    """Run WORDS with mounts and processes of their own, all gone afterwards; their exit status.

    With this machine's NETWORK, or with one of their own, in which every port is free.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / "storage.conf").write_text(STORAGE.format(kept=KEPT))
    (KEPT / "containers.conf").write_text(SETUP)
    spaces = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]
    variables = {
        "CONTAINERS_STORAGE_CONF": str(KEPT / "storage.conf"),
        "CONTAINERS_CONF": str(KEPT / "containers.conf"),
        "DISABLE_HC_SYSTEMD": "true",
        INSIDE: "1",
    }
    return subprocess.run(
        [*spaces, *([] if network else ["--net"]), "sh", "-c", ENTER, "sh", *words],
        env={**os.environ, **variables},
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode


def base_image() -> str:
    """The name of the image that all others start from."""
    text = (PROJECT / "containers" / "Dockerfile").read_text()
    found = re.search(r"^ARG BASE=(\S+)$", text, re.MULTILINE)
    assert found
    return found[1]


@dataclass(frozen=True)
class StandIn:
    """A small Debian in place of an image: its PACKAGES, and a shell script SETTLE that has run in it.

    ENTRY, if any, is the file that is `docker-entrypoint.sh` there.
    """

    packages: str
    settle: str
    entry: Path | None = None


def have_image(engine: Engine, name: str, stand_in: StandIn) -> str:
    """See to it that the image NAME is here; says where it is from.

    Where no registry has it, it is the STAND_IN, of the release that NAME ends in. Raises NotTriedError.
    """
    if engine.say("image", "inspect", name).returncode == 0:
        return "was here"
    if not engine.own or engine.say("pull", "--quiet", name).returncode == 0:
        return "from its registry"
    if not shutil.which("mmdebstrap"):
        raise NotTriedError(
            f"no registry gives {name}, and mmdebstrap, which could make a stand-in, is not here"
        )
    archive, release = KEPT / f"{name.partition(':')[0]}.tar", name.rpartition("-")[2]
    hooks = [f"--customize-hook=chroot \"$1\" sh -c '{stand_in.settle}'"]
    if stand_in.entry:
        place = "/usr/local/bin/docker-entrypoint.sh"
        hooks += [f'--customize-hook=upload "{stand_in.entry}" {place}']
        hooks += [f'--customize-hook=chmod 755 "$1{place}"']
    hooks += [f'--customize-hook=copy-in "{Path("/", path)}" "/{Path(path).parent}"' for path in _settings()]
    options = ["--mode=root", "--variant=minbase", f"--include={stand_in.packages}", *hooks]
    made = subprocess.run(
        ["mmdebstrap", *options, release, str(archive), mirror()],
        env={**os.environ, "TMPDIR": str(KEPT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise NotTriedError(f"mmdebstrap: {(made.stderr.strip() or 'failed').splitlines()[-1]}")
    imported = engine.say("import", str(archive), name)
    archive.unlink()
    if imported.returncode:
        raise NotTriedError(f"podman import: {(imported.stderr.strip() or 'failed').splitlines()[-1]}")
    return "a stand-in from this machine's Debian mirror"


def _settings() -> list[str]:
    """This machine's ways to the package registries, which a build in a stand-in takes too."""
    return [name for name in SETTINGS if name.startswith(("etc/pip", "etc/ssl")) and Path("/", name).exists()]
