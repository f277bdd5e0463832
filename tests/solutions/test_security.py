"""Assignment 07-security against the lab: its policies work there, and its trail is CloudTrail's.

That the answers are judged rightly is proved by `grader lint`; here it is whether what is judged is true.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from botocore.exceptions import ClientError

from grader.engine.plan import find_checks, load_checks
from lab.aws.instance import Instance
from lab.control import Control, control_of
from tests.conftest import STATE
from tests.lab.emulator.people import People, as_credentials
from tests.lab.emulator.support import client, create, iterator, shards_of

pytestmark = pytest.mark.xdist_group("shared-lab")
ASSIGNMENT = Path(__file__).parents[2] / "solutions" / "07-security"
ORDER = {"Data": b"x", "PartitionKey": "k"}


def checks() -> ModuleType:
    found = find_checks(ASSIGNMENT)
    assert found is not None
    return load_checks(found)


def solution(function: str) -> Callable[..., Any]:
    """The function of the assignment's own solution."""
    notebook = nbformat.read(ASSIGNMENT / "07-security.ipynb", as_version=4)
    (source,) = [
        cell.source for cell in notebook.cells if re.search(rf"^def {function}\(", cell.source, re.M)
    ]
    names: dict[str, Any] = {}
    exec(compile(source, function, "exec"), names)
    made: Callable[..., Any] = names[function]
    return made


@pytest.fixture
def people(fresh_account: Mapping[str, str]) -> People:
    return People(fresh_account)


@pytest.fixture
def control(fresh_account: Mapping[str, str]) -> Control:
    return control_of(Instance(Path(os.environ[STATE])), fresh_account["AWS_ACCESS_KEY_ID"])


def session(people: People, role: str, policy: dict[str, Any]) -> dict[str, str]:
    """The environment of a session of a new role with this policy."""
    arn = people.role(role, people.arn("root"), *policy["Statement"])
    given = client(people.root, "sts").assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"]
    return as_credentials(people.root, given)


def denied(call: Callable[..., Any], **arguments: Any) -> str:
    """The action that was missing."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value).split("is not authorized to perform: ")[1].split()[0]


def test_least_policies_are_enough_and_not_more_on_an_encrypted_stream(
    people: People, control: Control
) -> None:
    kinesis = client(people.root)
    stream, key = create(kinesis), client(people.root, "kms").create_key()["KeyMetadata"]["Arn"]
    create(kinesis, "orders-archive")
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    kinesis.get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 0.1})
    writer = client(session(people, "writer", solution("producer_policy")(stream, key)))
    reader = client(session(people, "reader", solution("consumer_policy")(stream, key)))
    unaware = client(session(people, "unaware", solution("producer_policy")(stream, None)))
    control.set("iam", enabled=True)

    writer.put_record(StreamName="orders", **ORDER)
    writer.put_records(StreamName="orders", Records=[ORDER])
    reader.describe_stream_summary(StreamName="orders")
    place = iterator(reader, shards_of(reader)[0]["ShardId"])
    assert [record["Data"] for record in reader.get_records(ShardIterator=place)["Records"]] == [b"x", b"x"]

    assert denied(unaware.put_record, StreamName="orders", **ORDER) == "kms:GenerateDataKey"
    assert denied(writer.put_record, StreamName="orders-archive", **ORDER) == "kinesis:PutRecord"
    assert denied(writer.get_records, ShardIterator=place) == "kinesis:GetRecords"
    assert denied(reader.put_record, StreamName="orders", **ORDER) == "kinesis:PutRecord"


def test_an_endpoint_admits_one_stream_only(people: People, control: Control) -> None:
    kinesis = client(people.root)
    stream = create(kinesis)
    create(kinesis, "orders-archive")
    policy = solution("endpoint_policy")(stream)
    control.set("endpoint_policy", policy=policy, context={"aws:SourceVpce": "vpce-1"})
    control.set("iam", enabled=True)
    kinesis.put_record(StreamName="orders", **ORDER)
    assert denied(kinesis.put_record, StreamName="orders-archive", **ORDER) == "kinesis:PutRecord"
    assert denied(kinesis.list_streams) == "kinesis:ListStreams"


def test_the_culprit_of_a_real_trail(people: People, control: Control) -> None:
    stream = create(client(people.root))
    everything = {"Statement": [{"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"}]}
    nothing = {"Statement": [{"Effect": "Allow", "Action": "kinesis:ListStreams", "Resource": "*"}]}
    culprit = session(people, "nightly", everything)
    curious = session(people, "curious", nothing)
    control.set("iam", enabled=True)
    assert denied(client(curious).delete_stream, StreamName="orders") == "kinesis:DeleteStream"
    client(culprit).delete_stream(StreamName="orders")

    found = client(people.root, "cloudtrail").lookup_events()["Events"]
    events = [json.loads(event["CloudTrailEvent"]) for event in found]
    (deed,) = [e for e in events if e["eventName"] == "DeleteStream" and "errorCode" not in e]
    expected = {"principal": people.arn("role/nightly"), "time": deed["eventTime"]}
    on_streams = [e for e in events if e["eventSource"] == "kinesis.amazonaws.com" and e["requestParameters"]]
    named = [e for e in on_streams if {"streamName", "streamARN"} & set(e["requestParameters"])]
    assert solution("find_culprit")(named, stream) == expected
    assert checks().find_culprit.find_culprit(named, stream) == expected


def test_events_of_the_cases_have_the_fields_of_the_labs_trail(people: People) -> None:
    create(client(people.root))
    role = session(people, "nightly", {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    client(role).delete_stream(StreamName="orders")
    found = client(people.root, "cloudtrail").lookup_events()["Events"]
    real = next(
        event
        for event in (json.loads(one["CloudTrailEvent"]) for one in found)
        if event["eventName"] == "DeleteStream"
    )
    module = checks()
    made = module.find_culprit.TASK.parts[1].visible[0]["events"][0]
    assert set(made) <= set(real)
    assert set(made["userIdentity"]) <= set(real["userIdentity"])
    issuer = made["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert set(issuer) <= set(real["userIdentity"]["sessionContext"]["sessionIssuer"])
    assert {"streamName"} == set(made["requestParameters"]) <= set(real["requestParameters"])
