"""What a learner sees of `check`, `hint`, `solution`, `progress`, `variant` and `case`."""

import builtins
import json
import linecache
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from grader.tasks.exercise import variant_index
from lab.aws.environment import lab_environment
from lab.aws.instance import private_lab
from lab.machine.ports import some_free_port
from tests.grader.conftest import ROOT

Call = Callable[[str], Any]


@pytest.fixture
def cell(course: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run cells in the exercise's folder, with one namespace; the value of `result`."""
    monkeypatch.chdir(course / "exercises/02-shards")
    namespace: dict[str, Any] = {"__name__": "notebook"}
    exec("from grader import case, check, hint, progress, solution, variant", namespace)

    def run(source: str) -> Any:
        namespace.pop("result", None)
        name = f"<cell {len(linecache.cache)}>"
        # As IPython does, so that a function's source can be found.
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec"), namespace)
        return namespace.get("result")

    return run


def wrong(course: Path, task: str, name: str) -> str:
    return (course / f"solutions/02-shards/wrong/{task}/{name}.py").read_text()


def test_a_right_answer(cell: Call, course: Path) -> None:
    cell(next((course / "solutions/02-shards/right/split_point").glob("*.py")).read_text())
    view = cell('result = check("split_point")')
    assert repr(view) == "3"
    assert "All visible cases are right" in view._repr_html_()


def test_an_untouched_task_is_not_called_wrong(cell: Call) -> None:
    cell('def split_point(shard):\n    """Doc."""\n    ...')
    view = cell('result = check("split_point")')
    assert repr(view) == "0"
    assert "No answer yet" in view._repr_html_()


def test_a_functions_name_that_was_given_a_value_is_told(cell: Call) -> None:
    """It is not called unanswered, and it counts no attempt."""
    cell("def split_point(shard):\n    return str(1)\nsplit_point = 5")
    view = cell('result = check("split_point")')
    assert repr(view) == "0"
    assert "split_point is no function any more" in view._repr_html_()
    assert "It is a whole number now" in view._repr_html_()
    assert "not tried" in repr(cell("result = progress()")).splitlines()[3]
    cell("split_point = ...")
    assert "No answer yet" in cell('result = check("split_point")')._repr_html_()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("forgets_records", "1,000 records/s"),
        ("forgets_read", "read"),
        ("counts_fan_out", "fan-out"),
        ("megabits", "bits"),
        ("rounds_down", "Round up"),
        ("adds_needs", "largest"),
    ],
)
def test_recognised_mistakes_have_words_of_their_own(cell: Call, course: Path, name: str, words: str) -> None:
    cell("from grader import variant\n" + wrong(course, "required_shards", name))
    view = cell('result = check("required_shards")')
    assert view.mark.misconception == name
    assert words in view.mark.reasons[0]
    assert "expected" in view._repr_html_()


def test_the_failing_case_can_be_tried_by_hand(cell: Call, course: Path) -> None:
    cell(wrong(course, "split_point", "forgets_start"))
    html = cell('result = check("split_point")')._repr_html_()
    assert "split_point(**case(&quot;split_point&quot;, " in html
    first, second = cell('result = case("split_point", 1), case("split_point", 2)')
    assert first.keys() == {"shard"}
    assert first != second


def test_changing_the_arguments_harms_nobody(cell: Call, course: Path) -> None:
    right = next((course / "solutions/02-shards/right/split_point").glob("*.py")).read_text()
    cell(right + "\n_inner = split_point\ndef split_point(shard):\n    try: return _inner(shard)\n"
         "    finally: shard.clear()")  # fmt: skip
    assert repr(cell('result = check("split_point")')) == "3"
    assert repr(cell('result = check("split_point")')) == "3"


def test_an_endless_loop_comes_back(cell: Call, course: Path) -> None:
    path = course / "exercises/02-shards/.checks.json"
    data = json.loads(path.read_text())
    for task in data["tasks"]:
        task["seconds_per_call"] = 0.3
    path.write_text(json.dumps(data))
    cell("def split_point(shard):\n    while True: pass")
    view = cell('result = check("split_point")')
    assert view.mark.outcome == "timeout"
    assert "0.3 s" in view._repr_html_()


def test_bytes_inside_an_answer_are_told_as_such(cell: Call) -> None:
    cell("def split_point(shard):\n    return [['k', b'data']]")
    html = cell('result = check("split_point")')._repr_html_()
    assert "returned a list or dictionary that holds an object of type bytes" in html
    assert ".decode()" in html


@pytest.mark.parametrize("given", ["(k for k in 'ab')", "{}.keys()", "map(str, [1])", "range(2)", "zip()"])
def test_what_is_nearly_a_list_is_told_how_to_become_one(cell: Call, given: str) -> None:
    cell(f"def plan_scaling(current, target):\n    return {given}")
    html = cell('result = check("plan_scaling")')._repr_html_()
    assert "<code>list(...)</code> makes a list of it" in html


@pytest.fixture
def short(course: Path) -> None:
    """0.3 seconds for each call."""
    path = course / "exercises/02-shards/.checks.json"
    data = json.loads(path.read_text())
    for task in data["tasks"]:
        task["seconds_per_call"] = 0.3
    path.write_text(json.dumps(data))


@pytest.mark.usefixtures("short")
def test_a_call_that_is_stopped_leaves_no_lock_held(cell: Call) -> None:
    cell("""
import threading, time
lock = threading.Lock()
class Held:
    def __enter__(self):
        lock.acquire()
        time.sleep(0.5)
    def __exit__(self, *_):
        time.sleep(0.2)
        lock.release()
def split_point(shard):
    with Held():
        while True: pass
""")
    assert cell('result = check("split_point")').mark.outcome == "timeout"
    assert cell("result = lock.locked()") is False


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("inside", "seconds"), [("__del__", 0.5), ("__enter__", 20)])
def test_a_call_is_stopped_though_the_first_interruption_is_lost(
    cell: Call, inside: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest's own hook takes long enough to be interrupted itself, and would call that an error.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    cell(f"""
import time
def wait(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end: pass
class Slow:
    def __enter__(self): pass
    def __exit__(self, *_): pass
    def {inside}(self): wait({seconds})
def split_point(shard):
    with Slow(): pass
    wait(1.5)
""")
    assert cell('result = check("split_point")').mark.outcome == "timeout"


def test_check_never_prints_nor_raises(cell: Call, capfd: pytest.CaptureFixture[str]) -> None:
    cell("import sys\ndef split_point(shard):\n    print(1); print(2, file=sys.stderr); raise SystemExit")
    view = cell('result = check("split_point")')
    assert "SystemExit" in view._repr_html_()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("task", ["nothing", "", "../../etc", None, 7])
def test_an_unknown_task_is_named_and_worth_nothing(cell: Call, task: object) -> None:
    view = cell(f"result = check({task!r})")
    assert repr(view) == "0"
    assert "required_shards" in view._repr_html_()


def test_without_a_task_the_tasks_are_named(cell: Call) -> None:
    for call in ("check()", "hint()", "solution()", "variant()", "case()"):
        assert "required_shards" in cell(f"result = {call}")._repr_html_()


def test_outside_an_exercise(cell: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for call in ('check("split_point")', 'hint("split_point")', "progress()"):
        html = cell(f"result = {call}")._repr_html_()
        assert "not in an exercise" in html
        assert "exercises/" in html
        assert "Something is wrong with the course" not in html


def test_nobody_answers_a_question_and_the_check_says_so(cell: Call) -> None:
    """A question in JupyterLab would stay open when the call is stopped, and keep every cell from running."""
    before = builtins.input
    cell("import getpass\ndef split_point(shard):\n    return input('Which? ') + getpass.getpass()")
    html = cell('result = check("split_point")')._repr_html_()
    assert "Your code asks with <code>input</code>" in html
    assert "returned &#x27;&#x27;" in html
    cell("def split_point(shard):\n    while not input(): pass")
    assert "raised EOFError" in cell('result = check("split_point")')._repr_html_()
    cell("def split_point(shard):\n    return 1")
    assert "asks with" not in cell('result = check("split_point")')._repr_html_()
    assert builtins.input is before


def test_exit_in_an_answer_leaves_the_kernel_there(course: Path) -> None:
    kernel, client = start_new_kernel(cwd=str(course / "exercises/02-shards"))
    said: list[str] = []

    def hear(message: dict[str, Any]) -> None:
        said.extend([str(message["content"]["data"])] if "data" in message["content"] else [])

    try:
        for cell in (
            "from grader import check\ndef split_point(shard):\n    exit()\n    return 5",
            'check("split_point")',
            "f'about to end: {get_ipython().exit_now}'",
        ):
            client.execute_interactive(cell, timeout=120, output_hook=hear)
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    assert "returned 5" in " ".join(said)
    assert "about to end: False" in said[-1]


CELLS = """
import sys
from pathlib import Path
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("from grader import check")
for cell in sys.argv[1:]:
    shell.run_cell(cell)
Path("seen.html").write_text(shell.run_cell('check("split_point")').result._repr_html_())
"""


@pytest.mark.parametrize(
    ("cells", "says", "not_said"),
    [
        (["def split_point(shard):\n    return (1"], "stopped with SyntaxError: ", "No answer yet"),
        (
            ["x = 1\nsplit_point = y"],
            "NameError: name &#x27;y&#x27; is not defined. Mend it",
            "No answer yet",
        ),
        (
            ["def split_point(shard): return 1", "def split_point(shard):\nreturn 2"],
            "in line 2.",
            "No answer",
        ),
        (["def split_point(shard): return 1", "split_point()"], "expected", "stopped with"),
        (["def split_point(shard): return 1", "1 / 0"], "expected", "stopped with"),
        (["def split_point(shard): return 1", "x = 1"], "expected", "stopped with"),
        (["def split_point(shard:", "x = 1"], "No answer yet", "stopped with"),
    ],
)
def test_an_answer_whose_cell_stopped_is_not_the_one_that_is_checked(
    course: Path, cells: list[str], says: str, not_said: str
) -> None:
    folder = course / "exercises/02-shards"
    subprocess.run([sys.executable, "-c", CELLS, *cells], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    html = (folder / "seen.html").read_text()
    assert says in html
    assert not_said not in html


def test_damaged_data_is_named(cell: Call, course: Path) -> None:
    (course / "exercises/02-shards/.checks.json").write_text("{")
    view = cell('result = check("split_point")')
    assert repr(view) == "0"
    assert ".checks.json" in view._repr_html_()


def test_what_a_learner_wrote_is_escaped(cell: Call) -> None:
    cell("def split_point(shard):\n    return '<script>alert(1)</script>'")
    html = cell('result = check("split_point")')._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_hints_go_on_to_the_last(cell: Call) -> None:
    assert 'hint("split_point", 2)' in repr(cell('result = hint("split_point")'))
    assert "hints" in repr(cell('result = hint("split_point", 99)'))


def test_the_solution_comes_after_an_attempt(cell: Call, course: Path) -> None:
    assert "Try it first" in repr(cell('result = solution("split_point")'))
    cell("def split_point(shard):\n    return 1")
    cell('check("split_point")')
    shown = repr(cell('result = solution("split_point")'))
    assert "def split_point" in shown
    assert "SOLUTION" not in shown
    for file in (course / "solutions/02-shards").glob("*.ipynb"):
        file.unlink()
    assert "instructor" in repr(cell('result = solution("split_point")'))


def test_progress_is_kept_in_a_readable_file(cell: Call, course: Path) -> None:
    cell("def split_point(shard):\n    return 1")
    cell('check("split_point"); check("split_point"); check("plan_scaling")')
    shown = repr(cell("result = progress()"))
    assert "2 attempts" in shown
    assert shown.count("not tried") == 5
    kept = json.loads((course / ".grader/progress.json").read_text())
    assert kept["tasks"]["02-shards/split_point"]["attempts"] == 2


def test_the_best_try_stays_and_the_last_is_told_beside_it(cell: Call, course: Path) -> None:
    right = next((course / "solutions/02-shards/right/split_point").glob("*.py")).read_text()
    cell(right)
    cell('check("split_point")')
    assert "3 of 3 points on the visible cases, 1 attempt\n" in repr(cell("result = progress()"))
    cell("def split_point(shard):\n    return 1")
    assert repr(cell('result = check("split_point")')) == "0"
    shown = repr(cell("result = progress()"))
    assert "✔ " in shown
    assert "3 of 3 points on the visible cases at best; 0 at the last of 2 attempts" in shown
    kept = json.loads((course / ".grader/progress.json").read_text())["tasks"]["02-shards/split_point"]
    assert (kept["outcome"], kept["best"]["outcome"]) == ("failed", "passed")


def test_progress_of_an_older_version_counts_as_the_best(cell: Call, course: Path) -> None:
    (course / ".grader").mkdir()
    entry = {"attempts": 4, "visible_points": 3, "max_points": 3, "outcome": "passed", "last": "2026-01-01"}
    (course / ".grader/progress.json").write_text(json.dumps({"tasks": {"02-shards/split_point": entry}}))
    assert "✔ " in repr(cell("result = progress()"))
    cell("def split_point(shard):\n    return 1")
    cell('check("split_point")')
    assert "3 of 3 points on the visible cases at best; 0 at the last of 5" in repr(
        cell("result = progress()")
    )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("check(split_point)", 'stands in quotes, like this: "split_point"'),
        ("hint(split_point)", 'stands in quotes, like this: "split_point"'),
        ("solution(split_point)", 'stands in quotes, like this: "split_point"'),
        ("check(3)", 'stands in quotes, like this: "required_shards"'),
        ('check("split_pont")', "Do you mean “split_point”?"),
    ],
)
def test_a_name_without_quotes_or_nearly_right(cell: Call, call: str, says: str) -> None:
    cell("def split_point(shard):\n    return 1")
    view = cell(f"result = {call}")
    assert says in f"{view.title} {view.text}"
    assert " at 0x" not in f"{view.title} {view.text}"


def test_where_to_read_is_a_link(cell: Call) -> None:
    cell("def split_point(shard):\n    return 1")
    html = cell('result = check("split_point")')._repr_html_()
    assert (
        'Read: <a href="../../course/02-shards.ipynb#Split-it">course/02-shards.ipynb, “Split it”</a>.'
        in html
    )


def test_a_long_answer_is_shown_by_its_keys(cell: Call) -> None:
    answer = {"shards": list(range(40)), "why": "w" * 100}
    cell(f"def split_point(shard):\n    return {answer!r}")
    reasons = cell('result = check("split_point")').mark.reasons
    assert any("{'shards': [a list of 40], 'why': 'www" in reason for reason in reasons), reasons


def test_a_tuple_is_not_called_a_list_alone(cell: Call) -> None:
    cell("def split_point(shard):\n    return (1, 2)")
    reasons = cell('result = check("split_point")').mark.reasons
    assert any("(a list or tuple)" in reason for reason in reasons), reasons


def test_a_lost_lab_is_no_mistake_of_the_learner(
    cell: Call, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{some_free_port()}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    cell("import boto3\ndef split_point(shard):\n    return boto3.client('kinesis').list_streams()")
    view = cell('result = check("split_point")')
    assert repr(view) == "0"
    assert "The lab does not answer. Your answer was not judged" in view._repr_html_()
    assert "<code>lab up</code>" in view._repr_html_()
    assert not (course / ".grader/progress.json").exists()
    cell("def split_point(shard):\n    return 1")
    assert "✘" in cell('result = check("split_point")')._repr_html_(), "the control: this needs no lab"


def test_a_lab_that_is_lost_during_a_run_is_no_mistake_either(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The learner's function ends the lab, catches what boto3 raises, and returns something wrong."""
    from grader.notebook.calls import check

    with private_lab() as lab:
        assert lab.running is not None
        for name, value in lab_environment(lab.running.endpoint).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("LAB_STATE", str(lab.state))
        monkeypatch.chdir(course / "exercises/04-retention")

        def replay_window(*_words: object, **_named: object) -> list[str]:
            lab.down()
            return []

        monkeypatch.setattr("grader.notebook.calls._namespace", lambda: {"replay_window": replay_window})
        view = check("replay")
        assert "The lab does not answer" in view._repr_html_()
        assert not (course / ".grader/progress.json").exists()
        assert "The lab does not answer" in check("replay")._repr_html_(), "lost before the check too"
        assert not (course / ".grader/progress.json").exists()


def test_damaged_progress_is_set_aside(cell: Call, course: Path) -> None:
    (course / ".grader").mkdir()
    (course / ".grader/progress.json").write_text("{")
    cell("def split_point(shard):\n    return 1")
    cell('check("split_point")')
    assert (course / ".grader/progress.damaged.json").read_text() == "{"
    assert "1 attempt" in repr(cell("result = progress()"))


def test_numbers_go_by_the_learner_s_name(cell: Call, course: Path) -> None:
    first = cell('result = variant("required_shards")')
    assert first == cell('result = variant("required_shards")')
    names = ["ada", "bob", "eve", "zoe"]
    seen = set()
    for name in names:
        (course / ".grader").mkdir(exist_ok=True)
        (course / ".grader/learner").write_text(name)
        seen.add(json.dumps(cell('result = variant("required_shards")')))
    assert len(seen) == len({variant_index(name, "required_shards") for name in names}) > 1


def test_a_value_outside_its_range_is_told_the_range(cell: Call, course: Path) -> None:
    cell("def required_shards(**workload): return 1\nmy_shards = 100_000")
    html = cell('result = check("required_shards")')._repr_html_()
    assert "lies between" in html


def test_a_check_does_not_pretend_to_know_the_own_number(cell: Call, course: Path) -> None:
    right = (course / "solutions/02-shards/right/required_shards").glob("*.py")
    cell("from grader import variant\n" + next(right).read_text() + "\nmy_shards = 99")
    view = cell('result = check("required_shards")')
    assert repr(view) == "4"
    assert "4 of 4 points" in view._repr_html_()
    assert "The marking says whether it is right for your numbers (1 point)" in view._repr_html_()


def test_after_an_endless_case_the_others_are_not_blamed(cell: Call, course: Path) -> None:
    path = course / "exercises/02-shards/.checks.json"
    data = json.loads(path.read_text())
    for task in data["tasks"]:
        task["seconds_per_call"] = 0.3
    path.write_text(json.dumps(data))
    cell("def plan_scaling(current, target):\n    while current < target: pass\n    return [target]")
    html = cell('result = check("plan_scaling")')._repr_html_()
    assert html.count("took too long") == 1
    assert "not run" in html
    assert "by hand" not in html


def test_a_saved_text_is_an_attempt(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person marks it; until then it waits, and the solution opens."""
    from grader import check, progress, solution

    name = "05-capacity-modes"
    folder = course / "exercises" / name
    monkeypatch.chdir(folder)
    assert "There is none in the saved notebook yet" in check("defence")._repr_html_()
    assert "save the notebook" in repr(solution("defence"))
    assert "waits" not in repr(progress())
    path = folder / f"{name}.ipynb"
    path.write_text(path.read_text().replace("YOUR ANSWER HERE", "On-demand, as nobody knows the traffic."))
    view = check("defence")
    assert "It is saved and waits to be read" in view._repr_html_()
    assert view.points == 0
    assert "A good answer names a mode and the three costs" in repr(solution("defence"))
    assert "◌ Defend your choice: waits to be read, 2 points" in repr(progress())
    monkeypatch.chdir(course)
    (course / "course/source").mkdir(parents=True)
    (course / "course/source/course.toml").write_text((ROOT / "course/source/course.toml").read_text())
    assert "0 of 5 tasks passed on the visible cases; 1 waits to be read" in repr(progress())
