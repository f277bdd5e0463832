"""What the lab corrects in kinesis-mock's own code: each of these fails when a correction no longer fits."""

import re
from typing import Any

import pytest

from lab.aws.folders import KINESIS_MOCK, PROJECT
from lab.control import Control
from lab.rules import quotas
from lab.rules.hash_space import even_ranges, range_of
from tests.lab.emulator.support import create, everything, quotas_off, shards_of

RULES = PROJECT / "lab" / "emulator" / "lab_emulator" / "kinesis" / "backend" / "backend_rules.cjs"
TEXTS = [
    "  return ($is_sc_IndexedSeq(xs) ? this.bxg(xs, this.hY) :",
    "if ((((x22.alT + totalSize$tailLocal1) | 0) > 10485760)) {",
    "var shardHash = this.aaO.b4S($m_s_package$().cX().kS(shardCount));",
    "(($m_sci_RedBlackTree$().iJ(b$1.co.b7) >= 20) ?",
]


def test_each_correction_finds_its_text_once() -> None:
    source = KINESIS_MOCK.read_text()
    assert [source.count(text) for text in TEXTS] == [1] * len(TEXTS)
    assert re.findall(r'^    "(.*)",$', RULES.read_text(), re.MULTILINE) == TEXTS


@pytest.mark.xdist_group("shared-lab")
@pytest.mark.parametrize("shards", [1, 2, 3, 4, 7, 10])
def test_create_stream_cuts_the_hash_space_as_aws_does(kinesis: Any, shards: int) -> None:
    create(kinesis, shards=shards)
    assert [range_of(shard) for shard in shards_of(kinesis)] == even_ranges(shards)


@pytest.mark.xdist_group("shared-lab")
def test_a_record_of_ten_mebibytes_can_be_read(kinesis: Any, control: Control) -> None:
    quotas_off(control)
    create(kinesis, MaxRecordSizeInKiB=quotas.RECORD_LARGEST_MAX_KIB)
    largest = b"x" * (quotas.GET_RECORDS_MAX_BYTES - 1)
    for _ in range(2):
        kinesis.put_record(StreamName="orders", Data=largest, PartitionKey="k")
    assert [record["Data"] == largest for record in everything(kinesis)] == [True, True]
