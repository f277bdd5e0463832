# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Operations: a stream that a team runs for years
#
# A stream is made in a minute and runs for years. In that time it grows, people change it at night, and colleagues
# leave. Teams that cope keep their streams in files, and let a tool carry the files out. You build such a tool here, on
# plain boto3. Then you watch a stream for a day, and you find out what went wrong in an incident.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **load** a stream's configuration from files, with errors that name file, key and reason (DEA-C01 1.4.4, DVA-C03 3.3.3)
# 2. **plan** and **apply** changes within the rules of scaling and retention, twice without harm (SAA-C03 3.5, DEA-C01 1.4.5)
# 3. **report** drift, and know which changes CloudFormation and Terraform make in place (DEA-C01 1.4.8, DEA-C01 4.5.4)
# 4. **set** the alarms that a stream needs, and read a day on a dashboard (DVA-C03 4.2.5, DEA-C01 3.3.3)
# 5. **find** an incident's cause with a runbook, from metrics, trail and configuration (SAA-C03 2.2, DEA-C01 3.3.2)
#
# **Minutes:** 40 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb), lesson 04, [Retention](04-retention.ipynb)
#
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# A stream has 2 shards. Its file has been changed, and now says 20. How does a careful tool get there?
#
# - one call of `UpdateShardCount`, with 20
# - four calls: 4, 8, 16, 20
# - eighteen calls, one for each new shard
#
# And when the tool has finished and runs once more: how many calls does it make that change something? Write both
# guesses down, then run.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("10-operations")

# %%
import boto3

from lab import wait_until_active

kinesis = boto3.client("kinesis")
OURS = {"managed-by": "course-10-tool"}

# %%
for name, shards, tags in (
    ("sensors", 2, OURS | {"cluster": "sensors", "owner": "field"}),
    ("partners", 2, OURS | {"cluster": "partners", "owner": "sales"}),
    ("games", 1, {"owner": "another team"}),
):
    kinesis.create_stream(StreamName=f"course-10-{name}", ShardCount=shards, Tags=tags)
    wait_until_active(kinesis, f"course-10-{name}")

# %% [markdown]
# That is what stands in the account on your first day: two streams of your team, and one of another team.
#
# ## A stream as a file
#
# The project StreamAlert keeps each of its streams in a **cluster file**. Yours are in `source/clusters`, in the same
# form. This cell copies them into a working folder, so that you can change them. Here is one:

# %%
import json
import shutil
import tempfile
from pathlib import Path

WORK = Path(tempfile.mkdtemp()) / "clusters"
shutil.copytree("source/clusters", WORK)
print(sorted(file.name for file in WORK.iterdir()))
print((WORK / "sensors.json").read_text())

# %% [markdown]
# `shards` and `retention` (in hours) say what the stream is to be. `create_user` says whether to make an IAM user for
# the producer. The file says nothing of how to get there. That is the tool's work.
#
# ## A loader that says what is wrong
#
# A typo in a file must not reach a stream. So the loader looks at each key, and each complaint names **file, key and
# reason**. Whoever reads it at night needs no debugger.

# %%
NEEDED = {"shards": range(1, 10_001), "retention": range(24, 8_761)}
KNOWN = {*NEEDED, "create_user", "stream_name", "shard_level_metrics"}


# %%
def complaints(streams):
    """What is wrong with the streams block of a file: pairs of key and reason."""
    for key, allowed in NEEDED.items():
        if type(streams.get(key)) is not int or streams[key] not in allowed:
            yield key, f"must be a whole number, {allowed[0]} to {allowed[-1]}"
    if type(streams.get("create_user")) is not bool:
        yield "create_user", "must be true or false, and must be written out"
    for key in sorted(set(streams) - KNOWN):
        yield key, "is a key that the tool does not know"


# %%
def streams_of(content):
    """The block of a cluster file that describes the stream."""
    return content["modules"]["kinesis"]["streams"]


def settings(content):
    """What a right file wants: the stream's name, with shards, retention and tags."""
    streams, cluster = streams_of(content), content["id"]
    name = streams.get("stream_name", f"course-10-{cluster}")
    tags = OURS | {"cluster": cluster, "owner": content["owner"]}
    return {name: {key: streams[key] for key in NEEDED} | {"tags": tags}}


# %%
def load(folder):
    """The wanted streams by name, and the complaints; each file on its own."""
    wanted, wrong = {}, []
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text())
        found = [(file.name, *one) for one in complaints(streams_of(content))]
        wrong += found
        wanted |= {} if found else settings(content)
    return wanted, wrong


# %%
from lab.pictures import Table

wanted, wrong = load(WORK)
Table("What the loader says", ("file", "key", "reason"), wrong)


# %% [markdown]
# One file is wrong twice, in ways that StreamAlert itself was:
#
# - `create_user` is not there. StreamAlert's documentation says that it is false by default, and its code says true. A
#   default that is told two ways has to be written out.
# - `terraform_outputs` prints an access key and its secret, as an example in StreamAlert's documentation does. Whatever a
#   tool prints ends up in a log.
#
# > **On real AWS** the secret is worth as much as a password. That is the reason why this tool makes no user at all. It
# > makes a role, further down.

# %% [markdown]
# We mend the file as its owner would: `create_user` is false, and no key is printed.

# %%
def edit(cluster, **changes):
    """Change keys in the streams block of a cluster's file; None takes a key out."""
    file = WORK / f"{cluster}.json"
    content = json.loads(file.read_text())
    streams = streams_of(content) | changes
    kept = {key: value for key, value in streams.items() if value is not None}
    content["modules"]["kinesis"]["streams"] = kept
    file.write_text(json.dumps(content, indent=2))


# %%
edit("payments", create_user=False, terraform_outputs=None)
wanted, wrong = load(WORK)
print("wrong:", wrong)

# %% [markdown]
# ## What is there
#
# The loader told what we **want**. Now what is there: open shards, retention, tags. And one thing more. A stream's
# shards can be updated only 10 times in 24 hours (API reference, UpdateShardCount). The stream does not tell how many
# of the ten are used. The **trail** does (lesson 07).

# %%
from datetime import timedelta

from lab import clock

trail = boto3.client("cloudtrail")
NAME = {"AttributeKey": "EventName", "AttributeValue": "UpdateShardCount"}


# %%
def scalings(stream):
    """Updates of the stream's shard count in the last 24 hours, from the trail."""
    pages = trail.get_paginator("lookup_events").paginate(
        LookupAttributes=[NAME], StartTime=clock.now() - timedelta(hours=24)
    )
    told = [json.loads(e["CloudTrailEvent"]) for page in pages for e in page["Events"]]
    done = [event for event in told if "errorCode" not in event]
    return sum(e["requestParameters"]["streamName"] == stream for e in done)


# %%
def look():
    """Every stream in the account by name: what it is, and what of today is used up."""
    seen = {}
    for page in kinesis.get_paginator("list_streams").paginate():
        for name in page["StreamNames"]:
            answer = kinesis.describe_stream_summary(StreamName=name)
            now = answer["StreamDescriptionSummary"]
            tags = kinesis.list_tags_for_stream(StreamName=name)["Tags"]
            seen[name] = {"shards": now["OpenShardCount"], "scalings": scalings(name)}
            seen[name] |= {"retention": now["RetentionPeriodHours"]}
            seen[name] |= {"tags": {tag["Key"]: tag["Value"] for tag in tags}}
    return {name: now for name, now in seen.items() if name.startswith("course-10-")}


# %% [markdown]
# ## Steps of scaling
#
# `UpdateShardCount` takes a target of at most double the open shards, and at least half of them. So a longer way needs
# several calls. This function counts them against what is left of the ten. It refuses **before** anything is called.

# %%
def scaling_steps(now, target, used):
    """The counts to set, one after the other. Raises ValueError when the day has too few."""
    steps = []
    while now != target:
        now = min(target, 2 * now) if target > now else max(target, -(-now // 2))
        steps.append(now)
    if used + len(steps) > 10:
        raise ValueError(f"needs {len(steps)} updates, {10 - used} of 10 are left today")
    return steps


# %%
print(scaling_steps(2, 20, used=0))
print(scaling_steps(20, 3, used=0))

# %% [markdown]
# Four calls: that was the first guess. From 5 shards a target of 3 is legal and 2 is not, because 2 is less than half.
# So the way down rounds up.
#
# > **On real AWS** each step takes minutes, and the next one waits until the stream is ACTIVE again. Scale up early and
# > down late. There is no automatic scaling for a provisioned stream. It takes on-demand mode, or a program that calls
# > `UpdateShardCount` on an alarm.

# %%
from grader import question

question("10-operations", "far-target")


# %% [markdown]
# ## The plan: what would change
#
# The heart of the tool is a **pure function**: wanted and seen go in, steps come out. It calls nothing, so it can be
# tested without an account, and you can show its result to a colleague before anything happens. The marks are
# Terraform's: `+` is made, `~` is changed in place. The `?` is ours: nobody's file names this stream.

# %%
def plan(wanted, seen):
    """The steps from what is seen to what is wanted: mark, stream, action, value."""
    steps = []
    for name, want in wanted.items():
        if name not in seen:
            steps += [("+", name, "create", want["shards"])]
        steps += changes(name, want, seen.get(name, new(want)))
    foreign = [name for name in seen if name not in wanted]
    return steps + [("?", name, "no file names it", "") for name in foreign]


# %%
def new(want):
    """How a stream is right after CreateStream: it can have its shards and tags at once."""
    return {"shards": want["shards"], "retention": 24, "tags": want["tags"], "scalings": 0}


# %%
def changes(name, want, now):
    """The steps of one stream that is there, in a safe order."""
    for count in scaling_steps(now["shards"], want["shards"], now["scalings"]):
        yield "~", name, "scale", count
    if now["retention"] != want["retention"]:
        yield "~", name, "retention", want["retention"]
    missing = want["tags"].items() - now["tags"].items()
    if missing:
        yield "~", name, "tag", dict(sorted(missing))


# %%
def show(steps):
    """A plan as a table."""
    rows = [(mark, name, action, str(value)) for mark, name, action, value in steps]
    return Table("Plan", ("", "stream", "action", "to"), rows)


show(plan(wanted, look()))

# %% [markdown]
# Read it as a reviewer, before you read on. Two lines belong together, and they tell of the second wrong file.
#
# `course-10-partners-kinesis` would be made new, and no file names `course-10-partners`. The file's `stream_name` is the
# mistake. StreamAlert's documentation scaled `<prefix>_<cluster>_streamalert_kinesis`. The streams are called
# `<prefix>_<cluster>_streamalert`: no stream had that name. No loader can know this. **The plan shows it.** An
# apply would have made a second, empty stream, and paid for it.

# %%
edit("partners", stream_name=None)
wanted, wrong = load(WORK)
steps = plan(wanted, look())
show(steps)

# %% [markdown]
# `course-10-games` belongs to another team. It has no tag `managed-by` of ours. The tool reports it and **never touches
# it**. A tool that deleted what its files don't name would delete other people's records.
#
# ## Apply
#
# Now the steps become calls. Each waits until the stream is ACTIVE, since another change is refused until then.

# %%
UNIFORM = {"ScalingType": "UNIFORM_SCALING"}  # the only one there is


# %%
def carry_out(name, action, value):
    """One step of a plan, as a call."""
    stream = {"StreamName": name}
    if action == "create":
        kinesis.create_stream(**stream, ShardCount=value, Tags=wanted[name]["tags"])
    elif action == "scale":
        kinesis.update_shard_count(**stream, TargetShardCount=value, **UNIFORM)
    elif action == "tag":
        kinesis.add_tags_to_stream(**stream, Tags=value)
    elif action == "retention":
        set_retention(stream, value)
    wait_until_active(kinesis, name)


# %%
def set_retention(stream, hours):
    """Longer and shorter are two operations."""
    answer = kinesis.describe_stream_summary(**stream)["StreamDescriptionSummary"]
    if hours > answer["RetentionPeriodHours"]:
        kinesis.increase_stream_retention_period(**stream, RetentionPeriodHours=hours)
    else:
        kinesis.decrease_stream_retention_period(**stream, RetentionPeriodHours=hours)


# %%
def apply(steps):
    """Carry out all steps but those that only report."""
    for mark, name, action, value in steps:
        if mark != "?":
            carry_out(name, action, value)


# %%
apply(steps)
print(look()["course-10-sensors"])

# %% [markdown]
# Twenty shards, in four updates of the day's ten. And now the second guess. The lab counts calls. We let the tool run
# again, from the files on:

# %%
from lab.control import control

lab = control()
lab.set("calls")
wanted, wrong = load(WORK)
apply(plan(wanted, look()))

made = {name.removeprefix("kinesis.") for name in lab.look("calls") if "kinesis" in name}
print(sorted(made))

# %% [markdown]
# Only calls that look. Nothing was changed, because nothing differed. That is called **idempotent**. It makes the tool
# safe after an interruption too. If it stops half-way, run it again: it looks, and does what is left.
#
# A tool that remembers “I have done step 3” can't do that. One that looks can.

# %%
question("10-operations", "interrupted")

# %% [markdown]
# ## Retention: up costs, down loses
#
# The field team wants 72 hours instead of 36. What does it cost? The first 24 hours are included. Up to 7 days the rest
# is *extended retention*: 0.020 USD for each shard-hour (AWS: FAQs), whether it is 36 hours or 168.

# %%
from lab.rules.prices import price

each = price("provisioned", "extended retention").dollars
print(f"{each:.3f} USD a shard-hour")
print(f"20 shards, 730 hours a month: {20 * 730 * each:.2f} USD")

# %% [markdown]
# So 72 instead of 36 costs nothing more. Only the step beyond 24 did.
#
# And down? One record is written, and 30 hours pass. Then somebody saves money: 24 hours. Guess what the reader finds,
# and what it finds when 36 hours are set again.

# %%
kinesis.put_record(StreamName="course-10-web", PartitionKey="cart-7", Data=b"an order")
_ = clock.advance(hours=30)


# %%
def readable(stream):
    """How many records a reader finds that begins at the oldest."""
    found = 0
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        where = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        place = kinesis.get_shard_iterator(StreamName=stream, **where)
        answer = kinesis.get_records(ShardIterator=place["ShardIterator"])
        found += len(answer["Records"])
    return found


# %% [markdown]
# `course-10-web` keeps 24 hours, so that order is gone already. We do the same on `course-10-sensors`, which keeps 36.

# %%
print("web:", readable("course-10-web"))

kinesis.put_record(StreamName="course-10-sensors", PartitionKey="s-7", Data=b"21.5")
clock.advance(hours=30)
for hours in (36, 24, 36):
    if hours != look()["course-10-sensors"]["retention"]:
        set_retention({"StreamName": "course-10-sensors"}, hours)
    print("sensors, retention", hours, "hours:", readable("course-10-sensors"))

# %% [markdown]
# Shorter retention deletes at once, and no call brings the records back. So a careful tool asks for an explicit yes
# before it lowers a retention, as it does before it deletes a stream. In the assignment your plan does that.
#
# > **On real AWS** a longer retention takes effect within several minutes, not at once. Raise it before you need it.

# %%
question("10-operations", "saving")

# %% [markdown]
# ## A role for the producer, with just what it needs
#
# `create_user` would have made a user with keys that never expire. The tool makes a role for each stream. It allows two
# actions on one stream.

# %%
identities, sts = boto3.client("iam"), boto3.client("sts")
ACCOUNT = sts.get_caller_identity()["Account"]
STREAMS = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream"


def document(effect):
    """The JSON text of a policy with one statement that allows."""
    statement = {"Effect": "Allow"} | effect
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# %%
WHOLE = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
TRUST = document({"Action": "sts:AssumeRole", "Principal": WHOLE})
PUTS = ["kinesis:PutRecord", "kinesis:PutRecords"]


# %%
def producer_role(stream):
    """Make the role that writes to this stream, if it is not there; its name."""
    role = f"{stream}-producer"
    names = {one["RoleName"] for one in identities.list_roles()["Roles"]}
    if role not in names:
        identities.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    least = document({"Action": PUTS, "Resource": f"{STREAMS}/{stream}"})
    identities.put_role_policy(RoleName=role, PolicyName="least", PolicyDocument=least)
    return role


# %%
roles = [producer_role(name) for name in sorted(wanted)]
print(*roles, sep="\n")

# %% [markdown]
# Run it twice, and there are still five roles. Lesson 07 tells what a policy is and how a denial reads.
#
# ## Tags: whose is it?
#
# Three tags are on each stream: `managed-by` tells which tool may change it, `cluster` names its file, `owner` who to
# wake. A resource has at most 50 tags, and keys are case-sensitive: `Owner` is another key than `owner`. Keys that begin
# with `aws:` are reserved.

# %%
seen = look()
rows = [(name, now["tags"].get("managed-by", "–"), now["tags"]["owner"])
        for name, now in seen.items()]  # fmt: skip
Table("Who looks after what", ("stream", "managed-by", "owner"), rows)

# %% [markdown]
# ## Drift: somebody helped at night
#
# At night `course-10-web` was too slow. Somebody scaled it by the command line, and made the tags “nicer”. Guess what the
# tool does in the morning, when it runs because of quite another file.

# %%
# !aws kinesis update-shard-count --stream-name course-10-web --target-shard-count 8 --scaling-type UNIFORM_SCALING --query TargetShardCount
kinesis.remove_tags_from_stream(StreamName="course-10-web", TagKeys=["owner"])
_ = kinesis.add_tags_to_stream(StreamName="course-10-web", Tags={"Owner": "Kim"})


# %%
def drift(wanted, seen):
    """Where what is there differs from the files, in CloudFormation's words."""
    for name, want in wanted.items():
        now = seen[name]
        for key in ("shards", "retention"):
            if want[key] != now[key]:
                yield name, key, want[key], now[key], "NOT_EQUAL"
        for tag in sorted(want["tags"].keys() | now["tags"].keys()):
            pair = want["tags"].get(tag, "–"), now["tags"].get(tag, "–")
            if pair[0] != pair[1]:
                kind = "ADD" if pair[0] == "–" else "REMOVE" if pair[1] == "–" else "NOT_EQUAL"
                yield name, f"tag {tag}", *pair, kind


# %%
rows = [tuple(map(str, row)) for row in drift(wanted, look())]
Table("Drift", ("stream", "property", "file", "there", "kind"), rows)

# %% [markdown]
# **Drift** is a difference between the file and what is there. The plan has it as steps too: it would scale back to 4,
# in the middle of the load. And nobody meant that.
#
# There are two cures: **adopt** the change in the file, or **apply** the file. Never both at once. Here the night was
# right about the shards, and wrong about the tags.

# %%
edit("web", shards=8)
wanted, wrong = load(WORK)
apply(plan(wanted, look()))
kinesis.remove_tags_from_stream(StreamName="course-10-web", TagKeys=["Owner"])
print(list(drift(wanted, look())))

# %% [markdown]
# StreamAlert's notes scale in another order: first the command line, then the file, at last Terraform. Between the first
# and the second step code and cloud differ, and every run of the tool in that time scales back. So **change the file
# first**, look at the plan, apply. If it was an emergency, the file follows at once.

# %%
question("10-operations", "night-shift")


# %% [markdown]
# ## The same in a template
#
# AWS has such a tool: **CloudFormation**. You write a template, it makes a *stack* of resources, and it plans the
# changes. The lab does not run templates. But `cfn-lint` checks one without any account. Here are a right template and
# one with four mistakes. Find them before you run.

# %%
def template(**properties):
    """A template with one stream."""
    stream = {"Type": "AWS::Kinesis::Stream", "DeletionPolicy": "Retain"}
    stream |= {"UpdateReplacePolicy": "Retain", "Properties": properties}
    return json.dumps({"Resources": {"Web": stream}}, indent=1)


# %%
MODE = {"StreamMode": "PROVISIONED"}
KEY = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
good = {"Name": "course-10-web", "ShardCount": 8, "RetentionPeriodHours": 24}
good |= {"StreamModeDetails": MODE, "StreamEncryption": KEY}
bad = good | {"ShardCount": 0, "Retention": 24, "MaxRecordSizeInKiB": 500}
bad |= {"StreamEncryption": {"EncryptionType": "KMS"}}

# %%
(WORK / "good.template").write_text(template(**good))
(WORK / "bad.template").write_text(template(**bad))
# !cd {WORK} && cfn-lint --format parseable --regions us-east-1 -- good.template bad.template

# %% [markdown]
# Nothing about the right one. A linter knows a template's form: names, types, bounds. It does not know that a target of
# 20 is more than double. That comes out when CloudFormation calls `UpdateShardCount`.
#
# | Property | A change of it |
# |---|---|
# | `Name` | **replacement**: a new, empty stream; the old one is deleted with its records |
# | `ShardCount`, `RetentionPeriodHours`, `StreamModeDetails`, `StreamEncryption`, `Tags` and the others | in place |
#
# `DeletionPolicy` and `UpdateReplacePolicy` with `Retain` keep the old stream in both cases. Without them it is deleted.

# %% [markdown]
# And **Terraform**. The lab can't run it, so this is to be read only:
#
# ```terraform
# resource "aws_kinesis_stream" "web" {
#   name             = "course-10-web"  # a change replaces the stream
#   shard_count      = 8                # one UpdateShardCount call: double at most
#   retention_period = 24
#   tags             = { owner = "shop" }
# }
# ```

# %% [markdown]
# Terraform's provider makes **one** call for the shards and takes no steps: from 2 to 20 it fails. So you change the file
# in steps. Its plan marks a replacement as `-/+`. Look for that mark before you type *yes*.
#
# Both tools see only what is written in the file. A property that is left out can't drift in their eyes. So write down
# what matters, also where it is the default.

# %% [markdown]
# Two cases in which that hurts:
#
# - **An autoscaler changes the shards.** For Terraform that is drift, and the next apply scales back. A provisioned stream
#   needs a `shard_count` in the file. So the file keeps it, and `ignore_changes = [shard_count]` in a `lifecycle` block
#   leaves the number to the autoscaler.
# - **A stream has fan-out consumers.** Then Terraform can't destroy it. `enforce_consumer_deletion = true` deletes them, too.
#   It is `EnforceConsumerDeletion` of the `delete_stream` call.

# %%
question("10-operations", "new-name")

# %% [markdown]
# ## Alarms, set by the tool
#
# Each stream gets three. What each is for:
#
# | Metric | Alarm when | Missing data |
# |---|---|---|
# | `GetRecords.IteratorAgeMilliseconds`, Maximum | half of the retention | **breaching**: nobody reads |
# | `WriteProvisionedThroughputExceeded`, Sum | above 0, three minutes in a row | not breaching: nobody writes |
# | `IncomingRecords`, Sum | 80 % of what the shards take | not breaching |

# %%
cloudwatch = boto3.client("cloudwatch")
ABOVE = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 3}


def alarm(stream, metric, **how):
    """Set an alarm of a stream; setting it again changes nothing."""
    where = [{"Name": "StreamName", "Value": stream}]
    what = {"Namespace": "AWS/Kinesis", "MetricName": metric, "Dimensions": where}
    settings = {"Period": 60, "Statistic": "Sum", "TreatMissingData": "notBreaching"}
    settings |= ABOVE | what | how
    cloudwatch.put_metric_alarm(AlarmName=f"{stream}-{metric}", **settings)


# %%
AGE = "GetRecords.IteratorAgeMilliseconds"
for name, want in wanted.items():
    half = want["retention"] / 2 * 3_600_000  # milliseconds
    late = {"Statistic": "Maximum", "Threshold": half, "TreatMissingData": "breaching"}
    alarm(name, AGE, **late, Period=3600, EvaluationPeriods=1)
    alarm(name, "WriteProvisionedThroughputExceeded", Threshold=0)
    alarm(name, "IncomingRecords", Threshold=0.8 * want["shards"] * 1_000 * 60)

ours = cloudwatch.describe_alarms(AlarmNamePrefix="course-10-")["MetricAlarms"]
print(len(ours), "alarms for", len(wanted), "streams")

# %% [markdown]
# ## A day on the dashboard
#
# One day passes on `course-10-audit`. Every hour a producer writes, more by day than by night. A consumer reads every
# hour. At 15 o'clock it dies. Nobody is told, except by an alarm. Guess in which hour it rings.

# %%
AUDIT = "course-10-audit"
(shard,) = kinesis.list_shards(StreamName=AUDIT)["Shards"]


def read(place):
    """Read what came since a place in the stream; where reading goes on."""
    where = {"StreamName": AUDIT, "ShardId": shard["ShardId"], **place}
    answer = kinesis.get_shard_iterator(**where)
    got = kinesis.get_records(ShardIterator=answer["ShardIterator"])["Records"]
    return after(got[-1])


# %%
def after(record):
    """The place behind a record."""
    number = {"StartingSequenceNumber": record["SequenceNumber"]}
    return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", **number}


def next_hour():
    """Move the clock to where its next hour begins."""
    clock.advance(seconds=3600 - clock.now().timestamp() % 3600)


# %%
def write(records):
    """Write in this hour, and read nothing."""
    entries = [{"PartitionKey": f"user-{n}", "Data": b"login"} for n in range(records)]
    kinesis.put_records(StreamName=AUDIT, Records=entries)


def state():
    """The state of the alarm on the iterator age."""
    which = cloudwatch.describe_alarms(AlarmNames=[f"{AUDIT}-{AGE}"])
    return which["MetricAlarms"][0]["StateValue"]


# %%
import math

load_of_day = [round(30 - 20 * math.cos(math.pi * h / 12)) for h in range(24)]
next_hour()

# %%
began, states = clock.now(), []
place = {"ShardIteratorType": "TRIM_HORIZON"}
for h, records in enumerate(load_of_day):
    write(records)
    if h < 15:
        place = read(place)
    next_hour()
    states.append(state())


# %%
def hourly(stream, metric, statistic, start, hours):
    """A metric by the hour; None for an hour without data."""
    where = [{"Name": "StreamName", "Value": stream}]
    span = {"StartTime": start, "EndTime": start + timedelta(hours=hours)}
    what = {"Namespace": "AWS/Kinesis", "MetricName": metric, "Dimensions": where}
    how = {"Period": 3600, "Statistics": [statistic]}
    points = cloudwatch.get_metric_statistics(**what, **span, **how)["Datapoints"]
    found = {round((p["Timestamp"] - start) / timedelta(hours=1)): p for p in points}
    return [found[h][statistic] if h in found else None for h in range(hours)]


# %%
from lab.pictures import day_dashboard

began = began.replace(minute=0, second=0, microsecond=0)
written = hourly(AUDIT, "IncomingRecords", "Sum", began, 24)
ages = hourly(AUDIT, AGE, "Maximum", began, 24)
ages = [age if age is None else age / 3_600_000 for age in ages]
day_dashboard(written, ages, states, limit_hours=84)

# %% [markdown]
# Look at the middle: **the age never rose**. A dead consumer calls no `GetRecords`, so the metric has no data, and the
# line just ends. With missing data ignored, this alarm would never ring. `breaching` made it ring.
#
# It rings at the end of hour 17, not 15. Where a value is missing, CloudWatch first looks somewhat further back for a
# real one. How far is not published; two periods here are the lab's model.

# %%
question("10-operations", "silent")

# %% [markdown]
# ## The runbook: one page
#
# An alarm is worth as much as what one does next. A runbook says it, written by day for somebody at night.
#
# | What you see | Look first at | It is | Then |
# |---|---|---|---|
# | writes are refused | shard metrics, keys | one shard alone: a **hot key** or hot shard | backoff for the burst; another key, or split (lesson 06) |
# | the age has no data | is the consumer alive? | a **dead consumer** | start it again; raise the retention first if time is short |
# | the age came near the retention | trail: who lowered the retention? | **retention too short** | raise it now; what has expired is gone |
# | no records come in | trail: who changed a policy? | a **policy change** | put the policy back; producers send again what they kept |

# %% [markdown]
# ## An incident
#
# The lab plays one hour on `course-10-sensors` and lets one of these four things happen, really. The `seed` draws which
# one. The producer writes with the role that the tool made.

# %%
from lab.incidents import Cast, play

SENSORS = "course-10-sensors"
edit("sensors", shards=10, retention=48)
wanted, wrong = load(WORK)
apply(plan(wanted, look()))
role = producer_role(SENSORS)

told = play(Cast(SENSORS, role), seed=0)

# %% [markdown]
# Walk down the runbook. First the metrics, in steps of ten minutes:

# %%
from datetime import datetime

start = datetime.fromisoformat(told.began)
names = {"IncomingRecords": "Sum", "WriteProvisionedThroughputExceeded": "Sum"}
names |= {AGE: "Maximum"}
where = [{"Name": "StreamName", "Value": SENSORS}]
for metric, how in names.items():
    span = {"StartTime": start, "EndTime": clock.now(), "Period": 600}
    what = {"Namespace": "AWS/Kinesis", "MetricName": metric, "Dimensions": where}
    points = cloudwatch.get_metric_statistics(**what, **span, Statistics=[how])
    in_order = sorted(points["Datapoints"], key=lambda point: point["Timestamp"])
    print(f"{metric:34}", [round(point[how]) for point in in_order])

# %% [markdown]
# Nothing is refused, and the consumer is up to date. But in the third ten minutes the records stop. What has changed
# since the hour began? The trail knows, without the calls that only look:

# %%
writes = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
found = trail.lookup_events(LookupAttributes=writes, StartTime=start)["Events"]
events = [json.loads(event["CloudTrailEvent"]) for event in found]
for event in events:
    about = event["requestParameters"]
    print(event["eventName"], about.get("roleName") or about.get("streamName"))

# %%
now = identities.get_role_policy(RoleName=f"{SENSORS}-producer", PolicyName="least")
print("now:  ", now["PolicyDocument"]["Statement"][0]["Action"])
print("files:", PUTS)

# %% [markdown]
# Somebody wrote the role's policy anew and left out `PutRecords`. That is drift too, this time in a policy. The remedy is
# the tool: it writes the policy that belongs to the stream.

# %%
producer_role(SENSORS)
now = identities.get_role_policy(RoleName=f"{SENSORS}-producer", PolicyName="least")
print(now["PolicyDocument"]["Statement"][0]["Action"])
print("it was:", told.cause)

# %% [markdown]
# Your turn, if you like: in the cell that plays, take another seed, 1, 2 or 5. Run it and the cells below it again, up to
# here. Find the cause before you look at the last line.
#
# > **On real AWS** the trail shows such an event minutes later. Refused `PutRecords` calls are data events. They are in
# > no trail unless somebody switched them on.

# %% [markdown]
# ## Tidy up
#
# The tool made streams, roles and alarms. They go, and so does the stream of the “other team”.

# %%
import boto3

cloudwatch, identities = boto3.client("cloudwatch"), boto3.client("iam")
alarms = cloudwatch.describe_alarms(AlarmNamePrefix="course-10-")["MetricAlarms"]
cloudwatch.delete_alarms(AlarmNames=[one["AlarmName"] for one in alarms])
roles = [one["RoleName"] for one in identities.list_roles()["Roles"]]
for role in [name for name in roles if name.startswith("course-10-")]:
    for policy in identities.list_role_policies(RoleName=role)["PolicyNames"]:
        identities.delete_role_policy(RoleName=role, PolicyName=policy)
    identities.delete_role(RoleName=role)

# %%
kinesis = boto3.client("kinesis")
patience = {"Delay": 1, "MaxAttempts": 60}
names = kinesis.list_streams()["StreamNames"]
ours = [name for name in names if name.startswith("course-10-")]
for name in ours:
    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)

left = [name for name in kinesis.list_streams()["StreamNames"] if name in ours]
print(len(ours), "streams deleted; left:", left)

# %% [markdown]
# ## What study notes get wrong
#
# > - “**Scale by the command line, then change the file**”: until the file follows, each run of the tool scales back.
# >   File first, then the plan, then apply.
# > - “**Auto scaling for Kinesis**”: a provisioned stream has none built in. On-demand mode has.
# > - “**A name follows from prefix and cluster**”: look names up with `ListStreams`, don't put them together.
# > - “**An IAM user for each producer**”: a role, whose credentials expire.
# > - “**The iterator age tells when a consumer dies**”: it has no data then. Treat missing data as breaching.

# %% [markdown]
# ## What to keep
#
# | Word | Meaning |
# |---|---|
# | plan and apply | a pure function from wanted and seen to steps; then the calls |
# | idempotent | run it again, and nothing changes; so it can be interrupted |
# | scaling in steps | at most double, at least half; 10 updates in 24 hours, counted before the first call |
# | drift | what is there differs from the file: adopt it or apply the file |
# | replacement | a change of `Name`: a new, empty stream |
# | foreign | no file and no tag of ours: reported, never touched |
# | runbook | for each alarm: look here first, then do this |

# %% [markdown]
# ## You can now …
#
# 1. **load** a stream's configuration from files, with errors that name file, key and reason (DEA-C01 1.4.4, DVA-C03 3.3.3)
# 2. **plan** and **apply** changes within the rules of scaling and retention, twice without harm (SAA-C03 3.5, DEA-C01 1.4.5)
# 3. **report** drift, and know which changes CloudFormation and Terraform make in place (DEA-C01 1.4.8, DEA-C01 4.5.4)
# 4. **set** the alarms that a stream needs, and read a day on a dashboard (DVA-C03 4.2.5, DEA-C01 3.3.3)
# 5. **find** an incident's cause with a runbook, from metrics, trail and configuration (SAA-C03 2.2, DEA-C01 3.3.2)
#
# **Where next:** the assignment, [10-operations](../exercises/10-operations/10-operations.ipynb): you write the tool's
# parts, and they are judged by what they do. Then lesson 11, [Capstone](11-capstone.ipynb).
