"""The lint's rules on cases, mutants and seeds, each with what it must find."""

import ast
import json
import shutil
from pathlib import Path

import pytest

from grader.authoring.lint import differences, lint
from grader.authoring.mutants import mutants, read_survivors
from grader.authoring.trial import call, function_of
from grader.tasks.declaration import AuthoringError
from tests.grader.conftest import Grader

MUTANTS, SEEDS, RELEASED = (frozenset({rule}) for rule in ("mutants", "seeds", "released"))
SOLUTIONS = "solutions/02-shards"

CASES_THAT_ASK_LITTLE = """
import dataclasses
ONE = {"shards": _TWICE_SPLIT.listed(0)}
TASK = dataclasses.replace(
    TASK,
    misconceptions=(),
    parts=(Cases(id="one", points=4, says="must", visible=(ONE,), hidden=lambda rng: ONE),),
)
"""


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def names(source: str) -> list[str]:
    return [mutant.name for mutant in mutants(source)]


class TestMutants:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("return a < b", ["return a < b → return None", "a < b → a <= b", "a < b → a >= b"]),
            ("return a == b", ["return a == b → return None", "a == b → a != b"]),
            ("x = a + 1", ["a + 1 → a - 1", "1 → 2", "1 → 0"]),
            ("x = a // b", ["a // b → a / b", "a // b → a * b"]),
            ("x = not a", ["not a → a"]),
            ("x = a and b or c", ["a and b or c → (a and b) and c", "a and b → a or b"]),
            ("x = True", ["True → False"]),
            ("x = 'word'", ["'word' → 'wordX'"]),
            ("x = min(a, b)", ["min(a, b) → max(a, b)"]),
            ("while a:\n        break", ["while a → while not a", "break → continue"]),
            ("a -= b", ["a -= b → a += b"]),
            ("x = 1\n    y = 1", ["1 → 2", "1 → 0", "1 → 2 (2)", "1 → 0 (2)"]),
            ("'''Words.'''\n    raise ValueError('more words')", []),
        ],
    )
    def test_each_kind_of_mistake(self, body: str, expected: list[str]) -> None:
        assert names(f"def f(a, b=3, c=4):\n    {body}\n") == expected

    def test_only_functions_are_mutated_and_all_parse(self) -> None:
        source = "LIMIT = 3\n\ndef f(a):\n    return [x for x in a if x > LIMIT]\n\nprint(f([1]))\n"
        made = mutants(source)
        assert len({mutant.source for mutant in made}) == len(made) == 3
        for mutant in made:
            ast.parse(mutant.source)
            assert "LIMIT = 3" in mutant.source

    @pytest.mark.parametrize("text", ["[a", "a = 3", '[a]\n"x → y" = ""', '[a]\n"x → y" = 3'])
    def test_a_damaged_list_of_survivors(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "survivors.toml").write_text(text)
        with pytest.raises(AuthoringError, match=r"survivors\.toml"):
            read_survivors(tmp_path)


class TestTrial:
    def test_only_definitions_are_run(self) -> None:
        cells = [
            "import math\nimport os\nfrom grader import variant\nKEPT = math.floor(2.5)\n",
            "os.environ['TRIAL'] = 'ran'\nclient = boto3.client('kinesis')\nprint(KEPT)\n",
            "def helper(n):\n    return n + KEPT\n\ngiven = variant('x')\nanswer = f(**given)\n",
            "def f(n):\n    return helper(n)\n",
        ]
        function = function_of(cells, "f")
        assert function is not None
        assert function(1) == 3
        assert function_of(cells, "g") is None

    def test_a_loop_ends(self) -> None:
        def loop() -> None:
            while True:
                pass

        assert "processor time" in str(call(loop, "{}"))


class TestTheLintCanFail:
    def test_cases_that_notice_less_than_they_should(self, course: Path) -> None:
        """A list of one shard has one order: what the solution asks of parents goes unnoticed."""
        checks = course / SOLUTIONS / "checks/reading_order.py"
        checks.write_text(checks.read_text() + CASES_THAT_ASK_LITTLE)
        words = [text for text in lint(course, "02-shards", MUTANTS) if text.startswith("reading_order")]
        assert len(words) >= 3
        assert all("goes unnoticed, under some seeds at least; add a visible case" in text for text in words)

    def test_a_survivor_and_a_stale_reason(self, course: Path) -> None:
        path = course / SOLUTIONS / "survivors.toml"
        edit(path, '"1000 → 1001"', '"1000 → 1002"')
        path.write_text(path.read_text() + '\n[no_task]\n"1 → 2" = "none"\n')
        words = lint(course, "02-shards", MUTANTS)
        assert len(words) == 3
        assert "the mutant `1000 → 1001` in `(records_per_second, 1000),` goes unnoticed" in words[1]
        assert "`1000 → 1002` pass, and no such mutant survives; remove it" in words[2]
        assert "names a task no_task" in words[0]

    def test_how_many_is_said(self, course: Path) -> None:
        said: list[str] = []
        assert lint(course, "00-welcome", MUTANTS, said.append) == []
        assert said == ["stream_arn: a small solution: 4 of all its 4 mutants are noticed."]

    def test_a_right_answer_that_some_seeds_catch(self, course: Path) -> None:
        """It takes names for short, which half of the hidden cases' are not."""
        right = course / "solutions/00-welcome/right/stream_arn/joined.py"
        right.write_text(
            "def stream_arn(region, account, name):\n"
            "    return f'arn:aws:kinesis:{region}:{account}:stream/{name[:14]}'\n"
        )
        (words,) = lint(course, "00-welcome", SEEDS)
        assert "right/stream_arn/joined.py is not right under hidden cases of seed" in words

    def test_an_exercise_that_is_not_the_release(self, course: Path, tmp_path: Path) -> None:
        made, committed = tmp_path / "00-welcome", course / "exercises/00-welcome"
        shutil.copytree(committed, made)
        assert list(differences(made, committed)) == []
        edit(committed / "00-welcome.ipynb", "ARN", "arn")
        (committed / "notes.txt").write_text("mine")
        (made / ".checks.json").unlink()
        named = [words.split(" is not ")[0].split("/")[-1] for words in differences(made, committed)]
        assert named == [".checks.json", "00-welcome.ipynb", "notes.txt"]

    @pytest.mark.xdist_group("nbgrader")
    def test_a_source_that_went_on(self, course: Path) -> None:
        path = course / "solutions/00-welcome/00-welcome.ipynb"
        notebook = json.loads(path.read_text())
        notebook["cells"][0]["source"] = "# Another title"
        path.write_text(json.dumps(notebook))
        (course / "solutions/00-welcome/.checks.json").unlink()
        words = " ".join(lint(course, "00-welcome", RELEASED))
        assert (
            "exercises/00-welcome/00-welcome.ipynb is not what a release makes now: run make release" in words
        )
        assert "solutions/00-welcome/00-welcome.ipynb is behind" in words
        assert "solutions/00-welcome/.checks.json is behind" in words


COUNTS = frozenset({"counts"})


def test_what_an_exercise_says_it_holds_is_what_it_holds(course: Path) -> None:
    assert lint(course, "02-shards", COUNTS) == [], "the control"
    path = course / "solutions/02-shards/02-shards.ipynb"
    edit(path, "Six tasks, 25 points", "Six tasks, 19 points")
    (words,) = lint(course, "02-shards", COUNTS)
    assert words == "The exercise says “Six tasks, 19 points”, and it has: Six tasks, 25 points."
    edit(path, "Six tasks, 19 points", "Five tasks, 25 points")
    assert len(lint(course, "02-shards", COUNTS)) == 1
    edit(path, "Five tasks, 25 points", "Some tasks")
    (words,) = lint(course, "02-shards", COUNTS)
    assert words.endswith("write at its beginning: Six tasks, 25 points.")


PROMISES = frozenset({"promises"})


def test_what_check_lets_pass_and_the_mark_refuses_is_named(course: Path) -> None:
    """Four places are enough for every visible case but one."""
    checks = course / "solutions/05-capacity-modes/checks/break_even.py"
    assert lint(course, "05-capacity-modes", PROMISES) == [], "the control"
    edit(checks, "                _prices(0.012, 0.01, 0.12, 0.06, 4),\n", "")
    (words,) = lint(course, "05-capacity-modes", PROMISES)
    assert "break_even: check says ✔ to the right answer, rounded to 4 places" in words
    reasons = course / "solutions/05-capacity-modes/promises.toml"
    reasons.write_text('[break_even]\n"the right answer, rounded to 4 places" = "so it is"\n"x" = "y"\n')
    (stale,) = lint(course, "05-capacity-modes", PROMISES)
    assert stale == "break_even: promises.toml excuses `x`, and check refuses that; remove it."


def test_a_wrong_answer_and_a_mutant_are_named_too(course: Path) -> None:
    checks = course / "solutions/08-kcl/checks/stale_leases.py"
    edit(checks, "changes, behind, _table(Random(3)))", "changes)")
    found = " ".join(lint(course, "08-kcl", PROMISES))
    assert "check says ✔ to the mutant continue → break" in found


def test_an_unknown_rule_is_named(grader: Grader) -> None:
    done = grader("lint", "00-welcome", "--only", "everything")
    assert done.returncode == 2
    assert "it has: leaks, counts, graded, unearned, seeds, mutants, promises, words, released" in done.stderr
