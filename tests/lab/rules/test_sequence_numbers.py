"""Sequence numbers: their form, their order, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.rules import sequence_numbers
from lab.rules.sequence_numbers import LAST_PLACE, base_of, number, parse

SECONDS = st.integers(1_700_000_000, 2**36 - 1)
SHARDS = st.integers(0, 2**31 - 1)
PLACES = st.integers(0, LAST_PLACE)


@given(SECONDS, SHARDS, PLACES, SECONDS)
def test_a_number_tells_what_it_was_made_of(created: int, shard: int, place: int, seconds: int) -> None:
    text = str(number(base_of(created, shard), place, seconds))
    told = parse(text)
    assert (told.created, told.shard, told.place, told.seconds) == (created, shard, place, seconds)
    assert told.text == text
    assert len(text) == 56 or created > 2**35, "56 digits until the year 3058"


@given(SECONDS, SHARDS, PLACES, PLACES, SECONDS, SECONDS)
def test_numbers_rise_with_the_place_whatever_the_time(
    created: int, shard: int, one: int, other: int, early: int, late: int
) -> None:
    base = base_of(created, shard)
    low, high = sorted((one, other))
    if low != high:
        assert number(base, low, late) < number(base, high, early)


@given(SECONDS, SHARDS, SHARDS, PLACES, PLACES)
def test_a_later_shards_numbers_are_all_above(
    created: int, parent: int, child: int, one: int, other: int
) -> None:
    if created + 1 < 2**36:
        last = number(base_of(created, parent), one, created)
        assert last < number(base_of(created + 1, child), other, 0)


# As AWS answered them, seen in public: 5 encodes shard 5, and 0 is an old number of shard 0.
@pytest.mark.parametrize(
    ("text", "shard", "shown"),
    [
        ("5", 5, "21267647932558653966460912964485513221"),
        ("0", 0, "21267647932558653966460912964485513216"),
        ("425352958651173072921826052383309826", 2, "21693000891209827039382739016868823042"),
        (str(0xF3BB2CC3D7FF7FFFFFFFFFFFFFFF0000), 0, "26227199374821822965252748908982894592"),
    ],
)
def test_old_numbers_are_told_from_garbage(text: str, shard: int, shown: str) -> None:
    told = parse(text)
    assert (told.shard, told.place, told.text) == (shard, -1, shown)


@pytest.mark.parametrize(
    "text",
    [
        str(0x13BB2CC3D80000000000000000000000),
        str(0x20000000000800000000000000000000000000000000002),
        str(0x20000000000000000000000000000000000000800000002),
        str(0x20000000000000000000000000000000000000000000003),
        "9" * 129,
        str(3 << 184),
        str((2 << 184) - 1),
    ],
)
def test_what_aws_never_gave_out(text: str) -> None:
    with pytest.raises(ValueError, match="no sequence number"):
        parse(text)


def test_versions_one_and_two_only() -> None:
    base = base_of(1_800_000_000, 3)
    assert parse(str(base - 1)).place == -1, "version 1"
    assert sequence_numbers.parse(str(base)).place == 0
