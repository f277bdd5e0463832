"""A learner's own AWS account is out of reach: nothing of it is read, whatever lies around."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab.aws import environment as environment_module
from lab.aws.environment import LEARNER_ACCOUNT, SECRET, fresh_account, lab_environment
from tests.lab.support import PLANTED_ENDPOINT, PLANTED_KEY, PLANTED_REGION, PLANTED_VARIABLES

pytestmark = pytest.mark.xdist_group("shared-lab")

WHAT_BOTO_SEES = """
import json, os, boto3
kinesis = boto3.client("kinesis")
keys = boto3.Session().get_credentials().get_frozen_credentials()
seen = {"endpoint": kinesis.meta.endpoint_url, "region": kinesis.meta.region_name, "key": keys.access_key,
        "secret": keys.secret_key, "token": keys.token, "profile": boto3.Session().profile_name,
        "bundle": kinesis._endpoint.http_session._verify,
        "fips": bool(kinesis.meta.config.use_fips_endpoint)}
if os.environ.get("CALL"):
    seen["account"] = boto3.client("sts").get_caller_identity()["Account"]
    seen["streams"] = kinesis.list_streams()["StreamNames"]
print(json.dumps(seen))
"""


def seen_by_boto(environment: dict[str, str], call: bool) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", WHAT_BOTO_SEES],
        env=environment | {"CALL": "1" if call else ""},
        capture_output=True,
        text=True,
        check=True,
    )
    seen: dict[str, object] = json.loads(done.stdout)
    return seen


def planted(home: Path, names: tuple[str, ...]) -> dict[str, str]:
    return {"HOME": str(home), "PATH": "/usr/bin:/bin"} | {n: PLANTED_VARIABLES[n] for n in names}


# What is planted, and where boto3 shows that it was picked up when nobody prevents it (the control).
PLANTS = [
    ((), {"key": PLANTED_KEY, "region": PLANTED_REGION, "endpoint": PLANTED_ENDPOINT}),
    (("AWS_PROFILE",), {"profile": "work", "key": PLANTED_KEY}),
    (
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        {"key": PLANTED_VARIABLES["AWS_ACCESS_KEY_ID"], "token": "planted-token"},
    ),
    (("AWS_ENDPOINT_URL_KINESIS",), {"endpoint": PLANTED_ENDPOINT}),
    (("AWS_DEFAULT_REGION",), {"region": PLANTED_VARIABLES["AWS_DEFAULT_REGION"]}),
    (("AWS_CA_BUNDLE",), {"bundle": PLANTED_VARIABLES["AWS_CA_BUNDLE"]}),
    (tuple(PLANTED_VARIABLES), {"endpoint": PLANTED_ENDPOINT, "profile": "work", "token": "planted-token"}),
]


@pytest.mark.parametrize(("names", "shows"), PLANTS, ids=lambda value: "-".join(value) or "files")
def test_planted_aws_settings_are_read_by_boto3_but_not_in_the_lab(
    names: tuple[str, ...], shows: dict[str, str], planted_home: Path, running_lab: str
) -> None:
    around = planted(planted_home, names)
    without_us = seen_by_boto(around, call=False)
    assert {name: without_us[name] for name in shows} == shows, "the control: the plant works"

    account = fresh_account()
    assert seen_by_boto(lab_environment(running_lab, account, base=around), call=True) == {
        "endpoint": running_lab,
        "region": "us-east-1",
        "key": account,
        "secret": SECRET,
        "token": None,
        "profile": "default",
        "bundle": True,
        "fips": False,
        "account": account,
        "streams": [],
    }


def test_the_lab_is_reached_past_a_proxy_and_other_hosts_are_still_spared_it() -> None:
    base = {"http_proxy": "http://proxy.example:3128", "no_proxy": "intranet.example"}
    environment = lab_environment("http://127.0.0.1:4566", base=base)
    assert environment["http_proxy"] == base["http_proxy"]
    assert environment["no_proxy"] == environment["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"


def test_what_is_not_aws_stays() -> None:
    base = {
        "LANG": "de_DE.UTF-8",
        "MY_AWS_NOTES": "stay",
        "AWS_WHATEVER_COMES_NEXT": "go",
        "BOTO_CONFIG": "go",
    }
    environment = lab_environment("http://127.0.0.1:4566", base=base)
    assert environment["LANG"] == "de_DE.UTF-8"
    assert environment["MY_AWS_NOTES"] == "stay"
    assert "go" not in environment.values()
    assert environment["AWS_ACCESS_KEY_ID"] == LEARNER_ACCOUNT


def test_the_aws_files_in_use_are_the_labs_and_exist() -> None:
    environment = lab_environment("http://127.0.0.1:4566", base={})
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        text = Path(environment[name]).read_text()
        assert text
        assert all(line.startswith("#") for line in text.splitlines())


@pytest.mark.parametrize("problem", [errno.EROFS, errno.ENOSPC])
def test_where_the_course_can_only_be_read_the_aws_files_are_the_null_device(
    problem: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a worker may have the course without being able to write it. A full disk is another thing."""

    def refuse(file: Path, _: str) -> None:
        raise OSError(problem, os.strerror(problem), str(file))

    monkeypatch.setattr(environment_module, "AWS_FILES", tmp_path / "none")
    monkeypatch.setattr(environment_module, "write_whole", refuse)
    if problem != errno.EROFS:
        with pytest.raises(OSError, match="No space left"):
            lab_environment("http://127.0.0.1:4566", base={})
        return
    environment = lab_environment("http://127.0.0.1:4566", base=planted(tmp_path, ()))
    seen = seen_by_boto(environment, call=False)
    assert (seen["key"], seen["profile"]) == (LEARNER_ACCOUNT, "default")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert environment[name] == os.devnull


@pytest.mark.parametrize(
    "account", ["", "12345678901", "1234567890123", "AKIAIOSFODNN", "１２３４５６７８９０１２"]
)
def test_an_account_that_is_none_is_refused(account: str) -> None:
    with pytest.raises(ValueError, match="12 digits"):
        lab_environment("http://127.0.0.1:4566", account)


def test_two_accounts_do_not_see_each_others_streams(running_lab: str) -> None:
    program = (
        "import os, boto3\n"
        "for account in os.environ['ACCOUNTS'].split():\n"
        "    kinesis = boto3.client('kinesis', aws_access_key_id=account, aws_secret_access_key='-')\n"
        "    kinesis.create_stream(StreamName='of-' + account, ShardCount=1)\n"
        "for account in os.environ['ACCOUNTS'].split():\n"
        "    kinesis = boto3.client('kinesis', aws_access_key_id=account, aws_secret_access_key='-')\n"
        "    names = kinesis.list_streams()['StreamNames']\n"
        "    print(account, *names, kinesis.describe_stream_summary(StreamName=names[0])"
        "['StreamDescriptionSummary']['StreamARN'].split(':')[4])\n"
    )
    accounts = [fresh_account(), fresh_account()]
    environment = lab_environment(running_lab, accounts[0]) | {"ACCOUNTS": " ".join(accounts)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [f"{account} of-{account} {account}" for account in accounts]
