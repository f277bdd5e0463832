"""The aggregated format, field by field: what the package writes is told byte for byte."""

import re

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator

from lab.pictures.aggregates import byte_table
from lab.rules.kpl_format import DIGEST_BYTES, MAGIC, fields, is_aggregated


def aggregated(*events: tuple[str, bytes, str | None]) -> bytes:
    aggregator = RecordAggregator()
    for key, data, hash_key in events:
        aggregator.add_user_record(key, data, hash_key)
    contents: bytes = aggregator.clear_and_get().get_contents()[2]
    return contents


TWO_KEYS = aggregated(
    ("player-1", b"joins", None), ("player-7", b"joins", None), ("player-1", b"jumps", None)
)


def test_every_byte_belongs_to_one_field() -> None:
    long = aggregated(*[(f"player-{n}", b"x" * 300, str(n)) for n in range(200)])
    for data in (TWO_KEYS, long):
        assert b"".join(field.raw for field in fields(data)) == data
        at = 0
        for field in fields(data):
            assert field.start == at
            at += len(field.raw)


def test_fields_say_what_they_are() -> None:
    assert [field.meaning for field in fields(TWO_KEYS)] == [
        "magic number: an aggregated record",
        "partition key 0: player-1",
        "partition key 1: player-7",
        "event of partition key 0: joins",
        "event of partition key 1: joins",
        "event of partition key 0: jumps",
        "MD5 of everything between",
    ]


def test_explicit_hash_keys_are_told() -> None:
    told = [field.meaning for field in fields(aggregated(("player-1", b"joins", "170")))]
    assert told[2:4] == [
        "explicit hash key 0: 170",
        "event of partition key 0 and explicit hash key 0: joins",
    ]


def test_table_shows_bytes_and_cuts_long_ones() -> None:
    told = repr(byte_table(TWO_KEYS))
    assert told.startswith(f"An aggregated record, {len(TWO_KEYS)} bytes\n")
    assert "f3 89 9a c2" in told
    assert re.search(r"4 +10  0a 08 70 6c 61 79 65 72 2d 31 +partition key 0: player-1$", told, re.MULTILINE)
    many = byte_table(aggregated(*[("player-1", b"jumps", None)] * 100))
    assert many.caption.endswith("87 fields left out")
    assert many.rows[-1][3] == "MD5 of everything between"


def test_other_data_is_refused() -> None:
    broken = TWO_KEYS[:-1] + bytes([TWO_KEYS[-1] ^ 1])
    for data in (b"", MAGIC, MAGIC + bytes(DIGEST_BYTES), b"{}", broken, TWO_KEYS[1:]):
        assert not is_aggregated(data)
        with pytest.raises(ValueError, match="not an aggregated record"):
            byte_table(data)
