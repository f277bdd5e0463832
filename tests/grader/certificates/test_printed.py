"""The printed form: of the signed claims alone, in the size of the paper, the same each time."""

import re

import pytest

from grader.certificates.document import Kind
from grader.certificates.printed import PAPERS, drawn
from grader.whereabouts import CallError
from tests.grader.certificates import made

POINTS = 72 / 25.4


@pytest.mark.parametrize("paper", PAPERS)
def test_it_has_the_paper_s_size(paper: str) -> None:
    pdf = drawn(made.claims(), paper, "pdf")
    (box,) = re.findall(rb"/MediaBox \[ ?0 0 ([0-9.]+) ([0-9.]+) ?\]", pdf)
    assert [round(float(side) / POINTS) for side in box] == [round(side) for side in PAPERS[paper]]


def test_the_same_claims_give_the_same_bytes_and_others_do_not() -> None:
    for form in ("pdf", "svg"):
        once = drawn(made.claims(), "a4", form)
        assert drawn(made.claims(), "a4", form) == once
        assert drawn(made.claims(name="Grace Hopper"), "a4", form) != once


def test_a_code_only_where_the_issuer_names_a_page() -> None:
    """A code is some hundred black boxes."""
    with_code = drawn(made.claims(), "a4", "svg").count(b"<path")
    assert with_code - drawn(made.claims(verify_at=None), "a4", "svg").count(b"<path") > 100


def test_a_record_does_not_look_like_a_certificate() -> None:
    """The words themselves: the fonts of an SVG are paths, and each line has them in a comment."""
    certificate = drawn(made.claims(), "a4", "svg").decode()
    record = drawn(made.claims(kind=Kind.RECORD, verify_at=None), "a4", "svg").decode()
    assert "CERTIFICATE OF COMPLETION" in certificate
    assert "RECORD OF WORK, signed by the learner's own key" in record
    assert "CERTIFICATE OF COMPLETION" not in record


def test_many_parts_and_a_long_name_fit() -> None:
    graded = tuple(made.Graded(f"{place:02}-lesson", 18, 20, 14) for place in range(13))
    assert drawn(made.claims(graded=graded, name="Maximiliane " * 9), "letter", "pdf").startswith(b"%PDF")


def test_a_name_that_no_font_has_is_told() -> None:
    with pytest.raises(CallError, match="No font of this machine has"):
        drawn(made.claims(name="Ada \U00012000"), "a4", "pdf")
