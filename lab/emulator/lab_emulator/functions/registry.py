"""The functions of all accounts, and their names: which function a name, a partial or a whole ARN means."""

import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from lab_emulator.functions.code import Code
from lab_emulator.functions.refusals import (
    InvalidParameterValueException,
    NotInTheLab,
    ResourceConflictException,
    ResourceNotFoundException,
)

_NAME: Final = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9-_]{1,64})(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?",
    re.ASCII,
)
"""API model: FunctionName."""
LATEST: Final = "$LATEST"


@dataclass(frozen=True)
class Settings:
    """What can be changed of a function beside its code. `timeout`: seconds."""

    runtime: str
    role: str
    handler: str
    description: str = ""
    timeout: int = 3
    memory_mib: int = 128
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Function:
    """One function as it is now; a change makes another. `modified`: seconds since 1970, the account's."""

    partition: str
    region: str
    account: str
    name: str
    settings: Settings
    code: Code
    modified: float
    architecture: str = "x86_64"
    tags: Mapping[str, str] = field(default_factory=dict)
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}"

    def changed(self, **fields: Any) -> "Function":
        return replace(self, revision=str(uuid.uuid4()), **fields)


@dataclass(frozen=True)
class Named:
    """What a request calls a function."""

    partition: str
    region: str
    account: str
    name: str

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}"


def named(text: str, partition: str, region: str, account: str) -> Named:
    """The function that TEXT means to a caller in ACCOUNT and REGION.

    Raises InvalidParameterValueException for no name, ResourceNotFoundException for one of elsewhere,
    NotInTheLab for a version or an alias.
    """
    found = _NAME.fullmatch(text)
    if found is None:
        raise InvalidParameterValueException(f"{text[:200]!r} is no name of a function, and no ARN of one.")
    if (qualifier := found["qualifier"]) not in (None, LATEST):
        raise NotInTheLab(f"versions and aliases of functions, such as {qualifier}")
    if found["account"] not in (None, account) or found["region"] not in (None, region):
        raise ResourceNotFoundException(f"Function not found: {text}")
    return Named(found["partition"] or partition, region, account, found["name"])


class Functions:
    """By ARN."""

    def __init__(self) -> None:
        self._by_arn: dict[str, Function] = {}
        self._lock = threading.Lock()

    def get(self, arn: str) -> Function | None:
        return self._by_arn.get(arn)

    def existing(self, arn: str) -> Function:
        """Raises ResourceNotFoundException, in AWS's words."""
        found = self._by_arn.get(arn)
        if found is None:
            raise ResourceNotFoundException(f"Function not found: {arn}")
        return found

    def add(self, function: Function) -> None:
        """Raises ResourceConflictException, in AWS's words."""
        with self._lock:
            if function.arn in self._by_arn:
                raise ResourceConflictException(f"Function already exist: {function.name}")
            self._by_arn[function.arn] = function

    def put(self, function: Function) -> None:
        """A function's new state. Raises ResourceNotFoundException when it was deleted meanwhile."""
        with self._lock:
            if function.arn not in self._by_arn:
                raise ResourceNotFoundException(f"Function not found: {function.arn}")
            self._by_arn[function.arn] = function

    def remove(self, arn: str) -> Function:
        """Raises ResourceNotFoundException."""
        with self._lock:
            found = self.existing(arn)
            del self._by_arn[arn]
        return found

    def of(self, account: str, region: str = "") -> list[Function]:
        """In the order of their names; of all Regions without one."""
        with self._lock:
            found = [
                one for one in self._by_arn.values() if one.account == account and region in ("", one.region)
            ]
        return sorted(found, key=lambda one: one.name)


FUNCTIONS = Functions()
