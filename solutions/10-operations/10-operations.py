# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 10 — Operations
#
# Five tasks, 23 points. Task 3 works in the lab: open this notebook from JupyterLab as `make lab` starts it.
#
# You will be able to:
#
# - load a team's streams from files, with errors that name file, key and reason;
# - plan changes, refuse illegal ones with the rule, and apply a plan so that a second run changes nothing;
# - report drift, and find the cause of an incident.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`, and run the cell.
# 2. Run the check cell under it. It tells you at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("plan", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("plan")`, then `hint("plan", 2)`. After an attempt,
#    `solution("plan")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# Each part of a task is earned when all of its cases, or runs, are right, hidden ones included. Only the answer
# cells are yours: the other cells are put back before your work is marked. You may add cells of your own.
# Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import json

from grader import case, check, hint, progress, solution

# %% [markdown]
# ### Task 1 — A loader whose errors name file, key and reason
#
# Write `load(files)`. `files` maps a file's name to its text. It returns `{"streams": {...}, "errors": [...]}`.
#
# **Rule:** a good file is a JSON object with these five keys and no other: `id` and `owner` (text), `shards` (a whole
# number, 1 to 10,000), `retention` (a whole number of hours, 24 to 8,760), `create_user` (true or false).
#
# Each error is a list `[file, key, reason]`. Sort all errors (`sorted` does it right). The reasons, one a key:
#
# - `"not a JSON object"`, with the key `""` and nothing else of this file
# - `"missing"`, `"unknown"`

# %% [markdown]
# - `"not text"`, `"not a whole number"`, `"not true or false"`: the wrong kind; `true` is no number, `4.0` is no whole
#   one, and `"4"` is text
# - `"out of range"`: a whole number, but too small or too large
#
# A file with an error gives no stream. The other files do: `streams` maps each `id` to its `shards`, `retention` and
# `owner`. No two files have the same `id`.
#
# **Example:** the only file is `web.json`, with `{"id": "web", "owner": "shop", "shards": "4", "retention": 12,
# "create_user": false}`. Then `streams` is `{}`, and `errors` is
# `[["web.json", "retention", "out of range"], ["web.json", "shards", "not a whole number"]]`.
#
# **Constraint:** never raise for a wrong file. **Read:** lesson 10-operations, “A loader that says what is wrong”.


# %% nbgrader={"grade": false, "grade_id": "load_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def load(files):
    """The streams that the files describe, and what is wrong with them."""
    ### BEGIN SOLUTION
    # For each key: the kind, the reason when it is another kind, and the range of a number.
    keys = {
        "id": (str, "not text", None),
        "owner": (str, "not text", None),
        "shards": (int, "not a whole number", range(1, 10_001)),
        "retention": (int, "not a whole number", range(24, 8_761)),
        "create_user": (bool, "not true or false", None),
    }
    streams, errors = {}, []
    for file, text in files.items():
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            errors.append([file, "", "not a JSON object"])
            continue
        found = [[file, key, "unknown"] for key in content if key not in keys]
        for key, (kind, reason, allowed) in keys.items():
            if key not in content:
                found.append([file, key, "missing"])
            elif type(content[key]) is not kind:  # isinstance would take True for a whole number
                found.append([file, key, reason])
            elif allowed and content[key] not in allowed:
                found.append([file, key, "out of range"])
        errors += found
        if not found:
            streams[content["id"]] = {key: content[key] for key in ("shards", "retention", "owner")}
    return {"streams": streams, "errors": sorted(errors)}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "load", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("load")

# %% [markdown]
# ### Task 2 — The plan: from what is wanted and seen to steps
#
# Write `plan(wanted, seen)`. It calls nothing, and returns a list of steps. Both arguments map names of streams.
#
# ```python
# wanted = {"web": {"shards": 20, "retention": 24, "owner": "shop", "may_lose": False}}
# seen = {"web": {"shards": 4, "retention": 24, "owner": "shop", "mode": "PROVISIONED",
#                 "ours": True, "updates": 2}}
# ```
#
# `owner` is a tag, in `seen` `None` without one. `updates` counts the shard count's updates of the last 24 hours. `ours`
# tells whether the stream has our tool's tag. `may_lose` says that records may be lost.

# %% [markdown]
# **Rule:** take all names of both, sorted. The steps of one stream:
#
# - only in `wanted`: `["create", name, shards]`, then `["retention", name, hours]` if it is not 24. A new stream has
#   its owner already.
# - only in `seen`: `["foreign", name, None]`
# - in both: `["scale", name, count]` for each update, then `["retention", name, hours]`, then `["tag", name, owner]`,
#   each only where something differs
#
# An update goes as far as one may: to double, or to half, rounded up. The last one goes to the target itself.

# %% [markdown]
# A stream of both may have to be refused. Then it has one step only, `["refused", name, rule]`, with the first rule that
# fits, also when other changes would be fine:
#
# 1. `"not ours"`: it lacks our tag, and something differs
# 2. `"on-demand"`: the shards differ, and its mode is `"ON_DEMAND"`
# 3. `"too many updates"`: with those of the last 24 hours, there would be more than 10
# 4. `"loses records"`: the retention becomes shorter, and `may_lose` is false
#
# **Example:** above, it returns `[["scale", "web", 8], ["scale", "web", 16], ["scale", "web", 20]]`.
#
# **Constraint:** change neither argument. **Read:** lesson 10-operations, “The plan: what would change”.


# %% nbgrader={"grade": false, "grade_id": "plan_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def plan(wanted, seen):
    """The steps from what is seen to what is wanted; nothing is called."""
    ### BEGIN SOLUTION
    steps = []
    for name in sorted(wanted.keys() | seen.keys()):
        if name not in wanted:
            steps.append(["foreign", name, None])  # reported, and nothing more
        elif name not in seen:
            steps.append(["create", name, wanted[name]["shards"]])  # a new stream needs no updates
            if wanted[name]["retention"] != 24:
                steps.append(["retention", name, wanted[name]["retention"]])
        else:
            steps += _steps_of(name, wanted[name], seen[name])
    return steps


def _steps_of(name, want, now):
    counts, shards = [], now["shards"]
    while shards != want["shards"]:
        # As far as one update may go: -(-n // 2) is the half rounded up.
        shards = (
            min(want["shards"], 2 * shards)
            if shards < want["shards"]
            else max(want["shards"], -(-shards // 2))
        )
        counts.append(shards)
    steps = [["scale", name, count] for count in counts]
    if want["retention"] != now["retention"]:
        steps.append(["retention", name, want["retention"]])
    if want["owner"] != now["owner"]:
        steps.append(["tag", name, want["owner"]])
    if steps and not now["ours"]:
        return [["refused", name, "not ours"]]
    if counts and now["mode"] == "ON_DEMAND":
        return [["refused", name, "on-demand"]]
    if counts and now["updates"] + len(counts) > 10:
        return [["refused", name, "too many updates"]]
    if want["retention"] < now["retention"] and not want["may_lose"]:
        return [["refused", name, "loses records"]]
    return steps
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "plan", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("plan")

# %% [markdown]
# ### Task 3 — Apply: bring streams to what is wanted
#
# Write `apply(wanted)`. It works in the lab. `wanted` maps names of streams to their settings:
#
# ```python
# {"web-0123": {"shards": 12, "retention": 48, "tags": {"managed-by": "tool", "owner": "shop"}}}
# ```
#
# Some of the streams are there already, others are not. Other teams' streams are there too.
#
# **What is judged:** the streams afterwards, and the calls. **What is not judged:** what the function returns, and how
# often you look.

# %% [markdown]
# **Rule:** afterwards each stream has these open shards, this retention and these tags. Further tags stay.
#
# - No stream is deleted, made anew, or touched if `wanted` does not name it.
# - `UpdateShardCount` is called as rarely as the rule of double and half allows. From 3 to 20 that is three times.
# - When all is right, it makes only calls that look (`Describe…`, `List…`).
# - In some runs a call fails for good, or its answer is lost. Then `apply` may raise. It is called once more, and must
#   do what is left. A retention may be shortened here.

# %% [markdown]
# **Example:** `wanted` asks for 12 shards and 48 hours, and the stream has 3 shards, 24 hours and the right tags. Then
# there are two updates, to 6 and to 12, and one `IncreaseStreamRetentionPeriod`.
#
# **Constraint:** wait until a stream is ACTIVE after each change. A run may take 30 s. **Read:** lesson 10-operations,
# “Apply”.

# %% nbgrader={"grade": false, "grade_id": "apply_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import boto3

kinesis = boto3.client("kinesis")


def apply(wanted):
    """Bring each stream to its settings; what is right already is left alone."""
    ### BEGIN SOLUTION
    # No memory of what was done: each run looks, so it can be interrupted anywhere and run again.
    for name, want in wanted.items():
        try:
            now = _summary(name)
        except kinesis.exceptions.ResourceNotFoundException:
            kinesis.create_stream(StreamName=name, ShardCount=want["shards"], Tags=want["tags"])
            now = _active(name)
        shards = now["OpenShardCount"]
        while shards != want["shards"]:
            most, least = 2 * shards, -(-shards // 2)
            shards = min(max(want["shards"], least), most)
            kinesis.update_shard_count(
                StreamName=name, TargetShardCount=shards, ScalingType="UNIFORM_SCALING"
            )
            _active(name)
        hours = {"StreamName": name, "RetentionPeriodHours": want["retention"]}
        if want["retention"] > now["RetentionPeriodHours"]:
            kinesis.increase_stream_retention_period(**hours)
        elif want["retention"] < now["RetentionPeriodHours"]:
            kinesis.decrease_stream_retention_period(**hours)
        _active(name)
        told = kinesis.list_tags_for_stream(StreamName=name)["Tags"]
        missing = want["tags"].items() - {(tag["Key"], tag["Value"]) for tag in told}
        if missing:
            kinesis.add_tags_to_stream(StreamName=name, Tags=dict(missing))


def _summary(name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def _active(name):
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})
    return _summary(name)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "apply", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("apply")

# %% [markdown]
# ### Task 4 — A drift report
#
# Write `drift(wanted, seen)`. It returns a list of differences, each `[stream, property, wanted, found, kind]`.
#
# ```python
# wanted = {"web": {"shards": 4, "tags": {"owner": "shop", "tier": "1"}}}
# seen = {"web": {"shards": 8, "retention": 48, "tags": {"owner": "kim", "Tier": "1"}}}
# ```
#
# A stream in `wanted` has some of `shards`, `retention` and `tags`. In `seen` it has all three.

# %% [markdown]
# **Rule:** only what the file **sets** is compared: what is left out can't drift. If `tags` is set, all tags are
# compared, also those that only the stream has. Tags whose key begins with `aws:` are AWS's own: leave them out.
#
# - `"NOT_EQUAL"`: both have a value, and another one
# - `"REMOVE"`: the file has a tag that the stream lacks; `found` is `None`
# - `"ADD"`: the stream has a tag that the file lacks; `wanted` is `None`
# - `"DELETED"`: the stream is not there: one entry, `[stream, None, None, None, "DELETED"]`
#
# A tag's property is `tag` and its key, as `"tag owner"`. Keys are case-sensitive.

# %% [markdown]
# **Order:** by stream, in it by property, both as `sorted` puts text. Streams that no file names are left out.
#
# **Example:** above, it returns `[["web", "shards", 4, 8, "NOT_EQUAL"], ["web", "tag Tier", None, "1", "ADD"],
# ["web", "tag owner", "shop", "kim", "NOT_EQUAL"], ["web", "tag tier", "1", None, "REMOVE"]]`.
#
# **Read:** lesson 10-operations, “Drift: somebody helped at night”.


# %% nbgrader={"grade": false, "grade_id": "drift_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drift(wanted, seen):
    """Every difference between the files and what is there."""
    ### BEGIN SOLUTION
    found = []
    for name in sorted(wanted):
        if name not in seen:
            found.append([name, None, None, None, "DELETED"])
            continue
        # Both sides as flat properties; of the stream's only those that the file speaks of.
        want = {key: wanted[name][key] for key in ("shards", "retention") if key in wanted[name]}
        now = {key: seen[name][key] for key in want}
        if "tags" in wanted[name]:
            want |= {f"tag {key}": value for key, value in wanted[name]["tags"].items()}
            now |= {
                f"tag {key}": value for key, value in seen[name]["tags"].items() if not key.startswith("aws:")
            }
        for key in sorted(want.keys() | now.keys()):
            if key not in now:
                found.append([name, key, want[key], None, "REMOVE"])
            elif key not in want:
                found.append([name, key, None, now[key], "ADD"])
            elif want[key] != now[key]:
                found.append([name, key, want[key], now[key], "NOT_EQUAL"])
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "drift", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("drift")

# %% [markdown]
# ### Task 5 — An incident: name the cause and the remedy
#
# Write `find_cause(stream, minutes, trail, retention)`. One thing is wrong with the stream, and it lasts until the end.
#
# ```python
# stream = "web"
# minutes = [{"written": 90, "refused": {"shard-0": 0, "shard-1": 0}, "age": 1},
#            {"written": 0, "refused": {"shard-0": 0, "shard-1": 0}, "age": 0}]
# trail = [{"minute": 1, "name": "PutRolePolicy", "about": "web", "by": "kim", "error": None}]
# retention = 1440
# ```

# %% [markdown]
# `minutes` has a value for each minute, from minute 0 on: records written, records refused by shard, the iterator age in
# minutes (`None`: no data). `trail` has calls that change something, in order; `about` is the stream. One with an `error`
# did not happen. `retention` is in minutes, as it is now.
#
# **Rule:** exactly one of these fits. `since` is the first minute from which it holds in every minute to the end.
#
# | Cause | Holds in a minute if | Remedy |
# |---|---|---|
# | `"hot key"` | one shard refuses, and it is the same shard in all these minutes | `"change the key"` |
# | `"dead consumer"` | the age has no data | `"start the consumer"` |

# %% [markdown]
# | Cause | Holds in a minute if | Remedy |
# |---|---|---|
# | `"policy change"` | nothing is written | `"put the policy back"` |
# | `"retention too short"` | the age is at least half of the retention | `"raise the retention"` |
#
# It returns `{"cause": ..., "remedy": ..., "since": ..., "by": ...}`. `by` is who made the last call of
# `PutRolePolicy` (policy change) or `DecreaseStreamRetentionPeriod` (retention too short) about **this** stream in or
# before the minute `since`. For the other two causes `by` is `None`.
#
# **Example:** above: `{"cause": "policy change", "remedy": "put the policy back", "since": 1, "by": "kim"}`.
#
# **Constraint:** a minute that was bad earlier and got well again is no part of it. **Read:** lesson 10-operations,
# “The runbook: one page”.


# %% nbgrader={"grade": false, "grade_id": "find_cause_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def find_cause(stream, minutes, trail, retention):
    """What is wrong, since when, who did it, and what helps."""

    ### BEGIN SOLUTION
    def refusing(minute):
        return [shard for shard, count in minute["refused"].items() if count]

    last = refusing(minutes[-1])
    signs = {
        # The one shard of the last minute, in every minute back to the first of the trouble.
        "hot key": lambda minute: len(last) == 1 and refusing(minute) == last,
        "dead consumer": lambda minute: minute["age"] is None,
        "policy change": lambda minute: minute["written"] == 0,
        "retention too short": lambda minute: minute["age"] is not None and 2 * minute["age"] >= retention,
    }
    cause = next(name for name, holds in signs.items() if holds(minutes[-1]))
    since = len(minutes) - 1
    while since > 0 and signs[cause](minutes[since - 1]):
        since -= 1
    remedies = {
        "hot key": ("change the key", None),
        "dead consumer": ("start the consumer", None),
        "policy change": ("put the policy back", "PutRolePolicy"),
        "retention too short": ("raise the retention", "DecreaseStreamRetentionPeriod"),
    }
    remedy, call = remedies[cause]
    makers = [
        event["by"]
        for event in trail
        if event["name"] == call
        and event["about"] == stream
        and event["error"] is None
        and event["minute"] <= since
    ]
    return {"cause": cause, "remedy": remedy, "since": since, "by": makers[-1] if makers else None}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "find_cause", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("find_cause")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases and runs. The marking tries hidden ones as well. `progress()` shows where you
# stand. Save the notebook, then in a terminal:
#
# - `grader mark 10-operations` marks your notebook in full, here and now;
# - `grader submit 10-operations` packs it for your instructor.
#
# You can now keep streams in files, carry the files out without harm, and find what went wrong.
