"""What `make release-check` looks at: a copy of the project that is a release passes, each fault is found."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publish.wheels import build
from tests.packaging import changelog, pins, release

PROJECT = release.PROJECT
CHANGELOG = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
WHEEL = "publish/wheels/lab/pyproject.toml"
LESSON, TWIN = "course/02-shards.ipynb", "course/source/text/02-shards.py"
SOURCE, EXERCISE = (f"{folder}/02-shards/02-shards.ipynb" for folder in ("solutions", "exercises"))


def released(text: str) -> str:
    """The changelog as it is when what is unreleased becomes version 0.1.0."""
    text = text.replace("## [Unreleased]\n", "## [Unreleased]\n\n## [0.1.0] - 2026-11-29\n")
    return f"{text}[0.1.0]: docs/README.md\n"


def commit(root: Path, words: str) -> None:
    release.git(root, "add", "--all")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    release.git(root, *who, "commit", "--quiet", "--no-verify", "--allow-empty", "-m", words)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files, committed and tagged as version 0.1.0, with its wheels."""
    if shutil.which("git") is None:
        pytest.skip("there is no git on this machine")
    root = tmp_path_factory.mktemp("release")
    for name in pins.files_of(PROJECT):
        if (PROJECT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, root / name)
    (root / "CHANGELOG.md").write_text(released(CHANGELOG), encoding="utf-8")
    release.git(root, "init", "--quiet")
    commit(root, "Version 0.1.0")
    release.git(root, "tag", "v0.1.0")
    build(root / "dist", root)
    return root


@pytest.fixture
def copy(whole: Path) -> Iterator[Path]:
    """The same, to be broken; set back afterwards."""
    kept = {path: path.read_bytes() for path in (whole / "dist").iterdir()}
    yield whole
    release.git(whole, "reset", "--quiet", "--hard", "v0.1.0")
    release.git(whole, "clean", "--quiet", "-d", "--force")
    for path in (whole / "dist").iterdir():
        path.unlink()
    for path, content in kept.items():
        path.write_bytes(content)


def test_a_release_passes_and_a_commit_after_it_does_not(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert release.main(copy) == 0
    assert capsys.readouterr().out.count("in order") == len(release.CHECKS)
    commit(copy, "Go on")
    assert release.main(copy) == 1
    assert "  this commit has no tag v0.1.0" in capsys.readouterr().out


def change(name: str, before: str, after: str) -> Callable[[Path], None]:
    def made(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert before in text
        (root / name).write_text(text.replace(before, after, 1), encoding="utf-8")

    return made


def stray(root: Path) -> None:
    (root / "dist" / "kinesis_lab-0.0.9-py3-none-any.whl").write_bytes(b"")


def lose(root: Path) -> None:
    next((root / "dist").glob("kinesis_grader-*")).unlink()


BREAKS = [
    ("version", change("lab/emulator/pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"'), "emulator"),
    ("version", change("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"'), "CHANGELOG.md has"),
    ("version", change("docker-compose.yml", ":0.1.0", ":0.0.9"), "docker-compose.yml has version 0.0.9"),
    (
        "version",
        change("CHANGELOG.md", "## [0.1.0]", "### Added\n\n- More.\n\n## [0.1.0]"),
        "unreleased changes: Added",
    ),
    ("version", change("CHANGELOG.md", "2026-11-29", "29.11.2026"), "is no date"),
    ("tag", change("README.md", "# A", "# One"), "README.md is not as it is committed"),
    ("lock files", change("requirements/learner.txt", "boto3==1.44.5", "boto3==1.44.4"), "learner.txt"),
    ("wheels", change("lab/errors.py", '"""', '"""\n'), "kinesis_lab-0.1.0-py3-none-any.whl is not what"),
    ("wheels", change("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"'), "0.2.0-py3-none-any.whl"),
    ("wheels", change(WHEEL, '"../../../LICENSE" = "lab/LICENSE"\n', ""), "lacks lab/LICENSE"),
    ("wheels", stray, "kinesis_lab-0.0.9-py3-none-any.whl is not of this release"),
    ("wheels", lose, "kinesis_grader-0.1.0-py3-none-any.whl is missing"),
    ("notebooks", change(TWIN, "\n# ", "\n# And "), "differs between 02-shards.py and 02-shards.ipynb"),
    ("notebooks", change(LESSON, '"execution_count": 1,', '"execution_count": null,'), "02-shards.ipynb: "),
    ("exercises", change(SOURCE, '"source": [\n    "', '"source": [\n    "And '), "exercises/02-shards"),
    ("exercises", change(EXERCISE, '"version": "', '"version": "0'), "exercises/02-shards"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "damage", "says"), BREAKS)
def test_a_fault_is_found(name: str, damage: Callable[[Path], None], says: str, copy: Path) -> None:
    damage(copy)
    assert [fault for fault in release.CHECKS[name](copy) if says in fault]


def test_the_changelog_keeps_its_form() -> None:
    assert changelog.faults(CHANGELOG) == []
    assert changelog.faults(released(CHANGELOG)) == []


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("# Changelog\n", "# Changes\n", "does not begin with"),
        ("keepachangelog.com", "example.com", "does not name its form"),
        ("## [Unreleased]\n", "", "first section is not"),
        ("## [Unreleased]\n", "## [Unreleased] - 2026-11-30\n", "it has a date"),
        ("## [0.1.0] - 2026-11-29", "## 0.1.0 (2026-11-29)", "is not '## [1.2.3]"),
        ("## [0.1.0]", "## [0.1]", "is no version"),
        ("- 2026-11-29", "- 2026-11-31", "is no date"),
        ("### Added", "### New", "is no kind of change"),
        ("### Fixed", "### Added", "stands twice"),
        ("### Changed", "### Removed\n\n### Changed", "has no entry"),
        ("### Added", "### Fixed", "another order"),
        ("### Added\n", "", "is of no kind"),
        ("### Added\n", "### Added\n\nSome words.\n", "no entry of a list"),
        ("\n[0.1.0]: ", "\n[0.1.1]: ", "link is missing"),
        ("## [0.1.0]", "## [0.1.0] - 2026-11-29\n\n## [0.2.0]", "is not later"),
    ],
)
def test_another_form_of_changelog_is_found(before: str, after: str, says: str) -> None:
    text = released(CHANGELOG)
    assert before in text
    assert [fault for fault in changelog.faults(text.replace(before, after, 1)) if says in fault]
