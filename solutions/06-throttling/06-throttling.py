# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 06 — Throttling
#
# Six tasks, 19 points. Task 2 works in the lab: open this notebook from JupyterLab as `make lab` starts it.
#
# You will be able to:
#
# - compute a wait with full jitter, and deliver every event through a stream that refuses, fails and loses answers;
# - tell from shard-level metrics what is wrong with a stream;
# - spread a hot key over several partition keys, and put its events in order again;
# - say what helps first, and which metrics to watch.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`, and run the cell.
# 2. Run the check cell under it. It tells you at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("backoff", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("backoff")`, then `hint("backoff", 2)`. After an attempt,
#    `solution("backoff")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# Each part of a task is earned when all of its cases, or runs, are right, hidden ones included. Only the answer
# cells are yours: the other cells are put back before your work is marked. You may add cells of your own.
# Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
from grader import case, check, hint, progress, solution

# %% [markdown]
# ### Task 1 — How long to wait: backoff with full jitter
#
# Write `backoff(base, cap, attempt, number)`. It returns the time to wait after a failed attempt, in seconds.
#
# **Rule:** the limit of an attempt is base × 2^attempt, but at most `cap`. Both are in seconds. Attempts are counted
# from 0. The wait is `number` times the limit. In a producer `number` would be random, from 0 to 1. Here it is given, so
# that the answer can be checked.
#
# **Example:** `backoff(0.05, 20, 3, 0.5)` returns 0.2: the limit is 0.4 s. **Constraint:** the function only computes. It
# does not wait, and it draws no number of its own. Don't round. **Read:** lesson 06-throttling, “Send again only what
# was refused”.


# %% nbgrader={"grade": false, "grade_id": "backoff_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def backoff(base, cap, attempt, number):
    """Seconds to wait after this attempt."""
    ### BEGIN SOLUTION
    # First the limit, cut at the cap; then a part of it. The other way round, most late waits would be the cap.
    limit = min(cap, base * 2**attempt)
    return number * limit
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "backoff", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("backoff")

# %% [markdown]
# ### Task 2 — Deliver every event through a stream that refuses
#
# Write `deliver(stream_name, events, most_calls)`. It brings every event of the list into the stream.
#
# An event is `{"id": "3fa2b1-7", "key": "show-8", "n": 2, "text": "order 7, stalls"}`. Its record has the event's
# `key` as partition key, and the event as JSON (`json.dumps(event)`, as bytes) as data.
#
# **What is judged:** the records in the stream afterwards, and how many calls it took. **What is not judged:** what the
# function returns, the order of the records, and how long you wait. The function may raise when it gives up, but it need
# not: what it did until then counts.

# %% [markdown]
# **Rule:** three things go wrong in this stream.
#
# - It refuses single entries (`ProvisionedThroughputExceededException`, `InternalFailure`).
# - It fails whole calls. boto3 tries a call 3 times, then it raises `ClientError`.
# - It loses answers of calls that took effect. Then you can't know, and a second copy is right.
#
# Lose nothing, and send no event again that was accepted. Make at most `most_calls` calls of `put_record` and
# `put_records`. Each of boto3's own tries counts. In one run they can't be enough: stop when they are used up, whatever
# is left.

# %% [markdown]
# **Example:** 620 events and 20 calls: two calls for all, then one or two calls for each round of refused entries.
#
# **Constraint:** at most 500 records in a `put_records` call. A run may take 40 s. So wait between the rounds as in
# task 1, but briefly (base 0.02 s, cap 0.5 s). **Read:** lesson 06-throttling, “Send again only what was refused” and
# “The duplicate that nobody can avoid”.

# %% nbgrader={"grade": false, "grade_id": "deliver_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import json
import random
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis")


def deliver(stream_name, events, most_calls):
    """Bring all events into the stream, in at most `most_calls` calls."""
    ### BEGIN SOLUTION
    # boto3's tries are calls too: with a single one, each turn of the loop is one call.
    once = boto3.client("kinesis", config=Config(retries={"total_max_attempts": 1}))
    waiting = list(events)
    for attempt in range(most_calls):
        batch, later = waiting[:500], waiting[500:]
        records = [{"PartitionKey": e["key"], "Data": json.dumps(e).encode()} for e in batch]
        try:
            answer = once.put_records(StreamName=stream_name, Records=records)
            # One entry for each record, in the same order: those with an ErrorCode are not stored.
            pairs = zip(batch, answer["Records"], strict=True)
            refused = [event for event, entry in pairs if "ErrorCode" in entry]
        except ClientError:
            refused = batch  # the call failed, and nothing is known of the batch: send all of it again
        waiting = later + refused
        if not waiting:
            break
        time.sleep(random.uniform(0, min(0.5, 0.02 * 2**attempt)))
    return waiting
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "deliver", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("deliver")

# %% [markdown]
# ### Task 3 — Find out from the metrics what is wrong
#
# Write `diagnose(shards, keys)`. `shards` holds sums of one minute for each shard, as CloudWatch has them. `keys` holds
# what the producer counted in the same minute, for each shard by partition key: the records that it **sent**, refused or
# not.
#
# ```python
# shards = {
#     "shardId-000000000000": {"IncomingRecords": 11000, "WriteProvisionedThroughputExceeded": 0},
#     "shardId-000000000001": {"IncomingRecords": 57000, "WriteProvisionedThroughputExceeded": 22000}}
# keys = {"shardId-000000000000": {"show-1": 6000, "show-9": 5000},
#         "shardId-000000000001": {"show-2": 71000, "show-3": 5000, "show-4": 3000}}
# ```

# %% [markdown]
# **Rule:** `WriteProvisionedThroughputExceeded` counts the records that a shard refused.
#
# - No shard refused any: `"healthy"`. Every shard refused some: `"too small"`.
# - Otherwise look at the shard that refused **most**. If one key alone sent it more than a shard takes, that is a
#   `"hot key"`: no split helps. Otherwise it is a `"hot shard"`: a split can part the keys.
#
# A shard takes 1,000 records a second, so 60,000 in this minute. These records are small, so bytes don't matter. A key's
# share of its shard does not matter either.

# %% [markdown]
# **Example:** above, it returns `{"verdict": "hot key", "shard": "shardId-000000000001", "key": "show-2"}`, since 71,000
# is more than 60,000. With 60,000 or fewer it would be a hot shard. If several keys are too much, name the busiest.
#
# **Constraint:** `shard` and `key` are `None` where the verdict names none: no key with a hot shard, neither with healthy
# or too small. **Read:** lesson 06-throttling, “Hot key or hot shard? Ask for the limit” and “What to do, in which order”.


# %% nbgrader={"grade": false, "grade_id": "diagnose_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def diagnose(shards, keys):
    """What is wrong with the stream: verdict, shard and key."""
    ### BEGIN SOLUTION
    refused = {shard: load["WriteProvisionedThroughputExceeded"] for shard, load in shards.items()}
    if not any(refused.values()):
        return {"verdict": "healthy", "shard": None, "key": None}
    if all(refused.values()):
        return {"verdict": "too small", "shard": None, "key": None}
    # Others take records without refusing any, so the stream has room: one shard is the trouble.
    hot = max(refused, key=refused.get)
    counts = keys[hot]
    top = max(counts, key=counts.get)
    if counts[top] > 1000 * 60:  # alone more than a shard takes in a minute: one key has one shard
        return {"verdict": "hot key", "shard": hot, "key": top}
    return {"verdict": "hot shard", "shard": hot, "key": None}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "diagnose", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("diagnose")

# %% [markdown]
# ### Task 4 — Give a hot key several partition keys
#
# Write `salted_key(key, n, salts)`. It returns the partition key, a `str`, for the event number `n` of a hot key.
#
# **Rule:** the key, a `#`, and the salt. The salt is the remainder of `n` divided by `salts`. So events take the salts by
# turns, and the reader knows how many there are.
#
# **Example:** `salted_key("show-8", 35, 16)` returns `"show-8#3"`. **Constraint:** the key stays as it is, also when
# it has a `#` of its own. **Read:** lesson 06-throttling, “Cure a hot key: salt it”.


# %% nbgrader={"grade": false, "grade_id": "salted_key_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def salted_key(key, n, salts):
    """The partition key for event `n` of a hot key."""
    ### BEGIN SOLUTION
    return f"{key}#{n % salts}"
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "salted_key", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
check("salted_key")

# %% [markdown]
# ### Task 5 — Undo the salt: the reader
#
# Write `unsalted(records)`. The records were read shard by shard. Each is
# `{"PartitionKey": "show-8#3", "n": 35, "text": "joins"}`, and every key has a salt. The function returns a dictionary:
# for each key, without its salt, the list of its texts.
#
# **Rule:** the texts of a key are in the order of `n`, a whole number that counts the key's events. A record with the
# same key and `n` as another is a copy of it: put its text into the list once. The salt is what follows the **last** `#`.
#
# **Example:** `show-8#1` with n = 1 and text “joins”, and `show-8#0` with n = 2 and text “jumps”, give
# `{"show-8": ["joins", "jumps"]}`. **Constraint:** no records give `{}`; different events may have the same text.
# **Read:** lesson 06-throttling, “Cure a hot key: salt it”.


# %% nbgrader={"grade": false, "grade_id": "unsalted_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unsalted(records):
    """The texts of each key, without its salt, in the order of the counter, each event once."""
    ### BEGIN SOLUTION
    by_key = {}
    for record in records:
        key = record["PartitionKey"].rpartition("#")[0]  # up to the last #
        # A dictionary by counter: a copy finds its place taken by the same text.
        by_key.setdefault(key, {})[record["n"]] = record["text"]
    return {key: [texts[n] for n in sorted(texts)] for key, texts in by_key.items()}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unsalted", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("unsalted")

# %% [markdown]
# ### Task 6 — What helps, and what first?
#
# **Rule:** answer two questions by letters. Set `first_step` to one letter and `alarm_on` to a list of letters.
#
# A stream was fine until now. Today it refuses records of `PutRecords`. The producer only looks whether its calls
# succeed. **What must be done before anything else?**
#
# - a) double the shards with UpdateShardCount
# - b) split the shard that refuses
# - c) send the refused entries again, with backoff and jitter
# - d) salt the busiest key

# %% [markdown]
# **Which CloudWatch metrics count records of `PutRecords` that were sent and not stored?** All of them.
#
# - a) PutRecords.Success
# - b) PutRecords.ThrottledRecords
# - c) GetRecords.IteratorAgeMilliseconds
# - d) PutRecords.FailedRecords
# - e) IncomingRecords
#
# **Example:** `first_step = "a"` and `alarm_on = ["a", "e"]` have the right form. **Constraint:** the check here only
# looks at the form. `grader mark` says whether the letters are right. **Read:** lesson 06-throttling, “What to do, in which order” and
# “The metric that looks healthy”.

# %% nbgrader={"grade": false, "grade_id": "first_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
# Records are being lost this minute: stop that first. It is right whatever the cause turns out to be.
first_step = "c"
# An entry fails for one of two reasons, and each has a metric of its own.
alarm_on = ["b", "d"]
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "first", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("first")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases and runs. The marking tries hidden ones as well. `progress()` shows where you
# stand. Save the notebook, then in a terminal:
#
# - `grader mark 06-throttling` marks your notebook in full, here and now;
# - `grader submit 06-throttling` packs it for your instructor.
#
# You can now lose nothing in a stream that refuses, find what is wrong with it, and cure it.
