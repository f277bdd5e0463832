"""nbgrader on this course: its own commands (generate_assignment, autograde, formgrader) work here."""

from grader.reports.nbgrader_here import read_times_as_we_do, refuse_to_autograde

c = get_config()  # noqa: F821 - traitlets puts it here

c.CourseDirectory.course_id = "kinesis"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# nbgrader copies every other file of a source folder to learners; these stay with the instructor.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "__pycache__",
    "*.pyc",
    "checks",
    "checks.py",
    "DESIGN.md",
    "*.toml",
    "right",
    "wrong",
    "[0-9][0-9]-*.py",
]
# A stub of ours, so that untouched cells run.
c.ClearSolutions.code_stub = {"python": "...  # write your code here"}
# The check's plain text is the bare points; nbgrader takes them as partial credit.
c.Execute.timeout = 60
c.Execute.interrupt_on_timeout = True
# Times of hand-ins, whatever zone they name, are the same seconds for nbgrader and for the grader.
read_times_as_we_do()
# Learners' code runs in the grader's sandbox only. The button and the command then say why.
refuse_to_autograde()
