"""What the tests of Lambda use: a function from source text, and what invoking it gives."""

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from tests.lab.emulator.support import client

ROLE = "arn:aws:iam::{}:role/worker"


def zipped(source: str, name: str = "app.py", **files: str) -> bytes:
    """A zip with SOURCE in it, and FILES by their names without .py."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, dedent(source))
        for other, text in files.items():
            archive.writestr(f"{other}.py", dedent(text))
    return made.getvalue()


class Lambda:
    """One account's functions."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.account = variables["AWS_ACCESS_KEY_ID"]
        self.api = client(variables, "lambda")

    def make(self, source: str, name: str = "worker", **settings: Any) -> str:
        """A function whose handler is `handler` in SOURCE; its ARN."""
        settings = {
            "Runtime": "python3.12",
            "Role": ROLE.format(self.account),
            "Handler": "app.handler",
        } | settings
        answer = self.api.create_function(FunctionName=name, Code={"ZipFile": zipped(source)}, **settings)
        return str(answer["FunctionArn"])

    def invoke(self, event: Any = None, name: str = "worker", **more: Any) -> Any:
        """The whole answer, its payload read and parsed."""
        answer = self.api.invoke(FunctionName=name, Payload=json.dumps(event), **more)
        return answer | {"Payload": json.loads(answer["Payload"].read())}

    def result(self, event: Any = None, name: str = "worker") -> Any:
        """What the handler gives. It must not fail."""
        answer = self.invoke(event, name)
        assert "FunctionError" not in answer, answer["Payload"]
        return answer["Payload"]

    def error(self, event: Any = None, name: str = "worker") -> dict[str, Any]:
        """The error that the handler ends in. It must fail."""
        answer = self.invoke(event, name)
        assert answer["FunctionError"] == "Unhandled", answer["Payload"]
        found: dict[str, Any] = answer["Payload"]
        return found


def log_of(answer: Mapping[str, Any]) -> str:
    return base64.b64decode(answer["LogResult"]).decode()
