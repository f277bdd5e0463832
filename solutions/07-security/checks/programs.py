"""The programs that a policy is written for: what each must be able to do, and the misconceptions of both."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception

from .policies import (
    Document,
    allow_statement,
    arn_of,
    arn_of_key,
    ask,
    document,
    draw_stream,
    neighbours,
    parts_of,
    session_of,
)


def _draw_program(rng: Random, *, with_key: bool) -> Arguments:
    stream = draw_stream(rng)
    region, account, _ = parts_of(stream)
    key = arn_of_key(rng.randrange(16**8), region, account) if with_key else None
    return {"stream_arn": stream, "key_arn": key}


def without_key(rng: Random) -> Arguments:
    return _draw_program(rng, with_key=False)


def with_a_key(rng: Random) -> Arguments:
    return _draw_program(rng, with_key=True)


PLAIN_PROGRAMS: tuple[Arguments, ...] = (
    {"stream_arn": arn_of("orders"), "key_arn": None},
    {"stream_arn": arn_of("clicks", "eu-west-1", "444455556666"), "key_arn": None},
)


ENCRYPTED_PROGRAMS: tuple[Arguments, ...] = (
    {"stream_arn": arn_of("orders"), "key_arn": arn_of_key(0x1A2B3C4D)},
    {
        "stream_arn": arn_of("clicks", "eu-west-1", "444455556666"),
        "key_arn": arn_of_key(0x99, "eu-west-1", "444455556666"),
    },
)


def of_program(
    who: str,
    stream: str,
    key: str | None,
    needs: Sequence[str],
    refused: Sequence[str],
    kms_needs: str,
    kms_refused: Sequence[str],
) -> dict[str, Any]:
    """The questions to a program's policy: first what must work, then what must not."""
    region, account, _ = parts_of(stream)
    caller = session_of(account)
    through = {
        "kms:ViaService": f"kinesis.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:kinesis:arn": stream,
    }
    asked = [ask(f"{who} calls {a} on the stream", a, stream, allowed=True, caller=caller) for a in needs]
    if key:
        says = f"{who} uses {kms_needs} on the stream's key"
        asked.append(ask(says, kms_needs, key, allowed=True, caller=caller, context=through))
    asked += [ask(f"{who} calls {a} on the stream", a, stream, allowed=False, caller=caller) for a in refused]
    for how, other in neighbours(stream).items():
        asked.append(ask(f"{who} calls {needs[0]} on {how}", needs[0], other, allowed=False, caller=caller))
    name, elsewhere = "a stream with another name", neighbours(stream)["a stream with another name"]
    asked += [
        ask(f"{who} calls {action} on {name}", action, elsewhere, allowed=False, caller=caller)
        for action in needs[1:]
    ]
    says = f"{who} lists all streams"
    asked.append(ask(says, "kinesis:ListStreams", "*", allowed=False, caller=caller))
    for action in kms_refused if key else ():
        says = f"{who} uses {action} on the stream's key"
        asked.append(ask(says, action, key or "", allowed=False, caller=caller, context=through))
    other_key = arn_of_key(0xFFFFFFFF, region, account)
    says = f"{who} uses {kms_needs} on another key"
    asked.append(ask(says, kms_needs, other_key, allowed=False, caller=caller, context=through))
    return {"questions": asked}


def program_parts(
    actions: Sequence[str],
    kms: Sequence[str],
    resource: Callable[[str], str] = lambda stream: stream,
    key: Callable[[str], str] = lambda arn: arn,
) -> Callable[..., Document]:
    """A misconception's model: these actions, and on the key, if there is one, these KMS actions."""

    def model(stream_arn: str, key_arn: str | None) -> Document:
        statements = [allow_statement(list(actions), resource(stream_arn))]
        if key_arn and kms:
            statements.append(allow_statement(list(kms), key(key_arn)))
        return document(*statements)

    return model


def shared_misconceptions(needs: Sequence[str], kms: str) -> tuple[Misconception, ...]:
    """What goes wrong with either program."""
    return (
        Misconception(
            id="all_of_kinesis",
            words="kinesis:* lets the program delete the stream and change who may use it. Name the actions "
            "that it calls, and no others.",
            model=program_parts(["kinesis:*"], [kms]),
        ),
        Misconception(
            id="longer_names",
            words="The resource ends in a wildcard, so it fits every stream whose name begins like this "
            "one. Give the ARN as it is.",
            model=program_parts(needs, [kms], resource=lambda stream: f"{stream}*"),
        ),
        Misconception(
            id="any_stream",
            words='"Resource": "*" opens every stream that the account may reach. These actions can be '
            "narrowed to one stream: give its ARN.",
            model=program_parts(needs, [kms], resource=lambda _: "*"),
        ),
        Misconception(
            id="any_place",
            words="The ARN's region and account are wildcards: streams of this name elsewhere are open too.",
            model=program_parts(
                needs, [kms], resource=lambda stream: f"arn:aws:kinesis:*:*:stream/{parts_of(stream)[2]}"
            ),
        ),
        Misconception(
            id="forgets_key",
            words="You leave out the stream's key. With a customer managed key, the caller needs a "
            "permission on the key as well. Without it, each call ends in KMSAccessDeniedException.",
            model=program_parts(needs, []),
        ),
        Misconception(
            id="any_key",
            words='The KMS action is allowed on "*", so on every key. Name this one.',
            model=program_parts(needs, [kms], key=lambda _: "*"),
        ),
        Misconception(
            id="all_of_kms",
            words="kms:* on the key lets the program schedule the key's deletion, and with the key every "
            "encrypted record would be lost. One KMS action is enough.",
            model=program_parts(needs, ["kms:*"]),
        ),
    )


def policy_parts(program: str, work: str) -> tuple[Cases, Cases]:
    """What the least policy of PROGRAM, which is to WORK, is judged by: without a key, and with one."""
    stream = Cases(
        id=f"{program}_stream",
        points=2,
        says=f"must let a {program} {work} and do nothing else",
        visible=PLAIN_PROGRAMS,
        hidden=without_key,
        hidden_count=3,
    )
    key = Cases(
        id=f"{program}_key",
        points=2,
        says=f"must give a {program} what it needs of the stream's key, and no more",
        visible=ENCRYPTED_PROGRAMS,
        hidden=with_a_key,
        hidden_count=3,
    )
    return stream, key
