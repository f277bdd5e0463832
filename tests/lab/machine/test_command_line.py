"""A command that is not there is told in a sentence that helps."""

import pytest

import grader.cli
import lab.cli

SAID = [
    ("lab", "stats", "there is no command 'stats'. Is 'status' meant? `lab --help` lists all commands."),
    ("grader", "autograd", "there is no command 'autograd'. Is 'autograde' meant? `grader --help`"),
    (
        "grader",
        "hint",
        "there is no command 'hint'. It is called in the notebook, in a cell of its own: hint(",
    ),
    ("grader", "zebra", "there is no command 'zebra'. `grader --help` lists all commands."),
    ("grader", "it's", "there is no command "),
]


@pytest.mark.parametrize(("program", "typed", "said"), SAID, ids=[typed for _, typed, _ in SAID])
def test_a_command_that_is_not_there(
    program: str, typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main = {"lab": lab.cli.main, "grader": grader.cli.main}[program]
    with pytest.raises(SystemExit) as ended:
        main([typed])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f"{program}: error: {said}" in told
    assert "choose from" not in told


def test_other_mistakes_are_told_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    for typed, said in (
        (["--course"], "argument --course: expected one argument"),
        (["mark"], "the following arguments are required: assignment"),
        (["whoami", "--nmae", "Ada"], "unrecognized arguments: --nmae"),
    ):
        with pytest.raises(SystemExit) as ended:
            grader.cli.main(typed)
        assert ended.value.code == 2
        assert said in capsys.readouterr().err
