"""Task `stream_arn`: write a stream's ARN."""

from random import Random
from string import ascii_lowercase, digits

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "sa-east-1")


def stream_arn(region: str, account: str, name: str) -> str:
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"


def _no_stream(region: str, account: str, name: str) -> str:
    return f"arn:aws:kinesis:{region}:{account}:{name}"


def _swapped(region: str, account: str, name: str) -> str:
    return stream_arn(account, region, name)


def _colon(region: str, account: str, name: str) -> str:
    return f"arn:aws:kinesis:{region}:{account}:stream:{name}"


def _slashes(region: str, account: str, name: str) -> str:
    return f"arn:aws:kinesis/{region}/{account}/stream/{name}"


def _number(region: str, account: str, name: str) -> str:
    return stream_arn(region, str(int(account)), name)


def _name(rng: Random) -> str:
    letters = ascii_lowercase + digits + "_-."
    return rng.choice(ascii_lowercase) + "".join(rng.choices(letters, k=rng.randint(3, 14)))


def _any_account(rng: Random) -> Arguments:
    account = str(rng.randint(10**11, 10**12 - 1))
    return {"region": rng.choice(REGIONS), "account": account, "name": _name(rng)}


def _account_with_zeros(rng: Random) -> Arguments:
    account = str(rng.randint(10**7, 10**11 - 1)).zfill(12)
    return {"region": rng.choice(REGIONS), "account": account, "name": _name(rng)}


TASK = Task(
    id="stream_arn",
    title="Write a stream's ARN",
    function="stream_arn",
    oracle=stream_arn,
    read="course/00-welcome.ipynb, “A stream”",
    parts=(
        Cases(
            id="form",
            points=1,
            says="must put service, Region, account and name in their places",
            visible=(
                {"region": "eu-west-1", "account": "123456789012", "name": "orders"},
                {"region": "us-east-1", "account": "444455556666", "name": "game-clicks"},
                {"region": "ap-southeast-2", "account": "111122223333", "name": "sensor.eu_1"},
            ),
            hidden=_any_account,
        ),
        Cases(
            id="account",
            points=1,
            says="must keep all 12 digits of the account, zeros at the front included",
            visible=(
                {"region": "eu-west-1", "account": "000000000000", "name": "orders"},
                {"region": "us-west-2", "account": "012345678901", "name": "orders"},
                {"region": "sa-east-1", "account": "000987654321", "name": "launch_day"},
            ),
            hidden=_account_with_zeros,
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_stream",
            words="The resource is `stream/NAME`, and your answer has the name alone. The word "
            "before the slash says what kind of thing the name belongs to.",
            model=_no_stream,
        ),
        Misconception(
            id="swapped",
            words="Region and account stand in each other's place: the Region comes first.",
            model=_swapped,
        ),
        Misconception(
            id="colon",
            words="Between `stream` and the name stands a slash; yours has a colon there.",
            model=_colon,
        ),
        Misconception(
            id="slashes",
            words="Colons divide an ARN's fields; only the resource, the last field, has a "
            "slash inside. Your answer has slashes everywhere after the service.",
            model=_slashes,
        ),
        Misconception(
            id="number",
            words="The account has lost the zeros at its front. An account is a string of 12 "
            "digits, not a number: leave it as it is.",
            model=_number,
        ),
    ),
    withheld=("lab.rules.policy.kinesis_actions",),
    hints=(
        "An ARN is a line of fields with colons between them. Count the fields of the example, "
        "and see which of them come from your arguments.",
        "Three fields are the same every time: `arn`, `aws` and `kinesis`. Then come Region, "
        "account and resource. The resource is the word `stream`, a slash and the name.",
        'An f-string does it in one line: write the example inside f"…", and put {region}, '
        "{account} and {name} where the example has its own.",
    ),
)
