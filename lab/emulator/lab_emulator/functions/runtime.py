"""What runs inside a function's process: it loads the handler, and calls it for each event that comes.

Run as a program, by `environment`, with the standard library only. Errors as AWS's Python runtime words them
(aws-lambda-python-runtime-interface-client, `bootstrap.py`). Argument: a JSON object of the settings.
"""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

PR_SET_PDEATHSIG = 1
MIB = 2**20
LARGEST_FILE_MIB = 512
"""AWS's default size of /tmp."""
Answer = dict[str, Any]


class Context:
    """What a handler gets beside its event (Lambda guide, "Python context object")."""

    identity = None
    client_context = None

    def __init__(self, settings: dict[str, Any], request: dict[str, Any]) -> None:
        self.function_name: str = settings["name"]
        self.function_version = "$LATEST"
        self.invoked_function_arn: str = settings["arn"]
        self.memory_limit_in_mb = str(settings["memory_mib"])
        self.aws_request_id: str = request["request_id"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = ""
        self._ends = time.monotonic() + request["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def confine(settings: dict[str, Any]) -> None:
    """Limits of this process and all that it starts; it ends when the lab ends."""
    memory = settings["memory_mib"] * MIB
    limits = ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, LARGEST_FILE_MIB * MIB))
    for name, most in (*limits, (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(name, (most, most))
    os.nice(5)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if os.getppid() != settings["parent"]:
        os._exit(1)


def handler_of(name: str) -> Callable[[Any, Context], Any] | Answer:
    """The function that a handler's name means, or the error that AWS reports."""
    module, dot, function = name.rpartition(".")
    if not dot:
        return _problem(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
        )
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        return _problem("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}")
    except SyntaxError as error:
        return _problem("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}")
    except Exception as error:  # noqa: BLE001 it is the function's own
        return _told(error, "")
    found = getattr(loaded, function, None)
    if not callable(found):
        return _problem("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module}'")
    return found  # type: ignore[no-any-return]


def _problem(kind: str, message: str) -> Answer:
    return {"errorMessage": message, "errorType": kind, "requestId": "", "stackTrace": []}


def _told(error: BaseException, request_id: str) -> Answer:
    trace = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": trace,
    }


def answered(handler: Callable[[Any, Context], Any], event: bytes, context: Context) -> tuple[bytes, bool]:
    """The handler's answer as JSON, and whether it is an error."""
    try:
        result = handler(json.loads(event), context)
    except Exception as error:  # noqa: BLE001 it is the function's own
        return json.dumps(_told(error, context.aws_request_id)).encode(), True
    try:
        return json.dumps(result, ensure_ascii=False).encode(), False
    except (TypeError, ValueError, RecursionError, UnicodeError) as error:
        problem = _problem("Runtime.MarshalError", f"Unable to marshal response: {error}")
        return json.dumps(problem | {"requestId": context.aws_request_id}).encode(), True


def _frame(file: BinaryIO) -> bytes:
    """The next frame; ends this process when there will be none."""
    size = file.read(4)
    if len(size) < 4:
        os._exit(0)
    return file.read(int.from_bytes(size, "big"))


def _send(file: BinaryIO, head: Answer, body: bytes = b"") -> None:
    text = json.dumps(head).encode()
    content = len(text).to_bytes(4, "big") + text + body
    file.write(len(content).to_bytes(4, "big") + content)
    file.flush()


def main() -> None:
    settings = json.loads(sys.argv[1])
    confine(settings)
    for number in (settings["requests"], settings["answers"]):
        os.set_inheritable(number, False)
    requests, answers = os.fdopen(settings["requests"], "rb"), os.fdopen(settings["answers"], "wb")
    sys.argv[1:] = []
    sys.path.insert(0, str(Path.cwd()))
    handler = handler_of(settings["handler"])
    if isinstance(handler, dict):
        _send(answers, {"ready": False}, json.dumps(handler).encode())
        return
    _send(answers, {"ready": True})
    while True:
        request = json.loads(_frame(requests))
        body, is_error = answered(handler, _frame(requests), Context(settings, request))
        sys.stdout.flush()
        sys.stderr.flush()
        _send(answers, {"error": is_error, "peak_kib": _peak_kib()}, body)


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
