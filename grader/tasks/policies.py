"""IAM policies as answers: judged by what they allow and what they must deny, never by their spelling."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from lab.rules.policy import Layer, Policy, PolicyError, Request, caller, decide, parse_policy

LayerName = Literal["identity", "resource", "endpoint"]

LONGEST = 20_480
"""Characters of a policy that are read; IAM's own quotas are below it, resource policies' about there."""
MOST_WORDS = 200

EVERYTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


@dataclass(frozen=True)
class Decides:
    """A policy document, a dictionary or JSON text, of the kind LAYER.

    `expected` is {"questions": [{"says", "caller", "action", "resource", "context", "allowed"}, ...]}: "says"
    completes "it does not allow that ..." or "it also allows that ...". An identity policy is the caller's
    only one; a resource policy is asked for callers of other accounts that may do everything on their own
    side; an endpoint policy stands in front of a caller who may do everything.
    """

    layer: LayerName
    name: ClassVar[str] = "decides"

    def differs(self, expected: Any, answer: Any) -> str | None:
        if not isinstance(answer, dict | str):
            return "is not a policy document: return a dictionary, or its JSON text"
        text = _text(answer)
        policy = _read(text, self.layer)
        if isinstance(policy, str):
            return f"is not a policy that AWS would take: {policy[:MOST_WORDS]}"
        return _first_difference(self.layer, json.dumps(expected["questions"]), text)

    def decisions(self, expected: Any, answer: Any) -> list[str]:
        """What the policy says to each question; nothing for what is no policy."""
        if not isinstance(answer, dict | str):
            return []
        text = _text(answer)
        if isinstance(_read(text, self.layer), str):
            return []
        return [*_decisions(self.layer, json.dumps(expected["questions"]), text)]


def _text(policy: Any) -> str:
    return policy if isinstance(policy, str) else json.dumps(policy, sort_keys=True)


def _read(text: str, layer: LayerName) -> Policy | str:
    """The policy, or what is wrong with it."""
    if len(text) > LONGEST:
        return f"it has {len(text)} characters, and {LONGEST} are read at most"
    return _parsed(text, layer)


@functools.lru_cache(maxsize=256)
def _first_difference(layer: LayerName, questions: str, text: str) -> str | None:
    """By a policy that can be read. Kept: to make a mark, the same is asked several times."""
    policy = _parsed(text, layer)
    assert isinstance(policy, Policy)
    for question in json.loads(questions):
        kind, what = _decision(layer, question, policy)
        if kind == "cannot_evaluate":
            return f"uses what the lab cannot evaluate: {str(what)[:MOST_WORDS]}"
        if (kind == "allowed") != question["allowed"]:
            must = "does not allow" if question["allowed"] else "also allows"
            return f"{must} that {question['says']}"
    return None


@functools.lru_cache(maxsize=256)
def _decisions(layer: LayerName, questions: str, text: str) -> tuple[str, ...]:
    """Of a policy that can be read, to each question. Kept, as above."""
    policy = _parsed(text, layer)
    assert isinstance(policy, Policy)
    return tuple(_decision(layer, question, policy)[0] for question in json.loads(questions))


def _decision(layer: LayerName, question: Mapping[str, Any], policy: Policy) -> tuple[str, str | None]:
    who = caller(question["caller"])
    request = Request(who, question["action"], question["resource"], question.get("context", {}))
    everything = _parsed(EVERYTHING, "identity")
    assert isinstance(everything, Policy)
    if layer == "identity":
        decision = decide(request, [policy], same_account=True)
    elif layer == "resource":
        decision = decide(request, [everything], resource_policy=policy, same_account=False)
    else:
        decision = decide(request, [everything], endpoint_policy=policy, same_account=True)
    return decision.kind, decision.what


@functools.lru_cache(maxsize=256)
def _parsed(text: str, layer: LayerName) -> Policy | str:
    try:
        return parse_policy(text, Layer[layer.upper()], "answer")
    except PolicyError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
