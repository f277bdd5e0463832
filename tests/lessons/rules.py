"""What every lesson keeps to, as functions from a notebook to the list of what is wrong with it."""

import ast
import builtins
import html
import re
from pathlib import Path
from typing import Any

import nbformat

LONGEST_CELL = 12
WIDEST_TABLE = 88
"""Characters of the longest words of its columns together, with two between them."""
MOST_IGNORED = 2
SHORTEST_ALT, LONGEST_ALT = 40, 1000
"""Characters of a picture's alternative text."""
IGNORED = "nbval-ignore-output"


def _cells(notebook: nbformat.NotebookNode, kind: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def _list_below(notebook: nbformat.NotebookNode, heading: str) -> list[str]:
    for cell in _cells(notebook, "markdown"):
        if cell.source.startswith(heading):
            return re.findall(r"^\d+\. (.+)$", cell.source, flags=re.MULTILINE)
    return []


def objective_line(objective: dict[str, Any]) -> str:
    tasks = ", ".join(objective["exam_tasks"])
    return objective["text"] + (f" ({tasks})" if tasks else "")


def objectives(notebook: nbformat.NotebookNode, lesson: dict[str, Any]) -> list[str]:
    """Opening and closing list, title, minutes and prerequisites, as the index has them."""
    wanted = [objective_line(objective) for objective in lesson["objectives"]]
    opening = "\n".join(cell.source for cell in notebook.cells[:2])
    wrong = []
    for heading in ("## You will be able to …", "## You can now …"):
        if _list_below(notebook, heading) != wanted:
            wrong.append(f"the list under {heading!r} is not the index's")
    if not notebook.cells[0].source.startswith(f"# {lesson['title']}\n"):
        wrong.append(f"the title is not {lesson['title']!r}")
    if f"**Minutes:** {lesson['minutes']} · **Prerequisites:** " not in opening:
        wrong.append("minutes or prerequisites are missing or not the index's")
    if not 3 <= len(wanted) <= 5:
        wrong.append(f"{len(wanted)} objectives, where 3 to 5 belong")
    return wrong


def _link(lesson: dict[str, Any]) -> str:
    """A lesson as others name it: by its number, and with the first words of its title."""
    return f"lesson {lesson['name'][:2]}, [{lesson['title'].partition(':')[0]}]({lesson['name']}.ipynb)"


def way(notebook: nbformat.NotebookNode, index: list[dict[str, Any]], name: str) -> list[str]:
    """What a lesson needs and what comes after it are said as the index has them, and nothing else is."""
    ready = [lesson for lesson in index if lesson["status"] == "ready"]
    known = {lesson["name"]: lesson for lesson in ready}
    lesson = known[name]
    needed = [", ".join(_link(known[one]) for one in lesson["needs"]), lesson.get("needs_too", "")]
    before = "; ".join(words for words in needed if words)
    later = [one for one in ready if one["name"] > name]
    after = _link(later[0]) if later else "[lesson 00](00-welcome.ipynb)"
    text = [" ".join(cell.source.split()) for cell in _cells(notebook, "markdown")]
    wrong = []
    said = [found[1].strip() for one in text if (found := re.search(r"\*\*Prerequisites:\*\* ([^·*]+)", one))]
    if len(said) != 1 or not re.fullmatch(rf"{re.escape(before)}( (That is|Codes in|\[What).*)?", said[0]):
        wrong.append(f"the prerequisites are {said}, and the index has: {before}")
    ends = [found[1] for one in text if (found := re.search(r"\*\*Where next:\*\* (.*)", one))]
    exercise = f"[{name}](../exercises/{name}/{name}.ipynb)"
    if len(ends) != 1 or exercise not in ends[0] or after not in ends[0]:
        wrong.append(f"where next: {ends}, and it leads to {exercise} and then to {after}")
    numbers = {one["name"][:2] for one in ready}
    named = re.findall(r"[Ll]esson (\d\d) \(planned\)", "".join(text))
    wrong += [f"lesson {number} is called planned, and is there" for number in named if number in numbers]
    others = set(re.findall(r"\]\((\d\d-[\w-]+\.ipynb)\)", "".join(ends)))
    others -= set(re.findall(r"\((.+)\)", after))
    return wrong + [f"where next leads to {other} too" for other in sorted(others)]


def begins(notebook: nbformat.NotebookNode, name: str) -> list[str]:
    """The first code cell sets the lab back, whatever an earlier run or another lesson has left."""
    first = _cells(notebook, "code")[0].source
    text = "".join(cell.source for cell in notebook.cells)
    wrong = [] if f'begin("{name}")' in first else [f'the first code cell does not call begin("{name}")']
    return wrong + (["a paragraph on ResourceInUseException"] if "(`ResourceInUseException`?" in text else [])


def mathematics(text: str) -> list[str]:
    """What JupyterLab takes for a formula: from a dollar sign to the next, outside code."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    return re.findall(r"(?<!\\)\$[^$]+(?<!\\)\$", prose)


def no_price_as_a_formula(notebook: nbformat.NotebookNode) -> list[str]:
    return [
        f"cell {cell.id}: two dollar signs make a formula of what is between them; write USD"
        for cell in _cells(notebook, "markdown")
        if mathematics(cell.source)
    ]


def short_cells(notebook: nbformat.NotebookNode) -> list[str]:
    return [
        f"cell {cell.id} has {len(cell.source.splitlines())} lines"
        for cell in notebook.cells
        if len(cell.source.splitlines()) > LONGEST_CELL
    ]


def stable_ids(notebook: nbformat.NotebookNode) -> list[str]:
    ids = [cell.get("id") for cell in notebook.cells]
    if (notebook.nbformat, notebook.nbformat_minor) < (4, 5) or None in ids:
        return ["a cell without an id"]
    return ["a cell id stands twice"] if len(set(ids)) < len(ids) else []


def little_metadata(notebook: nbformat.NotebookNode) -> list[str]:
    wrong = [f"metadata of cell {c.id}" for c in notebook.cells if set(c.metadata) - {"tags"}]
    if set(notebook.metadata) != {"jupytext", "kernelspec", "language_info"}:
        wrong.append("metadata of the notebook beside jupytext, kernelspec and language_info")
    elif set(notebook.metadata.language_info) != {"name"}:
        wrong.append("language_info beside the language's name")
    return wrong


def outputs_committed(notebook: nbformat.NotebookNode) -> list[str]:
    """Every cell ran, in order, without an error or a warning."""
    code = _cells(notebook, "code")
    wrong = []
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        wrong.append("the code cells were not run once from top to bottom")
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                wrong.append(f"cell {cell.id} shows an error or a warning")
    return wrong


def described_pictures(notebook: nbformat.NotebookNode) -> list[str]:
    """Every picture says what is seen: in short as alternative text, in full as text and folded below."""
    wrong, pictures = [], 0
    for cell in _cells(notebook, "code"):
        for output in cell.outputs:
            if "image/png" not in output.get("data", {}):
                continue
            pictures += 1
            alternative = output.metadata.get("image/png", {}).get("alt", "")
            words = output.data.get("text/plain", "")
            if not SHORTEST_ALT <= len(alternative) <= LONGEST_ALT or not re.search(r"\d", alternative):
                wrong.append(f"the picture of cell {cell.id}: {len(alternative)} characters say what is seen")
            if not words or alternative.split(".")[0] != words.split(".")[0]:
                wrong.append(f"the picture of cell {cell.id} has no words, or they tell of another picture")
            folded = "<br>".join(html.escape(line) for line in words.splitlines())
            if not any(f"<p>{folded}</p>" in o.get("data", {}).get("text/html", "") for o in cell.outputs):
                wrong.append(f"the picture of cell {cell.id} has no folded description")
    return wrong if pictures else ["no picture of what the lab just did"]


def no_waiting_by_the_clock(notebook: nbformat.NotebookNode) -> list[str]:
    return [f"cell {c.id} sleeps" for c in _cells(notebook, "code") if "sleep" in c.source]


def few_ignored(notebook: nbformat.NotebookNode) -> list[str]:
    ignored = [cell.id for cell in notebook.cells if IGNORED in cell.metadata.get("tags", [])]
    return [f"{len(ignored)} cells ignore their output"] if len(ignored) > MOST_IGNORED else []


def knowledge_checks(notebook: nbformat.NotebookNode) -> list[str]:
    asked = [c for c in _cells(notebook, "code") if re.search(r"^question\(", c.source, re.M)]
    return [] if 3 <= len(asked) <= 6 else [f"{len(asked)} knowledge checks, where 3 to 6 belong"]


def _names(statements: list[ast.stmt], context: type[ast.expr_context]) -> set[str]:
    nodes = [node for statement in statements for node in ast.walk(statement)]
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
    if context is ast.Load:
        return names
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return names | {(one.asname or one.name).split(".")[0] for node in imports for one in node.names}


def _pieces(cell: str) -> list[str]:
    """What may not be broken, of a table's cell."""
    return re.split(r"<wbr>| ", re.sub(r"<(?!wbr)[^>]+>", "", cell))


def narrow_tables(notebook: nbformat.NotebookNode) -> list[str]:
    """A table fits into a window of 1,100 pixels with its longest pieces side by side."""
    wrong = []
    for cell in _cells(notebook, "code"):
        shown = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
        for table in re.findall(r"<table>.*?</table>", shown, flags=re.DOTALL):
            rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
            columns = zip(*rows, strict=True)
            width = sum(2 + max(len(html.unescape(p)) for v in one for p in _pieces(v)) for one in columns)
            if width > WIDEST_TABLE:
                wrong.append(f"cell {cell.id} shows a table of {width} characters")
    return wrong


def code_under(heading: str, notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The code cells of a section, up to the next heading of its rank."""
    found, now = [], ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            now = next((line for line in cell.source.splitlines() if line.startswith("## ")), now)
        elif now == heading:
            found.append(cell)
    return found


def tidy_up_alone(notebook: nbformat.NotebookNode) -> list[str]:
    """In a new kernel, which has run nothing yet, *Tidy up* has all that it needs."""
    bound, missing = set(dir(builtins)), set[str]()
    for cell in code_under("## Tidy up", notebook):
        statements = ast.parse(cell.source).body
        bound |= _names(statements, ast.Store)
        missing |= _names(statements, ast.Load) - bound
    return [f"*Tidy up* needs {name}, which a new kernel has not yet made" for name in sorted(missing)]


def links(notebook: nbformat.NotebookNode, folder: Path) -> list[str]:
    """Links to files, from the folder where the notebook is."""
    text = "\n".join(cell.source for cell in _cells(notebook, "markdown"))
    targets = [t for t in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in t]
    return [f"no file {target}" for target in targets if not (folder / target).is_file()]


WITHOUT_INDEX = (
    no_price_as_a_formula,
    short_cells,
    stable_ids,
    little_metadata,
    outputs_committed,
    described_pictures,
    no_waiting_by_the_clock,
    few_ignored,
    knowledge_checks,
    tidy_up_alone,
    narrow_tables,
)
