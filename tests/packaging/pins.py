"""What the packaging files must say, as checks of a project's folder: each returns its findings in words."""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lab.aws.environment import LEARNER_ACCOUNT, lab_environment
from lab.commands.notebooks import SETTINGS as NOTEBOOK_SETTINGS
from lab.commands.window import PLAYGROUND
from lab.playground.account import JUPYTER_ACCOUNT
from lab.playground.account import TOKEN as PLAYGROUND_TOKEN
from lab.rules.control_token import VARIABLE, control_token
from tests.packaging.machines import MADE_HERE

LOCKS = ("learner", "distributed", "development", "emulator", "installer", "kcl", "node")
NAMED = ("jupyterlab", "nbgrader", "boto3", "matplotlib", "pytest", "nbval")
"""Packages of the course that environment.yml installs; localstack is named in its comment."""
COMPOSE_SECRET = "one-person-on-loopback"
ENDPOINT = "http://127.0.0.1:4566"

Pins = dict[str, set[str]]
"""Versions by name: several where a marker chooses."""


def entries(lock: Path) -> Iterator[tuple[str, list[str]]]:
    """(requirement, its options) of each entry of a lock file."""
    for line in lock.read_text().replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            requirement, *options = re.split(r"\s+(?=--)", line.strip())
            yield requirement, options


def pins_of(requirements: list[str]) -> Pins:
    pins: Pins = {}
    for requirement in map(Requirement, requirements):
        for specifier in requirement.specifier:
            if specifier.operator == "==":
                pins.setdefault(canonicalize_name(requirement.name), set()).add(specifier.version)
    return pins


def locked(root: Path, name: str) -> Pins:
    return pins_of([requirement for requirement, _ in entries(root / "requirements" / f"{name}.txt")])


def pyproject(root: Path, folder: str = "") -> Any:
    return tomllib.loads((root / folder / "pyproject.toml").read_text())


def unhashed(root: Path) -> list[str]:
    """Every entry of a lock file is one version with at least one hash; nothing says where it is from."""
    found = []
    for name in LOCKS:
        file = root / "requirements" / f"{name}.txt"
        if "://" in file.read_text():
            found.append(f"{name}.txt holds an address")
        for requirement, options in entries(file):
            if not options or not all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", o) for o in options):
                found.append(f"{name}.txt: {requirement} has no hash, or an option that is none")
            elif not pins_of([requirement]):
                found.append(f"{name}.txt: {requirement} is not one version")
    return found


NPM = ("benchmarks/kinesis_mock", "grader/certificates/browser", "tests/workflows")
"""Folders with a package.json and its lock."""


def npm_faults(root: Path) -> list[str]:
    """Each npm lock has a checksum for every package and no address, and agrees with package.json."""
    return [f"{folder}: {fault}" for folder in NPM for fault in _npm_faults(root / folder)]


def _npm_faults(folder: Path) -> list[str]:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    found = [
        f"package-lock.json says where {name} is from"
        for name, package in packages.items()
        if "resolved" in package or "://" in package.get("version", "")
    ]
    found += [
        f"{name} has no sha512 checksum"
        for name, package in packages.items()
        if name and not package.get("integrity", "").startswith("sha512-")
    ]
    for name, version in wanted.items():
        if packages.get(f"node_modules/{name}", {}).get("version") != version:
            found.append(f"{name} {version} is not what package-lock.json has")
    return found


def out_of_step(root: Path) -> list[str]:
    """The pyproject files' pins are in the lock files; the development set is the learner's and more."""
    learner, emulator = pyproject(root), pyproject(root, "lab/emulator")
    found = _not_locked(learner["project"]["dependencies"], locked(root, "learner"), "learner")
    found += _not_locked(emulator["project"]["dependencies"], locked(root, "emulator"), "emulator")
    overrides = emulator["tool"].get("uv", {}).get("override-dependencies", [])
    overrides = [override for override in overrides if "==" in override]
    found += _not_locked(overrides, locked(root, "emulator"), "emulator")
    for group in ("kcl", "node"):
        found += _not_locked(learner["dependency-groups"][group], locked(root, group), group)
    found += _not_locked(
        [f"uv=={max(locked(root, 'learner')['uv'])}"], locked(root, "installer"), "installer"
    )

    extra = learner["project"]["optional-dependencies"]["distributed"]
    found += _not_locked(extra, locked(root, "distributed"), "distributed")
    development = locked(root, "development")
    for smaller in ("learner", "distributed"):
        for larger in ("distributed", "development"):
            whole = locked(root, larger)
            for name, versions in locked(root, smaller).items():
                if (other := whole.get(name)) != versions:
                    found.append(f"{larger}.txt has {name} {other}, {smaller}.txt {versions}")
    for wheel in ("lab", "grader"):
        backend = pyproject(root, f"publish/wheels/{wheel}")["build-system"]["requires"]
        found += _not_locked(backend, development, "development")
    for requirement in map(Requirement, learner["dependency-groups"]["development"]):
        if canonicalize_name(requirement.name) not in development:
            found.append(f"development.txt lacks {requirement.name}")
    return found


def _not_locked(requirements: list[str], pins: Pins, lock: str) -> list[str]:
    found = []
    for requirement in requirements:
        for name, versions in pins_of([requirement]).items() or {requirement: set[str]()}.items():
            if not versions or pins.get(name) != versions:
                found.append(f"{requirement} is not what {lock}.txt has: {pins.get(name)}")
    return found


def conda_faults(root: Path) -> list[str]:
    """environment.yml names every package of the course, with the learner's pins; LocalStack in words."""
    text = (root / "environment.yml").read_text()
    content = yaml.safe_load(text)
    pip = next(entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict))
    pins = pins_of([entry for entry in pip if not entry.startswith("-")])
    learner = locked(root, "learner")
    found = [f"{name} is not named" for name in NAMED if name not in pins]
    found += [
        f"{name} is {pins.get(name)}, in learner.txt {learner.get(name)}"
        for name in sorted(pins.keys() | learner.keys())
        if pins.get(name) != learner.get(name)
    ]
    if f"localstack-core[runtime]=={_localstack(root)}" not in text:
        found.append("the version of LocalStack is not the emulator's")
    if content["channels"] != ["conda-forge", "nodefaults"] or "://" in text:
        found.append("a channel is not named by its name alone")
    oldest, newest = pythons_of(root)
    if "-e ." not in pip or f"python >=3.{oldest},<3.{newest + 1}" not in content["dependencies"]:
        found.append("the course or its Pythons are missing")
    return found


def pythons_of(root: Path) -> tuple[int, int]:
    """The oldest and the newest Python 3 that the installer takes, as their second numbers."""
    text = (root / "requirements" / "installer" / "machine.py").read_text()
    oldest, newest = (
        re.findall(rf"^{name}_PYTHON = \(3, (\d+)\)$", text, re.M) for name in ("OLDEST", "NEWEST")
    )
    return int(oldest[0]), int(newest[0])


def python_faults(root: Path) -> list[str]:
    """The Makefile, the README and the projects' files say which Pythons the installer takes."""
    oldest, newest = pythons_of(root)
    names = [f"3.{minor}" for minor in range(oldest, newest + 1)]
    makefile, readme = (root / "Makefile").read_text(), (root / "README.md").read_text()
    wanted = {
        "Makefile": (makefile, f"(3, {oldest}) <= sys.version_info[:2] <= (3, {newest})"),
        "Makefile's order": (
            makefile,
            " ".join(["python3", *(f"python{name}" for name in reversed(names)), "python;"]),
        ),
        "README.md": (readme, f"Python {', '.join(names[:-1])} or {names[-1]},"),
    }
    wanted |= {f"README.md's row of {name}": (readme, f"\n| {name} | ") for name in names}
    for folder in ("", "lab/emulator/"):
        text = (root / folder / "pyproject.toml").read_text()
        wanted[f"{folder}pyproject.toml"] = (text, f'requires-python = ">=3.{oldest}"')
    return [f"{where} does not say: {words}" for where, (text, words) in wanted.items() if words not in text]


def _localstack(root: Path) -> str:
    (version,) = locked(root, "emulator")["localstack-core"]
    return version


def image_faults(root: Path) -> list[str]:
    """The images: locked versions, one base whose tag does not move, of files that are there."""
    services = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    dockerfile = (root / "containers" / "Dockerfile").read_text()
    stages = re.findall(r"^FROM (\S+) AS (\S+)$", dockerfile, re.MULTILINE)
    found = []
    for name, version in (
        ("localstack", _localstack(root)),
        ("jupyter", pyproject(root)["project"]["version"]),
    ):
        if services[name]["image"].partition(":")[2] != version:
            found.append(f"{name}: the image's tag is {services[name]['image']}, not {version}")
        if ("${BASE}", services[name]["build"]["target"]) not in stages:
            found.append(f"{name}: no stage {services[name]['build']['target']} on the one base")
    bases = re.findall(r"^ARG BASE=(\S+)$", dockerfile, re.MULTILINE)
    found += [
        f"the base is {base}: not a tag of Python with all three numbers"
        for base in bases
        if not re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base)
    ]
    if dockerfile.count("USER 1000:1000") != len(stages) or len(bases) != 1:
        found.append("a stage runs as root, or has another base")
    return found + _not_there(root, dockerfile)


def _not_there(root: Path, dockerfile: str) -> list[str]:
    """Sources of COPY, and sets that are installed, that the project doesn't have."""
    copied = re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    sets = [name for line in re.findall(r"install\.py .*", dockerfile) for name in line.split()[2:]]
    sets = [name for name in sets if "/" not in name]
    found = [f"COPY {source}: no such file" for source in sources if not list(root.glob(source))]
    return found + [
        f"{name}.txt is no set" for name in sets if not (root / "requirements" / f"{name}.txt").exists()
    ]


def compose_faults(root: Path) -> list[str]:
    """The containers are set up as `lab up` and `lab open` set up the lab, on loopback only."""
    services = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    localstack, jupyter = services["localstack"], services["jupyter"]
    found = _differing("localstack", {"LAB_SECRET": COMPOSE_SECRET}, localstack["environment"])
    environment = {name: value for name, value in jupyter["environment"].items() if name != "HOME"}
    found += _differing("jupyter", _learner_wanted(environment), environment)
    if not all(port.startswith("127.0.0.1:") for port in localstack["ports"]) or "ports" in jupyter:
        found.append("a port is open to more than this machine")
    for name, service in services.items():
        if not service.get("read_only") or not service.get("init") or "healthcheck" not in service:
            found.append(f"{name} can be written, or has no init or no health check")
    if jupyter["network_mode"] != "service:localstack":
        found.append("jupyter does not share localstack's loopback")
    wanted = NOTEBOOK_SETTINGS | {"ServerApp.ip": "0.0.0.0", "ServerApp.root_dir": "/course"}
    wanted |= {"ServerApp.jpserver_extensions": f"{PLAYGROUND}=True"}
    missing = [f"--{name}={value}" for name, value in wanted.items()]
    found += [f"jupyter lacks {option}" for option in missing if option not in jupyter["command"]]
    return found + _class_faults(root)


def _class_faults(root: Path) -> list[str]:
    """What the profile `class` has is asked for by name alone, shut in, and no learner's code's way out."""
    text = (root / "docker-compose.yml").read_text()
    content = yaml.safe_load(text)
    services, networks = content["services"], content["networks"]
    found = []
    if asked := re.findall(r"\$\{\w+:?\?", text):
        found.append(f"{asked[0]}...: compose would ask everybody for it, whatever the profile")
    for name in services.keys() - {"localstack", "jupyter"}:
        found += [f"{name} {fault}" for fault in _loose(services[name], networks)]
        if name != "gradebook" and services[name]["image"] != services["jupyter"]["image"]:
            found.append(f"{name} has another image than jupyter")
    for name in ("scheduler", "worker"):
        if set(services[name]["networks"]) & set(services["gradebook"]["networks"]):
            found.append(f"{name} reaches the gradebook")
    if not all(mount.endswith(":ro") for mount in services["worker"]["volumes"]):
        found.append("a worker can write the course")
    if not re.fullmatch(r"postgres:\d+\.\d+-[a-z]+", services["gradebook"]["image"]):
        found.append("the gradebook's tag does not name a version and a Debian")
    return found


def _loose(service: dict[str, Any], networks: dict[str, Any]) -> Iterator[str]:
    if service.get("profiles") != ["class"] or "ports" in service:
        yield "starts without the profile, or has a port outside"
    if service.get("cap_drop") != ["ALL"] or "no-new-privileges" not in service.get("security_opt", []):
        yield "may get rights"
    if not all((networks[name] or {}).get("internal") for name in service["networks"]):
        yield "has a way out"


def _learner_wanted(environment: dict[str, str]) -> dict[str, str]:
    """The lab's environment; its two files are where the clone is mounted, its token is the account's."""
    wanted = lab_environment(ENDPOINT, base={})
    wanted[VARIABLE] = control_token(COMPOSE_SECRET, LEARNER_ACCOUNT)
    wanted[PLAYGROUND_TOKEN] = control_token(COMPOSE_SECRET, JUPYTER_ACCOUNT)
    folder = "/course/.lab/aws/"
    return wanted | {
        name: folder + Path(value).name for name, value in wanted.items() if name.endswith("_FILE")
    }


def _differing(service: str, wanted: dict[str, str], seen: dict[str, str]) -> list[str]:
    return [
        f"{service}: {name} is {seen.get(name)!r}, in lab/ {wanted.get(name)!r}"
        for name in sorted(wanted.keys() | seen.keys())
        if wanted.get(name) != seen.get(name)
    ]


# In pieces, so that this file does not hold what it looks for.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("anaconda", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
        ("ecr", "aws"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.~}-])/(?:home|root|work|Users|tmp/(?:ipykernel|pytest))/?[\w.-]")


def files_of(root: Path) -> set[str]:
    """Paths of the project's files: what git says, or in a downloaded archive all but what is made there."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return set(listed.split("\0")) - {""}
    found = set()
    for folder, folders, names in os.walk(root):
        left_out = MADE_HERE(folder, [*folders, *names])
        folders[:] = [name for name in folders if name not in left_out]
        found |= {str(Path(folder, name).relative_to(root)) for name in names if name not in left_out}
    return found


def named_places(root: Path) -> list[str]:
    """Files of the repository (new ones too) that name a package registry's host or a path of a machine."""
    found = []
    for name in sorted(files_of(root)):
        file = root / name
        content = file.read_bytes() if file.is_file() else b""
        if b"\0" in content[:8192]:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            place = next((host for host in HOSTS if host in line), None) or MACHINE_PATH.search(line)
            if place:
                found.append(f"{name}:{number} names {place if isinstance(place, str) else place[0]}")
    return found
