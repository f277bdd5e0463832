"""What is wrong with a policy document, and where."""


class PolicyError(ValueError):
    """The document is no policy.

    `place` is like "Statement[1].Condition.StringEquals", and empty for the document as a whole.
    """

    def __init__(self, place: str, problem: str) -> None:
        self.place = place
        self.problem = problem
        super().__init__(f"{place}: {problem}" if place else problem)
