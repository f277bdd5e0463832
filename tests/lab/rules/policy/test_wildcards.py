"""Wildcards: AWS's own examples, and an independent matcher where the meanings coincide."""

import fnmatch
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lab.rules.policy.wildcards import Colons, Wild, matches, tokens_of

BUCKET = "arn:aws:s3:::amzn-s3-demo-bucket"


def fits(pattern: str, text: str, colons: Colons = Colons.ANYWHERE) -> bool:
    return matches(tokens_of(pattern), text, colons)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        # IAM User Guide, "IAM JSON policy elements: Resource": what …/*/test/* covers, and what it doesn't
        ("1/test/object.jpg", True),
        ("1/2/test/object.jpg", True),
        ("1/2/test/3/object.jpg", True),
        ("1/2/3/test/4/object.jpg", True),
        ("1///test///object.jpg", True),
        ("1/test/.jpg", True),
        ("/test/object.jpg", True),
        ("1/test/", True),
        ("1-test/object.jpg", False),
        ("test/object.jpg", False),
        ("1/2/test.jpg", False),
    ],
)
def test_the_resource_pages_example(key: str, expected: bool) -> None:
    assert fits(f"{BUCKET}/*/test/*", f"{BUCKET}/{key}", Colons.RESOURCE) is expected


FINANCE = "arn:aws:someservice:*:111122223333:finance/*"
SPANNING = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"


def test_the_condition_pages_example_of_string_like_and_arn_like() -> None:
    assert fits(FINANCE, SPANNING)
    assert not fits(FINANCE, SPANNING, Colons.ARN)
    assert fits(FINANCE, "arn:aws:someservice:us-east-2:111122223333:finance/document.txt", Colons.ARN)


STREAM = "arn:aws:kinesis:eu-central-1:111122223333:stream/orders"


@pytest.mark.parametrize(
    ("pattern", "text", "as_resource", "as_arn"),
    [
        (STREAM, STREAM, True, True),
        ("*", STREAM, True, False),
        ("arn:aws:kinesis:*", STREAM, True, False),
        ("arn:aws:kinesis:*:111122223333:stream/*", STREAM, True, True),
        ("arn:aws:kinesis:*:*:stream/orders", STREAM, True, True),
        ("arn:aws:kinesis:*:stream/orders", STREAM, True, False),  # a `*` that ends a part runs on
        ("arn:aws:kinesis:**:stream/orders", STREAM, True, False),
        ("arn:aws:kinesis:eu-*-1:111122223333:stream/orders", STREAM, True, True),
        ("arn:aws:kinesis:e*3:stream/orders", STREAM, False, False),  # one inside a part doesn't
        ("arn:aws:kinesis:eu-central-1?111122223333:stream/orders", STREAM, False, False),
        ("arn:aws:kinesis:eu-central-?:111122223333:stream/order?", STREAM, True, True),
        ("arn:aws:kinesis:eu-central-1:111122223333:stream/Orders", STREAM, False, False),
        ("arn:aws:kinesis:eu-central-1:111122223333:stream", STREAM, False, False),
        # a consumer's ARN has a colon in its last part
        (f"{STREAM}/consumer/*", f"{STREAM}/consumer/billing:1763600000", True, True),
        (f"{STREAM}/*:17636?????", f"{STREAM}/consumer/billing:1763600000", True, True),
    ],
)
def test_colons_in_arns(pattern: str, text: str, as_resource: bool, as_arn: bool) -> None:
    assert fits(pattern, text, Colons.RESOURCE) is as_resource
    assert fits(pattern, text, Colons.ARN) is as_arn


LETTERS = st.text("ab:/*?", max_size=12)


@given(pattern=LETTERS, text=LETTERS)
@example(pattern="*a*?b", text="aaab")
@example(pattern="**", text="")
@example(pattern="", text="")
def test_agrees_with_fnmatch_where_nothing_else_is_special(pattern: str, text: str) -> None:
    theirs = re.fullmatch(fnmatch.translate(pattern), text) is not None
    assert fits(pattern, text) is theirs


def by_parts(pattern: str, text: str) -> bool:
    """ArnLike as the page words it, with another matcher: each of the six components apart."""
    ours, theirs = pattern.split(":", 5), text.split(":", 5)
    return len(ours) == len(theirs) == 6 and all(
        re.fullmatch(fnmatch.translate(a), b) for a, b in zip(ours, theirs, strict=True)
    )


def arns(letters: str) -> st.SearchStrategy[str]:
    return st.builds(
        lambda parts, last: ":".join([*parts, last]),
        st.lists(st.text(letters, max_size=3), min_size=5, max_size=5),
        st.text(letters + ":", max_size=6),
    )


@given(pattern=arns("a*?") | st.text("a:*?", max_size=14), text=arns("ab"))
@example(pattern="a:*:?:*:*:a*", text="a:b:a::a:a:b")
@example(pattern="a:*:a", text="a:b:b:b:b:a")
def test_arn_like_checks_each_of_the_six_parts(pattern: str, text: str) -> None:
    assert fits(pattern, text, Colons.ARN) is by_parts(pattern, text)


@given(pattern=st.text("a:*?", max_size=14), text=st.text("ab:", max_size=14))
def test_arn_like_is_narrowest_and_plain_text_widest(pattern: str, text: str) -> None:
    if fits(pattern, text, Colons.ARN):
        assert fits(pattern, text, Colons.RESOURCE)
    if fits(pattern, text, Colons.RESOURCE):
        assert fits(pattern, text)


def test_square_brackets_are_plain_characters() -> None:
    assert fits("[ab]", "[ab]")
    assert not fits("[ab]", "a")


def test_literal_characters_are_no_wildcards() -> None:
    assert matches(("a", "*"), "a*")
    assert not matches(("a", "*"), "ab")
    assert matches(("a", Wild.ANY), "ab")


def test_no_pattern_takes_more_than_its_length_times_the_texts() -> None:
    """A backtracking matcher would not come back from this."""
    assert not fits("*a" * 2_000 + "b", "a" * 2_000)
    assert fits("*a" * 2_000, "a" * 2_000)
