"""Whether a request meets a condition.

Sources, IAM User Guide: "Condition operators" (reference_policies_elements_condition_operators.html),
"Conditions with multiple context keys or values" (reference_policies_multi-value-conditions.html),
"Single-valued vs. multivalued context keys"
(reference_policies_condition-single-vs-multi-valued-context-keys.html).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lab.rules.policy.answers import Answer, CannotTell, all_of, any_of, opposite
from lab.rules.policy.keys import Context, is_multivalued
from lab.rules.policy.operators import COMPARISONS, NOT_EVALUATED, NULL, Comparison, Operator, Qualifier
from lab.rules.policy.variables import MissingValue, Template


@dataclass(frozen=True)
class Condition:
    """One key under one operator: `{operator: {key: values}}`. Values are alternatives, conditions add up."""

    operator: Operator
    key: str
    values: tuple[Template, ...]

    def is_met(self, context: Context) -> Answer:
        """Whether the request meets it, or what of it the lab can't evaluate."""
        refusal = self._beyond_the_lab(context)
        if refusal:
            return CannotTell(refusal)
        values = context.values(self.key)
        if self.operator.base == NULL:
            return any_of(template.text.lower() == str(not values).lower() for template in self.values)
        if self.operator.qualifier is not Qualifier.NONE:
            # "… or if the key values resolve to a null data set, such as an empty string"
            values = tuple(value for value in values if value)
        if not values:
            return self._met_without_value()
        answers = (self._one_met(value, context) for value in values)
        return any_of(answers) if self.operator.qualifier is Qualifier.ANY else all_of(answers)

    def _beyond_the_lab(self, context: Context) -> str | None:
        name, is_plain = self.operator.written, self.operator.qualifier is Qualifier.NONE
        if self.operator.base in NOT_EVALUATED:
            return f"condition operator {name}"
        if not context.can_tell(self.key):
            return f"condition key {self.key}"
        if self.operator.base == NULL:
            return None if is_plain else f"condition operator {name}"
        # "Multivalued context keys require a condition set operator"; what AWS does without is not said.
        if is_plain and (is_multivalued(self.key) or len(context.values(self.key)) > 1):
            return f"condition key {self.key} under {name}: it needs ForAllValues: or ForAnyValue:"
        return None

    def _met_without_value(self) -> Answer:
        """A missing key: false, but true for negated operators and for IfExists; the set operators go first.

        "The ForAllValues set operator also returns true if there are no context keys in the request";
        ForAnyValue returns false. Which wins in ForAnyValue:…IfExists, AWS's pages don't say.
        """
        if self.operator.qualifier is Qualifier.ALL:
            return True
        if self.operator.qualifier is Qualifier.ANY:
            unsaid = f"condition operator {self.operator.written} with {self.key} missing"
            return CannotTell(unsaid) if self.operator.if_exists else False
        return self.operator.if_exists or self._comparison.negated

    def _one_met(self, value: str, context: Context) -> Answer:
        """One value of the request: equal to any of the policy's, or, negated, to none of them."""
        if self._comparison.negated:
            return opposite(any_of(self._compared(value, template, context) for template in self.values))
        return any_of(self._compared(value, template, context) for template in self.values)

    def _compared(self, value: str, template: Template, context: Context) -> Answer:
        comparison = self._comparison
        if not comparison.is_text:
            return _without_error(comparison, value, template.text)
        tokens = template.resolve(context)
        if isinstance(tokens, MissingValue):
            return missing_variable(tokens, comparison.negated)
        return tokens if isinstance(tokens, CannotTell) else comparison.compare(value, tokens)

    @property
    def _comparison(self) -> Comparison:
        return COMPARISONS[self.operator.base]


def _without_error(comparison: Comparison, value: str, text: str) -> bool:
    """A request's value that is no number, date, truth or address equals nothing."""
    try:
        return comparison.compare(value, text)
    except ValueError:
        return False


def missing_variable(missing: MissingValue, negated: bool) -> Answer:
    """A variable without a value: "any attempt to match it fails" (Variables page, principal key values).

    The page adds that the statement then is invalid. Where a failed match would make a statement apply
    (NotResource, negated operators), that leaves two readings, and the lab takes neither.
    """
    return CannotTell(f"{missing.variable}, which the request has no value for") if negated else False


def all_met(conditions: Iterable[Condition], context: Context) -> Answer:
    """Conditions add up: each has to be met ("evaluated using a logical AND")."""
    return all_of(condition.is_met(context) for condition in conditions)
