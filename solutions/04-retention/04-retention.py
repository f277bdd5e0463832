# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 04 — Retention
#
# Six tasks, 24 points. Task 1 works in the lab, and its check moves the lab's clock. Open this notebook from
# `make lab`, or start the lab with `lab up`.
#
# You will be able to:
#
# - read exactly a window of time again, across a reshard;
# - set the alarm that goes off before records are lost, and say how much time is left;
# - find the retention that covers an outage, and the mode in which it costs least;
# - say when a backlog is worked off, and hear a consumer that is dead.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`. Run that cell.
# 2. Run the check cell under it. It says at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("age_threshold", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("age_threshold")`, then `hint("age_threshold", 2)`. After an attempt,
#    `solution("age_threshold")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# You get the points of a part when all its cases and runs are right, the hidden ones too. Only the answer cells
# are yours. The other cells are put back before your work is marked. You may add cells of your own. Run the next
# cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
from datetime import datetime

import boto3
from grader import case, check, hint, progress, solution

# %% [markdown]
# ### Task 1 — Read a window of time again
#
# Write `replay_window(stream_name, start, end)`. The stream is there and holds records of several hours. One of its
# shards was split, once or twice. `start` and `end` are texts such as `"2026-11-25T09:30:00+00:00"`, which
# `datetime.fromisoformat` reads. Return a list of the data, as `str`, of the records that came in from `start` on and
# before `end`. Your function calls AWS with plain boto3: `boto3.client("kinesis")` finds the lab. (`datetime` and
# `boto3` are imported above.)

# %% [markdown]
# **Rule:** `AT_TIMESTAMP` begins at the first record of a shard that came in at that time or later. A record's arrival
# is its `ApproximateArrivalTimestamp` (*API model: GetShardIterator*). Closed shards stay readable until the retention
# has passed. A device's records are on one shard, and after a split on its child. One `GetRecords`
# may give few records, or none, though more follow (*API model: GetRecords*).
#
# **Example:** with records `"a/01"`, `"a/02"`, `"a/03"` of 9, 10 and 11 o'clock and a window from 9:30 to 10:30 the
# answer is `["a/02"]`. **Constraint:** each record once, and each device's records in the order of writing. The devices
# may come in any order. No record lies within ten minutes of an edge of the window. **Read:** lesson 04-retention,
# “Replay by time”.


# %% nbgrader={"grade": false, "grade_id": "replay_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def replay_window(stream_name, start, end):
    """The data of the records that came in from `start` on and before `end`."""
    ### BEGIN SOLUTION
    kinesis = boto3.client("kinesis")
    start, end = datetime.fromisoformat(start), datetime.fromisoformat(end)
    # Without a filter the list has the closed shards too. By the number in its name a parent comes
    # before its children in a stream that was only split.
    shards = kinesis.list_shards(StreamName=stream_name)["Shards"]
    found = []
    for shard in sorted(shards, key=lambda shard: shard["ShardId"]):
        iterator = kinesis.get_shard_iterator(
            StreamName=stream_name,
            ShardId=shard["ShardId"],
            ShardIteratorType="AT_TIMESTAMP",
            Timestamp=start,
        )["ShardIterator"]
        is_open = "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        while iterator:
            answer = kinesis.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                # No call takes an end. Looking at the start here as well costs nothing and is sure.
                if start <= record["ApproximateArrivalTimestamp"] < end:
                    found.append(record["Data"].decode())
            # A closed shard ends by itself; an open one never does, so stop when it is read up to now.
            caught_up = is_open and answer["MillisBehindLatest"] == 0
            iterator = None if caught_up else answer.get("NextShardIterator")
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "replay", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("replay")

# %% [markdown]
# ### Task 2 — Set the alarm that saves data
#
# Write `age_threshold(retention_hours, percent)`. It returns the iterator age at which an alarm must go off: that part
# of the retention period, in **milliseconds**, an `int`.
#
# **Rule:** `GetRecords.IteratorAgeMilliseconds` counts milliseconds. AWS warns at 50 % of the retention period. Here
# `percent`, a whole number, says how much (*developer guide: monitoring, troubleshooting consumers*).
#
# **Example:** `age_threshold(24, 50)` returns 43200000, which is 12 hours. **Constraint:** a whole number, exact in
# every case: multiply first, divide last. **Read:** lesson 04-retention, “Iterator age: the number that saves data”.

# %% [markdown]
# **And a choice:** one application reads a stream of 30 shards. Which alarm goes off in time when it reads one of the
# shards too slowly? Set `my_alarm` to its letter, a `str`.
#
# - `"a"`: GetRecords.IteratorAgeMilliseconds, Average
# - `"b"`: GetRecords.IteratorAgeMilliseconds, Minimum
# - `"c"`: GetRecords.IteratorAgeMilliseconds, Maximum
# - `"d"`: ReadProvisionedThroughputExceeded, Sum


# %% nbgrader={"grade": false, "grade_id": "age_threshold_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def age_threshold(retention_hours, percent):
    """Iterator age in milliseconds at which to alarm."""
    ### BEGIN SOLUTION
    # 60 minutes of 60 seconds of 1,000 ms. Multiply first and divide last: no decimals on the way.
    return retention_hours * 60 * 60 * 1000 * percent // 100
    ### END SOLUTION


### BEGIN SOLUTION
# The oldest unread record of any shard decides: the maximum.
my_alarm = "c"
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "age_threshold", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("age_threshold")

# %% [markdown]
# ### Task 3 — Find the cheapest retention for an outage
#
# Write `retention_plan(outage_hours, margin_percent, shards, gb_per_day)`. A consumer may be down for `outage_hours`
# hours, and no record may expire unread. The stream has `shards` shards and takes in `gb_per_day` GB a day. Return a
# dictionary. `"hours"` is the least retention, an `int`. `"mode"` is the mode in which this retention costs less:
# `"provisioned"` or `"on-demand standard"`. `"dollars"` is what it costs there in a month of 720 hours.

# %% [markdown]
# | The hours of the retention | provisioned, US dollars | on-demand standard, US dollars |
# |---|---|---|
# | up to 24 | included | included |
# | above 24, extended | 0.020 for each shard and hour of the month | 0.10 for each GB, from hour 24 to 168 |
# | above 168, long-term | and 0.023 for each GB beyond hour 168 | and 0.023 for each GB beyond hour 168 |
#
# Use these prices (*us-east-1, list prices of autumn 2026; `lab.rules.prices` has the source of each*). The bands **add up**
# (*FAQ*): above 168 hours a provisioned stream pays for shards and for GB. A day has 24 hours, so 60 hours of 10 GB a day
# are 25 GB. Only the retention is counted, not the rest of the bill.

# %% [markdown]
# **Rule:** hours = `outage_hours` × (100 + `margin_percent`) / 100, rounded up to whole hours, at least 24. The table
# gives its cost in each mode. Above 24 hours every shard pays all 720 hours of the month, however long the retention is.
#
# **Example:** `retention_plan(60, 0, 2, 100)`: 60 hours. Provisioned 2 × 720 × 0.020 = 28.80 dollars; on-demand
# 100 × (60 − 24) / 24 = 150 GB, 15 dollars. It returns
# `{"hours": 60, "mode": "on-demand standard", "dollars": 15.0}`. Above 168 hours, with 400 in place of 60: provisioned
# 28.80 + 100 × (400 − 168) / 24 × 0.023 = 51.03 dollars, and less than on-demand. **Constraint:** give the dollars to the
# cent or finer. If both modes cost the same, `"provisioned"`. **Read:** lesson 04-retention, “What it costs”.


# %% nbgrader={"grade": false, "grade_id": "retention_plan_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def retention_plan(outage_hours, margin_percent, shards, gb_per_day):
    """The least retention that covers the outage, and where it costs least."""
    ### BEGIN SOLUTION
    # -(-a // b) is a / b rounded up. A stream keeps its records at least 24 hours.
    hours = max(24, -(-outage_hours * (100 + margin_percent) // 100))
    long_term = 0.023 * gb_per_day * max(0, hours - 168) / 24
    if hours > 24:
        provisioned = 0.020 * shards * 720 + long_term
        on_demand = 0.10 * gb_per_day * (min(hours, 168) - 24) / 24 + long_term
    else:
        provisioned = on_demand = 0.0
    if provisioned <= on_demand:
        return {"hours": hours, "mode": "provisioned", "dollars": provisioned}
    return {"hours": hours, "mode": "on-demand standard", "dollars": on_demand}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "retention_plan", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("retention_plan")

# %% [markdown]
# ### Task 4 — See a loss coming
#
# Write `hours_until_loss(ages, retention_hours)`. `ages` are the iterator ages of a reader in whole **minutes**. They
# were measured every hour, and the oldest comes first. There are at least two. The function returns how many whole
# **hours** are left after the last one until records are lost.
#
# **Rule:** growth = (last − first) / hours between the first and the last. Time left = (retention − last) / growth,
# rounded down. If the last age is at or above the retention: 0. Otherwise, if the growth is not above 0: `None`.

# %% [markdown]
# **Example:** `hours_until_loss([60, 95, 118, 160, 190], 24)` returns 38. The age grows by 130 minutes in 4 hours, which
# is 32.5 an hour. 24 hours are 1,440 minutes, so 1,250 are left, and 1,250 / 32.5 = 38.5. **Constraint:** an `int` or `None`.
# **Read:** lesson 04-retention, “Iterator age: the number that saves data”.


# %% nbgrader={"grade": false, "grade_id": "hours_until_loss_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hours_until_loss(ages, retention_hours):
    """Whole hours until records are lost; None when the age does not grow."""
    ### BEGIN SOLUTION
    room = retention_hours * 60 - ages[-1]
    grown = ages[-1] - ages[0]
    if room <= 0:
        return 0
    if grown <= 0:
        return None
    # Between n ages lie n - 1 hours. Multiplied first, divided last: whole numbers, rounded down.
    return room * (len(ages) - 1) // grown
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hours_until_loss", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("hours_until_loss")

# %% [markdown]
# ### Task 5 — Say when a backlog is worked off
#
# Write `drain_time(backlog_gib, write_mib, read_mib)`. So many GiB wait unread in a stream. Producers write `write_mib` MiB a
# second, and the consumers read `read_mib` MiB a second. Return the whole **hours** until the consumers have caught up.
#
# **Rule:** drain time = backlog / (read rate − write rate), rounded **up** to whole hours. A GiB has 1,024 MiB. Without a
# backlog the answer is 0. If the consumers never catch up, it is `None`.
#
# **Example:** `drain_time(50, 3, 5)` returns 8: 51,200 MiB at 2 MiB a second are 25,600 seconds, which is 7.1 hours.
# **Constraint:** an `int` or `None`. **Read:** lesson 04-retention, “Drain the backlog”.


# %% nbgrader={"grade": false, "grade_id": "drain_time_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def drain_time(backlog_gib, write_mib, read_mib):
    """Whole hours until the backlog is worked off; None when it never is."""
    ### BEGIN SOLUTION
    if backlog_gib == 0:
        return 0
    if read_mib <= write_mib:
        return None
    # -(-a // b) is a / b rounded up. New records come in all the time, so the difference counts.
    return -(-backlog_gib * 1024 // ((read_mib - write_mib) * 3600))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "drain_time", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("drain_time")

# %% [markdown]
# ### Task 6 — Hear a consumer that is dead
#
# Three applications poll a stream with KCL. One of them dies, and the other two go on.
#
# **First:** an alarm watches a metric of that application alone. The metric stops when the application dies. With which
# setting of `TreatMissingData` does silence set the alarm off? Set `my_setting` to its letter, a `str`: `"a"` missing, `"b"`
# ignore, `"c"` notBreaching, `"d"` breaching.

# %% [markdown]
# **Second:** which metric knows about this one application? Set `my_metric` to its letter, a `str`.
#
# - `"a"`: GetRecords.IteratorAgeMilliseconds of the stream
# - `"b"`: MillisBehindLatest of the application, as KCL publishes it
# - `"c"`: GetRecords.Success of the stream
# - `"d"`: IncomingRecords of the stream
#
# **Example:** if CPU were asked for, it would be none of the four. **Constraint:** one letter each.
# **Read:** lesson 04-retention, “The alarm that hears silence”.

# %% nbgrader={"grade": false, "grade_id": "dead_consumer_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
my_setting = "d"  # missing data is breaching: the silence itself is the alarm
my_metric = "b"  # the stream's metrics mix all applications that poll
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "dead_consumer", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("dead_consumer")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases and runs. The marking also tries hidden ones. `progress()` shows how far you
# are. Save the notebook. Then type in a terminal:
#
# - `grader mark 04-retention` marks your notebook in full, here and now;
# - `grader submit 04-retention` packs it for your instructor.
#
# You can now replay a window of time, set the alarm that saves data, and price a retention. Next: lesson
# 05-capacity-modes and its assignment.
