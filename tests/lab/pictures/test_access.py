"""The picture of who may do what: each answer is a cell with its word, and the two differ in shape too."""

from typing import Any

import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from lab.pictures.access import access_matrix
from lab.pictures.figure import Picture

ANSWERS = {
    "PutRecord": {"producer": True, "consumer": False},
    "GetRecords": {"producer": False, "consumer": True},
    "DeleteStream": {"producer": False, "consumer": False},
}


def axes_of(picture: Picture) -> Any:
    (axes,) = picture.figure.axes
    return axes


def labels(axes: Any) -> tuple[list[str], list[str]]:
    across = [label.get_text() for label in axes.get_xticklabels()]
    down = [label.get_text() for label in axes.get_yticklabels()]
    return across, down


def test_every_answer_is_a_cell_with_its_word_in_its_place() -> None:
    axes = axes_of(access_matrix(ANSWERS))
    callers, calls = labels(axes)
    assert (callers, calls) == (["producer", "consumer"], list(ANSWERS))
    words = {text.get_position(): text.get_text() for text in axes.texts}
    assert words == {
        (column, down): "allowed" if ANSWERS[call][caller] else "denied"
        for down, call in enumerate(calls)
        for column, caller in enumerate(callers)
    }
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("who calls", "call")
    assert axes.get_ylim() == (2.5, -0.5), "the first call is on top"


def test_rows_and_columns_are_called_what_they_are() -> None:
    axes = axes_of(access_matrix({"no key": {"one\nput": True}}, across="program", down="stream"))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("program", "stream")
    words = access_matrix({"no key": {"one\nput": True}}).words
    assert words == "Access matrix, 1 call: 1 allowed, 0 denied.\nno key: one put allowed"


def test_allowed_and_denied_differ_in_colour_and_hatch() -> None:
    axes = axes_of(access_matrix(ANSWERS))
    looks: dict[str, set[tuple[Any, Any]]] = {"allowed": set(), "denied": set()}
    for box, text in zip(axes.patches, axes.texts, strict=True):
        assert isinstance(box, Rectangle)
        looks[text.get_text()].add((to_rgb(box.get_facecolor()), box.get_hatch()))
    (allowed,), (denied,) = looks["allowed"], looks["denied"]
    assert allowed[0] != denied[0]
    assert allowed[1] != denied[1]


def test_words_say_every_answer() -> None:
    picture = access_matrix(ANSWERS)
    assert picture.words == (
        "Access matrix, 6 calls: 2 allowed, 4 denied.\n"
        "PutRecord: producer allowed, consumer denied\n"
        "GetRecords: producer denied, consumer allowed\n"
        "DeleteStream: producer denied, consumer denied"
    )
    assert axes_of(picture).get_title() == "6 calls: 2 allowed, 4 denied"
    assert picture.png()


@pytest.mark.parametrize("answers", [{}, {"PutRecord": {}}])
def test_nothing_to_draw_is_said(answers: dict[str, dict[str, bool]]) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        access_matrix(answers)


def test_a_row_with_other_callers_is_named() -> None:
    with pytest.raises(ValueError, match="'GetRecords' has the columns"):
        access_matrix({"PutRecord": {"producer": True}, "GetRecords": {"consumer": True}})
