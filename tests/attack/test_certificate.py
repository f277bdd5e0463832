"""A27: a certificate out of nothing. Forged progress, forged results, an edited one, one's own signature.

Each has a control that shows what is believed where the one defence is missing.
"""

import json
from pathlib import Path

from grader.certificates import form
from grader.certificates.checking import Asked, check
from grader.certificates.document import Kind, claims_of
from grader.certificates.issuers import Issuer
from tests.grader.certificates import made
from tests.grader.certificates.test_commands import (  # noqa: F401 - fixtures
    ISSUE,
    Run,
    exam_result,
    graded,
    grader,
    home,
    put_exam,
    taught,
)

SCHOOL = Issuer(made.ISSUER, "The school")


def results(course: Path) -> Path:
    return course / ".grader/02-shards/results.jsonl"


def test_a27_forged_progress_and_forged_exams_count_for_nothing(taught: Path, grader: Run) -> None:  # noqa: F811
    tasks = {"02-shards/split_point": {"visible_points": 3, "outcome": "passed", "attempts": 1}}
    (taught / ".grader/progress.json").write_text(json.dumps({"schema": 1, "tasks": tasks}))
    put_exam(taught, exam_result("grace", 40, mode="practice"))
    (taught / "exam-results/course-grace-2.json").write_text(json.dumps(exam_result("grace", 40)))
    done = grader(*ISSUE)
    assert "grace: none. 02-shards: 0 points" in done.stdout
    assert "grace: none. course exam: no result of the class" in done.stdout
    assert not (taught / "certificates/grace").exists()
    # The control: an exam that the instructor's computer marked counts.
    put_exam(taught, exam_result("grace", 40))
    assert "grace: none. course exam" not in grader(*ISSUE).stdout


def test_a27_a_forged_results_line_is_not_what_the_log_says(taught: Path, grader: Run) -> None:  # noqa: F811
    lines = [json.loads(line) for line in results(taught).read_text().splitlines()]
    genuine = next(line for line in lines if line["student"] == "ada")
    forged = {**genuine, "student": "grace"}
    higher = next(line for line in lines if line["student"] == "grace") | {"score": genuine["score"]}
    put_exam(taught, exam_result("grace", 40))
    for line in (forged, higher):
        results(taught).write_text("".join(json.dumps(entry) + "\n" for entry in (genuine, line)))
        done = grader(*ISSUE, "--correct")
        assert "grace: none. 02-shards: its line in the results is not what the log says" in done.stdout
        assert not (taught / "certificates/grace").exists()
    # The control: the genuine line beside it got its certificate.
    assert (taught / "certificates/ada").exists()


def test_a27_an_edited_certificate_is_refused() -> None:
    raw = made.file_of(made.signed(made.claims()))
    asked = Asked([SCHOOL])
    assert check(raw, asked).good
    for old, new in (
        (b"Ada Lovelace", b"Eve Lovelace"),
        (b'"18.5"', b'"20"'),
        (b"2026-11-29T", b"2025-11-29T"),
    ):
        edited = raw.replace(old, new)
        assert edited != raw
        assert not check(edited, asked).good
        # The control: whoever only reads the file believes it.
        assert claims_of(form.read(edited)) != claims_of(form.read(raw))


def test_a27_what_was_signed_by_oneself_is_no_certificate() -> None:
    """The learner's own tools, changed so that they write the word certificate; and a record as it is."""
    own = made.claims(issuer=made.OTHER_ISSUER, issuer_name="The school")
    copied = made.file_of(made.signed(own, made.OTHER_KEY))
    record = made.file_of(
        made.signed(made.claims(kind=Kind.RECORD, issuer=made.OTHER_ISSUER), made.OTHER_KEY)
    )
    for raw in (copied, record):
        for asked in (Asked([SCHOOL]), Asked(issuer=made.ISSUER), Asked()):
            assert not check(raw, asked).good
    # The control: with a key that is believed only because it is in the file itself, it would do.
    assert check(copied, Asked([Issuer(made.OTHER_ISSUER, "whoever signed it")])).good
    assert check(record, Asked(record=True)).good
