"""Record processors spoken to over KCL's protocol, without KCL: right ones, and each way to be wrong."""

import time
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.kcl import Event, Record, Rehearsal

GOOD = Path(__file__).with_name("processor.py")


def records(*texts: str) -> list[Record]:
    return [
        Record(f"key-{text}", f"4950{number}", 0, time.time(), text.encode())
        for number, text in enumerate(texts)
    ]


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def variant(folder: Path, old: str, new: str) -> Path:
    """The good processor with one thing changed."""
    text = GOOD.read_text()
    assert old in text
    file = folder / "variant.py"
    file.write_text(text.replace(old, new))
    return file


def test_a_batch_is_processed_and_checkpointed() -> None:
    with Rehearsal(GOOD, "shardId-000000000007") as kcl:
        (won,) = kcl.initialize("4949")
        batch = kcl.process_records(records("a", "b"))
        assert kinds(batch) == ["delivered", "printed", "printed", "checkpoint", "processed"]
        assert kcl.end() == "exit status 0"
    assert (won.kind, won.shard, won.sequence_number) == ("lease_won", "shardId-000000000007", "4949")
    assert [record.data for record in batch[0].records] == [b"a", b"b"]
    assert [record.partition_key for record in batch[0].records] == ["key-a", "key-b"]
    assert [event.text for event in batch if event.kind == "printed"] == ["record a", "record b"]
    assert batch[3].sequence_number == "49501"
    assert (batch[4].count, batch[4].sequence_number) == (2, "49501")


def test_data_that_is_no_text_arrives_whole() -> None:
    data = bytes(range(256)) * 1000
    with Rehearsal(GOOD) as kcl:
        kcl.initialize()
        (delivered, *_) = kcl.process_records([Record("k", "1", 3, 1700000000.25, data)])
    assert delivered.records == (Record("k", "1", 3, 1700000000.25, data),)


def test_a_throttled_checkpoint_is_tried_again() -> None:
    with Rehearsal(GOOD) as kcl:
        kcl.initialize()
        kcl.refuse_checkpoints("ThrottlingException", "ThrottlingException")
        batch = kcl.process_records(records("a"))
    tried = [event for event in batch if event.kind.startswith("checkpoint")]
    assert [event.error for event in tried] == ["ThrottlingException", "ThrottlingException", None]


def test_a_checkpoint_that_another_worker_made_impossible_is_given_up() -> None:
    with Rehearsal(GOOD) as kcl:
        kcl.initialize()
        kcl.refuse_checkpoints("ShutdownException")
        batch = kcl.process_records(records("a"))
    assert kinds(batch).count("checkpoint_refused") == 1
    assert "checkpoint" not in kinds(batch)
    assert "processed" in kinds(batch)


def test_after_a_lost_lease_no_checkpoint_is_tried() -> None:
    with Rehearsal(GOOD) as kcl:
        kcl.initialize()
        kcl.process_records(records("a"))
        assert kinds(kcl.lease_lost()) == ["lease_lost"]


def test_a_checkpoint_after_a_lost_lease_is_refused(tmp_path: Path) -> None:
    stubborn = variant(tmp_path, "self.leased = False", "self.checkpoint(self.kept)")
    keep = "self.kept = process_records_input.checkpointer\n        for record in"
    stubborn.write_text(stubborn.read_text().replace("for record in", keep))
    with Rehearsal(stubborn) as kcl:
        kcl.initialize()
        kcl.process_records(records("a"))
        lost = kcl.lease_lost()
    assert [event.error for event in lost if event.kind == "checkpoint_refused"] == ["InvalidStateException"]


def test_the_end_of_a_shard_is_checkpointed() -> None:
    with Rehearsal(GOOD) as kcl:
        kcl.initialize()
        kcl.process_records(records("a"))
        ended = kcl.shard_ended()
    assert kinds(ended) == ["shard_ended", "checkpoint"]
    assert ended[1].sequence_number == "SHARD_END"


@pytest.mark.parametrize(
    "instead",
    [
        "pass",
        "shard_ended_input.checkpointer.checkpoint('4950')",
    ],
    ids=["none", "at a record"],
)
def test_a_shard_end_without_its_checkpoint_is_told(tmp_path: Path, instead: str) -> None:
    broken = variant(tmp_path, "self.checkpoint(shard_ended_input.checkpointer)", instead)
    with Rehearsal(broken) as kcl:
        kcl.initialize()
        kcl.process_records(records("a"))
        ended = kcl.shard_ended()
    assert ended[-1].kind == "rule_broken"
    assert "checkpoint" in str(ended[-1].text)


def test_a_shard_end_whose_checkpoint_is_refused_is_told() -> None:
    with Rehearsal(GOOD) as kcl:
        kcl.initialize()
        kcl.refuse_checkpoints("ShutdownException")
        assert "rule_broken" in kinds(kcl.shard_ended())


def test_shutdown_is_a_last_chance_to_checkpoint() -> None:
    with Rehearsal(GOOD) as kcl:
        kcl.initialize()
        kcl.process_records(records("a", "b"))
        asked = kcl.shutdown_requested()
    assert kinds(asked) == ["shutdown_requested", "checkpoint"]
    assert asked[1].sequence_number == "49501"


def test_an_exception_is_swallowed_as_kclpy_does(tmp_path: Path) -> None:
    """The trap of the KCL guide: the batch counts as processed and comes no second time."""
    broken = variant(tmp_path, 'print("record", record', 'raise RuntimeError("boom"); print("record", record')
    with Rehearsal(broken) as kcl:
        kcl.initialize()
        batch = kcl.process_records(records("a"))
        assert kcl.end() == "exit status 0"
        seen = kcl.events
    assert "processed" in kinds(batch)
    assert "checkpoint" not in kinds(batch)
    assert any(event.kind == "complained" and "RuntimeError: boom" in str(event.text) for event in seen)


def test_a_processor_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        Rehearsal(variant(tmp_path, "self.leased = True", "raise SystemExit('no database')")) as kcl,
        pytest.raises(LabError, match=r"(?s)exit status 1.*no database"),
    ):
        kcl.initialize()


def test_a_processor_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with (
        Rehearsal(variant(tmp_path, "class RecordProcessor", "class class")) as kcl,
        pytest.raises(LabError, match="SyntaxError"),
    ):
        kcl.initialize()


def test_a_silent_processor_is_told(tmp_path: Path) -> None:
    with (
        Rehearsal(variant(tmp_path, "self.leased = True", "time.sleep(60)"), seconds=1) as kcl,
        pytest.raises(LabError, match="has not answered"),
    ):
        kcl.initialize()


def test_no_processor(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no record processor"):
        Rehearsal(tmp_path / "none.py")
