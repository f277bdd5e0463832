"""What a learner calls in a notebook: `check`, `hint`, `solution`, `progress`, `variant`, `case`.

None of them raises or prints: nbgrader counts an error or a line on stderr as zero points. They return
views (`grader.notebook.views`) that JupyterLab shows; a check's plain text is the bare points, which nbgrader
reads.
"""

import asyncio
import contextlib
import difflib
import inspect
import io
import json
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any, Final

from grader.marking.part_marks import visible_cases
from grader.marking.task_marks import TaskMark, mark_task
from grader.notebook import brackets, lost_lab, progress_file
from grader.notebook.attempt import is_stub
from grader.notebook.brackets import shows
from grader.notebook.cell_before import told as told_of_cell_before
from grader.notebook.keyboard import nobody_there
from grader.notebook.overview import onward, overview
from grader.notebook.own_text import WAITS, is_written, waiting
from grader.notebook.processor_host import ProcessorHost
from grader.notebook.processor_life import ProcessorLife
from grader.notebook.slips import Noticed, nearly_right, parameters_of, unlike_a_class
from grader.notebook.views import CheckView, CodeView, Message, ProgressView
from grader.source import answer_cell, read_notebook, solution_of, text_cell
from grader.tasks.answers import (
    Answer,
    Missing,
    NotPlain,
    NotRun,
    Raised,
    Refused,
    Returned,
    Stopped,
    plain,
    words_of,
)
from grader.tasks.compare import kind_seen
from grader.tasks.exercise import (
    FILE_NAME,
    CasesPart,
    ChoicePart,
    Exercise,
    ExerciseTask,
    ValuePart,
    load,
    variant_index,
)
from grader.tasks.scenarios.lab_side import LabSide
from grader.tasks.scenarios.stage import Asked, Played, Stage, needs_lab, play
from grader.tasks.withheld import withheld
from grader.whereabouts import find_root, learner_name
from lab.control import control
from lab.errors import LabError

PLAIN: Final = (int, str, list, dict, bool, float, type(None))
"""Most answers; nobody has to wait for one."""


class _TooLong(BaseException):
    """Not an Exception, so that a learner's `except Exception` does not swallow it."""


AGAIN_SECONDS = 0.1
PATIENCE = 10
"""How many interruptions in a row may be put off, each by AGAIN_SECONDS."""


@contextlib.contextmanager
def quietly() -> Iterator[bool]:
    """Around the learner's code: both streams captured, the alarm heard. Gives whether it can be set:
    not on every platform, and in the main thread alone."""
    can = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGALRM, _Alarm().rings) if can else None
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield can
    finally:
        if can:
            signal.signal(signal.SIGALRM, before)


class _Alarm:
    """Ends a call, but not where that would leave a lock held."""

    def __init__(self) -> None:
        self._put_off = 0

    def rings(self, _signal: int, frame: FrameType | None) -> None:
        if _on_a_threshold(frame) and self._put_off < PATIENCE:
            self._put_off += 1
            return
        self._put_off = 0
        raise _TooLong


def _alarm(seconds: float, can: bool) -> None:
    """Interrupt what runs longer than that; 0: nothing any more.

    Again and again: an interruption that is swallowed in a destructor, or put off, is not the last.
    """
    if can:
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)


def _on_a_threshold(frame: FrameType | None) -> bool:
    """Whether the learner's code is just entering or leaving a `with`.

    An exception there leaves a lock held for ever (that of urllib3's pool, say), and whoever asks for it next
    waits for ever: the check itself, when it clears away what the learner's code has made.
    """
    while frame is not None and frame.f_globals.get("__name__") != __name__:
        if frame.f_code.co_name in ("__enter__", "__exit__"):
            return True
        frame = frame.f_back
    return False


def _namespace() -> Mapping[str, Any]:
    """The notebook's variables; outside IPython those of the first caller that is not this module."""
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if shell is not None:
            return dict(shell.user_ns)
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") in (__name__, brackets.__name__):
        frame = frame.f_back
    return dict(frame.f_globals) if frame else {}


def ask(
    namespace: Mapping[str, Any],
    function: str,
    arguments: Mapping[str, Any],
    seconds: float,
    discard: bool = False,
    noticed: Noticed | None = None,
) -> Answer:
    """Call the learner's function with a copy of the arguments; NOTICED takes what is seen of its form."""
    own = json.loads(json.dumps(arguments))
    target = namespace.get(function)
    with quietly() as can:
        answer = ask_quietly(target, function, own, seconds, can, discard)
        printed = sys.stdout.getvalue() if isinstance(sys.stdout, io.StringIO) else ""
    if noticed is not None:
        _notice(noticed, target, tuple(arguments), answer, printed)
    return answer


def _notice(noticed: Noticed, target: Any, names: tuple[str, ...], answer: Answer, printed: str) -> None:
    if answer == Returned(None):
        noticed.printed = noticed.printed or printed.strip()
    slip = isinstance(answer, Raised) and answer.type == "TypeError"
    if slip and not _takes(target, **dict.fromkeys(names)) and not _takes(target, *names):
        noticed.parameters, noticed.given = parameters_of(target), names


def ask_quietly(
    target: Any, function: str, own: Mapping[str, Any], seconds: float, can: bool, discard: bool = False
) -> Answer:
    """Within `quietly`, which says what CAN be: for many calls. The arguments are the function's OWN.

    DISCARD: nobody looks at what it returns, so whatever it is, None is the answer.
    """
    if not callable(target):
        return Missing(function)
    sys.stdout = sys.stderr = io.StringIO()
    try:
        _alarm(seconds, can)
        try:
            result = _awaited(_called(target, own))
            return Returned(None if discard else plain(result))
        finally:
            _alarm(0, can)
    except NotPlain as refusal:
        return Refused(str(refusal))
    except _TooLong:
        return Stopped("timeout", f"limit for one call: {seconds:g} s")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the learner's code raises is an answer
        return Raised(type(error).__name__, words_of(error))


def _called(target: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
    """Call by the parameters' names; where they have other names, by their order."""
    if _by_name(target, tuple(arguments)):
        return target(**arguments)
    return target(*arguments.values())


_decided: tuple[object, tuple[str, ...], bool] = (None, (), True)
"""The last function, the names it was given, and how: a look at a signature takes longer than a call."""


def _by_name(target: Callable[..., Any], names: tuple[str, ...]) -> bool:
    global _decided
    if _decided[0] is not target or _decided[1] != names:
        by_name = _takes(target, **dict.fromkeys(names)) or not _takes(target, *names)
        _decided = (target, names, by_name)
    return _decided[2]


def _takes(target: Callable[..., Any], /, *by_order: Any, **by_name: Any) -> bool:
    try:
        inspect.signature(target).bind(*by_order, **by_name)
    except TypeError:
        return False
    except ValueError:  # some callables cannot say what they take
        return True
    return True


def _awaited(result: Any) -> Any:
    """What an async function's call comes to; in a notebook the own thread has a loop already."""
    if type(result) in PLAIN or not inspect.isawaitable(result):
        return result

    async def wait() -> Any:
        return await result

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(wait())
    waiting: Future[Any] = Future()

    def run() -> None:
        try:
            waiting.set_result(asyncio.run(wait()))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            waiting.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return waiting.result()


def told(host: ProcessorHost, message: Mapping[str, Any], seconds: float) -> Answer:
    """A message of KCL handled by the learner's record processor, both streams captured."""
    with quietly() as can:
        try:
            _alarm(seconds, can)
            try:
                return host.tell(message)
            finally:
                _alarm(0, can)
        except _TooLong:
            return Stopped("timeout", f"limit for one call: {seconds:g} s")


def look(namespace: Mapping[str, Any], name: str) -> Answer:
    """The value of a learner's variable."""
    if name not in namespace:
        return Missing(name)
    try:
        return Returned(plain(namespace[name]))
    except NotPlain as refusal:
        return Refused(str(refusal))


def _attempted(namespace: Mapping[str, Any], function: str) -> bool:
    target = namespace.get(function)
    if not callable(target):
        return False
    if not inspect.isclass(target):
        return _is_written(target, function)
    methods = {name: member for name, member in vars(target).items() if inspect.isfunction(member)}
    return any(_is_written(method, name) for name, method in methods.items() if name != "__init__")


def _is_written(target: Callable[..., Any], name: str) -> bool:
    """Is it more than a stub? What has no source to look at is taken for written."""
    try:
        return not is_stub(textwrap.dedent(inspect.getsource(target)), name)
    except (OSError, TypeError):
        return True


def _answers(task: ExerciseTask, namespace: Mapping[str, Any], noticed: Noticed) -> dict[str, list[Answer]]:
    answers: dict[str, list[Answer]] = {}
    halted = False
    for part in task.parts:
        if isinstance(part, ValuePart | ChoicePart):
            answers[part.id] = [look(namespace, part.name)]
        if not isinstance(part, CasesPart):
            continue
        answers[part.id] = []
        for case in part.cases:
            # One endless loop is enough to wait for.
            limit = task.seconds_per_call
            own = replace(noticed)
            answer = NotRun() if halted else ask(namespace, task.function, case.arguments, limit, noticed=own)
            noticed.take(own, wants_value=case.expected is not None)
            halted |= isinstance(answer, Stopped)
            answers[part.id].append(answer)
    return answers


@dataclass(frozen=True)
class _Here:
    """The learner's side of a stage in the notebook itself, which cannot be shut out of the lab."""

    namespace: Mapping[str, Any]
    noticed: Noticed
    lives: list[ProcessorLife] = field(default_factory=list)
    """The record processor's present one."""

    def tell(self, message: Mapping[str, Any], asked: Asked, seconds: float) -> Answer:
        if message["action"] == "begin":
            self.renew()
            self.lives.append(ProcessorLife(self.namespace, told))
        return self.lives[0].tell(message, asked, seconds)

    def renew(self) -> None:
        while self.lives:
            self.lives.pop().end()

    def call(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Answer:
        return ask(self.namespace, function, arguments, seconds, noticed=self.noticed)

    def work(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Answer:
        own = replace(self.noticed)
        answer = ask(self.namespace, function, arguments, seconds, discard=True, noticed=own)
        self.noticed.take(own, wants_value=False)
        return answer

    def ready(self) -> None:
        pass

    shut_out = ready
    let_in = renew
    """Also what ends a run."""


def _played(task: ExerciseTask, namespace: Mapping[str, Any], noticed: Noticed) -> list[Played]:
    """The visible runs, in the learner's own account. Raises LabError when the lab does not run."""

    def stage() -> Stage:
        return Stage(LabSide(control()), _Here(namespace, noticed), task.function, task.run_seconds)

    def bare() -> Stage:
        return Stage(None, _Here(namespace, noticed), task.function, task.run_seconds)

    played: list[Played] = []
    for run in task.runs:
        played.append(play(run.scenario, run.hidden, stage if needs_lab(run.scenario) else bare))
        if isinstance(played[-1].no_answer, Stopped):
            break  # one endless loop is enough to wait for
    return played


def _here() -> Exercise | Message:
    """The exercise of this folder, or words on why there is none."""
    folder = Path.cwd()
    try:
        return load(folder)
    except FileNotFoundError:
        return Message(
            "This notebook is not in an exercise's folder.",
            f"{folder} has no .checks.json. Open the notebook inside exercises/, in JupyterLab started "
            "by `make lab`. Was the folder changed, as by `os.chdir`? Then restart the kernel.",
        )
    except (ValueError, OSError) as error:
        return Message(
            "The exercise's data cannot be read.",
            f"{folder / '.checks.json'}: {error}. Restore the file from where you got the exercise.",
        )


def _find(task_id: object) -> tuple[Exercise, ExerciseTask] | Message:
    """The exercise of this folder and its task, or words on why there is none."""
    exercise = _here()
    if isinstance(exercise, Message):
        return exercise
    try:
        return exercise, exercise.task(str(task_id))
    except KeyError:
        return _no_task(exercise, task_id)


def _no_task(exercise: Exercise, asked: object) -> Message:
    """Words for a name that no task has, or for what is no name at all."""
    names = [task.id for task in exercise.tasks]
    known = f"The tasks are: {', '.join(names)}."
    if asked == "":
        return Message("Which task?", known)
    if not isinstance(asked, str):
        meant = getattr(asked, "__name__", names[0])
        named = next((task.id for task in exercise.tasks if meant in (task.id, task.function)), names[0])
        return Message(f'The name of a task stands in quotes, like this: "{named}"', known)
    near = difflib.get_close_matches(asked, names, 1)
    return Message(
        f"There is no task {asked!r} here.", f"{f'Do you mean “{near[0]}”? ' if near else ''}{known}"
    )


def _example(call: str) -> str:
    """A right call for this exercise's first task."""
    exercise = _here()
    name = "name of the task" if isinstance(exercise, Message) else exercise.tasks[0].id
    return f'{call}("{name}")'


def _guarded(show: Callable[[], Any]) -> Any:
    """A fault of our own is shown as words, never as a traceback that would cost points."""
    try:
        return show()
    except LabError as error:
        return Message("This task needs the lab.", str(error), points=0)
    except Exception as error:  # noqa: BLE001 - see above
        where = f"{type(error).__name__}: {error}"
        return Message("Something is wrong with the course, not with your answer.", where, points=0)


@shows(lambda: _example("check"))
def check(task_id: str = "") -> Any:
    """Try the answer to a task on its visible cases: at once, as often as you like."""

    def show() -> Any:
        found = _find(task_id)
        if isinstance(found, Message):
            return found.with_points(0)
        exercise, task = found
        if task.by_hand:
            return _text_checked(exercise, task)
        namespace = _namespace()
        if (overwritten := _overwritten(namespace, task.function)) is not None:
            return overwritten
        noticed = Noticed()
        with withheld(task.withheld), nobody_there() as nobody:
            mark = _mark(task, namespace, noticed)
        if mark is None:
            return lost_lab.LOST
        with contextlib.suppress(OSError):  # a folder that cannot be written loses progress, not the check
            progress_file.record(Path.cwd(), exercise.assignment, mark)
        before = told_of_cell_before(_own_names(task)) or (ASKED if nobody.asked else "")
        before = before or _slip(exercise, task, namespace, noticed, passed=mark.outcome == "passed")
        return CheckView(task, mark, _onward(exercise) if mark.outcome == "passed" else "", before)

    return _guarded(show)


ASKED: Final = (
    "Your code asks with `input`. Nobody answers during a check or the marking, so it gets an empty text. "
    "Take what you need from the arguments."
)


def _slip(
    exercise: Exercise, task: ExerciseTask, namespace: Mapping[str, Any], noticed: Noticed, *, passed: bool
) -> str:
    """Words on a slip of form; none where there is none to tell. An older answer may have PASSED."""
    known = {name for one in exercise.tasks for name in _own_names(one)}
    values = [name for name in _own_names(task) if name != task.function]
    meant = nearly_right(task.function, values, known, namespace)
    if meant or passed:
        return meant
    target = namespace.get(task.function)
    made = unlike_a_class(task.function, target) if task.kind == "class" and callable(target) else ""
    return made or noticed.told(task.function)


def _own_names(task: ExerciseTask) -> list[str]:
    """What the task's cell is to give a value."""
    values = [part.name for part in task.parts if isinstance(part, ValuePart | ChoicePart)]
    return [*([task.function] if task.function else []), *values]


def _overwritten(namespace: Mapping[str, Any], function: str) -> Message | None:
    """Words where the function's name holds a value, as after `split_point = 5`: it is no answer to judge."""
    value = namespace.get(function)
    if not function or value is None or value is ... or callable(value):
        return None
    return Message(
        f"{function} is no function any more.",
        f"It is {kind_seen(value)} now, since a cell gave this name another value. Use another name there, "
        "run the cell of your function again, and check again.",
        points=0,
    )


def _text_checked(exercise: Exercise, task: ExerciseTask) -> Message:
    """What can be said of a text that a person marks."""
    if is_written(Path.cwd(), exercise.assignment, task.id):
        return Message(
            "A person marks this text.", f"It is saved and {WAITS}, once it is handed in.", points=0
        )
    return Message(
        "A person marks this text.",
        "There is none in the saved notebook yet. Write it into its cell, then save (File > Save Notebook).",
        points=0,
    )


def _mark(task: ExerciseTask, namespace: Mapping[str, Any], noticed: Noticed) -> TaskMark | None:
    """The mark; None when the lab was lost meanwhile, so that no answer can be judged."""
    attempted = _attempted(namespace, task.function)
    lab = lost_lab.lab_now() if attempted and task.runs else None
    try:
        runs = _played(task, namespace, noticed) if attempted else []
    except Exception:
        if lost_lab.was_lost(task, (), (), lab):
            return None
        raise
    answers = _answers(task, namespace, noticed)
    mark = mark_task(task, answers, attempted, runs)
    wrong = mark.outcome not in ("passed", "not_attempted")
    return None if wrong and lost_lab.was_lost(task, answers.values(), runs, lab) else mark


def _onward(exercise: Exercise) -> str:
    """What comes next, once every task of the exercise was passed."""
    here = Path.cwd()
    with contextlib.suppress(OSError, ValueError):
        tried = progress_file.load(here)
        kept = [tried.get(f"{exercise.assignment}/{task.id}", {}) for task in exercise.tasks]
        by_hand = [task.by_hand for task in exercise.tasks]
        if all(hand or progress_file.best(one) == "passed" for hand, one in zip(by_hand, kept, strict=True)):
            return onward(find_root(here), exercise.assignment)
    return ""


@shows(lambda: _example("hint"))
def hint(task_id: str = "", number: int = 1) -> Any:
    """The first hint, or `hint(task, 2)` for the next one."""

    def show() -> Any:
        found = _find(task_id)
        if isinstance(found, Message):
            return found
        _, task = found
        if number not in range(1, len(task.hints) + 1):
            return Message(f"{task_id} has {len(task.hints)} hints.", f'Ask for one: hint("{task_id}", 1).')
        more = len(task.hints) - number
        then = f'Next: hint("{task_id}", {number + 1}).' if more else "That was the last hint."
        return Message(f"Hint {number} of {len(task.hints)}", task.hints[number - 1], then)

    return _guarded(show)


@shows(lambda: _example("solution"))
def solution(task_id: str = "") -> Any:
    """One good solution, once you have tried the task yourself."""

    def show() -> Any:
        found = _find(task_id)
        if isinstance(found, Message):
            return found
        exercise, task = found
        here = Path.cwd()
        if task.by_hand and not is_written(here, exercise.assignment, task_id):
            return Message("Try it first.", "Write your text and save the notebook; then ask again.")
        if not task.by_hand and not progress_file.attempts(here, exercise.assignment, task_id):
            return Message("Try it first.", f'Write an answer and run check("{task_id}"); then ask again.')
        root = find_root(here)
        source = root and root / "solutions" / exercise.assignment / f"{exercise.assignment}.ipynb"
        if not source or not source.is_file():
            return Message("The solution is with your instructor.", "This release comes without solutions.")
        if task.by_hand:
            text = solution_of(text_cell(read_notebook(source), task_id))
            return CodeView(f"What a good answer to {task_id} has", text)
        code = solution_of(answer_cell(read_notebook(source), task_id))
        return CodeView(f"One solution of {task_id}", code)

    return _guarded(show)


@shows(lambda: "progress()")
def progress() -> Any:
    """How far you are in this exercise; outside of one, how far on the way through the course."""

    def show() -> Any:
        root = find_root(Path.cwd())
        if root is not None and not (Path.cwd() / FILE_NAME).is_file():
            return overview(root)
        exercise = _here()
        if isinstance(exercise, Message):
            return exercise
        tried = progress_file.load(Path.cwd())
        rows = [(task, tried.get(f"{exercise.assignment}/{task.id}")) for task in exercise.tasks]
        texts = waiting(Path.cwd(), exercise)
        return ProgressView(exercise.assignment, rows, _onward(exercise), frozenset(texts))

    return _guarded(show)


@shows(lambda: _example("variant"))
def variant(task_id: str = "") -> Any:
    """Your own numbers for a task, chosen by your name (`grader whoami`): the arguments as a dictionary."""
    found = _find(task_id)
    if isinstance(found, Message):
        return found
    _, task = found
    for part in task.parts:
        if isinstance(part, ValuePart):
            own: Any = part.givens[variant_index(learner_name(Path.cwd()), task.id)]
            return json.loads(json.dumps(own))
    return Message(f"{task_id} has no numbers of your own.", "Its cases are the same for everybody.")


@shows(lambda: _example("case"))
def case(task_id: str = "", number: int = 1) -> Any:
    """The arguments of a visible case, to try by hand: `required_shards(**case("required_shards", 2))`."""
    found = _find(task_id)
    if isinstance(found, Message):
        return found
    cases = visible_cases(found[1])
    if number not in range(1, len(cases) + 1):
        if not cases:
            return Message(f"{task_id} has no cases to look at.", "Its check says what it tried and saw.")
        return Message(f"{task_id} has {len(cases)} visible cases.", f'Ask for one: case("{task_id}", 1).')
    return json.loads(json.dumps(cases[number - 1].arguments))
