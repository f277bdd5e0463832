"""Who calls, and how far a Principal element names the caller.

Sources, IAM User Guide: "Principal" (reference_policies_elements_principal.html), "NotPrincipal"
(reference_policies_elements_notprincipal.html), "Determining whether a request is allowed or denied
within an account" (reference_policies_evaluation-logic.html).
"""

import re
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

from lab.rules.policy.answers import CannotTell

_CALLER: Final = re.compile(
    r"arn:(?P<partition>[a-z-]+):(?P<service>iam|sts)::(?P<account>\d{12}):"
    r"(?P<type>root|user|role|assumed-role|federated-user)(?P<rest>(?:/[^/:\s]+)*)",
    re.ASCII,
)
_ACCOUNT: Final = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root|(\d{12})", re.ASCII)


class CallerKind(Enum):
    """What kind of principal an ARN names, by the word that its last part begins with."""

    ROOT = "root"
    USER = "user"
    ROLE = "role"
    ROLE_SESSION = "assumed-role"
    FEDERATED_USER = "federated-user"


class Match(IntEnum):
    """How directly a Principal element names the caller; it decides which other policies still limit it."""

    NONE = 0
    ACCOUNT = 1
    """The caller's account: it hands the decision to that account's identity-based policies."""
    BEHIND = 2
    """The role behind the session, or the user behind the federated user: boundary and session policy still
    limit the caller."""
    DIRECT = 3
    """This very caller, or everyone."""


@dataclass(frozen=True)
class Caller:
    """The principal of a request.

    `behind` is the ARN of the role behind a session (of a role: its own), or of the user behind a federated
    user; it is empty for others.
    """

    arn: str
    kind: CallerKind
    account: str
    partition: str
    name: str
    behind: str

    @property
    def identity_arn(self) -> str:
        """What `aws:PrincipalArn` holds: for a role session the role's ARN, not the session's."""
        return self.behind if self.kind is CallerKind.ROLE_SESSION else self.arn

    @property
    def user_name(self) -> str | None:
        """What `aws:username` holds: an IAM user's name, nothing for others (Variables page)."""
        return self.name if self.kind is CallerKind.USER else None


def caller(arn: str, role_arn: str | None = None) -> Caller:
    """The caller with this ARN.

    A session's ARN leaves out the path of its role: give `role_arn` for a role that has one.
    Raises ValueError when ARN is not the ARN of a root user, user, role, role session or federated user.
    """
    found = _CALLER.fullmatch(arn)
    names = found["rest"].split("/")[1:] if found else []
    if found is None or not _is_whole(found["service"], CallerKind(found["type"]), len(names)):
        raise ValueError(
            f"{arn!r} is not the ARN of a user, a role, a role session, a federated user or root"
        )
    kind = CallerKind(found["type"])
    iam = f"arn:{found['partition']}:iam::{found['account']}"
    behind = ""
    if kind is CallerKind.ROLE_SESSION:
        behind = role_arn or f"{iam}:role/{names[0]}"
    elif kind is CallerKind.FEDERATED_USER:
        behind = f"{iam}:user/{names[0]}"
    elif kind is CallerKind.ROLE:
        behind = arn
    return Caller(arn, kind, found["account"], found["partition"], names[-1] if names else "root", behind)


_SESSIONS: Final = {CallerKind.ROLE_SESSION: 2, CallerKind.FEDERATED_USER: 1}


def _is_whole(service: str, kind: CallerKind, names: int) -> bool:
    if kind in _SESSIONS:
        return service == "sts" and names == _SESSIONS[kind]
    return service == "iam" and (names > 0) == (kind is not CallerKind.ROOT)


@dataclass(frozen=True)
class PrincipalElement:
    """Principal or NotPrincipal of a statement: its values under "AWS" ("*", account ids, ARNs).

    Values under Service, Federated and CanonicalUser name none of the callers that the lab has; they are
    kept in `others`.
    """

    aws: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    negated: bool

    def match(self, who: Caller, has_boundary: bool) -> Match | CannotTell:
        """How the statement applies to the caller, as far as its principals go."""
        if not self.negated:
            return max((_match(value, who) for value in self.aws), default=Match.NONE)
        # NotPrincipal page: it "will always deny any IAM principal that has a permissions boundary policy".
        if has_boundary:
            return Match.DIRECT
        return self._not_match(who)

    def _not_match(self, who: Caller) -> Match | CannotTell:
        """The page asks for the account, and the role of a session, beside the principal that is excepted.

        What happens when only some of them are listed "depends on the service", so the lab doesn't guess.
        """
        if "*" in self.aws:
            return Match.NONE
        listed = {_match(value, who) for value in self.aws} - {Match.NONE}
        if not listed:
            return Match.DIRECT
        needed = {Match.ACCOUNT}
        needed |= {Match.BEHIND} if who.behind else set()
        needed |= {Match.DIRECT} if who.arn != who.behind else set()
        if who.kind is CallerKind.ROOT or listed == needed:
            return Match.NONE
        return CannotTell("NotPrincipal that lists a part only of the caller's account, role and own ARN")


def _match(value: str, who: Caller) -> Match:
    if who.behind and value == who.behind:
        return Match.BEHIND
    if value in ("*", who.arn):
        return Match.DIRECT
    if account_of(value) == who.account:
        return Match.DIRECT if who.kind is CallerKind.ROOT else Match.ACCOUNT
    return Match.NONE


def account_of(value: str) -> str | None:
    """The account that a principal value ("111122223333" or its root ARN) stands for, if it does."""
    found = _ACCOUNT.fullmatch(value)
    return (found[1] or found[2]) if found else None


def is_principal(value: str) -> bool:
    """Whether VALUE can stand under "AWS": everyone, an account, or a caller's ARN without wildcards."""
    return value == "*" or account_of(value) is not None or (_is_caller(value) and not set("*?") & set(value))


def _is_caller(arn: str) -> bool:
    try:
        caller(arn)
    except ValueError:
        return False
    return True
