# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 03 — Consumers
#
# Five tasks, 27 points. Task 1 works in the lab. Open this notebook from `make lab`, or start the lab with `lab up`.
#
# You will be able to:
#
# - read a whole stream across a split and a merge, and lose or repeat nothing;
# - choose between shared reads and fan-out by numbers;
# - write a Lambda handler that says where it failed;
# - count each event once, whoever repeats it;
# - tell in which order an event source mapping calls a function.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`. Run that cell.
# 2. Run the check cell under it. It says at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("invocations", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("follow")`, then `hint("follow", 2)`. After an attempt, `solution("follow")`
#    shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# You get the points of a part when all its cases and runs are right, the hidden ones too. Only the answer cells
# are yours. The other cells are put back before your work is marked. You may add cells of your own. Run the next
# cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import base64
import json

import boto3
from botocore.config import Config
from grader import case, check, hint, progress, solution, variant

NO_RETRIES = Config(retries={"total_max_attempts": 1})

# %% [markdown]
# ### Task 1 — Read on across a split and a merge
#
# Write `read_new(stream_name, places)`. It reads everything that is new in a stream, and is called again and again.
# Between two calls records come in, and shards are split and merged. `places` says how far the calls before have come:
# it is `{}` in the first call, and later what your function returned as `"places"`. Return a dictionary:
#
# - `"data"`: a list of the new records' data, as `str`;
# - `"places"`: what your next call needs. It goes through JSON, so use texts as keys.

# %% [markdown]
# **Rule:** every record is returned once, over all calls. A device's records come in the order of writing; a split or a
# merge moves a device to a child shard. One `GetRecords` may give few records, or none, though more follow. The client
# of this task repeats nothing by itself (`NO_RETRIES`), so a throttled call raises
# `ProvisionedThroughputExceededException`. Ask again with the same iterator (*API model: GetRecords*).
#
# **Example:** `"a/1"` and `"b/1"` are in the stream. The first call returns them. Then `"a/2"` comes in, and the second
# call returns `{"data": ["a/2"], "places": ...}`. **Constraint:** what you keep in `places` is up to you. A wait between
# tries must stay below a second. **Read:** lesson 03-consumers, “The loop that never loses a record”.


# %% nbgrader={"grade": false, "grade_id": "follow_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def read_new(stream_name, places):
    """The data that are new since `places`, and the places for the next call."""
    kinesis = boto3.client("kinesis", config=NO_RETRIES)
    ### BEGIN SOLUTION
    data, places = [], dict(places)
    # Without a filter the list has closed shards too. A child is made later than its parents, so in the
    # order of the ids each parent is read to its end before its children.
    shards = kinesis.list_shards(StreamName=stream_name)["Shards"]
    for shard in sorted(shard["ShardId"] for shard in shards):
        where = {"ShardIteratorType": "TRIM_HORIZON"}  # a new shard: from its first record on
        if shard in places:
            where = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": places[shard],
            }
        answer = kinesis.get_shard_iterator(StreamName=stream_name, ShardId=shard, **where)
        iterator, behind = answer["ShardIterator"], None
        # A closed shard ends by itself: it has no next iterator. An open one is read up to now.
        while iterator and behind != 0:
            try:
                answer = kinesis.get_records(ShardIterator=iterator)
            except kinesis.exceptions.ProvisionedThroughputExceededException:
                continue  # refused, so nothing was read: the same iterator again
            for record in answer["Records"]:
                data.append(record["Data"].decode())
                places[shard] = record["SequenceNumber"]
            iterator, behind = answer.get("NextShardIterator"), answer["MillisBehindLatest"]
    return {"data": data, "places": places}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "follow", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("follow")

# %% [markdown]
# ### Task 2 — Shared reads or fan-out
#
# So many `applications` read everything in a stream. A shard takes in `kib` KiB a second. Polling, each application
# calls `GetRecords` once in `poll_ms` milliseconds for each shard. On average a record may come `delay_ms` milliseconds
# late. Write `way_to_read(applications, kib, poll_ms, delay_ms)`. It returns a dictionary:
#
# - `"way"`: `"shared"` if polling does it, otherwise `"fan-out"`;
# - `"reads"`: the calls of `GetRecords` on a shard in a second, 0 with fan-out;
# - `"late_ms"`: the delay: what polling adds on average, or with fan-out 70.

# %% [markdown]
# **Rule:** all who poll share a shard's 5 calls and its 2 MiB (2,048 KiB) a second (*AWS: Quotas and limits*). A poll every
# `poll_ms` milliseconds adds half of them on average. Shared reads do it if the calls fit, the bytes fit, and half of
# `poll_ms` is at most `delay_ms`. With fan-out each application has 2 MiB a second of each shard for itself, and records come
# about 70 ms late on average (*developer guide: enhanced fan-out*). No case asks for less than 70 ms.
#
# **Example:** `way_to_read(2, 300, 500, 400)`: 2 × 1,000 / 500 = 4 calls and 600 KiB a second fit, and 250 ms are no more
# than 400. It returns `{"way": "shared", "reads": 4, "late_ms": 250}`. **Constraint:** numbers, whole or decimal.
# **Read:** lesson 03-consumers, “Five reads a second, for all” and “When fan-out pays”.

# %% [markdown]
# **Your own numbers:** `given = variant("way_to_read")` is a workload of your own: a dictionary with `applications`, `shards`
# and `poll_ms`. Every application polls every shard once in `poll_ms` milliseconds. How many calls of `GetRecords` a
# **minute** do all of them make together? Set `my_reads` to that number, an `int`.


# %% nbgrader={"grade": false, "grade_id": "way_to_read_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def way_to_read(applications, kib, poll_ms, delay_ms):
    """Whether polling does it, how often a shard is read then, and how late records come."""
    ### BEGIN SOLUTION
    reads = applications * 1000 / poll_ms
    # All who poll share calls and bytes, so both are counted for all of them together.
    fits = reads <= 5 and applications * kib <= 2048
    if fits and poll_ms / 2 <= delay_ms:
        return {"way": "shared", "reads": reads, "late_ms": poll_ms / 2}
    return {"way": "fan-out", "reads": 0, "late_ms": 70}
    ### END SOLUTION


given = variant("way_to_read")
### BEGIN SOLUTION
# Each application calls once for each shard in every poll_ms; a minute has 60,000 milliseconds.
my_reads = given["applications"] * given["shards"] * 60_000 // given["poll_ms"]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "way_to_read", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("way_to_read")

# %% [markdown]
# ### Task 3 — Write a Lambda handler that says where it failed
#
# Write `make_handler(store)`. It returns a function `handler(event, context)`, as Lambda calls it for a batch of one shard.
# Orders come as JSON in `record["kinesis"]["data"]`, in base64. The handler calls `store(sequence_number, order)` for each.
# `sequence_number` is `record["kinesis"]["sequenceNumber"]`, and `order` is the data, read as JSON.
#
# Two things go wrong. Some records are damaged: they are no JSON. And the database behind `store` is busy at times: then
# `store` raises `ConnectionError`, and works when it is tried later.

# %% [markdown]
# **Rule:** the mapping has `ReportBatchItemFailures` and `BisectBatchOnFunctionError` on, and `MaximumRetryAttempts` 2. If
# all went well, return `{"batchItemFailures": []}`. If a record failed, stop there and return
# `{"batchItemFailures": [{"itemIdentifier": NUMBER}]}` with its sequence number. Everything **from this record on** comes
# again, and what lies before it does not (*Lambda guide: partial batch responses*). A record that fails by itself, again and
# again, is given up: the destination is told of it. So a damaged record is reported like any other.

# %% [markdown]
# **Example:** of three records the second is `b"one pizza"`. The handler stores the first, and reports the second. It is
# called again with the second and the third.
#
# **Judged:** every good record is stored, none twice, in the order of the shard, and the damaged ones are reported.
# **Not judged:** what is printed. **Constraint:** `context` is `None` here. Don't wait: the mapping tries again.
# **Read:** lesson 03-consumers, “Way out 2: say where it failed”.


# %% nbgrader={"grade": false, "grade_id": "handler_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def make_handler(store):
    """A handler that stores orders with `store`."""

    def handler(event, context):
        ### BEGIN SOLUTION
        for record in event["Records"]:
            number = record["kinesis"]["sequenceNumber"]
            # What can go wrong with this one record, be it damaged or the database busy.
            try:
                order = json.loads(base64.b64decode(record["kinesis"]["data"]))
                store(number, order)
            except (ValueError, ConnectionError):
                # Stop here: everything from this record on comes again, so going on would store it twice.
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}
        ### END SOLUTION

    return handler


# %% nbgrader={"grade": true, "grade_id": "handler", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("handler")

# %% [markdown]
# ### Task 4 — Count each event once
#
# Write `totals(deliveries)`. A consumer gets `deliveries`, a list of batches, in the order in which they came. A batch is a
# list of events: dictionaries with `shard`, `sequence`, `sub`, `customer` and `amount`, and some with an `id`. Packed
# records are unpacked already: events of one package share its sequence number, and `sub` counts them from 0.
# Return a dictionary from each customer to the sum of the amounts, with each event counted once.

# %% [markdown]
# **Rule:** a consumer repeats: after a crash whole batches come again, with the same shard, sequence number and
# sub-sequence number. A producer repeats, too: it sends an event again, in a new record with another sequence number, maybe
# on another shard. Only its `id` is the same then. So an event that has an `id` is named by it. One without is named by its
# shard, sequence number and sub-sequence number, all three: a sequence number is promised to be unique within its shard
# only (*API model; developer guide: duplicate records*).
#
# **Example:** one event without an id, of ada with amount 5, comes in two batches: `{"ada": 5}`. With another `sub` in
# the second batch they are two events: `{"ada": 10}`. **Constraint:** the input stays as it is. An `id` never looks like
# a place. **Read:** lesson 03-consumers, “At least once”.


# %% nbgrader={"grade": false, "grade_id": "count_once_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def totals(deliveries):
    """The sum of each customer's amounts, each event counted once."""
    ### BEGIN SOLUTION
    sums, seen = {}, set()
    for batch in deliveries:
        for event in batch:
            # The producer's id is the same in all copies; a place names only what a consumer repeats.
            name = event.get("id") or (event["shard"], event["sequence"], event["sub"])
            if name not in seen:
                seen.add(name)
                sums[event["customer"]] = sums.get(event["customer"], 0) + event["amount"]
    return sums
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "count_once", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("count_once")

# %% [markdown]
# ### Task 5 — Tell the order of invocations
#
# Write `invocations(count, batch_size, bad, retries, way)`. A shard holds `count` records, numbered from 0, and more than a
# batch is always ready. `bad` is the list of the bad records' numbers. Return a list of pairs `[first, last]`: the
# records of each invocation, in the order in which the mapping calls the function. `way` is one of three:
#
# - `"plain"`: the function raises for a batch that has a bad record;
# - `"bisect"`: the same, and `BisectBatchOnFunctionError` is on;
# - `"partial"`: `ReportBatchItemFailures` is on. The function reports the first bad record, and this record is fine when it
#   comes again.

# %% [markdown]
# **Rule:** a batch has `batch_size` records; the last one has what is left. The next batch waits until the one before is done
# or given up. **plain:** a batch that fails is tried again, whole, `retries` times after its first try, and then given up.
# **bisect:** a batch of several that fails is halved at once. The first half is done, with all that comes of it, before the
# second. Halving uses up no retry. A batch of one is tried again `retries` times, and then given up. **partial:** what
# begins at the reported record comes again, to the end of the batch (*Lambda guide: error handling*). `retries` is large
# enough there.

# %% [markdown]
# **Example:** `invocations(6, 4, [1], 1, "plain")` is `[[0, 3], [0, 3], [4, 5]]`. With `"bisect"`: `[[0, 3], [0, 1],
# [0, 0], [1, 1], [1, 1], [2, 3], [4, 5]]`. With `"partial"`: `[[0, 3], [1, 3], [4, 5]]`. **Constraint:** with
# `"bisect"` every batch has 1, 2, 4, 8 or 16 records, so halves are even. **Read:** lesson 03-consumers, “A poison
# record” and the three ways out.


# %% nbgrader={"grade": false, "grade_id": "invocations_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def invocations(count, batch_size, bad, retries, way):
    """The records of each invocation, as [first, last], in order."""
    ### BEGIN SOLUTION
    calls = []

    def hand_over(first, last):
        """One batch, and all that comes of it."""
        calls.append([first, last])
        found = [number for number in bad if first <= number <= last]
        if not found:
            return
        if way == "partial":
            # It works the second time, so only the later bad ones are still to come.
            for number in sorted(found):
                calls.append([number, last])
        elif way == "bisect" and first < last:
            middle = (first + last) // 2
            hand_over(first, middle)
            hand_over(middle + 1, last)
        else:
            calls.extend([[first, last]] * retries)

    for first in range(0, count, batch_size):
        hand_over(first, min(first + batch_size, count) - 1)
    return calls
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "invocations", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("invocations")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases and runs. The marking also tries hidden ones. `progress()` shows how far you
# are. Save the notebook. Then type in a terminal:
#
# - `grader mark 03-consumers` marks your notebook in full, here and now;
# - `grader submit 03-consumers` packs it for your instructor.
#
# You can now read a stream without a loss, and say what Lambda does when a record fails. Next: lesson 04-retention and
# its assignment.
