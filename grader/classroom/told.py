"""What a grading run tells: by which release and which checks it graded, and which marks are others now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from grader.engine.plan import Plans

Line = Mapping[str, Any]


def graded_by(lines: Sequence[Line], plans: Plans) -> list[str]:
    """A sentence for each release and its checks, with how many hand-ins they graded."""
    graded = Counter(
        (line["exercise_version"], line["checks_version"]) for line in lines if line["status"] == "graded"
    )
    return [
        f"{count} hand-in{'s' * (count != 1)} {_words(release, checks, plans)}"
        for (release, checks), count in graded.most_common()
    ]


def _words(release: str | None, checks: str, plans: Plans) -> str:
    current = plans.current
    if release == current.release.version:
        return f"of the current release {release}, by today's checks ({checks})."
    if release is None:
        return f"without a release's version, by the current release and today's checks ({checks})."
    plan, unkept = plans.for_version(release)
    if unkept is not None:
        return f"of the release {release[:40]}, which is not kept here, by the current one ({checks})."
    if plans.todays_checks:
        return f"of the earlier release {release}, by today's checks of the tasks that it has ({checks})."
    same = all(plan.versions[name] == current.versions.get(name) for name in plan.versions)
    hint = "" if same else " For today's checks: --checks today."
    return f"of the earlier release {release}, by the checks it was last graded with ({checks}).{hint}"


def changes(before: Sequence[Line], after: Sequence[Line]) -> list[str]:
    """A line for each learner whose mark is another than it was, with the tasks and why."""
    known = {line["student"]: line for line in before}
    found = []
    for line in after:
        old = known.get(line["student"])
        if old is not None and (words := _change(old, line)):
            found.append(f"{line['student']}: {words}")
    return found


def _change(old: Line, new: Line) -> str:
    points = {task["id"]: task["points"] for task in old["tasks"]}
    now = {task["id"]: task["points"] for task in new["tasks"]}
    tasks = [
        f"{name} {_points(points.get(name))} → {_points(now.get(name))}"
        for name in dict.fromkeys([*points, *now])
        if points.get(name) != now.get(name)
    ]
    if not tasks and old["status"] == new["status"]:
        return ""
    causes = [
        words
        for key, words in (
            ("submission_sha256", "another hand-in"),
            ("exercise_version", "another release"),
            ("checks_version", "other checks"),
            ("seed_digest", "another seed"),
            ("sandbox", "another sandbox"),
        )
        if old[key] != new[key]
    ]
    why = f" ({', '.join(causes)})" if causes else ""
    return f"{_mark(old)} → {_mark(new)}{': ' if tasks else ''}{', '.join(tasks)}{why}"


def _mark(line: Line) -> str:
    return f"{line['score']:g}" if line["status"] == "graded" else str(line["status"])


def _points(points: float | None) -> str:
    return "–" if points is None else f"{points:g}"
