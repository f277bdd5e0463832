"""A function runs in a process of its own, and whatever it does there harms nothing else."""

import contextlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab import clock
from lab.aws.environment import lab_environment
from lab.aws.instance import private_lab
from lab.control import Control
from tests.lab.emulator.functions.support import Lambda, log_of, zipped
from tests.lab.emulator.support import client, code
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("shared-lab")
ECHO = "def handler(event, context):\n    return event\n"
PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status != "Z"


def test_the_answer_is_the_handlers(functions: Lambda) -> None:
    functions.make(ECHO)
    for event in ({"a": [1, None, "ü"]}, None, "text", 0):
        assert functions.result(event) == event


def test_it_is_an_ordinary_process_with_the_functions_own_variables(functions: Lambda) -> None:
    functions.make(
        """
        import os
        def handler(event, context):
            return {"pid": os.getpid(), "context": [context.function_name, context.memory_limit_in_mb],
                    "left": context.get_remaining_time_in_millis(), "variables": dict(os.environ)}
        """,
        Environment={"Variables": {"TABLE": "orders"}},
    )
    told = functions.result()
    assert told["pid"] != os.getpid()
    assert told["context"] == ["worker", "128"]
    assert 0 < told["left"] <= 3_000
    assert told["variables"]["TABLE"] == "orders"
    assert told["variables"]["AWS_LAMBDA_FUNCTION_NAME"] == "worker"
    assert "LAB_SECRET" not in told["variables"]


def test_what_is_global_lasts_from_one_event_to_the_next(functions: Lambda) -> None:
    functions.make("seen = []\ndef handler(event, context):\n    seen.append(event)\n    return seen\n")
    assert functions.result(1) == [1]
    assert functions.result(2) == [1, 2]


def test_a_handler_calls_the_lab_with_plain_boto3(functions: Lambda) -> None:
    functions.make(
        """
        import boto3
        def handler(event, context):
            boto3.client("s3").create_bucket(Bucket=event)
            return [one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]]
        """,
        Timeout=60,
        MemorySize=512,
    )
    assert functions.result(f"made-by-{functions.account}") == [f"made-by-{functions.account}"]


@pytest.mark.parametrize(
    ("source", "kind", "words"),
    [
        ("def handler(event, context):\n    raise ValueError('bad order')\n", "ValueError", "bad order"),
        ("import sys\ndef handler(event, context):\n    sys.exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("import os\ndef handler(event, context):\n    os._exit(4)\n", "Runtime.ExitError", "exit status 4"),
        (
            "import os\ndef handler(event, context):\n    os.kill(os.getpid(), 9)\n",
            "Runtime.ExitError",
            "signal: killed",
        ),
        ("def handler(event, context):\n    return {1, 2}\n", "Runtime.MarshalError", "set"),
        ("import nothing_there\n", "Runtime.ImportModuleError", "nothing_there"),
        ("def handler(:\n", "Runtime.UserCodeSyntaxError", "app"),
        ("def other(event, context):\n    pass\n", "Runtime.HandlerNotFound", "handler"),
        ("raise RuntimeError('at the start')\n", "RuntimeError", "at the start"),
        ("import os\nos._exit(0)\n", "Runtime.ExitError", "without providing a reason"),
        (
            "def handler(event, context):\n    return 'x' * 2**23\n",
            "Function.ResponseSizeTooLarge",
            "6291456",
        ),
        (
            "def handler(event, context):\n    return len(bytearray(2**28))\n",
            "MemoryError",
            "",
        ),
    ],
)
def test_errors_are_told_as_aws_tells_them_and_the_next_event_is_taken(
    functions: Lambda, source: str, kind: str, words: str
) -> None:
    functions.make(source)
    for _ in range(2):
        error = functions.error()
        assert error["errorType"] == kind
        assert words in error["errorMessage"]
    functions.make(ECHO, name="neighbour")
    assert functions.result(1, "neighbour") == 1


def test_a_function_that_hangs_is_ended_with_all_that_it_started(functions: Lambda) -> None:
    functions.make(
        """
        import os, subprocess, sys, time
        def handler(event, context):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            print(os.getpid(), child.pid, flush=True)
            time.sleep(600)
        """,
        Timeout=2,
    )
    begun = time.monotonic()
    answer = functions.invoke(LogType="Tail")
    assert time.monotonic() - begun < 60
    assert answer["FunctionError"] == "Unhandled"
    assert answer["Payload"]["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 2.00 seconds" in answer["Payload"]["errorMessage"]
    pids = [int(word) for word in log_of(answer).splitlines()[0].split()]
    assert len(pids) == 2
    eventually(lambda: not any(map(is_running, pids)))


def test_a_gigabyte_of_printing_leaves_the_end_of_it(functions: Lambda) -> None:
    functions.make(
        """
        def handler(event, context):
            line = "x" * 2**20
            for _ in range(1024):
                print(line)
            print("the last line")
            return "done"
        """,
        Timeout=120,
    )
    answer = functions.invoke(LogType="Tail")
    assert answer["Payload"] == "done"
    assert "the last line" in log_of(answer)
    assert len(log_of(answer)) <= 4_096


def test_between_events_a_functions_process_stands_still(functions: Lambda) -> None:
    functions.make(
        """
        import threading
        count = 0
        def run():
            global count
            while True:
                count += 1
        def handler(event, context):
            if count == 0:
                threading.Thread(target=run, daemon=True).start()
            return count
        """
    )
    functions.result()
    functions.result()
    before = functions.result()
    time.sleep(1)
    # A second of a counting loop would be millions.
    assert functions.result() - before < 3_000_000


def test_a_changed_or_deleted_function_leaves_no_process(functions: Lambda) -> None:
    functions.make(PID)
    first = functions.result()
    assert is_running(first)
    functions.api.update_function_code(FunctionName="worker", ZipFile=zipped(PID))
    eventually(lambda: not is_running(first))
    second = functions.result()
    functions.api.delete_function(FunctionName="worker")
    eventually(lambda: not is_running(second))


def test_a_wiped_account_has_no_functions_and_no_processes(functions: Lambda, control: Control) -> None:
    functions.make(PID)
    pid = functions.result()
    control.set("wipe")
    assert functions.api.list_functions()["Functions"] == []
    eventually(lambda: not is_running(pid))


def test_too_many_at_once_are_throttled(functions: Lambda, fresh_account: Mapping[str, str]) -> None:
    functions.make("import time\ndef handler(event, context):\n    time.sleep(600)\n", Timeout=15)
    with ThreadPoolExecutor(45) as pool:
        answers = list(pool.map(lambda _: _how(fresh_account), range(45)))
    assert answers.count("Sandbox.Timedout") == 40
    assert answers.count("TooManyRequestsException") == 5
    assert metric(fresh_account, "Throttles") == 5


def _how(variables: Mapping[str, str]) -> str:
    try:
        return str(Lambda(variables).invoke()["Payload"]["errorType"])
    except ClientError as error:
        return code(error)


def test_with_the_lab_all_functions_end() -> None:
    with private_lab() as lab:
        running = lab.running
        assert running is not None
        functions = Lambda(lab_environment(running.endpoint, "111122223333"))
        functions.make(PID)
        hangs = """
        import os, pathlib, sys, time
        def handler(event, context):
            pathlib.Path(event).write_text(str(os.getpid()))
            time.sleep(600)
        """
        functions.make(hangs, name="hangs", Timeout=600)
        idle = functions.result()
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder) / "pid"
            call = threading.Thread(target=_ignore, args=(functions, str(said)), daemon=True)
            call.start()
            busy = int(eventually(lambda: said.exists() and said.read_text()))
        assert is_running(idle)
        assert is_running(busy)
    eventually(lambda: not is_running(idle) and not is_running(busy))
    call.join(30)


def _ignore(functions: Lambda, event: str) -> None:
    with contextlib.suppress(Exception):
        functions.invoke(event, "hangs")


def test_an_event_beyond_6_mb_is_refused(functions: Lambda) -> None:
    big = "x" * (6 * 2**20 + 1)
    functions.make(ECHO)
    with pytest.raises(ClientError) as caught:
        functions.invoke(big)
    assert code(caught.value) == "RequestTooLargeException"


def test_every_invocation_is_in_the_log(functions: Lambda, control: Control) -> None:
    functions.make("def handler(event, context):\n    print('seen', event)\n    return 1 / event\n")
    functions.result(1)
    functions.error(0)
    good, bad = control.look("invocations")["invocations"]
    assert (good["function"], good["outcome"], good["error"]) == ("worker", "success", "")
    assert (bad["outcome"], bad["error"]) == ("error", "ZeroDivisionError")
    assert "seen 0" in bad["printed"]
    assert control.set("invocations")["invocations"] == []


def test_invocations_and_errors_are_metrics(
    functions: Lambda, fresh_account: Mapping[str, str], control: Control
) -> None:
    functions.make("def handler(event, context):\n    return 1 / event\n")
    functions.result(1)
    functions.error(0)
    assert metric(fresh_account, "Invocations") == 2
    assert metric(fresh_account, "Errors") == 1
    assert metric(fresh_account, "Duration", "SampleCount") == 2


def metric(variables: Mapping[str, str], name: str, statistic: str = "Sum") -> float:
    now = datetime.now(UTC)
    answer: Any = client(variables, "cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=name,
        Dimensions=[{"Name": "FunctionName", "Value": "worker"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7_200,
        Statistics=[statistic],
    )
    return float(sum(point[statistic] for point in answer["Datapoints"]))


def test_a_jump_of_the_clock_times_no_function_out(functions: Lambda, control: Control) -> None:
    functions.make("import time\ndef handler(event, context):\n    time.sleep(1)\n    return 'done'\n")
    clock.advance(hours=1, of=control)
    assert functions.result() == "done"
    assert json.dumps(control.look("invocations"))
