"""What notebooks do besides defining functions costs no mark: cells run as in Jupyter, without a kernel."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient

from grader.engine.process import LearnerProcess, Place, Preloaded
from grader.inside.shell import QuickTransformer, may_see_a_loop
from grader.source import cell_source, code_cells, read_notebook
from grader.tasks.answers import Returned, Stopped
from grader.walls import sandbox, tree
from tests.grader.conftest import Grader, Submit

ANSWER = """
def split_point(shard):
    limits = shard["HashKeyRange"]
    return str((int(limits["StartingHashKey"]) + int(limits["EndingHashKey"])) // 2)
"""

KINDS = {
    "magics": "%precision 3\n%timeit -n1 -r1 1 + 1\n%env COURSE=kinesis\n%who",
    "bash": "get_ipython().run_cell_magic('bash', '--out told', 'echo hi')\nassert told == 'hi\\n'",
    "shell": "lines = !echo a; echo b\nassert lines == ['a', 'b']\n!echo shown",
    "await": "import asyncio\nassert await asyncio.sleep(0, 1) == 1",
    "task": "import asyncio\nwaiting = asyncio.ensure_future(asyncio.sleep(0))",
    "input": "name = input('Your name? ')\nimport getpass\ngetpass.getpass()",
    "display": "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'), display_id=True)",
    "figure": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "progress": "import sys\nfor n in range(100): print(f'\\r{n} %', end='', file=sys.stderr)",
    "warnings": "import warnings\nwarnings.warn('careful')",
    "logging": "import logging\nlogging.basicConfig(level='INFO')\nlogging.info('hi'); logging.error('oh')",
    "threads": "import threading\nthread = threading.Thread(target=print)\nthread.start(); thread.join()",
    "processes": "import multiprocessing as m\nwith m.Pool(2) as pool: assert pool.map(abs, [-1]) == [1]",
    "widgets": "import ipywidgets\nslider = ipywidgets.IntSlider(value=3)\nassert slider.value == 3\nslider",
    "kernel": "get_ipython().kernel.comm_manager.register_target('x', print)",
    "exit": "import sys\nsys.stdout.flush(); get_ipython().ask_exit()",
}
"""In the answer's own cell, before the answer: a cell that stopped there would lose it."""


def test_whatever_stands_before_it_an_answer_gets_its_marks(
    course: Path, submit: Submit, grader: Grader
) -> None:
    for kind, cell in KINDS.items():
        submit(kind, {"split_point": cell + "\n" + ANSWER}, solved=True)
    submit("wrong", {"split_point": "1 / 0\n" + ANSWER}, solved=True)
    done = grader("autograde", "02-shards", "--trust", "--seed", "seed")
    assert done.returncode == 0, done.stderr
    text = (course / ".grader/02-shards/results.jsonl").read_text()
    scores = {line["student"]: line["score"] for line in map(json.loads, text.splitlines())}
    assert scores.pop("wrong") == 22, "the control: a cell that stops before it loses the answer"
    assert scores == dict.fromkeys(KINDS, 25)


CELLS = (
    "%%bash --out told\necho hello",
    "assert told == 'hello\\n'",
    "get_ipython().system('exit 3')\nassert _exit_code == 3",
    "%%writefile module_of_mine.py\nv = 7",
    "%run module_of_mine.py\nassert v == 7",
    "%%time\nx = 5",
    "assert x == 5",
    "%%capture caught\nprint('c')",
    "assert caught.stdout == 'c\\n'",
    "import asyncio\ndone = []\nasync def later():\n    await asyncio.sleep(0.01); done.append(1)\n"
    "task = asyncio.create_task(later())",
    "await asyncio.sleep(0.1)\nassert done == [1]",
    "assert asyncio.get_event_loop().is_running()",
    "asyncio.run(later())",  # as in Jupyter, where a loop runs already
    "import warnings\nwarnings.simplefilter('error')",
    "try:\n    warnings.warn('x')\nexcept UserWarning:\n    kept = True",
    "assert kept\nwarnings.simplefilter('default')",
    "import sys\nassert sys.stdout.encoding.lower() in ('utf8', 'utf-8')\nsys.stdout.isatty()",
    "import subprocess\nsubprocess.run(['echo', 'x'], stdout=sys.stdout, check=True)",
    "import faulthandler\nfaulthandler.enable()",
    "class Rich:\n    def _repr_html_(self): return 'x'\nRich()",
    "class Bad:\n    def __repr__(self): 1 / 0\nBad()",
    "%%javascript\nconsole.log(1)",
    "%%html\n<b>x</b>",
    "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
    "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\nplt.show()\nplt.gcf()",
    "import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    seen = 1\nassert seen == 1",
    "@ipywidgets.interact(n=(0, 10))\ndef show(n=4): print(n)",
    "from ipykernel.comm import Comm\nComm(target_name='x').send({'a': 1})",
    "get_ipython().kernel.shell.user_ns['q'] = 1\nassert q == 1",
    "assert type(get_ipython()).__name__ == 'ZMQInteractiveShell' and 'IPKernelApp' in get_ipython().config",
    "get_ipython().set_next_input('x')\nget_ipython().parent_header",
    "len?",
    "%autosave 60",
    "%load_ext autoreload\n%autoreload 2",
    "%history -n 1\n%store -r",
    "3 + 4",
    "assert _ == 7 and 7 in Out.values() and In[1]",
    "import __main__, pickle\nclass P: pass\npickle.loads(pickle.dumps(P())); assert __main__.P is P",
    "from concurrent.futures import ProcessPoolExecutor\n"
    "with ProcessPoolExecutor(2) as pool: assert list(pool.map(abs, [-1])) == [1]",
    "import multiprocessing as m\n"
    "with m.get_context('spawn').Pool(1) as pool: assert pool.map(abs, [-1]) == [1]",
    "with m.get_context('forkserver').Pool(1) as pool: assert pool.map(abs, [-1]) == [1]",
    "from IPython.core.magic import register_line_magic as magic\n@magic\ndef mine(line): pass\n%mine 5",
    "import getpass, pathlib\ngetpass.getuser(); pathlib.Path('~/x').expanduser().write_text('a')",
    "raise KeyboardInterrupt",
    "import sys\nsys.exit(1)",
    "no_such_name",
)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[LearnerProcess]:
    inside = sandbox.tier() == "full"
    home = tree.WORK if inside else str(tmp_path)
    variables = {"HOME": home, "TMPDIR": home, "PATH": os.defpath, "LOGNAME": "ada"}
    with (
        Preloaded() as server,
        LearnerProcess(server, Place(inside, None, home, {}, variables)) as process,
    ):
        yield process


def errors_in_jupyter(folder: Path) -> list[bool]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(
        notebook, timeout=60, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    ).execute()
    return [any(out["output_type"] == "error" for out in cell["outputs"]) for cell in notebook["cells"]]


def test_what_works_in_jupyter_works_here(process: LearnerProcess, tmp_path: Path) -> None:
    """One after the other in one process, as in a notebook; the reference is a real kernel."""
    stopped_here = []
    for cell, stops in zip(CELLS, errors_in_jupyter(tmp_path), strict=True):
        reply = process.run(cell, 60)
        assert not isinstance(reply, Stopped), cell
        assert reply["error"] is None or stops, f"{cell}\nstops here only: {reply['error']}"
        stopped_here += [cell] if reply["error"] else []
    assert list(CELLS[-3:]) == stopped_here[-3:], "the control: what stops is noticed"


@pytest.mark.parametrize("kind", ["figure", "kernel", "exit", "input"])
def test_the_control_a_bare_shell_does_not_do(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    result = InteractiveShell().run_cell(KINDS[kind])
    assert result.error_in_exec is not None


def test_a_loop_that_waits_for_an_answer_ends(process: LearnerProcess) -> None:
    reply = process.run("while not input('A number, please: '): pass", 30)
    assert not isinstance(reply, Stopped)
    assert str(reply["error"]).startswith("EOFError")


@pytest.mark.parametrize(("case", "count"), [({"x": list(range(2000))}, 70), ({"x": "y" * 10**6}, 20)])
def test_however_large_the_cases_are_they_are_asked(
    process: LearnerProcess, case: dict[str, list[int] | str], count: int
) -> None:
    process.run("def size(x): return len(x)", 30)
    answers = process.calls("size", [json.dumps(case)] * count, 5)
    assert answers == [Returned(len(case["x"]))] * count


ODD = (
    "x = 5 % 3\ny = x != 2\n",
    "text = '''\n%not magic\n!neither\n'''\n",
    "a = !ls\nb = %pwd\n",
    "%%time\nx = 1\n",
    "/print 1\n,print a b\n;print a\n",
    "x = [\n  1,\n  /2]\n",
    "    indented = 1\n    more = 2\n",
    ">>> prompt = 1\n... more = 2\n",
    "In [1]: x = 1\n",
    "len?\n?len\n%psearch a*\n",
    "\n\n\nx = 1",
    "if True:\n    !ls\n",
    "print(f'{1!r}')\n",
    "x = (1\n!= 2)\n",
    "no newline at the end\n# é",
    "\tx = '\r'\n\f\n",
    "",
    "await x\nasync for y in z: pass",
    "lambda: (yield)\nx = y if y else -1\n",
    "x = 1\n    \ny = 2\n\t\n",
    "x = 1\n>>> y = 2\n... z = 3",
    "x = 1\n    ...\n",
    "def f(): ...\nclass C:\n    ...\n",
    "...\nx = 1",
    "x = 1\nIn [2]: y = 1\n   ...: z = 2",
    "x = 1\x0c,print a\n",
    " \n",
    "\n",
    "# only said\n",
    "\ufeffx = 1",
    "x = (1,\n  \n  2)",
)
PARTS = (
    "x = 1", "    y = x", "\t", " ", "\n", "\n\n", "'''", "...", ">>> ", "In [1]: ", "%", "!", "?", ",a",
    ";b", "/c", "\f", "# é",
)  # fmt: skip


def test_a_cell_is_read_as_ipython_reads_it(course: Path) -> None:
    notebooks = map(read_notebook, course.glob("solutions/*/*.ipynb"))
    solved = [cell_source(cell) for notebook in notebooks for cell in code_cells(notebook)]
    for cell in (*ODD, *solved, *CELLS, *KINDS.values()):
        assert QuickTransformer().transform_cell(cell) == TransformerManager().transform_cell(cell), cell


@given(st.lists(st.sampled_from(PARTS), max_size=12))
def test_any_text_is_read_as_ipython_reads_it(parts: list[str]) -> None:
    cell = "".join(parts)
    assert read_by(QuickTransformer(), cell) == read_by(TransformerManager(), cell)


def read_by(transformer: TransformerManager, cell: str) -> str:
    try:
        return str(transformer.transform_cell(cell))
    except SyntaxError as error:
        return f"refused: {error}"


def test_syntax_of_a_learner_s_own_is_read(process: LearnerProcess) -> None:
    own = "get_ipython().input_transformers_post.append(lambda lines: [s.replace('let ', '') for s in lines])"
    for cell in (own, "let x = 1\nlet y = 2", "assert x + y == 3"):
        reply = process.run(cell, 30)
        assert not isinstance(reply, Stopped)
        assert reply["error"] is None, cell


WITHOUT_A_LOOP = (
    "from grader import case, check",
    "import json, math as m\n\ndef f(n):\n    return m.sqrt(n)",
    "from collections.abc import Mapping\nimport os; import re",
)
WITH_A_LOOP = (
    "import asyncio\nasyncio.get_running_loop()",
    "import json, tornado",
    "import json; import tornado.ioloop as t",
    "try: import tornado\nexcept ImportError: pass",
    "def f():\n    from tornado import gen",
    "from . import helper",
    "import \\\n    tornado",
    "await f()",
    "__import__('tor' + 'nado')",
    "%run helper.py",
)


@pytest.mark.parametrize("cell", WITHOUT_A_LOOP)
def test_most_cells_need_no_event_loop(cell: str) -> None:
    assert not may_see_a_loop(cell)


@pytest.mark.parametrize("cell", WITH_A_LOOP)
def test_a_cell_that_could_see_an_event_loop_gets_one(cell: str) -> None:
    assert may_see_a_loop(cell)


def test_a_loop_runs_for_a_module_of_the_learner_s_own(process: LearnerProcess) -> None:
    """It was not there for the first cell, which could not know."""
    write = "from pathlib import Path\ntext = 'import asyn' 'cio; ' 'l = asyn' 'cio.get_running_lo' 'op()'"
    for cell in (write, "Path('mine.py').write_text(text)", "import mine", "assert mine.l.is_running()"):
        reply = process.run(cell, 10.0)
        assert not isinstance(reply, Stopped)
        assert reply["error"] is None
