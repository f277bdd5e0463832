"""The sanitiser hides what differs from run to run, and nothing else."""

import re

import pytest
from nbval.plugin import get_sanitize_patterns

from lab.commands.proving import SANITIZER


def sanitized(text: str) -> str:
    """As nbval does it: every pattern of its file in turn."""
    for regex, replacement in get_sanitize_patterns(SANITIZER.read_text(encoding="utf-8")):
        text = re.sub(regex, replacement, text)
    return text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("49680402476244316489420143285548536314189359189151711234", "4968" + "7" * 52),
        ("2026-11-20 15:52:02.187000+00:00", "2027-01-02 03:04:05.600000+00:00"),
        ("datetime.datetime(2026, 11, 20, 15, 52, tzinfo=tzlocal())", "datetime.datetime(2027, 1, 2)"),
        ("b6fd42f9-9054-4787-8847-556d11756be6", "00000000-9054-4787-8847-556d11756be6"),
        ("took 0.35 s", "took 12 s"),
        ("arn:aws:iam::613721214640:user/a", "arn:aws:iam::000000000000:user/a"),
        ("http://127.0.0.1:4566", "http://127.0.0.1:38121"),
        ("AAAAAAAA" + "x" * 120, "AAAAAAAA" + "y+/" * 50),
    ],
)
def test_what_differs_is_hidden(one: str, other: str) -> None:
    assert one != other
    assert sanitized(one) == sanitized(other)


@pytest.mark.parametrize(
    "text",
    [
        "{'shardId-000000000000': 245, 'shardId-000000000001': 251}",
        "340282366920938463463374607431768211455",
        "25.0 % of the hash space, 425 records",
        "4 -> 8",
        "the write needs 1.46 shards, 35 s, 12 ms",
        "account 613721214640",
        "arn:aws:kinesis:us-east-1:613721214640:stream/course-00",
        "RetentionPeriodHours  24",
    ],
)
def test_every_plain_number_counts(text: str) -> None:
    allowed = re.search(r"(?<=us-east-1:)\d{12}", text)
    for match in re.finditer(r"\d", text):
        if allowed and allowed.start() <= match.start() < allowed.end():
            continue
        position = match.start()
        other = text[:position] + str((int(text[position]) + 1) % 10) + text[position + 1 :]
        assert sanitized(other) != sanitized(text), match
