"""The installer of the environments: interrupted at any moment, asked twice at once, refused for a reason."""

import io
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.aws.installer import installer
from tests.packaging.tiny_index import Course, serving, source, wheel

KILLS_OF_A_FIRST_INSTALLATION, KILLS_OF_AN_UPDATE = 8, 12


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    with serving(tmp_path / "index") as address:
        yield Course(tmp_path, address)


def killed(course: Course, chance: random.Random, seconds: float) -> None:
    """An installation, ended at a random moment in one of the ways in which it can be."""
    process = course.begin()
    try:
        process.wait(chance.uniform(0, seconds))
    except subprocess.TimeoutExpired:
        how = chance.choice(["installer", "all", "ctrl-c", "closed"])
        if how == "installer":
            process.kill()
        else:
            numbers = {"all": signal.SIGKILL, "ctrl-c": signal.SIGINT, "closed": signal.SIGHUP}
            os.killpg(process.pid, numbers[how])
    process.communicate()


def timed(course: Course) -> float:
    before = time.monotonic()
    status, said = course.install()
    assert status == 0, said
    return time.monotonic() - before


@pytest.mark.long
def test_killed_at_twenty_random_moments_it_goes_on(course: Course) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    course.lock_version("1.0")
    seconds = timed(course)
    course.place.rename(course.folder / "first")
    for _ in range(KILLS_OF_A_FIRST_INSTALLATION):
        killed(course, chance, seconds)
        assert not course.place.exists() or course.versions() == {"1.0"}, f"seed {seed}"
    assert course.install()[0] == 0
    assert course.versions() == {"1.0"}, f"seed {seed}"

    course.lock_version("2.0")
    now, then = "2.0", "1.0"
    for _ in range(KILLS_OF_AN_UPDATE):
        killed(course, chance, seconds / 3)
        there = course.versions() if course.place.exists() else set()
        assert there in ({now}, {then}, set()), f"seed {seed}"
        if there == {now}:
            now, then = then, now
            course.lock_version(now)
    status, said = course.install()
    assert (status, course.versions()) == (0, {now}), f"seed {seed}: {said}"
    left = {path.name for path in course.folder.iterdir() if path.name.startswith(".")}
    assert left == {".venv"}


def test_a_mixed_environment_would_be_seen(course: Course) -> None:
    course.lock_version("1.0")
    assert course.install()[0] == 0
    (changed,) = course.place.glob("lib/*/site-packages/tiny_c/m7.py")
    changed.write_text("VERSION = 'another'\n")
    assert course.versions() == {"1.0", "another"}


def test_an_installation_is_one_line_and_the_next_says_nothing(course: Course) -> None:
    course.lock_version("1.0")
    status, said = course.install()
    assert status == 0
    assert re.fullmatch(
        r"The environment of the course \(\.venv\) \.\.\. done in \d+ s \(11 packages\)\n", said
    )
    assert course.install() == (0, "")
    course.lock_version("2.0")
    assert "done" in course.install()[1], "the control"


def test_pip_s_settings_hold_also_for_a_python_without_pip(course: Course, tmp_path: Path) -> None:
    """As Debian's has none. The registry is pip's setting here, and the first time uv is fetched too."""
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    course.python = str(tmp_path / "bare/bin/python")
    for version in ("1.0", "2.0"):
        course.lock_version(version)
        status, said = course.install()
        assert status == 0, said
        assert course.versions() == {version}


def test_pip_is_found_where_a_program_uses_distutils_already(tmp_path: Path) -> None:
    """To ask Python's import for pip warns there, and turns setuptools' distutils off."""
    program = (
        "import sys, types, setuptools\n"
        "sys.modules.setdefault('distutils', types.ModuleType('distutils'))\n"
        "from lab.aws.installer import installer\n"
        "print(installer().uv.with_pip(None, None, sys.argv[1]))\n"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (said.stdout, said.stderr) == (f"{sys.executable}\n", "")


def test_another_name_of_the_same_python_is_the_same_python(course: Course, tmp_path: Path) -> None:
    course.lock_version("1.0")
    assert course.install()[0] == 0
    alias = tmp_path / "python3"
    alias.symlink_to(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
    course.python = str(alias)
    assert course.install() == (0, "")
    assert course.install("--this-python", "learner") == (0, "")
    course.lock_version("2.0")
    status, said = course.install()
    assert status == 0, said
    assert course.install() == (0, "")


def test_what_was_added_later_stays(course: Course) -> None:
    course.lock_version("1.0")
    course.lock("development", wheel(course.index, "more", "1.0", {"more.py": ""}))
    assert course.install("learner", "development")[0] == 0
    course.lock_version("2.0")
    assert course.install()[0] == 0
    assert course.versions() == {"2.0"}
    assert list(course.place.glob("lib/*/site-packages/more.py"))


def test_what_a_learner_had_added_is_named(course: Course) -> None:
    course.lock_version("1.0")
    assert course.install()[0] == 0
    (packages,) = course.place.glob("lib/*/site-packages")
    (packages / "pandas-3.0.dist-info").mkdir()
    course.lock_version("2.0")
    status, said = course.install()
    assert status == 0
    assert "but in the old one: pandas. If you need them: .venv/bin/pip install pandas\n" in said


def test_an_environment_whose_python_is_gone_is_made_anew(course: Course) -> None:
    course.lock_version("1.0")
    assert course.install()[0] == 0
    python = course.place / "bin" / "python"
    python.unlink()
    python.symlink_to(course.folder / "gone")
    assert course.install()[0] == 0
    assert course.versions() == {"1.0"}


def test_killed_while_it_put_the_new_one_in_place(course: Course) -> None:
    course.lock_version("1.0")
    assert course.install()[0] == 0
    course.place.rename(course.folder / ".venv.old")
    assert course.install() == (0, "")
    assert course.versions() == {"1.0"}


def test_two_at_once(course: Course) -> None:
    course.lock_version("1.0")
    both = [course.begin(), course.begin()]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum("Waiting for another installation" in one for one in said) == 1
    assert course.versions() == {"1.0"}


def test_activate_names_the_place_in_every_shell(course: Course) -> None:
    course.lock_version("1.0")
    assert course.install()[0] == 0
    asked = f'. "{course.place}/bin/activate" && echo "$VIRTUAL_ENV" && command -v python'
    said = subprocess.run(["sh", "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [str(course.place), str(course.place / "bin" / "python")]


Break = Callable[[Course], dict[str, str]]
"""Breaks a course that is installed; the variables that belong to it."""


def other_hash(course: Course) -> dict[str, str]:
    course.lock("learner", re.sub(r"[0-9a-f]{64}", "0" * 64, wheel(course.index, "a", "1.0", {})))
    return {}


def no_version(course: Course) -> dict[str, str]:
    course.lock("learner", course.tiny["2.0"].replace("tiny-c==2.0", "tiny-c==3.0"))
    return {}


def no_wheel(course: Course) -> dict[str, str]:
    course.lock("learner", wheel(course.index, "a", "1.0", {}, tag="cp311-cp311-win32"))
    return {}


COMPILER = """
def build_wheel(folder, config_settings=None, metadata_directory=None):
    for number in range(200):
        print(f"cc: error {number} of 200")
    raise SystemExit("error: command 'cc' failed: No such file or directory")
"""


def no_compiler(course: Course) -> dict[str, str]:
    course.lock("learner", source(course.index, "a", "1.0", COMPILER))
    return {}


def no_proxy(course: Course) -> dict[str, str]:
    course.lock_version("2.0")
    return {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "PIP_INDEX_URL": "http://a.invalid/s",
        "PIP_TRUSTED_HOST": "a.invalid",
    }


def no_registry(course: Course) -> dict[str, str]:
    course.lock_version("2.0")
    return {"PIP_INDEX_URL": "http://127.0.0.1:9/simple"}


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (other_hash, "is not the locked one"),
        (no_wheel, "no ready-made build for this machine"),
        (no_compiler, "no ready-made build for this machine"),
        (no_proxy, "proxy"),
        (no_registry, "no connection to the package registry"),
        (no_version, "does not have a locked version"),
    ],
)
def test_a_refusal_says_why(course: Course, break_it: Break, says: str) -> None:
    course.lock_version("1.0")
    assert course.install()[0] == 0
    variables = break_it(course)
    status, said = course.install(**variables, UV_NO_CACHE="1")
    assert status == 1
    assert says in said
    assert "run the same command again" in said
    assert "Traceback" not in said
    assert len(said) < 1500
    assert course.versions() == {"1.0"}, "the old one is as it was"


@pytest.mark.parametrize(
    ("break_it", "says"), [(no_proxy, "proxy"), (no_registry, "no connection to the package registry")]
)
def test_a_first_installation_is_refused_with_the_same_words(
    course: Course, break_it: Break, says: str
) -> None:
    variables = break_it(course)
    status, said = course.install(**variables, PIP_RETRIES="1")
    assert status == 1
    assert says in said
    assert "Traceback" not in said
    assert not course.place.exists()


def test_a_python_that_can_not_be_fetched(course: Course, tmp_path: Path) -> None:
    course.lock_version("1.0")
    nowhere = {
        "UV_PYTHON_INSTALL_MIRROR": "http://127.0.0.1:9",
        "UV_PYTHON_INSTALL_DIR": str(tmp_path / "pythons"),
    }
    status, said = course.install("--fetch-python", "learner", **nowhere)
    assert status == 1
    assert "Fetching Python 3.14 failed. There is no connection to uv's own place of download" in said
    assert not course.place.exists()
    assert course.install()[0] == 0
    assert course.install("--fetch-python", "learner", **nowhere) == (0, ""), "it has one that the locks know"


def test_a_folder_that_can_not_be_written(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    install = installer()
    install.check_machine(str(course.folder))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(install.InstallError, match=r"can't be written.* copy it to a folder that is yours"):
        install.check_machine(str(course.folder))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


SLOW_UV = """
import time
print("Resolved 3 packages in 1ms\\nDownloading a (3.0MiB)\\nDownloading b (1.0MiB)", flush=True)
time.sleep(1.2)
print(" Downloaded a", flush=True)
time.sleep(0.1)
print("Prepared 3 packages in 2s\\nInstalled 3 packages in 1ms\\n + a==1", flush=True)
"""


def test_a_terminal_sees_a_bar_and_the_time_left() -> None:
    shown = Terminal()
    with installer().Step("The set", shown) as step:
        step.run([sys.executable, "-c", SLOW_UV], "Installing")
    frames = shown.getvalue().split("\r\x1b[K")
    shares = [int(found[1]) for frame in frames if (found := re.search(r"(\d+) %", frame))]
    assert shares == sorted(shares)
    assert any(re.search(r"\[#+\.+\]  69 %  about \d+ s left", frame) for frame in frames), frames
    assert re.fullmatch(r"The set \.\.\. done in \d s \(3 packages\)\n", frames[-1])
    assert shown.getvalue().count("\n") == 1


def fake_python(folder: Path, name: str, version: tuple[int, int]) -> None:
    """A python that only answers whether it is known, as the one that runs this test would of VERSION."""
    file = folder / name
    program = f"import sys; sys.version_info = {(*version, 0)}; $2"
    file.write_text(f"""#!/bin/sh\n[ "$1" = -c ] && exec '{sys.executable}' -c "{program}"\n""")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("there", "chosen", "found"),
    [
        ({"python3": (3, 13)}, "", "python3 requirements/install.py .venv"),
        ({"python3": (3, 15), "python3.14": (3, 14)}, "", "python3.14 requirements/install.py .venv"),
        ({"python3": (3, 9), "python3.11": (3, 11)}, "", "python3.11 requirements/install.py .venv"),
        ({"python3": (3, 15)}, "", "python3 requirements/install.py .venv"),
        ({"python3": (3, 15)}, "uv", "python3 requirements/install.py --fetch-python .venv"),
        ({"python3": (3, 13)}, "python3.12", "python3.12 requirements/install.py --this-python .venv"),
    ],
)
def test_make_takes_a_python_that_the_locks_know(
    tmp_path: Path, there: dict[str, tuple[int, int]], chosen: str, found: str
) -> None:
    for name, version in there.items():
        fake_python(tmp_path, name, version)
    for name in ("sh", "make"):
        place = subprocess.run(
            ["sh", "-c", f"command -v {name}"], capture_output=True, text=True
        ).stdout.strip()
        (tmp_path / name).symlink_to(place)
    makefile = Path(__file__).resolve().parents[2]
    command = ["make", "-n", "-C", str(makefile), ".venv/learner", *([f"PYTHON={chosen}"] if chosen else [])]
    said = subprocess.run(command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert f"{found} learner\n" in said.stdout


def test_a_python_that_nobody_knows_is_told_what_to_do(tmp_path: Path) -> None:
    course = Path(__file__).resolve().parents[2]
    program = (
        "import runpy, sys; sys.version_info = (3, 15, 0); sys.argv[:1] = ['install.py']; "
        "runpy.run_path('requirements/install.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "new"), "learner"],
        cwd=course,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "needs Python 3.11 to 3.14" in done.stderr
    assert "is Python 3.15" in done.stderr
    assert "make lab PYTHON=uv" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()
