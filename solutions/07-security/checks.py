"""The checks of assignment 07-security: policies by what they decide, an encryption in the lab, a trail.

Which actions a program needs: Kinesis developer guide, "Controlling access" and "Permissions to use
user-generated KMS keys"; on which resource each is authorized: Service Authorization Reference. A policy is
asked questions and never compared as text. Every draw is seeded, every case is JSON.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Criterion, Misconception, Runs, Task
from grader.tasks.policies import Decides
from grader.tasks.scenarios import Encryption

LESSON = "course/07-security.ipynb"
SERVICES = ("kinesis",)

Statement = dict[str, Any]
Document = dict[str, Any]
Question = dict[str, Any]

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")
STREAMS = ("orders", "clicks", "payments", "sensors", "logins")


def _allow(actions: str | Sequence[str], resource: str | Sequence[str], **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def _document(*statements: Statement) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _ask(
    says: str,
    action: str,
    resource: str,
    *,
    allowed: bool,
    caller: str,
    context: Mapping[str, str] | None = None,
) -> Question:
    return {
        "says": says,
        "caller": caller,
        "action": action,
        "resource": resource,
        "context": dict(context or {}),
        "allowed": allowed,
    }


# --- ARNs ----------------------------------------------------------------------------------------


def _stream(name: str, region: str = "us-east-1", account: str = "111122223333") -> str:
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"


def _key(number: int, region: str = "us-east-1", account: str = "111122223333") -> str:
    return f"arn:aws:kms:{region}:{account}:key/{number:08x}-12ab-34cd-56ef-1234567890ab"


def _parts(arn: str) -> tuple[str, str, str]:
    """Region, account and name of a stream."""
    _, _, _, region, account, resource = arn.split(":", 5)
    return region, account, resource.removeprefix("stream/")


def _session(account: str, role: str = "program") -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}/run-7"


def _neighbours(stream: str) -> dict[str, str]:
    """Streams that are not meant, by how they differ."""
    region, account, name = _parts(stream)
    elsewhere = "eu-west-1" if region != "eu-west-1" else "us-east-1"
    return {
        "a stream with a longer name": _stream(f"{name}-archive", region, account),
        "a stream with another name": _stream(f"old-{name}", region, account),
        "the stream of this name in another region": _stream(name, elsewhere, account),
        "the stream of this name in another account": _stream(name, region, "999988887777"),
    }


def _draw_stream(rng: Random) -> str:
    return _stream(rng.choice(STREAMS), rng.choice(REGIONS), f"{rng.randint(10**11, 10**12 - 1)}")


def _draw_program(rng: Random, *, with_key: bool) -> Arguments:
    stream = _draw_stream(rng)
    region, account, _ = _parts(stream)
    key = _key(rng.randrange(16**8), region, account) if with_key else None
    return {"stream_arn": stream, "key_arn": key}


def _without_key(rng: Random) -> Arguments:
    return _draw_program(rng, with_key=False)


def _with_key(rng: Random) -> Arguments:
    return _draw_program(rng, with_key=True)


PLAIN_PROGRAMS: tuple[Arguments, ...] = (
    {"stream_arn": _stream("orders"), "key_arn": None},
    {"stream_arn": _stream("clicks", "eu-west-1", "444455556666"), "key_arn": None},
)
ENCRYPTED_PROGRAMS: tuple[Arguments, ...] = (
    {"stream_arn": _stream("orders"), "key_arn": _key(0x1A2B3C4D)},
    {
        "stream_arn": _stream("clicks", "eu-west-1", "444455556666"),
        "key_arn": _key(0x99, "eu-west-1", "444455556666"),
    },
)

# --- Tasks 1 and 2: what a program needs ---------------------------------------------------------


def _of_program(
    who: str,
    stream: str,
    key: str | None,
    needs: Sequence[str],
    refused: Sequence[str],
    kms_needs: str,
    kms_refused: Sequence[str],
) -> dict[str, Any]:
    """The questions to a program's policy: first what must work, then what must not."""
    region, account, _ = _parts(stream)
    caller = _session(account)
    through = {
        "kms:ViaService": f"kinesis.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:kinesis:arn": stream,
    }
    asked = [_ask(f"{who} calls {a} on the stream", a, stream, allowed=True, caller=caller) for a in needs]
    if key:
        says = f"{who} uses {kms_needs} on the stream's key"
        asked.append(_ask(says, kms_needs, key, allowed=True, caller=caller, context=through))
    asked += [
        _ask(f"{who} calls {a} on the stream", a, stream, allowed=False, caller=caller) for a in refused
    ]
    for how, other in _neighbours(stream).items():
        asked.append(_ask(f"{who} calls {needs[0]} on {how}", needs[0], other, allowed=False, caller=caller))
    name, elsewhere = "a stream with another name", _neighbours(stream)["a stream with another name"]
    asked += [
        _ask(f"{who} calls {action} on {name}", action, elsewhere, allowed=False, caller=caller)
        for action in needs[1:]
    ]
    says = f"{who} lists all streams"
    asked.append(_ask(says, "kinesis:ListStreams", "*", allowed=False, caller=caller))
    for action in kms_refused if key else ():
        says = f"{who} uses {action} on the stream's key"
        asked.append(_ask(says, action, key or "", allowed=False, caller=caller, context=through))
    other_key = _key(0xFFFFFFFF, region, account)
    says = f"{who} uses {kms_needs} on another key"
    asked.append(_ask(says, kms_needs, other_key, allowed=False, caller=caller, context=through))
    return {"questions": asked}


PRODUCER_NEEDS = ("kinesis:PutRecord", "kinesis:PutRecords")
CONSUMER_NEEDS = (
    "kinesis:DescribeStreamSummary",
    "kinesis:ListShards",
    "kinesis:GetShardIterator",
    "kinesis:GetRecords",
)


def producer_policy(stream_arn: str, key_arn: str | None) -> dict[str, Any]:
    refused = (
        "kinesis:GetRecords",
        "kinesis:PutResourcePolicy",
        "kinesis:DeleteStream",
        "kinesis:IncreaseStreamRetentionPeriod",
    )
    kms_refused = (
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ScheduleKeyDeletion",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyWithoutPlaintext",
    )
    kms_needs = "kms:GenerateDataKey"
    return _of_program("the producer", stream_arn, key_arn, PRODUCER_NEEDS, refused, kms_needs, kms_refused)


def consumer_policy(stream_arn: str, key_arn: str | None) -> dict[str, Any]:
    refused = (
        "kinesis:PutRecord",
        "kinesis:GetResourcePolicy",
        "kinesis:ListTagsForStream",
        "kinesis:DeleteStream",
        "kinesis:DescribeStream",
    )
    kms_refused = ("kms:GenerateDataKey", "kms:Encrypt", "kms:ScheduleKeyDeletion", "kms:DescribeKey")
    return _of_program(
        "the consumer", stream_arn, key_arn, CONSUMER_NEEDS, refused, "kms:Decrypt", kms_refused
    )


def _program(
    actions: Sequence[str],
    kms: Sequence[str],
    resource: Callable[[str], str] = lambda stream: stream,
    key: Callable[[str], str] = lambda arn: arn,
) -> Callable[..., Document]:
    """A misconception's model: these actions, and on the key, if there is one, these KMS actions."""

    def model(stream_arn: str, key_arn: str | None) -> Document:
        statements = [_allow(list(actions), resource(stream_arn))]
        if key_arn and kms:
            statements.append(_allow(list(kms), key(key_arn)))
        return _document(*statements)

    return model


def _shared_misconceptions(needs: Sequence[str], kms: str) -> tuple[Misconception, ...]:
    """What goes wrong with either program."""
    return (
        Misconception(
            id="all_of_kinesis",
            words="kinesis:* lets the program delete the stream and change who may use it. Name the actions "
            "that it calls, and no others.",
            model=_program(["kinesis:*"], [kms]),
        ),
        Misconception(
            id="longer_names",
            words="The resource ends in a wildcard, so it fits every stream whose name begins like this "
            "one. Give the ARN as it is.",
            model=_program(needs, [kms], resource=lambda stream: f"{stream}*"),
        ),
        Misconception(
            id="any_stream",
            words='"Resource": "*" opens every stream that the account may reach. These actions can be '
            "narrowed to one stream: give its ARN.",
            model=_program(needs, [kms], resource=lambda _: "*"),
        ),
        Misconception(
            id="any_place",
            words="The ARN's region and account are wildcards: streams of this name elsewhere are open too.",
            model=_program(
                needs, [kms], resource=lambda stream: f"arn:aws:kinesis:*:*:stream/{_parts(stream)[2]}"
            ),
        ),
        Misconception(
            id="forgets_key",
            words="The stream's key is left out. With a customer managed key the caller needs a permission "
            "on the key as well; without it each call ends in KMSAccessDeniedException.",
            model=_program(needs, []),
        ),
        Misconception(
            id="any_key",
            words='The KMS action is allowed on "*", so on every key. Name this one.',
            model=_program(needs, [kms], key=lambda _: "*"),
        ),
        Misconception(
            id="all_of_kms",
            words="kms:* on the key lets the program schedule the key's deletion, and with the key every "
            "encrypted record would be lost. One KMS action is enough.",
            model=_program(needs, ["kms:*"]),
        ),
    )


def _records_of_any_stream(stream_arn: str, key_arn: str | None) -> Document:
    found = [_allow(list(CONSUMER_NEEDS[:-1]), stream_arn), _allow(CONSUMER_NEEDS[-1], "*")]
    return _document(*found, *([_allow("kms:Decrypt", key_arn)] if key_arn else []))


PRODUCER_POLICY = Task(
    id="producer_policy",
    title="Write the least policy for a producer",
    function="producer_policy",
    oracle=producer_policy,
    compare=Decides("identity"),
    read=f"{LESSON}, “A denial says what is missing”",
    parts=(
        Cases(
            id="producer_stream",
            points=2,
            says="must let a producer write to this stream and do nothing else",
            visible=PLAIN_PROGRAMS,
            hidden=_without_key,
            hidden_count=3,
        ),
        Cases(
            id="producer_key",
            points=2,
            says="must give a producer what it needs of the stream's key, and no more",
            visible=ENCRYPTED_PROGRAMS,
            hidden=_with_key,
            hidden_count=3,
        ),
    ),
    misconceptions=(
        Misconception(
            id="put_wildcard",
            words="kinesis:Put* matches PutResourcePolicy too, which decides who else may use the stream. "
            "Write the two actions out.",
            model=_program(["kinesis:Put*"], ["kms:GenerateDataKey"]),
        ),
        Misconception(
            id="one_put",
            words="PutRecord and PutRecords are two actions, and this producer calls both.",
            model=_program(["kinesis:PutRecord"], ["kms:GenerateDataKey"]),
        ),
        Misconception(
            id="encrypts",
            words="kms:Encrypt is not what a producer's call needs: records are encrypted with data keys, "
            "and for one of these the caller needs kms:GenerateDataKey.",
            model=_program(PRODUCER_NEEDS, ["kms:Encrypt"]),
        ),
        Misconception(
            id="opens_too",
            words="kms:Decrypt is the consumers' part. A producer that has it could open what it may "
            "not read.",
            model=_program(PRODUCER_NEEDS, ["kms:GenerateDataKey", "kms:Decrypt"]),
        ),
        Misconception(
            id="data_key_wildcard",
            words="kms:GenerateDataKey* matches GenerateDataKeyPair and GenerateDataKeyWithoutPlaintext too. "
            "Write the one action out.",
            model=_program(PRODUCER_NEEDS, ["kms:GenerateDataKey*"]),
        ),
        *_shared_misconceptions(PRODUCER_NEEDS, "kms:GenerateDataKey"),
    ),
    hints=(
        "Which calls does this producer make? Each is an action of its own, and each can be narrowed to one "
        "stream. In the lesson the denials named them.",
        "One statement for Kinesis with the two actions and the stream's ARN. When key_arn is given, a "
        "second one for KMS, on that key.",
        'Actions: "kinesis:PutRecord", "kinesis:PutRecords"; on the key "kms:GenerateDataKey", and no '
        "wildcard anywhere. When key_arn is None, leave the second statement out.",
    ),
)

CONSUMER_POLICY = Task(
    id="consumer_policy",
    title="Write the least policy for a consumer",
    function="consumer_policy",
    oracle=consumer_policy,
    compare=Decides("identity"),
    read=f"{LESSON}, “The least for a consumer, one denial at a time”",
    parts=(
        Cases(
            id="consumer_stream",
            points=2,
            says="must let a consumer read this stream and do nothing else",
            visible=PLAIN_PROGRAMS,
            hidden=_without_key,
            hidden_count=3,
        ),
        Cases(
            id="consumer_key",
            points=2,
            says="must give a consumer what it needs of the stream's key, and no more",
            visible=ENCRYPTED_PROGRAMS,
            hidden=_with_key,
            hidden_count=3,
        ),
    ),
    misconceptions=(
        Misconception(
            id="reading_wildcards",
            words="Get*, List* and Describe* read more than records: GetResourcePolicy and "
            "ListTagsForStream, for example. Write the four actions out.",
            model=_program(["kinesis:Get*", "kinesis:List*", "kinesis:Describe*"], ["kms:Decrypt"]),
        ),
        Misconception(
            id="only_get_records",
            words="GetRecords alone does not read: the consumer must find the shards and get an iterator "
            "first, and it asks for the stream's status.",
            model=_program(["kinesis:GetRecords"], ["kms:Decrypt"]),
        ),
        Misconception(
            id="no_iterator",
            words="GetShardIterator is missing: without an iterator there is nothing to call "
            "GetRecords with.",
            model=_program([a for a in CONSUMER_NEEDS if "Iterator" not in a], ["kms:Decrypt"]),
        ),
        Misconception(
            id="no_summary",
            words="DescribeStreamSummary is missing: this consumer also asks for the stream's status.",
            model=_program([a for a in CONSUMER_NEEDS if "Summary" not in a], ["kms:Decrypt"]),
        ),
        Misconception(
            id="describes_stream",
            words="DescribeStream and DescribeStreamSummary are two actions. This consumer calls the second.",
            model=_program(["kinesis:DescribeStream", *CONSUMER_NEEDS[1:]], ["kms:Decrypt"]),
        ),
        Misconception(
            id="describes_all",
            words="kinesis:Describe* matches DescribeStream too, which is another action than "
            "DescribeStreamSummary. Write the four actions out.",
            model=_program(["kinesis:Describe*", *CONSUMER_NEEDS[1:]], ["kms:Decrypt"]),
        ),
        Misconception(
            id="records_of_any_stream",
            words="GetRecords is allowed on every stream. It names none, but its iterator belongs to one, "
            "and there the permission is checked: give that stream's ARN.",
            model=_records_of_any_stream,
        ),
        Misconception(
            id="makes_data_keys",
            words="kms:GenerateDataKey is the producers' part. A consumer's call has a data key opened: "
            "kms:Decrypt.",
            model=_program(CONSUMER_NEEDS, ["kms:GenerateDataKey"]),
        ),
        *_shared_misconceptions(CONSUMER_NEEDS, "kms:Decrypt"),
    ),
    hints=(
        "Reading is more than one call. Which ones does a consumer make before it holds a record?",
        "The status of the stream, its shards, an iterator, the records: four actions, all on the stream's "
        "ARN. And, when key_arn is given, one on the key.",
        'Actions: "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", '
        '"kinesis:GetRecords"; on the key "kms:Decrypt".',
    ),
)

# --- Task 3: narrow_policy -----------------------------------------------------------------------

Call = dict[str, str]


def _statements(policy: Document) -> list[Statement]:
    stated = policy["Statement"]
    return [stated] if isinstance(stated, dict) else list(stated)


def _denies(policy: Document) -> list[Statement]:
    return [one for one in _statements(policy) if one["Effect"] == "Deny"]


def _door(policy: Document) -> str | None:
    """The endpoint that the policy's guard rail asks for."""
    for one in _denies(policy):
        return str(one["Condition"]["StringNotEquals"]["aws:SourceVpce"])
    return None


def _allowed_calls(calls: Iterable[Call]) -> list[tuple[str, str]]:
    """Action and resource of each call that went through, once."""
    pairs = [(call["action"], call["resource"]) for call in calls if call["outcome"] == "allowed"]
    return list(dict.fromkeys(pairs))


def _short(arn: str) -> str:
    return "all streams" if arn == "*" else f"the stream {_parts(arn)[2]}"


def narrow_policy(policy: Document, calls: list[Call]) -> dict[str, Any]:
    pairs = _allowed_calls(calls)
    account = next(_parts(resource)[1] for _, resource in pairs if resource != "*")
    caller, door = _session(account), _door(policy)
    inside = {"aws:SourceVpce": door} if door else {}
    asked = [
        _ask(f"{a} is called on {_short(r)}", a, r, allowed=True, caller=caller, context=inside)
        for a, r in pairs
    ]
    never = _never_called(pairs, calls)
    asked += [
        _ask(f"{a} is called on {how}", a, r, allowed=False, caller=caller, context=inside)
        for a, r, how in never
    ]
    if door:
        outside = {"aws:SourceVpce": "vpce-0fffffff"}
        asked += [
            _ask(
                f"{a} is called on {_short(r)} through another endpoint",
                a,
                r,
                allowed=False,
                caller=caller,
                context=outside,
            )
            for a, r in pairs
        ]
    return {"questions": asked}


def _never_called(pairs: Sequence[tuple[str, str]], calls: Iterable[Call]) -> list[tuple[str, str, str]]:
    """Action, resource and its description: what must stay shut."""
    streams = list(dict.fromkeys(resource for _, resource in pairs if resource != "*"))
    actions = list(dict.fromkeys(action for action, resource in pairs if resource != "*"))
    refused = [(c["action"], c["resource"]) for c in calls if c["outcome"] == "denied"]
    crossed = [(action, stream) for stream in streams for action in actions]
    unused = [("kinesis:DeleteStream", stream) for stream in streams]
    found = [
        (action, resource, _short(resource))
        for action, resource in dict.fromkeys([*refused, *crossed, *unused])
        if (action, resource) not in pairs
    ]
    for action, resource in pairs:
        if resource != "*":
            found += [(action, other, how) for how, other in _neighbours(resource).items()]
    return found


def _from_pairs(pairs: Iterable[tuple[str, str]], *more: Statement) -> Document:
    return _document(*[_allow(action, resource) for action, resource in pairs], *more)


def _crossed(policy: Document, calls: list[Call]) -> Document:
    pairs = _allowed_calls(calls)
    actions = list(dict.fromkeys(a for a, r in pairs if r != "*"))
    streams = list(dict.fromkeys(r for _, r in pairs if r != "*"))
    bare = [_allow(a, r) for a, r in pairs if r == "*"]
    return _document(_allow(actions, streams), *bare, *_denies(policy))


def _crossed_with_all(policy: Document, calls: list[Call]) -> Document:
    pairs = _allowed_calls(calls)
    return _document(_allow([a for a, _ in pairs], [r for _, r in pairs]), *_denies(policy))


def _any_resource(policy: Document, calls: list[Call]) -> Document:
    return _document(_allow([a for a, _ in _allowed_calls(calls)], "*"), *_denies(policy))


def _whole_service(policy: Document, calls: list[Call]) -> Document:
    streams = [r for _, r in _allowed_calls(calls) if r != "*"]
    bare = [_allow(a, r) for a, r in _allowed_calls(calls) if r == "*"]
    return _document(_allow("kinesis:*", streams), *bare, *_denies(policy))


def _attempts_too(policy: Document, calls: list[Call]) -> Document:
    return _from_pairs([(c["action"], c["resource"]) for c in calls], *_denies(policy))


def _first_only(policy: Document, calls: list[Call]) -> Document:
    first: dict[str, str] = {}
    for action, resource in _allowed_calls(calls):
        first.setdefault(action, resource)
    return _from_pairs(first.items(), *_denies(policy))


def _last_only(policy: Document, calls: list[Call]) -> Document:
    return _from_pairs(dict(_allowed_calls(calls)).items(), *_denies(policy))


def _observed(*calls: tuple[str, str, str]) -> list[Call]:
    return [{"action": f"kinesis:{a}", "resource": r, "outcome": o} for a, r, o in calls]


def _guard(endpoint: str) -> Statement:
    condition = {"StringNotEquals": {"aws:SourceVpce": endpoint}}
    return {"Effect": "Deny", "Action": "kinesis:*", "Resource": "*", "Condition": condition}


BROAD = (
    _document(_allow("kinesis:*", "*")),
    _document(_allow(["kinesis:Put*", "kinesis:Get*", "kinesis:List*", "kinesis:Describe*"], "*")),
    _document(_allow("*", "*")),
)
READS = ("ListShards", "GetShardIterator", "GetRecords")


def _draw_calls(rng: Random, *, several: bool) -> list[Call]:
    """Calls of one program: on one stream, or reading one and writing another; some more than once."""
    first = _draw_stream(rng)
    region, account, name = _parts(first)
    second = _stream(rng.choice([s for s in STREAMS if s != name]), region, account)
    used = [(action, first) for action in rng.sample(READS, rng.randint(2, 3))]
    used += [(action, second if several else first) for action in rng.sample(("PutRecord", "PutRecords"), 1)]
    if several:
        used.append(("DescribeStreamSummary", first))
        used.append(("DescribeStreamSummary", second))
    if rng.random() < 0.5 or not several:
        used.append(("ListStreams", "*"))
    calls = [(a, r, "allowed") for a, r in used] + [(a, r, "allowed") for a, r in rng.sample(used, 2)]
    calls.append((rng.choice(("SplitShard", "MergeShards", "PutResourcePolicy")), first, "denied"))
    rng.shuffle(calls)
    return _observed(*calls)


def _one_stream(rng: Random) -> Arguments:
    return {"policy": rng.choice(BROAD), "calls": _draw_calls(rng, several=False)}


def _two_streams(rng: Random) -> Arguments:
    return {"policy": rng.choice(BROAD), "calls": _draw_calls(rng, several=True)}


def _guarded(rng: Random) -> Arguments:
    statements = [*_statements(rng.choice(BROAD)), _guard(f"vpce-{rng.randrange(16**7):08x}")]
    rng.shuffle(statements)
    return {"policy": _document(*statements), "calls": _draw_calls(rng, several=rng.random() < 0.5)}


ORDERS, CLICKS = _stream("orders"), _stream("clicks")

NARROW_POLICY = Task(
    id="narrow_policy",
    title="Narrow a policy to what is used",
    function="narrow_policy",
    oracle=narrow_policy,
    compare=Decides("identity"),
    read=f"{LESSON}, “What “it works” can hide”",
    parts=(
        Cases(
            id="one_stream",
            points=1,
            says="must allow what was used on one stream and nothing else",
            visible=(
                {
                    "policy": BROAD[0],
                    "calls": _observed(
                        ("PutRecord", ORDERS, "allowed"),
                        ("PutRecords", ORDERS, "allowed"),
                        ("SplitShard", ORDERS, "denied"),
                        ("PutRecord", ORDERS, "allowed"),
                    ),
                },
                {
                    "policy": BROAD[1],
                    "calls": _observed(
                        ("ListStreams", "*", "allowed"),
                        ("ListShards", CLICKS, "allowed"),
                        ("GetShardIterator", CLICKS, "allowed"),
                        ("GetRecords", CLICKS, "allowed"),
                    ),
                },
            ),
            hidden=_one_stream,
            hidden_count=3,
        ),
        Cases(
            id="two_streams",
            points=2,
            says="must keep each action on the stream on which it was used",
            visible=(
                {
                    "policy": BROAD[2],
                    "calls": _observed(
                        ("GetShardIterator", CLICKS, "allowed"),
                        ("GetRecords", CLICKS, "allowed"),
                        ("PutRecords", ORDERS, "allowed"),
                        ("DescribeStreamSummary", ORDERS, "allowed"),
                        ("DescribeStreamSummary", CLICKS, "allowed"),
                        ("PutResourcePolicy", ORDERS, "denied"),
                    ),
                },
                {
                    "policy": BROAD[0],
                    "calls": _observed(
                        ("ListStreams", "*", "allowed"),
                        ("ListShards", ORDERS, "allowed"),
                        ("PutRecord", CLICKS, "allowed"),
                        ("ListShards", CLICKS, "allowed"),
                        ("GetRecords", ORDERS, "allowed"),
                    ),
                },
            ),
            hidden=_two_streams,
            hidden_count=3,
        ),
        Cases(
            id="guard_rails",
            points=1,
            says="must keep the statements that deny",
            visible=(
                {
                    "policy": _document(_allow("kinesis:*", "*"), _guard("vpce-0a1b2c3d")),
                    "calls": _observed(("PutRecord", ORDERS, "allowed"), ("MergeShards", ORDERS, "denied")),
                },
                {
                    "policy": _document(_guard("vpce-07654321"), *_statements(BROAD[1])),
                    "calls": _observed(("ListShards", CLICKS, "allowed"), ("GetRecords", CLICKS, "allowed")),
                },
            ),
            hidden=_guarded,
            hidden_count=3,
        ),
    ),
    misconceptions=(
        Misconception(
            id="as_it_was",
            words="The policy is returned as it was: it allows much more than the calls in the list.",
            model=lambda policy, calls: policy,
        ),
        Misconception(
            id="on_anything",
            words='The actions are the right ones, and they are allowed on "*". The list says on '
            "which stream "
            "each was used.",
            model=_any_resource,
        ),
        Misconception(
            id="whole_service",
            words="The streams are the right ones, and kinesis:* is allowed on them. The list says which "
            "actions were used.",
            model=_whole_service,
        ),
        Misconception(
            id="crossed",
            words="Every action is allowed on every stream of the list, so what was only read can now be "
            "written. Keep action and resource together.",
            model=_crossed,
        ),
        Misconception(
            id="crossed_with_all",
            words="One statement allows each of its actions on each of its resources, so what was only read "
            'can now be written, and "*" opens every stream. Keep action and resource together.',
            model=_crossed_with_all,
        ),
        Misconception(
            id="attempts_too",
            words='Calls with the outcome "denied" are allowed now. They were refused, and nobody has asked '
            "for that to change.",
            model=_attempts_too,
        ),
        Misconception(
            id="one_resource_each",
            words="An action that was used on two streams is allowed on one only. Collect pairs of action "
            "and resource; a dictionary by action keeps one of them.",
            model=_first_only,
        ),
        Misconception(
            id="last_resource_each",
            words="An action that was used on two streams is allowed on the last one only: in a dictionary "
            "by action each stream takes the place of the one before. Collect pairs of action and resource.",
            model=_last_only,
        ),
        Misconception(
            id="drops_denies",
            words='The statements with "Effect": "Deny" are gone. They are guard rails that hold for calls '
            "that you allow as well: keep them as they are.",
            model=lambda policy, calls: _from_pairs(_allowed_calls(calls)),
        ),
    ),
    hints=(
        "Start from the calls, not from the policy: what must the new one allow? And what of the old one "
        "must stay?",
        'Pairs of action and resource, of the calls with outcome "allowed", each once. One statement for '
        'each pair is fine. Then append the old policy\'s statements whose Effect is "Deny".',
        '{(call["action"], call["resource"]) for call in calls if call["outcome"] == "allowed"} are '
        "the pairs. "
        '"Statement" is a list here; copy those with one["Effect"] == "Deny" from it.',
    ),
)

# --- Task 4: endpoint_policy ---------------------------------------------------------------------


def endpoint_policy(stream_arn: str) -> dict[str, Any]:
    _, account, _ = _parts(stream_arn)
    writer, reader = _session(account, "checkout"), _session(account, "analytics")
    consumer = f"{stream_arn}/consumer/fraud:1764000000"
    asked = [
        _ask("a producer puts a record", "kinesis:PutRecord", stream_arn, allowed=True, caller=writer),
        _ask("a consumer reads records", "kinesis:GetRecords", stream_arn, allowed=True, caller=reader),
        _ask("another role puts a record", "kinesis:PutRecord", stream_arn, allowed=True, caller=reader),
        _ask(
            "an operator looks at it",
            "kinesis:DescribeStreamSummary",
            stream_arn,
            allowed=True,
            caller=reader,
        ),
        _ask(
            "a fan-out consumer of the stream subscribes",
            "kinesis:SubscribeToShard",
            consumer,
            allowed=True,
            caller=reader,
        ),
    ]
    for how, other in _neighbours(stream_arn).items():
        says = f"somebody puts a record into {how}"
        asked.append(_ask(says, "kinesis:PutRecord", other, allowed=False, caller=writer))
    elsewhere = f"{_neighbours(stream_arn)['a stream with a longer name']}/consumer/fraud:1764000000"
    says = "a fan-out consumer of a stream with a longer name subscribes"
    asked.append(_ask(says, "kinesis:SubscribeToShard", elsewhere, allowed=False, caller=reader))
    says = "somebody lists all streams"
    asked.append(_ask(says, "kinesis:ListStreams", "*", allowed=False, caller=writer))
    return {"questions": asked}


def _endpoint(
    resource: Callable[[str], str | list[str]],
    actions: str | list[str] = "kinesis:*",
    principal: Callable[[str], Any] = lambda _: "*",
) -> Callable[[str], Document]:
    return lambda stream_arn: _document(
        _allow(actions, resource(stream_arn), Principal=principal(stream_arn))
    )


def _with_consumers(stream: str) -> list[str]:
    return [stream, f"{stream}/consumer/*"]


def _only_denies(stream_arn: str) -> Document:
    return _document(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kinesis:*",
            "NotResource": _with_consumers(stream_arn),
        }
    )


ENDPOINT_POLICY = Task(
    id="endpoint_policy",
    title="Admit one stream through a VPC endpoint",
    function="endpoint_policy",
    oracle=endpoint_policy,
    compare=Decides("endpoint"),
    read=f"{LESSON}, “A private door: the VPC endpoint”",
    parts=(
        Cases(
            id="one_stream_only",
            points=3,
            says="must let calls through about this stream and its consumers, and no others",
            visible=(
                {"stream_arn": ORDERS},
                {"stream_arn": _stream("clicks", "eu-west-1", "444455556666")},
            ),
            hidden=lambda rng: {"stream_arn": _draw_stream(rng)},
            hidden_count=4,
        ),
    ),
    misconceptions=(
        Misconception(
            id="open_door",
            words='"Resource": "*" lets calls to every stream through, those of other accounts too.',
            model=_endpoint(lambda _: "*"),
        ),
        Misconception(
            id="longer_streams",
            words="A wildcard right after the stream's name also fits streams with longer names. "
            "Consumers have "
            'ARNs that go on with "/consumer/": put the wildcard after that.',
            model=_endpoint(lambda stream: f"{stream}*"),
        ),
        Misconception(
            id="no_consumers",
            words="Fan-out consumers of the stream are shut out: they have ARNs of their own, "
            'the stream\'s with "/consumer/NAME:TIME" at the end.',
            model=_endpoint(lambda stream: stream),
        ),
        Misconception(
            id="writes_only",
            words="Only writing gets through. Which action a caller may use is said by its own policies; the "
            "endpoint's says which stream.",
            model=_endpoint(_with_consumers, ["kinesis:PutRecord", "kinesis:PutRecords"]),
        ),
        Misconception(
            id="one_caller",
            words="The policy names one role, so all others are shut out. The endpoint is for every caller: "
            '"Principal": "*".',
            model=_endpoint(
                _with_consumers, principal=lambda s: {"AWS": f"arn:aws:iam::{_parts(s)[1]}:role/checkout"}
            ),
        ),
        Misconception(
            id="denies_only",
            words="A policy that only denies lets nothing through: what no statement allows is "
            "denied anyway.",
            model=_only_denies,
        ),
    ),
    hints=(
        "An endpoint's policy is a list of what may pass. Who asks is left to the callers' own policies, so "
        "it names everybody; what it names narrowly is the resource.",
        '"Principal": "*", "Action": "kinesis:*", and two resources: the stream, and its consumers.',
        "The consumers' ARNs begin with the stream's: f\"{stream_arn}/consumer/*\" fits them all and "
        "no other "
        "stream.",
    ),
)

# --- Task 5: encrypt_stream ----------------------------------------------------------------------

ENCRYPT_STREAM = Task(
    id="encrypt_stream",
    title="Encrypt a stream, and prove it",
    function="encrypt_stream",
    read=f"{LESSON}, “At rest: whose key, and from when on”",
    runs=Runs(
        visible=(Encryption(records=4, shards=1, seed=1),),
        hidden=lambda rng: Encryption(
            records=rng.randint(2, 9), shards=rng.randint(1, 3), seed=rng.randrange(10**6)
        ),
        hidden_count=2,
        seconds=30,
    ),
    parts=(
        Criterion("key", 2, "must leave the stream encrypted with the key that it was given"),
        Criterion("proof", 2, "must return the sequence number of a record that it wrote, encrypted"),
        Criterion("kept", 1, "must leave everything that was in the stream before as it is"),
    ),
    misconceptions=(
        Misconception(
            id="managed_key",
            words="The stream is encrypted with alias/aws/kinesis, the key that AWS manages. Pass the key "
            "that you were given as KeyId.",
        ),
        Misconception(
            id="not_started",
            words="Encryption was not started: it is off until StartStreamEncryption is called.",
        ),
        Misconception(
            id="old_record",
            words="The sequence number is that of a record from before. Only records that are "
            "written after the "
            "start are encrypted, so an old one proves nothing: write one.",
        ),
        Misconception(
            id="too_early",
            words="The record was written before the encryption was there. Start, wait until the stream is "
            "ACTIVE, write, and look at the EncryptionType in the answer.",
        ),
        Misconception(
            id="anew",
            words="The stream was deleted and made anew: what was in it is lost. StartStreamEncryption works "
            "on a stream that is in use.",
        ),
        Misconception(
            id="writes_again",
            words="The old records were written once more. Now every consumer gets them twice, and the old, "
            "unencrypted ones stay until their retention ends.",
        ),
    ),
    hints=(
        "Two calls and a wait between them. Which call starts encryption, and in what order do records have "
        "to be written to be covered by it?",
        'start_stream_encryption(StreamName=..., EncryptionType="KMS", KeyId=...), then wait until '
        "the stream "
        "is ACTIVE: the waiter stream_exists does that.",
        'put_record\'s answer has "EncryptionType" and "SequenceNumber". Return the second once the first '
        'is "KMS".',
    ),
)

# --- Task 6: find_culprit ------------------------------------------------------------------------

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
    region, account, short = _parts(stream)
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
    return _named(event) == _parts(stream)[2]


def _same_region(event: Event, stream: str) -> bool:
    return bool(event["awsRegion"] == _parts(stream)[0])


def _same_account(event: Event, stream: str) -> bool:
    return bool(event["recipientAccountId"] == _parts(stream)[1])


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
            conditions["name"] = lambda event: _named(event).startswith(_parts(stream_arn)[2])
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
    stream = _draw_stream(rng)
    _, account, _ = _parts(stream)
    minutes = rng.sample(range(60, 1380), len(kinds) + 1)
    others = _neighbours(stream)
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


DELETED = _stream("orders")
NIGHTLY = _who_role("nightly", "run-17")

FIND_CULPRIT = Task(
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
                        _event(_who_role("deploy", "run-1"), _stream("orders-archive"), 70),
                        _event(NIGHTLY, DELETED, 75),
                    ],
                    "stream_arn": DELETED,
                },
                {
                    "events": [
                        _event(_who_role("deploy", "run-1"), _stream("orders", "eu-west-1"), 70),
                        _event(NIGHTLY, DELETED, 75),
                    ],
                    "stream_arn": DELETED,
                },
                {
                    "events": [
                        _event(
                            _who_role("deploy", "run-1", account="999988887777"),
                            _stream("orders", account="999988887777"),
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
            words="The role's ARN is put together from the session's, which leaves out the role's path. Take "
            "sessionContext.sessionIssuer.arn as it is.",
            model=_search(principal=_rewritten),
        ),
        Misconception(
            id="similar_name",
            words="A stream whose name only begins the same is taken for the one that was deleted. Compare "
            "the whole name.",
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
            words="A call may name its stream by streamName or by streamARN. The deletion that gives the "
            "ARN is passed over.",
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

TASKS = [
    PRODUCER_POLICY,
    CONSUMER_POLICY,
    NARROW_POLICY,
    ENDPOINT_POLICY,
    ENCRYPT_STREAM,
    FIND_CULPRIT,
]
