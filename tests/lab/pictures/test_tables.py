"""Tables of a notebook."""

from lab.pictures.tables import Table, shard_table
from lab.rules.hash_space import even_ranges


def test_text_is_aligned_and_html_escaped() -> None:
    table = Table("Needs", ("job", "shards"), [("a <b>", 5), ("longer name", 12)])
    assert repr(table) == "Needs\njob          shards\na <b>             5\nlonger name      12"
    page = table._repr_html_()
    assert '<td style="text-align: left">a&nbsp;&lt;b&gt;</td>' in page
    assert '<td style="text-align: right">12</td>' in page
    assert page.startswith("<table><caption>Needs</caption>")
    assert '<th scope="col" style="text-align: left">job</th>' in page
    assert '<th scope="col" style="text-align: right">shards</th>' in page


def test_table_without_rows() -> None:
    assert repr(Table("None", ("a", "b"), [])) == "None\na  b"


def test_shards_as_boto3_returns_them() -> None:
    first, second = ({"StartingHashKey": str(r.start), "EndingHashKey": str(r.end)} for r in even_ranges(2))
    ended = {"StartingSequenceNumber": "1", "EndingSequenceNumber": "2"}
    shards = [
        {"ShardId": "shardId-000000000001", "HashKeyRange": first, "SequenceNumberRange": ended},
        {
            "ShardId": "shardId-000000000012",
            "HashKeyRange": second,
            "SequenceNumberRange": {"StartingSequenceNumber": "1"},
            "ParentShardId": "shardId-000000000001",
            "AdjacentParentShardId": "shardId-000000000002",
        },
    ]
    assert shard_table(shards).rows == [
        ("1", "closed", "–", "50.0 %", 0, 2**127 - 1),
        ("12", "open", "1 and 2", "50.0 %", 2**127, 2**128 - 1),
    ]


def test_a_hash_key_may_break_and_other_numbers_do_not() -> None:
    page = Table("Keys", ("key", "count"), [(2**128 - 1, 1234567890123456)])._repr_html_()
    assert ">3402823669209<wbr>3846346337460<wbr>7431768211455</td>" in page
    assert ">1234567890123456</td>" in page
