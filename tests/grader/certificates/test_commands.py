"""The commands, as a learner, an instructor and somebody who checks give them; graded in the real sandbox."""

import contextlib
import io
import json
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.compose import compose, hand_in
from grader.certificates import form, keys, proof
from grader.certificates.checking import Asked, check
from grader.certificates.document import EXAM, Kind, claims_of
from grader.certificates.graded import LINE, line_digest
from grader.certificates.issuers import read_issuers
from grader.cli import main
from grader.exams.results import sealed
from grader.whereabouts import CallError
from tests.grader.certificates import made
from tests.grader.conftest import ROOT, SECRET

TERMS = """
[issuer]
name = "Example University"
verify = "https://example.org/verify.html"

[require]
exam = {exam}
sandbox = "none"

[require.points]
02-shards = 14
"""
ROSTER = """student,name,email
ada,"Lovelace, Ada",ada@example.org
grace,Grace Hopper,grace@example.org
"""
ISSUE = ("certificate", "issue", "02-shards", "--to", "roster", "--yes")


def exam_result(student: str, points: int, **fields: Any) -> dict[str, Any]:
    """A course exam as a class's instructor has it marked (docs/taking-exams.md)."""
    known = {
        "schema": 1, "kind": "exam result", "exam": "course", "title": "Course exam", "mode": "class",
        "learner": student, "bank": "sha256:0", "seed": "abcdefgh", "started": "2026-11-29T10:00:00+00:00",
        "finished": "2026-11-29T11:00:00+00:00", "minutes": 80, "seconds": 3600, "points": points,
        "max_points": 40, "pass_line": 26.4, "passed": points >= 26.4, "domains": [], "lessons": [],
        "items": [],
    }  # fmt: skip
    return sealed(known | fields)


def put_exam(course: Path, result: dict[str, Any]) -> Path:
    """Where the exam's own commands write it: a learner's, or a class's."""
    name = f"course-{result['learner']}.json"
    folders = {"practice": "exam-results", "class": ".grader/exams/final/results"}
    path = course / folders[result["mode"]] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result))
    return path


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Said]


def call(*arguments: str) -> Said:
    """The command in this process: a new one for each call would take most of the time."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(arguments)
    return Said(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two that is graded once: ada solved everything, grace nothing."""
    root = tmp_path_factory.mktemp("class") / "course"
    for name in ("solutions/02-shards", "exercises/02-shards"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "seed").write_text(SECRET)
    (root / "seed").chmod(0o600)
    for student, solved in (("ada", True), ("grace", False)):
        source = root / "solutions/02-shards/02-shards.ipynb"
        hand_in(root / "submitted", student, "02-shards", compose(source, {}, solved=solved))
    done = call("--course", str(root), "autograde", "02-shards", "--seed", str(root / "seed"), "--trust")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own settings."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    return tmp_path / "settings" / "kinesis-course"


@pytest.fixture
def taught(graded: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The class, in a folder of this test's own, which is the working folder. ada passed the course exam."""
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    (root / "certificate.toml").write_text(TERMS.format(exam='"passed"'))
    (root / "roster.csv").write_text(ROSTER)
    put_exam(root, exam_result("ada", 31))
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def grader(taught: Path) -> Run:
    return call


def line_of(course: Path, student: str) -> dict[str, Any]:
    """The learner's line of the results."""
    lines = map(json.loads, (course / ".grader/02-shards/results.jsonl").read_text().splitlines())
    return next(line for line in lines if line["student"] == student)


def only(folder: Path) -> Path:
    (path,) = folder.glob("*.json")
    return path


def issuer(grader: Run) -> str:
    return grader("certificate", "key", "--issuer").stdout.splitlines()[0]


def test_a_certificate_s_whole_way(taught: Path, home: Path, grader: Run) -> None:
    done = grader(*ISSUE)
    assert done.returncode == 0, done.stderr
    assert "grace: none. 02-shards: 0 points, and 14 are asked for." in done.stdout
    assert "grace: none. course exam: no result of the class" in done.stdout
    line = line_of(taught, "ada")
    most = line["max_score"]
    assert f"Ada Lovelace, ada@example.org: 02-shards {most} of {most}, course exam 31 of 40" in done.stdout
    assert stat.S_IMODE((home / "issuer.key").stat().st_mode) == 0o600
    path = only(taught / "certificates" / "ada")
    said = claims_of(form.read(path.read_bytes()))
    assert (said.kind, said.name, said.issuer_name) == (
        Kind.CERTIFICATE,
        "Ada Lovelace",
        "Example University",
    )
    assert [(part.name, part.points, part.required) for part in said.graded] == [
        ("02-shards", most, 14), (EXAM, 31, 26.4)
    ]  # fmt: skip
    facts = dict(said.graded[0].facts)
    assert facts[LINE] == line_digest(line)
    assert facts["hand-in SHA-256"] == line["submission_sha256"]
    assert {"checks version", "exercise version", "seed digest", "sandbox", "hidden cases"} <= facts.keys()
    assert "ada@example.org" not in path.read_text()
    verify = ("certificate", "verify", str(path))

    unknown = grader(*verify)
    assert unknown.returncode == 1
    assert "NO   Issuer: nobody here knows the key did:key:z6Mk" in unknown.stdout
    good = grader(*verify, "--issuer", issuer(grader), "--email", "Ada@example.org", "--again")
    assert good.returncode == 0, good.stdout
    assert "NO " not in good.stdout
    assert "yes  Again: 02-shards: graded here, the same in everything." in good.stdout
    assert "It does not prove who sat at the keyboard" in good.stdout
    assert good.stdout.splitlines()[-1] == "GOOD: this is a genuine certificate of Ada Lovelace."
    assert grader(*verify, "--issuer", issuer(grader), "--email", "grace@example.org").returncode == 1

    (taught / "issuers.toml").write_text(f'[[issuer]]\ndid = "{issuer(grader)}"\nname = "The school"\n')
    assert "yes  Issuer: The school, whose key is known here." in grader(*verify).stdout
    changed = taught / "changed.json"
    changed.write_text(path.read_text().replace(f'"value": "{most}"', '"value": "19"'))
    refused = grader("certificate", "verify", str(changed))
    assert (refused.returncode, refused.stdout.splitlines()[-1][:8]) == (1, "REFUSED:")
    assert grader("certificate", "print", str(changed)).returncode == 2


def test_issued_once_and_corrected_by_one_that_names_it(taught: Path, grader: Run) -> None:
    assert grader(*ISSUE).returncode == 0
    first = claims_of(form.read(only(taught / "certificates" / "ada").read_bytes()))
    again = grader(*ISSUE)
    assert "ada: has it already" in again.stdout
    assert again.returncode == 1
    (taught / "roster.csv").write_text(ROSTER.replace("Lovelace, Ada", "King, Augusta Ada"))
    assert "--correct replaces it" in grader(*ISSUE).stdout
    done = grader(*ISSUE, "--correct")
    assert "ada: Augusta Ada King, ada@example.org: 02-shards" in done.stdout
    assert f"; it replaces {first.id}\n" in done.stdout
    paths = sorted((taught / "certificates" / "ada").glob("*.json"))
    assert len(paths) == 2
    second = [
        claims for claims in map(claims_of, map(form.read, map(Path.read_bytes, paths))) if claims != first
    ]
    assert [claims.replaces for claims in second] == [first.id]


@pytest.mark.parametrize(
    ("exam", "points", "issued"), [('"passed"', 26, False), ("26", 26, True), ('"none"', None, True)]
)
def test_the_exam_counts_as_certificate_toml_says(
    taught: Path, grader: Run, exam: str, points: int | None, issued: bool
) -> None:
    (taught / "certificate.toml").write_text(TERMS.format(exam=exam))
    (taught / ".grader/exams/final/results/course-ada.json").unlink()
    put_exam(taught, exam_result("ada", 40, mode="practice"))
    if points is not None:
        put_exam(taught, exam_result("ada", points))
    done = grader(*ISSUE)
    assert (done.returncode == 0) is issued, done.stdout
    assert issued or "course exam: 26 points, and 26.4 are asked for" in done.stdout


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("certificate.toml", "", "[issuer] has no name"),
        ("certificate.toml", TERMS.format(exam='"perhaps"'), 'exam is "passed", "none" or'),
        ("certificate.toml", TERMS.format(exam="28").replace("02-", "03-"), "no points in 02-shards"),
        ("certificate.toml", TERMS.format(exam="28").replace("https", "http"), "plain https address"),
        ("certificate.toml", TERMS.format(exam="28") + "[extra]\n", "the file has 'extra'"),
        ("roster.csv", "student\n", "There is no roster.csv"),
        ("roster.csv", "student,name,email\nada,Ada,none\n", "'none' is no e-mail address"),
        ("roster.csv", "student,name,email\nada,A\u202eda,a@b.c\n", "has a character that can't be seen"),
        ("roster.csv", "student,email\nada,a@b.cd\n", "Nobody is there to answer: ada: the name"),
    ],
)  # fmt: skip
def test_what_is_not_in_order_is_told(taught: Path, grader: Run, file: str, text: str, says: str) -> None:
    (taught / file).write_text(text)
    done = grader(*ISSUE)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (taught / "certificates").exists()


def test_a_record_of_work(taught: Path, grader: Run) -> None:
    asked = ("certificate", "--name", "  Ada   Lovelace ", "--email", "ada@example.org")
    nothing = grader(*asked, "--yes")
    assert (nothing.returncode, "Nothing is marked yet" in nothing.stderr) == (2, True)
    notebook = taught / "exercises/02-shards/02-shards.ipynb"
    notebook.write_text(compose(taught / "solutions/02-shards/02-shards.ipynb", {}, solved=True))
    assert grader("mark", "02-shards").returncode == 0
    put_exam(taught, exam_result("self", 22, mode="practice"))
    unsaid = grader(*asked)
    assert unsaid.returncode == 2
    assert "Nobody is there to answer: Is all of this right? Sign it?" in unsaid.stderr
    assert not (taught / "record-of-work").exists()
    done = grader(*asked, "--yes")
    assert done.returncode == 0, done.stderr
    assert "Name    Ada Lovelace\n" in done.stdout
    path = only(taught / "record-of-work")
    said = claims_of(form.read(path.read_bytes()))
    assert (said.kind, said.name, said.issuer_name) == (Kind.RECORD, "Ada Lovelace", "Ada Lovelace")
    most = line_of(taught, "ada")["max_score"]
    assert [(part.name, part.points, part.required) for part in said.graded] == [
        ("02-shards", most, None), (EXAM, 22, None)
    ]  # fmt: skip
    assert (taught / "record-of-work/02-shards.ipynb").read_bytes() == notebook.read_bytes()
    no_certificate = grader("certificate", "verify", str(path))
    assert no_certificate.returncode == 1
    assert "It is not a certificate." in no_certificate.stdout
    record = grader("certificate", "verify", str(path), "--record")
    assert record.returncode == 0
    assert record.stdout.splitlines()[-1] == "GOOD: this is a genuine record of work of Ada Lovelace."


def test_keys_are_made_once_and_kept_to_oneself(
    taught: Path, home: Path, grader: Run, tmp_path: Path
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    with_words = ("certificate", "key", "--passphrase-file", str(passphrase))
    first = grader(*with_words)
    name = first.stdout.splitlines()[-1]
    assert re.fullmatch(r"did:key:z6Mk[1-9A-Za-z]{44}", name)
    path = home / "learner.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in path.read_bytes()
    assert grader(*with_words).stdout.strip() == name
    assert "has a passphrase" in grader("certificate", "key").stderr
    passphrase.write_text("another\n")
    assert "The passphrase is wrong" in grader(*with_words).stderr
    path.chmod(0o640)
    assert "can be read by others" in grader(*with_words).stderr
    inside = grader("certificate", "key", "--key", str(taught / "my.key"))
    assert "lies in a course or a repository" in inside.stderr
    assert not (taught / "my.key").exists()


def test_a_passphrase_is_asked_for_twice(tmp_path: Path) -> None:
    answers = iter(["one", "two", "three", "three"])
    key = keys.make(tmp_path / "key", lambda _: next(answers))
    assert keys.name_of(keys.load(tmp_path / "key", lambda _: "three")) == keys.name_of(key)
    with pytest.raises(CallError, match="A key is made once"):
        keys.make(tmp_path / "key", None)
    never = iter("abcdef")
    with pytest.raises(CallError, match="never the same"):
        keys.make(tmp_path / "other", lambda _: next(never))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[issuer]]\nname = 'x'\n", "it wants did = "),
        ("[[issuer]]\ndid = 'did:key:z6Mk'\nname = 'x'\n", "is not did:key:z6Mk"),
        ("[[issuer]]\ndid = '{did}'\nname = 'x'\nuntil = 2027-01-01\n", "until and ended stand together"),
        ("[[issuer]]\ndid = '{did}'\nname = 'x'\nuntil = 2027-01-01\nended = 'gone'\n", "ended is one of"),
        ("[[issuer]]\ndid = '{did}'\nname = 'x'\n[[issuer]]\ndid = '{did}'\nname = 'y'\n", "twice"),
        ("issuer = 3\n", "write each issuer under a line [[issuer]]"),
        ("[[issuer]\n", "is not a TOML file"),
    ],
)  # fmt: skip
def test_a_damaged_list_of_issuers_is_told(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "issuers.toml"
    path.write_text(text.replace("{did}", made.ISSUER))
    with pytest.raises(CallError, match=re.escape(says)):
        read_issuers(path)


Damage = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda raw: raw[:100], "is not JSON in UTF-8"),
        (lambda raw: b"\xff" + raw, "is not JSON in UTF-8"),
        (lambda raw: b"[" * 100_000, "is nested too deep"),
        (lambda raw: raw + b" " * 2**20, "is larger than"),
        (lambda raw: raw.replace(b'"name"', b'"name": 1, "name"', 1), "names a member twice"),
        (lambda raw: b"null", "is not in the form"),
        (lambda raw: raw.replace(b"Ada", b"A\\u202eda"), "is not in the form"),
        (lambda raw: raw.replace(b"Ada", b"A\\ud800da"), "does not fit"),
        (lambda raw: raw.replace(b"2026-11-29T", b"2026-02-31T"), "has a date that there is not"),
    ],
)  # fmt: skip
def test_any_bytes_get_a_sentence(damage: Damage, says: str) -> None:
    checked = check(damage(made.file_of(made.signed(made.small()))), Asked())
    assert not checked.good
    assert checked.claims is None
    assert says in checked.findings[0].words


def test_no_context_is_known_but_the_two() -> None:
    with pytest.raises(ValueError, match="none is fetched"):
        proof.context("https://example.org/context.json")
