"""An error's words are cut so that both ends stay, wherever they are shown."""

from grader.marking.part_marks import failure_text
from grader.notebook.calls import ask_quietly, quietly
from grader.notebook.processor_host import ProcessorHost
from grader.tasks.answers import Raised, words_of
from grader.tasks.brief import MOST, in_brief

LONG = "Parameter validation failed: " + "Records, " * 200 + "valid types: bytes"


def test_short_words_stay() -> None:
    for words in ("", "a", "x" * MOST):
        assert in_brief(words) == words


def test_of_long_words_both_ends_stay() -> None:
    cut = in_brief(LONG)
    assert len(cut) <= MOST
    assert cut.startswith("Parameter validation failed: ")
    assert cut.endswith("valid types: bytes")
    assert cut.count("…") == 1
    assert in_brief(cut) == cut


def raises(**_: object) -> None:
    raise KeyError(LONG)


class Unspeakable(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise RuntimeError


def test_what_a_learner_reads_has_type_and_end() -> None:
    with quietly() as can:
        answer = ask_quietly(raises, "raises", {}, 5, can)
    assert isinstance(answer, Raised)
    told = failure_text(answer)
    assert told.startswith("raised KeyError: 'Parameter validation")
    assert told.endswith("valid types: bytes'.")
    assert words_of(Unspeakable()) == "(its words cannot be shown)"


def test_a_record_processor_s_words_too() -> None:
    def made(*_: object) -> None:
        raise Unspeakable

    for maker, words in ((raises_long, "valid types: bytes"), (made, "(its words cannot be shown)")):
        host = ProcessorHost({"Mine": maker}, lambda _: {})
        answer = host.tell({"action": "begin", "name": "Mine"})
        assert isinstance(answer, Raised)
        assert answer.message.endswith(words)


def raises_long(*_: object) -> None:
    raise ValueError(LONG)


def test_what_python_says_too_shortly_is_explained() -> None:
    assert "ends with `return`" in failure_text(Raised("SystemExit", ""))
    assert "again and again" in failure_text(Raised("RecursionError", "maximum recursion depth exceeded"))
    assert failure_text(Raised("ValueError", "no")) == "raised ValueError: no."
