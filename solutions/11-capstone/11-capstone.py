# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 11 — Capstone: a game's launch night
#
# Seven tasks, 32 points, on one night. Tasks 3, 4, 6 and 7 work in the lab: open this notebook from JupyterLab as
# `make lab` starts it.
#
# You will be able to:
#
# - size a stream for a known night, and choose and price its mode;
# - give four roles just what each needs;
# - bring every event in, and keep one row of each, through faults, a reshard and a crash;
# - deliver the events into S3, and set alarms that ring when something is wrong, and only then.

# %% [markdown]
# ## The night
#
# A studio launches the game *Comet* at eight in the evening. Players send events: `start`, `level`, `score`. A partner
# shows the game to its own public, and sends half of all events under **one** key. Readers have different needs: fraud
# must be seen at once, the ladder within seconds, the ledger some time. An archive in S3 takes everything. There is a
# budget, and there is somebody who has stolen a session of the producer.
#
# The grader plays this night. It moves the lab's clock, refuses records in the worst minute, loses an answer, doubles
# the shards, and lets a function die. Everything strikes by its place in the night, never by the clock of your machine.
#
# **Three evenings:** tasks 1 to 3; then 4 and 5; then 6 and 7. Each takes forty to fifty minutes, and each task is judged
# by itself: you can leave one out.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`, and run the cell.
# 2. Run the check cell under it. It tells you at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("size_stream", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("produce")`, then `hint("produce", 2)`. After an attempt,
#    `solution("produce")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# Each part of a task is earned when all of its cases, or runs, are right, hidden ones included. Only the answer
# cells are yours: the other cells are put back before your work is marked. You may add cells of your own.
# Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import base64
import json
import math
import time

from grader import case, check, hint, progress, solution

# %% [markdown]
# ### Task 1 — Size the stream
#
# Write `size_stream(curve, event_kib, readers, headroom_percent, outage_hours)`. `curve` has the events of each minute.
# `readers` is a list of `{"name": ..., "within_ms": ...}`: how many milliseconds a record may take to a reader. Return
# `{"shards": ..., "fan_out": [...], "retention": ...}`.

# %% [markdown]
# **Rule:**
#
# - `fan_out`: the sorted names of the readers that need a record in **less than 200 ms**. All others poll.
# - `shards`: from the highest minute, as events a second, comes the largest of three needs. Bytes written ÷ 1,024 KiB,
#   records written ÷ 1,000, bytes written × pollers ÷ 2,048 KiB. Add the headroom, and round up at the very end. At least 1.
# - `retention`: hours, twice the longest outage, and at least 24.

# %% [markdown]
# **Example:** the highest minute has 150,000 events of 2 KiB: 2,500 events and 5,000 KiB a second. `fraud` needs them
# within 100 ms, `ladder` within 5,000. The headroom is 25 %, the outage 30 hours. One reader polls, so writing decides:
# 5,000 ÷ 1,024 × 1.25 = 6.1. The result is `{"shards": 7, "fan_out": ["fraud"], "retention": 60}`.
#
# **Constraint:** events a second are whole numbers here. **Read:** lesson 02-shards, “How many shards?”, lesson
# 03-consumers, “When fan-out pays”, lesson 04-retention, “Drain the backlog”.


# %% nbgrader={"grade": false, "grade_id": "size_stream_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def size_stream(curve, event_kib, readers, headroom_percent, outage_hours):
    """Shards, who reads by fan-out, and hours of retention."""
    ### BEGIN SOLUTION
    fast = sorted(reader["name"] for reader in readers if reader["within_ms"] < 200)
    rate = max(curve) / 60  # the highest minute decides, not the average
    written = rate * event_kib
    # Who has fan-out reads for itself; the others share what a shard gives.
    need = max(written / 1024, rate / 1000, written * (len(readers) - len(fast)) / 2048)
    return {
        "shards": max(1, math.ceil(need * (100 + headroom_percent) / 100)),
        "fan_out": fast,
        "retention": max(24, 2 * outage_hours),
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "size_stream", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("size_stream")

# %% [markdown]
# ### Task 2 — Choose the mode, and price the night
#
# Write `choose_mode(hours, shards, million_units, gb_in, polling, fan_out, peak_mb, peak_records, budget)`. `gb_in` is
# all that is written, `polling` and `fan_out` are numbers of readers, and each reads everything. Return `{"mode": ...,
# "dollars": ..., "within": ...}`: `"PROVISIONED"` or `"ON_DEMAND"`, its cost, and whether that is at most the budget.

# %% [markdown]
# | | provisioned | on-demand (standard) |
# |---|---|---|
# | an hour | 0.015 for each shard, and 0.015 for each shard and fan-out reader | 0.04 for the stream |
# | writes | 0.014 for a million PUT payload units | 0.08 for a GB |
# | reads by polling | included | 0.04 for a GB and reader |
# | reads by fan-out | 0.013 for a GB and reader | 0.05 for a GB and reader |
#
# Dollars, us-east-1, list prices as in lesson 05.

# %% [markdown]
# **Rule:** on-demand is possible if the peak is at most 4 MB/s **and** at most 4,000 records/s: so much a new stream
# takes. The stream is made for this night, so it has seen nothing yet. Of the possible modes take the cheaper one.
#
# **Example:** 12 hours, 5 shards, 80 million units, 150 GB, two readers that poll, one with fan-out. Provisioned is 1.80
# for the hours, 1.12 for the units, 1.95 for the fan-out: 4.87 dollars. On-demand would be 31.98. So the mode is
# `"PROVISIONED"`, and a budget of 8 dollars covers it.

# %% [markdown]
# **Constraint:** don't round; a cost is right within 0.05 %. No case is near a boundary. The retention stays at 24 hours
# in this task. **Read:** lesson 05-capacity-modes, “A known spike, priced in each mode” and “Will this spike throttle?”.


# %% nbgrader={"grade": false, "grade_id": "choose_mode_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def choose_mode(hours, shards, million_units, gb_in, polling, fan_out, peak_mb, peak_records, budget):
    """The mode, its dollars, and whether the budget covers them."""
    ### BEGIN SOLUTION
    provisioned = shards * hours * (0.015 + 0.015 * fan_out) + million_units * 0.014 + gb_in * fan_out * 0.013
    on_demand = hours * 0.04 + gb_in * (0.08 + 0.04 * polling + 0.05 * fan_out)
    # A new on-demand stream grows by what it has seen, and it has seen nothing.
    possible = peak_mb <= 4 and peak_records <= 4000
    mode, dollars = "PROVISIONED", provisioned
    if possible and on_demand < provisioned:
        mode, dollars = "ON_DEMAND", on_demand
    return {"mode": mode, "dollars": dollars, "within": dollars <= budget}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "choose_mode", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("choose_mode")

# %% [markdown]
# ### Task 3 — Policies for four roles
#
# Write `policy_for(role, stream_arn, bucket_arn)`. It returns the only policy of `role`, a dictionary or its JSON text. In
# the lab each becomes a real role, and IAM decides on its calls.
#
# | role | what it does | actions |
# |---|---|---|
# | `"producer"` | writes to the stream | `kinesis:PutRecords` |
# | `"consumer"` | reads the stream | `kinesis:DescribeStreamSummary`, `ListShards`, `GetShardIterator`, `GetRecords` |
# | `"delivery"` | reads the stream | `kinesis:DescribeStream`, `ListShards`, `GetShardIterator`, `GetRecords` |
# | | writes objects, lists the bucket | `s3:PutObject`, `s3:ListBucket` |
# | `"operator"` | looks at the stream | `kinesis:DescribeStreamSummary` |
# | | scales it, sets alarms | `kinesis:UpdateShardCount`, `cloudwatch:PutMetricAlarm` |

# %% [markdown]
# **Rule:** each role can do its work, on this stream and this bucket. Then an attacker has a session of the role. What is
# not in its line must be denied: another role's calls, and the same calls on a stream whose name begins alike.
#
# Two things about resources. Objects have another ARN than their bucket: the bucket's with `/*` behind it. And AWS knows
# no resource for `UpdateShardCount`: it is allowed on `"*"` or not at all. Allow `PutMetricAlarm` there as well.

# %% [markdown]
# **Example:** `policy_for("producer", arn, bucket)` allows that `PutRecords` writes to this stream. It denies to read
# from it, to write to another one, and to call `PutResourcePolicy`.
#
# **Constraint:** what no statement allows is denied: you need no `Deny`. **Read:** lesson 07-security, “A denial says what
# is missing”, “The least for a consumer, one denial at a time” and “Wildcards match names, not intentions”.


# %% nbgrader={"grade": false, "grade_id": "policies_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def policy_for(role, stream_arn, bucket_arn):
    """The least policy that lets the role do its work."""
    ### BEGIN SOLUTION
    reads = ["kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"]
    # For each role, pairs of actions and the resource that they are about.
    allowed = {
        "producer": [(["kinesis:PutRecords"], stream_arn)],
        "consumer": [(["kinesis:DescribeStreamSummary", *reads], stream_arn)],
        "delivery": [
            (["kinesis:DescribeStream", *reads], stream_arn),
            (["s3:PutObject"], f"{bucket_arn}/*"),
            (["s3:ListBucket"], bucket_arn),
        ],
        "operator": [
            (["kinesis:DescribeStreamSummary"], stream_arn),
            (["kinesis:UpdateShardCount", "cloudwatch:PutMetricAlarm"], "*"),
        ],
    }
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in allowed[role]
    ]
    return {"Version": "2012-10-17", "Statement": statements}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "policies", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("policies")

# %% [markdown]
# ### Task 4 — The producer
#
# Write `produce(stream_name, events)`. It works in the lab, and is called once for each minute of the night, with that
# minute's events:
#
# ```python
# {"id": "03f2a1-2-7", "source": "player-17", "n": 5, "kind": "score"}
# ```
#
# `n` counts the events of a source, over the whole night. About half of the events have the source `"partner"`.

# %% [markdown]
# **Rule:** each event becomes one record. Its data is the event as JSON. Its partition key is the source, and for the
# partner `"partner#0"` to `"partner#7"`: `#` and `n` modulo 8. So its events spread, and each of the eight stays in order.
#
# In one minute the stream refuses a third of the entries of the first two calls. In one minute the first call stores its
# records, and its answer is lost: boto3 calls again by itself, and these copies are no mistake of yours. Between two
# minutes the shards double.

# %% [markdown]
# **Judged:** every event is in the stream when the minute's call ends. No event that was accepted is sent again. The keys.
# `PutRecords` takes up to 500 records a call, and five calls are to spare in the whole night.
#
# **Constraint:** wait at most 0.1 seconds before you send again. **Not judged:** what the function returns. **Read:**
# lesson 06-throttling, “Send again only what was refused”, “The duplicate that nobody can avoid” and “Cure a hot key:
# salt it”.

# %% nbgrader={"grade": false, "grade_id": "produce_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import boto3

kinesis = boto3.client("kinesis")


def produce(stream_name, events):
    """Bring a minute's events into the stream."""
    ### BEGIN SOLUTION
    waiting = [{"PartitionKey": _key(event), "Data": json.dumps(event).encode()} for event in events]
    while waiting:
        batch, rest = waiting[:500], waiting[500:]
        answers = kinesis.put_records(StreamName=stream_name, Records=batch)["Records"]
        # The answer has one entry for each record, in the same order. Refused ones wait on, in front.
        refused = [entry for entry, answer in zip(batch, answers, strict=True) if "ErrorCode" in answer]
        waiting = refused + rest
        if refused:
            time.sleep(0.05)


def _key(event):
    """The source; only the hot key is salted, so that players keep their order."""
    source = event["source"]
    return f"partner#{event['n'] % 8}" if source == "partner" else source
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "produce", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("produce")

# %% [markdown]
# ### Task 5 — The consumer, and a table with one row for each event
#
# Write `make_handler(store)`. It returns a function `handler(event, context)`, as Lambda calls it for a batch of one shard.
# The game's events come as JSON in `record["kinesis"]["data"]`, in base64. `store(key, event)` puts a row into the
# ladder's table. A row with the same key is replaced.
#
# Four things go wrong. Some records are damaged: they are no JSON. The table is busy at times: `store` raises
# `ConnectionError`, and works later. The producer sent some events again: the same event, under another sequence number.
# And the function's process dies between two batches, with all that it kept in memory.

# %% [markdown]
# **Rule:** the mapping has `ReportBatchItemFailures` and `BisectBatchOnFunctionError` on, and `MaximumRetryAttempts` 2. If
# all went well, return `{"batchItemFailures": []}`. If a record failed, stop there and return
# `{"batchItemFailures": [{"itemIdentifier": NUMBER}]}` with its `record["kinesis"]["sequenceNumber"]`. Everything **from this record
# on** comes again. A damaged record is reported like any other, until the mapping gives it up.
#
# In the end the table has **one row for each event**.

# %% [markdown]
# **Example:** the events `a`, `b` and again `a` come. The table has two rows, one for `a` and one for `b`.
#
# **Judged:** every event is in the table as it came, in one row. The damaged records are reported. Nothing is stored again
# because another record failed. **Constraint:** `context` is `None` here. Don't wait: the mapping tries again. **Read:**
# lesson 03-consumers, “Way out 2: say where it failed” and “At least once”.


# %% nbgrader={"grade": false, "grade_id": "handler_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_handler(store):
    """A handler that fills the table with `store`."""

    def handler(event, context):
        ### BEGIN SOLUTION
        for record in event["Records"]:
            try:
                fact = json.loads(base64.b64decode(record["kinesis"]["data"]))
                # The event's own id: a copy has another sequence number, and fills the same row.
                store(fact["id"], fact)
            except (ValueError, ConnectionError):
                number = record["kinesis"]["sequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}
        ### END SOLUTION

    return handler


# %% nbgrader={"grade": true, "grade_id": "handler", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("handler")

# %% [markdown]
# ### Task 6 — The delivery into S3
#
# Write `delivery_settings(role_arn, bucket_arn, folder, fresh_seconds, file_mib)`. It returns a dictionary: the
# `ExtendedS3DestinationConfiguration` of a Firehose stream. The grader makes the stream with it, and puts events: two in
# quiet minutes, and then a peak.

# %% [markdown]
# **Rule:**
#
# - No event waits longer than `fresh_seconds` (60 to 900). But as few files as possible: don't write earlier either.
# - In the peak each file gets `file_mib` MiB (1 to 128), not more and not less.
# - Each event is on a line of its own. Nothing ends an event when it comes.
# - A file lies in `FOLDER/day=2026-11-29/hour=20/`, with the day and the hour of its oldest event.
#
# `RoleARN` and `BucketARN` are the two that you are given.

# %% [markdown]
# **Example:** for `fresh_seconds` 120 the two quiet events, one minute apart, lie in one file two minutes after the first.
#
# **Constraint:** when a prefix has expressions, Firehose wants an `ErrorOutputPrefix` too, with
# `!{firehose:error-output-type}` in it. **Read:** lesson 09-delivery, “By size or by time, whichever comes first”, “Small
# files against freshness” and “Prefixes: files where a query looks for them”.


# %% nbgrader={"grade": false, "grade_id": "delivery_settings_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def delivery_settings(role_arn, bucket_arn, folder, fresh_seconds, file_mib):
    """How Firehose writes the night into S3."""
    ### BEGIN SOLUTION
    return {
        "RoleARN": role_arn,
        "BucketARN": bucket_arn,
        # Whichever comes first ends a file: the time in quiet minutes, the size in the peak.
        "BufferingHints": {"IntervalInSeconds": fresh_seconds, "SizeInMBs": file_mib},
        "Prefix": folder + "/day=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}],
        },
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "delivery_settings", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("delivery_settings")

# %% [markdown]
# ### Task 7 — The alarms
#
# Write `alarms(stream_name, late_minutes)`. It returns a list of dictionaries, each the arguments of `put_metric_alarm`.
# The grader sets them on streams of its own, and lets minutes of the account's clock pass.

# %% [markdown]
# **Rule:** an alarm has to be in `ALARM`
#
# - when writes are refused in four minutes in a row;
# - when a reader comes to be more than `late_minutes` behind;
# - when no reader has called for eight minutes. A dead reader makes no call at all.
#
# No alarm may ring when the stream is read every minute, and writes are refused in **one** minute only.

# %% [markdown]
# **Example:** `alarms("launch", 5)` gives an alarm on the age of what is read, with the threshold 300,000 milliseconds.
#
# **Constraint:** the metrics are those of the stream, in `AWS/Kinesis`, in periods of 60 seconds. `AlarmName` is set by the
# grader. **Read:** lesson 04-retention, “The alarm that hears silence”, lesson 06-throttling, “Better alarms”, lesson
# 10-operations, “Alarms, set by the tool”.


# %% nbgrader={"grade": false, "grade_id": "alarms_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def alarms(stream_name, late_minutes):
    """The settings of two alarms."""
    ### BEGIN SOLUTION
    shared = {
        "Namespace": "AWS/Kinesis",
        "Dimensions": [{"Name": "StreamName", "Value": stream_name}],
        "Period": 60,
        "EvaluationPeriods": 3,  # a single minute is no reason to wake anybody
        "ComparisonOperator": "GreaterThanThreshold",
    }
    refused = {
        "MetricName": "WriteProvisionedThroughputExceeded",
        "Statistic": "Sum",
        "Threshold": 0,
        "TreatMissingData": "notBreaching",
    }
    late = {
        "MetricName": "GetRecords.IteratorAgeMilliseconds",
        "Statistic": "Maximum",
        "Threshold": late_minutes * 60_000,
        "TreatMissingData": "breaching",  # who is dead calls nothing, so there is no data
    }
    return [shared | refused, shared | late]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "alarms", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("alarms")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases. The marking tries hidden ones as well. `progress()` shows where you
# stand. Save the notebook, then in a terminal:
#
# - `grader mark 11-capstone` marks your notebook in full, here and now;
# - `grader submit 11-capstone` packs it for your instructor.

# %% [markdown]
# The night is over. You can now build a pipeline that stands one like it, and say what it costs.
