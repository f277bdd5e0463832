"""Imports go down the lists below, and never in a circle. ARCHITECTURE.md says what each wing is for."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
GRADER = (
    "cli", "commands", "authoring", "certificates", "review", "reports", "exams", "classroom", "workers",
    "engine", "inside", "notebook", "walls", "marking", "bank", "tasks", "source", "plain_files",
    "alembic_path", "whereabouts",
)  # fmt: skip
LAB = (
    "cli", "commands", "playground", "pictures", "kcl", "first_aid", "beginning", "leftovers",
    "incidents", "load", "invocations", "clock", "iam", "connection", "deliveries", "control", "aws",
    "pages", "machine", "rules", "errors",
)  # fmt: skip
EMULATOR = (
    "main", "life", "upkeep", "firehose", "functions", "cloudtrail", "iam", "kinesis", "cloudwatch",
    "accounts", "aws_policies", "dynamodb", "keys", "server", "http2", "http1", "short_way", "put_off",
    "no_schemas", "no_tls", "s3_requests", "errors",
)  # fmt: skip
PACKAGES = {
    "grader": (PROJECT / "grader", GRADER, ("lab",)),
    "lab": (PROJECT / "lab", LAB, ()),
    "lab_emulator": (PROJECT / "lab/emulator/lab_emulator", EMULATOR, ("lab.rules",)),
}
"""Of each: its folder, its wings from the top down, and what else of ours it may import."""
OURS = ("course", "exercises", "solutions", "grader", "lab", "lab_emulator", "tests")
LARGEST_FOLDER = 16


def modules(folder: Path, package: str) -> dict[str, Path]:
    """The file of each module by its dotted name; the emulator's plugins are no part of `lab`."""
    found = {}
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        if not (package == "lab" and parts[0] == "emulator"):
            found[".".join((package, *(part for part in parts if part != "__init__")))] = path
    return found


def imported(path: Path) -> Iterator[str]:
    """Everything of ours that a file imports anywhere; `from package import name` as both."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in OURS)


def upward(package: str, folder: Path) -> list[str]:
    """Imports that go up the list, or to what the package may not know."""
    _, order, others = PACKAGES[package]
    faults = []
    for module, path in sorted(modules(folder, package).items()):
        wing = module.split(".")[1] if "." in module else ""
        if wing and wing not in order:
            faults.append(f"{module} is in no wing of the list")
            continue
        for name in sorted(set(imported(path))):
            if name.split(".")[0] != package:
                known = any(name == other or name.startswith(f"{other}.") for other in others)
                faults += [] if known or name == "lab" else [f"{module} imports {name}"]
            elif wing and (to := name.split(".")[1:2]) and to[0] in order:
                faults += [f"{module} imports {name}"] if order.index(to[0]) < order.index(wing) else []
    return faults


def circle(package: str, folder: Path) -> list[str]:
    """The first circle of modules that import each other; a folder's `__init__` is its door, not counted."""
    known = modules(folder, package)
    doors = {name for name, path in known.items() if path.name == "__init__.py"}
    rooms = known.keys() - doors
    graph = {name: rooms.intersection(imported(known[name])) - {name} for name in rooms}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(name) for name in error.args[1]]
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_down_and_never_in_a_circle(package: str) -> None:
    assert upward(package, PACKAGES[package][0]) == []
    assert circle(package, PACKAGES[package][0]) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_folders_say_what_they_are_and_stay_small(package: str) -> None:
    for door in PACKAGES[package][0].rglob("__init__.py"):
        if package == "lab" and "emulator" in door.parts:
            continue
        assert ast.get_docstring(ast.parse(door.read_text(encoding="utf-8"))), (
            f"{door} does not say what it is"
        )
        assert len(list(door.parent.glob("*.py"))) <= LARGEST_FOLDER, (
            f"{door.parent} is too large to look over"
        )


@pytest.mark.parametrize(
    ("package", "file", "text", "fault"),
    [
        (
            "grader",
            "tasks/new.py",
            "from grader.walls import gate",
            "grader.tasks.new imports grader.walls.gate",
        ),
        (
            "grader",
            "walls/new.py",
            "def f():\n    import grader.engine.judge",
            "grader.walls.new imports grader",
        ),
        ("grader", "new.py", "", "grader.new is in no wing of the list"),
        ("lab", "rules/new.py", "from lab import control", "lab.rules.new imports lab.control"),
        ("lab", "aws/new.py", "import grader", "lab.aws.new imports grader"),
        (
            "lab_emulator",
            "iam/new.py",
            "from lab.control import x",
            "lab_emulator.iam.new imports lab.control",
        ),
    ],
)
def test_an_arrow_that_goes_up_is_found(
    tmp_path: Path, package: str, file: str, text: str, fault: str
) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text + "\n")
    assert fault in " ".join(upward(package, tmp_path))


def test_a_circle_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("from grader import two\n")
    assert circle("grader", tmp_path) == []
    (tmp_path / "two.py").write_text("def late():\n    from grader.one import x\n")
    assert set(circle("grader", tmp_path)) == {"grader.one", "grader.two"}
