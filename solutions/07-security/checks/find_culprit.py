"""Task `find_culprit`: find in a trail who deleted a stream."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

from .policies import arn_of, draw_stream, neighbours, parts_of

LESSON = "course/07-security.ipynb"

Event = dict[str, Any]


ACCOUNT = "111122223333"


def _who_role(role: str, session: str, path: str = "", account: str = ACCOUNT) -> dict[str, Any]:
    issuer = {
        "type": "Role",
        "arn": f"arn:aws:iam::{account}:role/{path}{role}",
        "accountId": account,
        "userName": role,
    }
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "sessionContext": {"sessionIssuer": issuer},
    }


def _who_user(name: str, account: str = ACCOUNT) -> dict[str, Any]:
    return {
        "type": "IAMUser",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "userName": name,
    }


def _event(
    who: dict[str, Any],
    stream: str,
    minute: int,
    *,
    by_arn: bool = False,
    name: str = "DeleteStream",
    source: str = "kinesis.amazonaws.com",
    error: str | None = None,
) -> Event:
    """A call on a stream, `minute` minutes after midnight."""
    region, account, short = parts_of(stream)
    made = {
        "eventTime": f"2026-11-20T{minute // 60:02}:{minute % 60:02}:{minute * 7 % 60:02}Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "recipientAccountId": account,
        "userIdentity": who,
        "requestParameters": {"streamARN": stream} if by_arn else {"streamName": short},
    }
    return made | ({"errorCode": error} if error else {})


def _is_success(event: Event) -> bool:
    return "errorCode" not in event


def _is_deletion(event: Event) -> bool:
    return bool(event["eventName"] == "DeleteStream")


def _is_kinesis(event: Event) -> bool:
    return bool(event["eventSource"] == "kinesis.amazonaws.com")


def _named(event: Event) -> str:
    """The name of the stream that the call is about, given by name or by ARN."""
    asked = event["requestParameters"]
    return str(asked.get("streamName") or asked["streamARN"].rpartition("/")[2])


def _same_name(event: Event, stream: str) -> bool:
    return _named(event) == parts_of(stream)[2]


def _same_region(event: Event, stream: str) -> bool:
    return bool(event["awsRegion"] == parts_of(stream)[0])


def _same_account(event: Event, stream: str) -> bool:
    return bool(event["recipientAccountId"] == parts_of(stream)[1])


def _principal(identity: dict[str, Any]) -> str:
    if identity["type"] == "AssumedRole":
        return str(identity["sessionContext"]["sessionIssuer"]["arn"])
    return str(identity["arn"])


def _rewritten(identity: dict[str, Any]) -> str:
    """The role's ARN, guessed from the session's: without its path."""
    if identity["type"] != "AssumedRole":
        return str(identity["arn"])
    role = identity["arn"].split("/")[1]
    return f"arn:aws:iam::{identity['accountId']}:role/{role}"


def _search(
    leaves_out: str = "", principal: Callable[[dict[str, Any]], str] = _principal
) -> Callable[..., dict[str, str] | None]:
    """The search by the printed rule, but for the one condition that it leaves out or changes."""

    def search(events: list[Event], stream_arn: str) -> dict[str, str] | None:
        conditions: dict[str, Callable[[Event], bool]] = {
            "success": _is_success,
            "deletion": _is_deletion,
            "source": _is_kinesis,
            "name": lambda event: _same_name(event, stream_arn),
            "region": lambda event: _same_region(event, stream_arn),
            "account": lambda event: _same_account(event, stream_arn),
            "by_name": lambda event: True,
        }
        if leaves_out == "name":
            conditions["name"] = lambda event: _named(event).startswith(parts_of(stream_arn)[2])
        elif leaves_out == "by_name":
            conditions["by_name"] = lambda event: "streamName" in event["requestParameters"]
        else:
            conditions.pop(leaves_out, None)
        for event in events:
            if all(holds(event) for holds in conditions.values()):
                return {"principal": principal(event["userIdentity"]), "time": event["eventTime"]}
        return None

    return search


find_culprit = _search()


ROLES = ("nightly", "deploy", "analytics", "cleanup", "checkout")


USERS = ("ana", "ben", "chloe", "dev")


def _draw_who(rng: Random, account: str, *, role: bool | None = None) -> dict[str, Any]:
    if role if role is not None else rng.random() < 0.7:
        path = rng.choice(("", "jobs/", "teams/data/"))
        return _who_role(rng.choice(ROLES), f"run-{rng.randint(10, 99)}", path, account)
    return _who_user(rng.choice(USERS), account)


def _draw_events(rng: Random, kinds: Sequence[str], **culprit: Any) -> Arguments:
    """A trail with one deletion, and distractors of these kinds, in any order."""
    stream = draw_stream(rng)
    _, account, _ = parts_of(stream)
    minutes = rng.sample(range(60, 1380), len(kinds) + 1)
    others = neighbours(stream)
    role = culprit.pop("role", None)
    events = [_event(_draw_who(rng, account, role=role), stream, minutes[0], **culprit)]
    for kind, minute in zip(kinds, minutes[1:], strict=True):
        who, by_arn = _draw_who(rng, account), rng.random() < 0.5
        if kind == "attempt":
            events.append(_event(who, stream, minute, by_arn=by_arn, error="AccessDeniedException"))
        elif kind == "call":
            events.append(_event(who, stream, minute, by_arn=by_arn, name="DescribeStreamSummary"))
        elif kind == "video":
            events.append(_event(who, stream, minute, source="kinesisvideo.amazonaws.com"))
        elif kind == "name":
            events.append(_event(who, others["a stream with a longer name"], minute, by_arn=by_arn))
        elif kind == "region":
            other = others["the stream of this name in another region"]
            events.append(_event(who, other, minute, by_arn=by_arn))
        else:
            other = others["the stream of this name in another account"]
            events.append(_event(_draw_who(rng, "999988887777"), other, minute, by_arn=by_arn))
    rng.shuffle(events)
    return {"events": events, "stream_arn": stream}


def _attempts_case(rng: Random) -> Arguments:
    kinds = ["attempt"] * rng.randint(1, 3) + ["call"] * rng.randint(1, 3)
    return _draw_events(rng, kinds, role=False)


def _session_case(rng: Random) -> Arguments:
    return _draw_events(rng, ["attempt", "call", "call"], role=True)


def _place_case(rng: Random) -> Arguments:
    kinds = ["video", "name", "region", "account", "attempt", "call"]
    return _draw_events(rng, kinds, by_arn=rng.random() < 0.5)


DELETED = arn_of("orders")


NIGHTLY = _who_role("nightly", "run-17")


TASK = Task(
    id="find_culprit",
    title="Find in a trail who deleted a stream",
    function="find_culprit",
    oracle=find_culprit,
    read=f"{LESSON}, “Who has deleted the archive?”",
    parts=(
        Cases(
            id="attempts",
            points=1,
            says="must tell the deletion from attempts and from other calls",
            visible=(
                {
                    "events": [
                        _event(_who_user("ana"), DELETED, 125, error="AccessDeniedException"),
                        _event(_who_user("dev"), DELETED, 126, name="DescribeStreamSummary"),
                        _event(_who_user("ben"), DELETED, 131),
                    ],
                    "stream_arn": DELETED,
                },
                {
                    "events": [
                        _event(_who_user("ben"), DELETED, 200, error="ResourceNotFoundException"),
                        _event(_who_user("chloe"), DELETED, 190),
                    ],
                    "stream_arn": DELETED,
                },
            ),
            hidden=_attempts_case,
            hidden_count=4,
        ),
        Cases(
            id="sessions",
            points=1,
            says="must name the role behind a session",
            visible=(
                {"events": [_event(NIGHTLY, DELETED, 61)], "stream_arn": DELETED},
                {
                    "events": [_event(_who_role("cleanup", "run-3", "jobs/"), DELETED, 62)],
                    "stream_arn": DELETED,
                },
            ),
            hidden=_session_case,
            hidden_count=4,
        ),
        Cases(
            id="which_stream",
            points=2,
            says="must look at the stream that was deleted, and at no other",
            visible=(
                {
                    "events": [
                        _event(_who_role("deploy", "run-1"), arn_of("orders-archive"), 70),
                        _event(NIGHTLY, DELETED, 75),
                    ],
                    "stream_arn": DELETED,
                },
                {
                    "events": [
                        _event(_who_role("deploy", "run-1"), arn_of("orders", "eu-west-1"), 70),
                        _event(NIGHTLY, DELETED, 75),
                    ],
                    "stream_arn": DELETED,
                },
                {
                    "events": [
                        _event(
                            _who_role("deploy", "run-1", account="999988887777"),
                            arn_of("orders", account="999988887777"),
                            70,
                        ),
                        _event(NIGHTLY, DELETED, 75),
                    ],
                    "stream_arn": DELETED,
                },
                {
                    "events": [
                        _event(_who_role("deploy", "r-1"), DELETED, 70, source="kinesisvideo.amazonaws.com"),
                        _event(NIGHTLY, DELETED, 75),
                    ],
                    "stream_arn": DELETED,
                },
                {"events": [_event(NIGHTLY, DELETED, 75, by_arn=True)], "stream_arn": DELETED},
            ),
            hidden=_place_case,
            hidden_count=6,
        ),
    ),
    misconceptions=(
        Misconception(
            id="attempt_as_deed",
            words="An event with an errorCode is an attempt that failed. It deleted nothing.",
            model=_search("success"),
        ),
        Misconception(
            id="any_call",
            words="The event is another call, not a DeleteStream: look at eventName.",
            model=_search("deletion"),
        ),
        Misconception(
            id="session_as_principal",
            words="The ARN is that of the session, which is gone tomorrow. The role behind it is in "
            "sessionContext.sessionIssuer.",
            model=_search(principal=lambda identity: str(identity["arn"])),
        ),
        Misconception(
            id="guessed_role",
            words="You put the role's ARN together from the session's. The session's ARN leaves out the "
            "role's path. Take sessionContext.sessionIssuer.arn as it is.",
            model=_search(principal=_rewritten),
        ),
        Misconception(
            id="similar_name",
            words="You accept a stream whose name only begins the same. Compare the whole name.",
            model=_search("name"),
        ),
        Misconception(
            id="any_region",
            words="The event is about the stream of this name in another region: compare awsRegion with "
            "the ARN's.",
            model=_search("region"),
        ),
        Misconception(
            id="any_account",
            words="The event is about the stream of this name in another account: compare "
            "recipientAccountId with the ARN's.",
            model=_search("account"),
        ),
        Misconception(
            id="any_service",
            words="Kinesis Video Streams has a DeleteStream as well. Look at eventSource: "
            "kinesis.amazonaws.com is Kinesis Data Streams.",
            model=_search("source"),
        ),
        Misconception(
            id="only_by_name",
            words="You pass over the deletion that gives the ARN. A call may name its stream by streamName "
            "or by streamARN.",
            model=_search("by_name"),
        ),
    ),
    hints=(
        "Which fields of an event must fit, for it to be the deletion of exactly this stream? Write "
        "them down "
        "before you write code: there are six.",
        "eventSource, eventName, no errorCode, awsRegion, recipientAccountId, and the stream, which is in "
        "requestParameters by name or by ARN. An ARN is region, account and name in one: split it at "
        "its colons.",
        "arn.split(':') gives the region at 3, the account at 4, 'stream/NAME' at 5. For an AssumedRole the "
        "principal is userIdentity['sessionContext']['sessionIssuer']['arn'], for others "
        "userIdentity['arn'].",
    ),
)
