"""Functions as boto3 sees them: made, told, changed, deleted, and what is refused."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.lab.emulator.functions.support import ROLE, Lambda, zipped
from tests.lab.emulator.support import client, code

pytestmark = pytest.mark.xdist_group("shared-lab")
ECHO = "def handler(event, context):\n    return event\n"


def refused(call: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**named)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500
    return code(caught.value), str(caught.value)


def test_a_function_is_told_as_it_was_made(functions: Lambda) -> None:
    arn = functions.make(
        ECHO, Timeout=7, MemorySize=256, Description="d", Environment={"Variables": {"TABLE": "t"}}
    )
    assert arn == f"arn:aws:lambda:us-east-1:{functions.account}:function:worker"
    for name in ("worker", arn, f"{functions.account}:function:worker", f"{arn}:$LATEST"):
        told = functions.api.get_function(FunctionName=name)["Configuration"]
        assert (told["Timeout"], told["MemorySize"], told["Handler"]) == (7, 256, "app.handler")
    told = functions.api.get_function_configuration(FunctionName="worker")
    assert told["Environment"]["Variables"] == {"TABLE": "t"}
    assert (told["State"], told["Version"], told["Runtime"]) == ("Active", "$LATEST", "python3.12")
    assert [one["FunctionName"] for one in functions.api.list_functions()["Functions"]] == ["worker"]


def test_the_defaults_are_three_seconds_and_128_mb(functions: Lambda) -> None:
    functions.make(ECHO)
    told = functions.api.get_function_configuration(FunctionName="worker")
    assert (told["Timeout"], told["MemorySize"]) == (3, 128)


def test_functions_are_listed_in_pages(functions: Lambda) -> None:
    for number in range(5):
        functions.make(ECHO, name=f"f{number}")
    pages = functions.api.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    names = [[one["FunctionName"] for one in page["Functions"]] for page in pages]
    assert names == [["f0", "f1"], ["f2", "f3"], ["f4"]]


def test_new_code_and_new_settings_are_for_the_next_event(functions: Lambda) -> None:
    functions.make("def handler(event, context):\n    return 'old'\n")
    assert functions.result() == "old"
    before = functions.api.get_function_configuration(FunctionName="worker")
    new = zipped("import os\ndef handler(event, context):\n    return os.environ.get('WORD', 'new')\n")
    after = functions.api.update_function_code(FunctionName="worker", ZipFile=new)
    assert before["CodeSha256"] != after["CodeSha256"]
    assert functions.result() == "new"
    functions.api.update_function_configuration(
        FunctionName="worker", Environment={"Variables": {"WORD": "newest"}}
    )
    assert functions.result() == "newest"
    kept = functions.api.get_function_configuration(FunctionName="worker")
    assert (kept["Handler"], kept["CodeSha256"]) == ("app.handler", after["CodeSha256"])


def test_a_deleted_function_is_gone(functions: Lambda) -> None:
    functions.make(ECHO)
    functions.api.delete_function(FunctionName="worker")
    for call in (
        functions.api.get_function,
        functions.api.invoke,
        functions.api.delete_function,
        functions.api.get_function_configuration,
    ):
        assert refused(call, FunctionName="worker")[0] == "ResourceNotFoundException"
    functions.make(ECHO)


def test_a_name_is_given_once_and_to_one_account(functions: Lambda, fresh_account: Mapping[str, str]) -> None:
    functions.make(ECHO)
    with pytest.raises(ClientError, match="ResourceConflictException"):
        functions.make(ECHO)
    others = client({**fresh_account, "AWS_ACCESS_KEY_ID": "555500004444"}, "lambda")
    assert others.list_functions()["Functions"] == []
    arn = functions.api.get_function(FunctionName="worker")["Configuration"]["FunctionArn"]
    assert refused(others.invoke, FunctionName=arn)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Runtime": "nodejs22.x"}, "nodejs22.x"),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "VpcConfig"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]}, "Layers"),
        ({"Publish": True}, "Publish"),
        ({"Code": {"S3Bucket": "bucket", "S3Key": "key"}}, "S3Bucket"),
        ({"PackageType": "Image", "Code": {"ImageUri": "x"}}, "images"),
    ],
)
def test_what_the_lab_has_not_is_refused_by_name(
    functions: Lambda, change: dict[str, Any], words: str
) -> None:
    settings = {
        "Code": {"ZipFile": zipped(ECHO)},
        "Role": ROLE.format(functions.account),
        "Runtime": "python3.12",
        "Handler": "app.handler",
    } | change
    error, message = refused(functions.api.create_function, FunctionName="worker", **settings)
    assert error == "NotInTheLab"
    assert words in message
    assert functions.api.list_functions()["Functions"] == []


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("create_alias", {"FunctionName": "worker", "Name": "live", "FunctionVersion": "1"}),
        ("publish_version", {"FunctionName": "worker"}),
        ("create_function_url_config", {"FunctionName": "worker", "AuthType": "NONE"}),
        ("put_function_concurrency", {"FunctionName": "worker", "ReservedConcurrentExecutions": 1}),
        ("delete_function_concurrency", {"FunctionName": "worker"}),
        ("list_tags", {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:worker"}),
        ("invoke_with_response_stream", {"FunctionName": "worker"}),
        ("invoke", {"FunctionName": "worker", "InvocationType": "Event"}),
        ("invoke", {"FunctionName": "worker:live"}),
    ],
)
def test_other_operations_are_refused_by_name_and_not_tried_again(
    functions: Lambda, operation: str, parameters: dict[str, Any]
) -> None:
    functions.make(ECHO)
    assert refused(getattr(functions.api, operation), **parameters)[0] == "NotInTheLab"


@pytest.mark.parametrize(
    "change",
    [
        {"Timeout": 901},
        {"MemorySize": 10_241},
        {"Role": "worker"},
        {"Role": ROLE.format("999999999999")},
        {"Environment": {"Variables": {"AWS_REGION": "eu-west-1"}}},
        {"Environment": {"Variables": {"BIG": "x" * 5_000}}},
        {"Code": {"ZipFile": b"no zip"}},
    ],
)
def test_values_that_cannot_be_are_refused(functions: Lambda, change: dict[str, Any]) -> None:
    settings = {
        "Code": {"ZipFile": zipped(ECHO)},
        "Role": ROLE.format(functions.account),
        "Runtime": "python3.12",
        "Handler": "app.handler",
    } | change
    error, _ = refused(functions.api.create_function, FunctionName="worker", **settings)
    assert error in ("InvalidParameterValueException", "ValidationException")
    assert functions.api.list_functions()["Functions"] == []


def test_a_zip_that_unpacks_to_too_much_is_refused(functions: Lambda) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.bin", b"\0" * (90 * 2**20))
    error, message = refused(
        functions.api.create_function,
        FunctionName="worker",
        Code={"ZipFile": bomb.getvalue()},
        Role=ROLE.format(functions.account),
        Runtime="python3.12",
        Handler="app.handler",
    )
    assert error == "InvalidParameterValueException"
    assert "Unzipped size" in message
