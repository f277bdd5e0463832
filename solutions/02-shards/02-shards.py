# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 02 — Shards
#
# Six tasks, 25 points. None of them needs the lab. They are about the rules by which Kinesis Data Streams
# cuts a stream into shards.
#
# You will be able to:
#
# - work out how many shards a workload needs;
# - predict the shard that a partition key goes to, and give the hash key that splits a shard evenly;
# - plan UpdateShardCount calls that Kinesis accepts;
# - put shards in an order in which the records of every key keep their order;
# - find a hot shard by its limits, and give its busiest key a shard of its own.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in and some numbers of
#    your own go by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`. Run that cell.
# 2. Run the check cell under it. It says at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("split_point", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("split_point")`, then `hint("split_point", 2)`. After an attempt,
#    `solution("split_point")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# You get the points of a part when all its cases are right, the hidden ones too. Only the answer cells are
# yours. The other cells are put back before your work is marked. You may add cells of your own. Run the next
# cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
from grader import case, check, hint, progress, solution, variant

# %% [markdown]
# ### Task 1 — Work out how many shards a workload needs
#
# Write `required_shards(record_kib, records_per_second, shared_consumers, fan_out_consumers,
# headroom_percent)`. It returns the number of shards, an `int`.
#
# | A workload needs | One shard gives (*Quotas page*) |
# |---|---|
# | to write `record_kib × records_per_second` KiB/s | 1,024 KiB/s |
# | to read those KiB/s once for every shared consumer | 2,048 KiB/s, shared by them all |
# | to write `records_per_second` records/s | 1,000 records/s |

# %% [markdown]
# **Rule:** divide what the workload needs by what one shard gives. That makes three needs. Multiply each by
# (100 + `headroom_percent`) / 100. The answer is the largest of them, rounded up, and at least 1.
#
# - Each enhanced fan-out consumer has 2 MiB/s of its own on every shard. It does not count.
# - `record_kib` is the size of a record with its partition key, in whole quarters of a KiB (0.25, 3, 7.5).
#   It is not rounded. All other arguments are whole numbers.
#
# **Example:** `required_shards(3, 500, 2, 1, 20)` returns 2: reading needs 3,000 / 2,048 = 1.46 shards,
# with headroom 1.76. **Constraint:** compute in whole numbers (a quarter of a KiB can be the unit), or
# multiply first and divide last. **Read:** lesson 02-shards, “How many shards?”.

# %% [markdown]
# **Your own numbers:** `given = variant("required_shards")` is a workload of your own: a dictionary with
# those five names. It depends on the name that you gave with `grader whoami NAME`. Which of the three needs
# is the largest? Decide on paper. Then set `my_shards` to the number of shards that the workload needs, an
# `int`.


# %% nbgrader={"grade": false, "grade_id": "required_shards_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def required_shards(
    record_kib,
    records_per_second,
    shared_consumers,
    fan_out_consumers,
    headroom_percent,
):
    """How many shards the workload needs."""
    ### BEGIN SOLUTION
    # In quarters of a KiB everything is a whole number. Fan-out consumers appear nowhere.
    written = int(4 * record_kib) * records_per_second
    needs = [
        (written, 4 * 1024),
        (written * shared_consumers, 4 * 2048),
        (records_per_second, 1000),
    ]
    # -(-a // b) is a / b rounded up. The largest of the rounded needs is the largest need rounded.
    percent = 100 + headroom_percent
    return max(1, *(-(-amount * percent // (100 * gives)) for amount, gives in needs))
    ### END SOLUTION


given = variant("required_shards")
### BEGIN SOLUTION
my_shards = required_shards(**given)
### END SOLUTION
print(given)

# %% nbgrader={"grade": true, "grade_id": "required_shards", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("required_shards")

# %% [markdown]
# ## Shards as ListShards describes them
#
# The next tasks get shards as `boto3`'s `list_shards(...)["Shards"]` gives them. Hash keys and sequence
# numbers are strings of digits. A shard without parents has no `ParentShardId`.
#
# ```python
# {"ShardId": "shardId-000000000004",
#  "ParentShardId": "shardId-000000000001", "AdjacentParentShardId": "shardId-000000000002",
#  "HashKeyRange": {"StartingHashKey": "85070591730234615865843651857942052864",
#                   "EndingHashKey": "255211775190703847597530955573826158591"},
#  "SequenceNumberRange": {"StartingSequenceNumber": "49668000000001003271…"}}
# ```

# %% [markdown]
# ### Task 2 — Predict the shard of a partition key
#
# Write `predict_shard(partition_key, shards)`. It returns the `ShardId`, a `str`, of the shard that a
# record with this key goes to now. The list may hold closed shards, in any order.
#
# **Rule:** the MD5 of the key's UTF-8 bytes, read as a 128-bit whole number without sign, first byte
# first, is its hash key. The record goes to the open shard whose range holds it, both ends included.
# A shard is closed when its `SequenceNumberRange` has an `EndingSequenceNumber` (*API model: PutRecord*).
#
# **Example:** on 4 equal shards, `"device-1"` has the hash key 277901890176008628857739572313990950024 and goes to the last,
# `"shardId-000000000003"`. **Constraint:** go by the ranges in the list, which may be unequal. Don't call AWS.
# `lab.rules.hash_space` is not there for this task. **Read:** lesson 02-shards, “From the number to a shard”.

# %% nbgrader={"grade": false, "grade_id": "predict_shard_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import hashlib


def predict_shard(partition_key, shards):
    """The id of the open shard that takes a record with this partition key."""
    ### BEGIN SOLUTION
    # 32 hexadecimal digits are 128 bits; read as one number, the first byte counts most.
    hash_key = int(hashlib.md5(partition_key.encode("utf-8")).hexdigest(), 16)
    for shard in shards:
        if "EndingSequenceNumber" in shard["SequenceNumberRange"]:
            continue  # closed: it can be read, but takes no more records
        limits = shard["HashKeyRange"]
        # The limits are strings: compare numbers, or "9" would come after "10".
        if int(limits["StartingHashKey"]) <= hash_key <= int(limits["EndingHashKey"]):
            return shard["ShardId"]
    raise LookupError("no open shard of the list covers the key")
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "predict_shard", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("predict_shard")

# %% [markdown]
# ### Task 3 — Give the hash key that splits a shard evenly
#
# Write `split_point(shard)`. It returns the `NewStartingHashKey` for SplitShard, a `str` of decimal
# digits, for one shard of the form shown above.
#
# **Rule:** (start + end) / 2 in whole numbers, rounded down, where start and end are the two ends of the
# shard's `HashKeyRange`. Kinesis takes other hash keys within the range, too. This task asks for the one by
# this rule (*Developer guide: Split a shard*).
#
# **Example:** for a range from `"100"` to `"201"` it returns `"150"`. **Constraint:** hash keys have up to
# 39 digits, and every digit counts. **Read:** lesson 02-shards, “Split it”.


# %% nbgrader={"grade": false, "grade_id": "split_point_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def split_point(shard):
    """The hash key at which to split the shard into two even halves."""
    ### BEGIN SOLUTION
    limits = shard["HashKeyRange"]
    start = int(limits["StartingHashKey"])
    end = int(limits["EndingHashKey"])
    # // stays in whole numbers; / would make a float and keep only about 16 digits.
    return str((start + end) // 2)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "split_point", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("split_point")

# %% [markdown]
# ### Task 4 — Plan the UpdateShardCount calls from one count to another
#
# Write `plan_scaling(current, target)`. It returns a `list` of `int`: the target of each UpdateShardCount
# call, in order, that takes a stream from `current` open shards to `target`. Nothing to do: `[]`.
#
# **Rule:** a call may at most double the count, and may not go below half of it: from 5 shards, 3 to 10
# are legal. Counts stay between 1 and 10,000 (*API model: UpdateShardCount*).
#
# **Example:** `plan_scaling(2, 10)` may return `[4, 8, 10]`, or another legal list of three.
# **Constraint:** as few calls as possible. A stream allows 10 calls in any 24 hours; 10 are enough for
# every case here. The account's shard quota counts too, on AWS; take it as large enough.
# **Read:** lesson 02-shards, “The whole stream at once: UpdateShardCount”.


# %% nbgrader={"grade": false, "grade_id": "plan_scaling_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def plan_scaling(current, target):
    """The targets of the UpdateShardCount calls, in order."""
    ### BEGIN SOLUTION
    calls = []
    while current != target:
        # One call: as near to the target as it may go. From 5 shards: 3 to 10.
        lowest, highest = (current + 1) // 2, 2 * current
        current = min(max(target, lowest), highest)
        calls.append(current)
    return calls
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "plan_scaling", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("plan_scaling")

# %% [markdown]
# ### Task 5 — Order shards so that parents come before their children
#
# Write `reading_order(shards)`. It returns a `list` of `str`: every `ShardId` of the list once. A consumer
# that reads the shards to their ends in this order must keep the records of every key in order.
#
# **Rule:** a shard comes after its parents: the one of `ParentShardId` and, when it came out of a merge,
# that of `AdjacentParentShardId`. A parent that has expired is not in the list and doesn't matter.
#
# **Example:** if C was merged from A and B, the order may be A, B, C or B, A, C. **Constraint:** the list
# comes in any order. An id says nothing for certain about age, so go by the parents alone.
# **Read:** lesson 02-shards, “Parents before children”.


# %% nbgrader={"grade": false, "grade_id": "reading_order_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reading_order(shards):
    """The ids of the shards, parents before their children."""
    ### BEGIN SOLUTION
    waiting = {shard["ShardId"]: shard for shard in shards}
    order = []
    while waiting:
        for shard_id, shard in list(waiting.items()):
            parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
            # An expired parent is never among the waiting, so it holds nobody up.
            if not any(parent in waiting for parent in parents):
                order.append(shard_id)
                del waiting[shard_id]
    return order
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reading_order", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("reading_order")

# %% [markdown]
# ### Task 6 — Cure a hot shard, where a split can
#
# Write `cure_hot_shard(shards, sent)`. `shards` is a list as above, closed shards included. `sent` says what
# each partition key sends in a second:
#
# ```python
# sent = {"player-7": {"hash_key": "271120477839840760259071486832479432654",
#                      "records": 640, "kib": 120}}
# ```
#
# It returns a dictionary with two keys. `"shard"` is the `ShardId` of the hot shard, or `None`. `"cuts"` is
# the list of the hash keys at which to split it, in the order of the SplitShard calls.

# %% [markdown]
# **Rule:** a shard takes 1,000 records and 1,024 KiB a second.
#
# - An open shard is **hot** when its keys together send more than one of these limits. At most one shard is hot.
#   If none is: `{"shard": None, "cuts": []}`.
# - Its **busiest key** is the one that needs the largest part of a shard: records ÷ 1,000 or KiB ÷ 1,024,
#   whichever is more.
# - If the busiest key alone sends more than a limit, no split helps: `"cuts"` is `[]`. Otherwise give that key
#   a shard of its own: no other key of `sent` may lie in it.

# %% [markdown]
# **Example:** one shard has `player-13` with 300 records, `player-7` with 500 and `player-20` with 350, in the
# order of their hash keys. The shard is hot, and 500 records fit a shard. Two cuts isolate `player-7`.
#
# **Constraint:** at most two cuts. Each is a `str` of decimal digits, and lies in the range of the shard that
# it cuts. **What is judged:** which keys the cuts part. Where exactly they lie between the keys is up to you.
# `lab.rules.hash_space` is not there for this task. **Read:** lesson 02-shards, “A hot key”.


# %% nbgrader={"grade": false, "grade_id": "cure_hot_shard_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cure_hot_shard(shards, sent):
    """The hot shard, and where to split it so that its busiest key is alone."""

    ### BEGIN SOLUTION
    def need(loads):
        """How many shards these loads need: the larger of their two needs."""
        records = sum(load["records"] for load in loads)
        return max(records / 1000, sum(load["kib"] for load in loads) / 1024)

    for shard in shards:
        if "EndingSequenceNumber" in shard["SequenceNumberRange"]:
            continue  # closed: it takes no records
        limits = shard["HashKeyRange"]
        start, end = int(limits["StartingHashKey"]), int(limits["EndingHashKey"])
        loads = [load for load in sent.values() if start <= int(load["hash_key"]) <= end]
        if need(loads) <= 1:
            continue
        top = max(loads, key=lambda load: need([load]))
        if need([top]) > 1:  # one key has one hash, so no cut can divide it
            return {"shard": shard["ShardId"], "cuts": []}
        # The first cut begins a shard at h, the second ends it behind h + 1.
        h = int(top["hash_key"])
        return {"shard": shard["ShardId"], "cuts": [str(h), str(h + 2)]}
    return {"shard": None, "cuts": []}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cure_hot_shard", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("cure_hot_shard")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases. The marking also tries hidden ones. `progress()` shows how far you are.
# Save the notebook. Then type in a terminal:
#
# - `grader mark 02-shards` marks your notebook in full, here and now;
# - `grader submit 02-shards` packs it for your instructor.
#
# You can now size a stream, predict a key's shard, split a shard evenly, plan its scaling, read across a
# reshard in order, and cure a hot shard. Next: lesson 03-consumers and its assignment.
