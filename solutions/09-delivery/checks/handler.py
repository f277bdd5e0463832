"""Task `handler`: transform records on their way."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/09-delivery.ipynb"
Event = dict[str, Any]
Answer = dict[str, Any]
FIELDS = ("id", "kind", "cents")


def _of(data: str) -> dict[str, Any] | None:
    """The sale in a record's data; none when it is no sale."""
    try:
        sale = json.loads(base64.b64decode(data))
    except (binascii.Error, ValueError):
        return None
    return sale if isinstance(sale, dict) and all(name in sale for name in FIELDS) else None


def _line(sale: dict[str, Any]) -> str:
    return ",".join(str(sale[name]) for name in FIELDS) + "\n"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _judged(record: dict[str, Any], line: Callable[[dict[str, Any]], str] = _line) -> Answer:
    sale = _of(record["data"])
    told = {"recordId": record["recordId"], "data": record["data"]}
    if sale is None:
        return told | {"result": "ProcessingFailed"}
    if sale["kind"] == "test":
        return told | {"result": "Dropped"}
    return told | {"result": "Ok", "data": _encoded(line(sale))}


def handler(event: Event, context: None) -> Answer:
    """An answer for every record, in order."""
    return {"records": [_judged(record) for record in event["records"]]}


def _each(change: Callable[[Answer, dict[str, Any]], Answer | None]) -> Callable[..., Answer]:
    """The right answers, each changed; those that become nothing are left out."""

    def wrong(event: Event, context: None) -> Answer:
        pairs = zip(handler(event, context)["records"], event["records"], strict=True)
        changed = [change(answer, record) for answer, record in pairs]
        return {"records": [answer for answer in changed if answer is not None]}

    return wrong


def _with_result(old: str, new: str) -> Callable[..., Answer]:
    return _each(lambda answer, record: answer | {"result": new} if answer["result"] == old else answer)


def _plain(answer: Answer, record: dict[str, Any]) -> Answer:
    if answer["result"] != "Ok":
        return answer
    return answer | {"data": base64.b64decode(answer["data"]).decode()}


def _no_new_line(event: Event, context: None) -> Answer:
    return {"records": [_judged(record, lambda sale: _line(sale)[:-1]) for record in event["records"]]}


def _passes_half(answer: Answer, record: dict[str, Any]) -> Answer:
    """A sale that lacks a field is taken as one with an empty field."""
    try:
        sale = json.loads(base64.b64decode(record["data"]))
    except (binascii.Error, ValueError):
        return answer
    if answer["result"] != "ProcessingFailed" or not isinstance(sale, dict):
        return answer
    text = ",".join(str(sale.get(name, "")) for name in FIELDS) + "\n"
    return answer | {"result": "Ok", "data": _encoded(text)}


def _record(number: int, data: bytes) -> dict[str, Any]:
    return {
        "recordId": f"4967{number:06}",
        "approximateArrivalTimestamp": 1_795_000_000_000 + number,
        "data": base64.b64encode(data).decode(),
    }


def _event(datas: Sequence[bytes], first: int = 1) -> Arguments:
    records = [_record(first + place, data) for place, data in enumerate(datas)]
    event = {
        "invocationId": f"call-{first}",
        "deliveryStreamArn": "arn:aws:firehose:…",
        "region": "us-east-1",
    }
    return {"event": event | {"records": records}, "context": None}


def _sale(number: int, kind: str = "sale", cents: int = 450) -> bytes:
    return json.dumps({"id": number, "kind": kind, "cents": cents}).encode()


BAD = (
    b'{"id": 6, "kind": "sa',
    b"[1, 2]",
    b'{"id": 7, "kind": "sale"}',
    b'{"kind": "refund", "cents": 5}',
    b"\xff\xfe",
    b"",
    b'"sale"',
    b'{"id": 8, "cents": 90}',
)


def _sales(rng: Random, number: int) -> list[bytes]:
    kinds = ("sale", "refund", "gift")
    return [_sale(rng.randint(1, 9999), rng.choice(kinds), rng.randint(0, 90_000)) for _ in range(number)]


def _good(rng: Random) -> Arguments:
    return _event(_sales(rng, rng.randint(1, 6)), rng.randint(1, 99_999))


def _tests(rng: Random) -> Arguments:
    datas = _sales(rng, 3) + [_sale(rng.randint(1, 999), "test") for _ in range(rng.randint(1, 2))]
    rng.shuffle(datas)
    return _event(datas, rng.randint(1, 99_999))


def _broken(rng: Random) -> Arguments:
    datas = _sales(rng, 2) + rng.sample(BAD, 3)
    rng.shuffle(datas)
    return _event(datas, rng.randint(1, 99_999))


TASK = Task(
    id="handler",
    title="Transform records on their way",
    function="handler",
    oracle=handler,
    read=f"{LESSON}, “A function on the way”",
    parts=(
        Cases(
            id="lines",
            points=2,
            says="must make a line of each sale, in base64, under the recordId that it had",
            visible=(_event([_sale(17)]), _event([_sale(3, "refund", 90), _sale(4, "gift", 0)], 20)),
            hidden=_good,
        ),
        Cases(
            id="dropped",
            points=1,
            says="must drop tests, and say so",
            visible=(_event([_sale(1), _sale(2, "test"), _sale(3)], 40),),
            hidden=_tests,
        ),
        Cases(
            id="failed",
            points=2,
            says="must say of each record that is no sale that it failed, and go on with the others",
            visible=(_event([_sale(1), BAD[0], _sale(2)], 60), _event([BAD[1], BAD[2], _sale(5), BAD[3]], 80),
                     _event([BAD[4], BAD[5], BAD[6], BAD[7]], 90)),
            hidden=_broken,
        ),
    ),
    misconceptions=(
        Misconception(
            id="leaves_out",
            words="Tests are left out of the answer: a record without an answer counts as failed. "
            "Say `Dropped`.",
            model=_each(lambda answer, record: None if answer["result"] == "Dropped" else answer),
        ),
        Misconception(
            id="drops_bad",
            words="Records that are no sale are dropped: then nobody finds them again. Say "
            "`ProcessingFailed`.",
            model=_with_result("ProcessingFailed", "Dropped"),
        ),
        Misconception(
            id="fails_tests",
            words="Tests are said to have failed: they pile up in the error prefix. Say `Dropped`.",
            model=_with_result("Dropped", "ProcessingFailed"),
        ),
        Misconception(
            id="not_encoded",
            words="The line is given as it is: `data` is in base64, both ways.",
            model=_each(_plain),
        ),
        Misconception(
            id="no_new_line",
            words="The line has no end: Firehose joins records as they are, so end each with a new line.",
            model=_no_new_line,
        ),
        Misconception(
            id="half_a_sale",
            words="A sale that lacks a field is delivered all the same: it is no sale by the rule, "
            "so it failed.",
            model=_each(_passes_half),
        ),
        Misconception(
            id="hands_on_bad",
            words="Records that are no sale are handed on as `Ok`: the files then hold lines that are none.",
            model=_with_result("ProcessingFailed", "Ok"),
        ),
    ),
    hints=(
        "A function for one record is easier: decode, read, check, answer. What can go wrong in each "
        "step, and what "
        "does Python raise then?",
        "`json.loads(base64.b64decode(record[\"data\"]))` raises ValueError for text that is no "
        "JSON. After it, ask "
        "whether it is a dictionary with all three names. Encode with "
        "`base64.b64encode(line.encode()).decode()`.",
    ),
)  # fmt: skip
