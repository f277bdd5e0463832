"""What the lab tells a person when something can't be done."""


class LabError(Exception):
    """What is wrong and what to do, in a sentence or two; shown without a traceback, in notebooks too."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return [str(self)]
