"""A package index of a test's own: tiny wheels over HTTP on loopback; and a project whose locks name them."""

import base64
import hashlib
import http.server
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uv

PROJECT = Path(__file__).resolve().parents[2]
NAMES = [f"tiny-{letter}" for letter in "abcdefghij"]
FILES = 60
"""Modules in each tiny package, so that putting them in takes a moment."""

BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "course-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("course.pth", str(pathlib.Path.cwd()))
        info = "course-0.1.0.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: course\\nVersion: 0.1.0\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""
"""A build tool that needs no package: the project's own."""
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "course"
version = "0.1.0"
"""


def wheel(folder: Path, name: str, version: str, files: dict[str, str], tag: str = "py3-none-any") -> str:
    """Put a wheel into FOLDER's index; its line in a lock file."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    content = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(
        f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in content.items()
    )
    place = folder / "simple" / name
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in (content | {f"{info}/RECORD": record + f"{info}/RECORD,,\n"}).items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100755 if "/scripts/" in path else 0o100644) << 16
            archive.writestr(entry, text)
    links = (f'<a href="{found.name}">{found.name}</a>' for found in sorted(place.glob("*.whl")))
    (place / "index.html").write_text("<!DOCTYPE html>" + "".join(links))
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def source(folder: Path, name: str, version: str, backend: str) -> str:
    """Put a package that has to be built, by BACKEND, into FOLDER's index; its line in a lock file."""
    place = folder / "simple" / name
    place.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{version}"
    file = place / f"{stem}.tar.gz"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    with tarfile.open(file, "w:gz") as archive:
        for path, text in (("PKG-INFO", about), ("pyproject.toml", build), ("backend.py", backend)):
            entry = tarfile.TarInfo(f"{stem}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    (place / "index.html").write_text(f'<!DOCTYPE html><a href="{file.name}">{file.name}</a>')
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def real_uv(folder: Path) -> str:
    """A wheel by which pip gets the uv that is here; its line in installer.txt."""
    program = uv.find_uv_bin()
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    version = said.split()[1]
    script = f'#!/bin/sh\nexec "{program}" "$@"\n'
    return wheel(folder, "uv", version, {f"uv-{version}.data/scripts/uv": script})


class Course:
    """A project with the real installer and tiny locked sets."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.index, self.address = folder / "course", folder / "index", address
        self.place = self.folder / ".venv"
        self.python = sys.executable
        self.cache = folder / "cache"
        requirements = self.folder / "requirements"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "requirements" / "installer", requirements / "installer", ignore=ignored)
        shutil.copy(PROJECT / "requirements" / "install.py", requirements)
        (self.folder / "pyproject.toml").write_text(PYPROJECT)
        (self.folder / "backend.py").write_text(BACKEND)
        self.uv = real_uv(self.index)
        self.lock("installer", self.uv)
        # Before anything is asked for: what an index said is kept for some minutes.
        self.tiny = {
            version: "".join(self._tiny(name, version) for name in NAMES) for version in ("1.0", "2.0")
        }

    def lock(self, name: str, lines: str) -> None:
        (self.folder / "requirements" / f"{name}.txt").write_text(lines)

    def lock_version(self, version: str) -> None:
        """The learner's set is uv and VERSION, 1.0 or 2.0, of all tiny packages."""
        self.lock("learner", self.uv + self.tiny[version])

    def _tiny(self, name: str, version: str) -> str:
        package = name.replace("-", "_")
        files = {f"{package}/m{number}.py": f"VERSION = {version!r}\n" for number in range(FILES)}
        return wheel(self.index, name, version, files | {f"{package}/__init__.py": ""})

    def begin(self, *sets: str, **variables: str) -> "subprocess.Popen[str]":
        """Start the installer as make does, in a session of its own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
        own = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.address,
            "UV_NO_CONFIG": "1",
            "UV_CACHE_DIR": str(self.cache),
            "UV_HTTP_RETRIES": "0",
        }
        command = [self.python, "requirements/install.py", str(self.place), *(sets or ("learner",))]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=kept | own | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def install(self, *sets: str, **variables: str) -> tuple[int, str]:
        """Run the installer to its end; its exit status and what it said."""
        process = self.begin(*sets, **variables)
        _, said = process.communicate(timeout=120)
        return process.returncode, said

    def versions(self) -> set[str]:
        """What the environment's Python finds in all files of all packages: one version, if it is whole."""
        modules = [f"{name.replace('-', '_')}.m{number}" for name in NAMES for number in range(FILES)]
        program = f"import importlib; print(*{{importlib.import_module(m).VERSION for m in {modules}}})"
        done = subprocess.run([self.place / "bin" / "python", "-c", program], capture_output=True, text=True)
        return set(done.stdout.split()) if done.returncode == 0 else {done.stderr}


class Slow(http.server.SimpleHTTPRequestHandler):
    """Each file takes a moment, so that an interruption can meet it half-way."""

    def do_GET(self) -> None:
        time.sleep(0.02)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of FOLDER's index."""
    folder.mkdir(parents=True)
    handler = partial(Slow, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            server.shutdown()
            thread.join()
