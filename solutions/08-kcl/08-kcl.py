# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 08 — KCL
#
# Five tasks, 22 points. None of them needs the lab. The checks speak KCL's protocol to your record processor themselves,
# in milliseconds.
#
# You will be able to:
#
# - write a record processor that loses nothing in crashes, at refused checkpoints and at the end of a shard;
# - size the workers of an application, standbys included;
# - read a lease table: which owners are gone, which shards must wait;
# - choose between KCL and Lambda by what an error does.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`, and run the cell.
# 2. Run the check cell under it. It tells you at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("workers_needed", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("record_processor")`, then `hint("record_processor", 2)`. After an attempt,
#    `solution("record_processor")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# Each part of a task is earned when all of its cases are right, hidden ones included. Only the answer
# cells are yours: the other cells are put back before your work is marked. You may add cells of your own.
# Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import json

from grader import case, check, hint, progress, solution, variant
from lab.kcl.python_side import CheckpointError

# %% [markdown]
# ### Task 1 — Write a record processor that loses nothing
#
# Write the class `RecordProcessor`. KCL makes one for each shard and calls its methods. It may lose one at any moment.
# Then a new one begins after the last checkpoint. The class gets two functions when it is made:
#
# - `store(sequence_number, order)` keeps an order: the record's data, read as JSON. Keeping one twice does no harm.
# - `set_aside(sequence_number, data)` keeps a record that is no JSON, with its data as they are, `bytes`.
#
# These records are not packed, and a processor has one shard. So here the sequence number names a record. (With packed
# events it would not: see the lesson, “Many events in one record”.)

# %% [markdown]
# The names are those of `amazon_kclpy`, version 3: `initialize_input.shard_id`; `process_records_input.records` and
# `.checkpointer`; a record's `binary_data`, `sequence_number` and `partition_key`; `shard_ended_input.checkpointer`;
# `shutdown_requested_input.checkpointer`.
#
# **Judged:** what is stored and set aside, which checkpoints are made and when, and that nothing is raised where the rule
# says so. **Not judged:** what the methods return or print, and how your class keeps its own state.

# %% [markdown]
# **Rule:**
#
# - Store or set aside every record of a batch. A bad one stops neither the others nor the processor.
# - At the end of each batch make a checkpoint that covers its last record, and not before its records are handled:
#   `checkpointer.checkpoint()`, or with a sequence number. You may checkpoint more often.
# - A refused checkpoint raises `CheckpointError`; its `value` says why. `"ThrottlingException"`: try again at once. 5
#   tries are enough here. `"ShutdownException"`: another worker has the lease. Don't try again.
# - `lease_lost`: no checkpoint, no exception. `shard_ended` and `shutdown_requested`: a checkpoint, tried as above.

# %% [markdown]
# **Example:** in a batch of three records the second is `b"one pizza"`. Two are stored, one is set aside, and then a
# checkpoint is made.
#
# **Constraint:** don't wait (`time.sleep`) between tries: a method may take 10 s here at most. With the real KCL you would
# wait, and after the last try you would raise, so that somebody notices. **Read:** lesson 08-kcl, “A record processor”
# and “When a processor throws”.


# %% nbgrader={"grade": false, "grade_id": "record_processor_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
class RecordProcessor:
    """Stores the orders of one shard."""

    def __init__(self, store, set_aside):
        self.store = store
        self.set_aside = set_aside

    def initialize(self, initialize_input):
        """The lease is won."""

    def process_records(self, process_records_input):
        """A batch is there."""
        ### BEGIN SOLUTION
        for record in process_records_input.records:
            # Around this one record only: an exception that leaves the method would skip the rest of the batch.
            try:
                order = json.loads(record.binary_data)
            except ValueError:
                self.set_aside(record.sequence_number, record.binary_data)
            else:
                self.store(record.sequence_number, order)
        # Work first, checkpoint after it: a crash between the two repeats records and loses none.
        self.save(process_records_input.checkpointer)
        ### END SOLUTION

    def lease_lost(self, lease_lost_input):
        """Another worker has the shard."""

    def shard_ended(self, shard_ended_input):
        """All records of the shard are delivered; its children wait."""
        ### BEGIN SOLUTION
        self.save(shard_ended_input.checkpointer)
        ### END SOLUTION

    def shutdown_requested(self, shutdown_requested_input):
        """The worker is about to stop."""
        ### BEGIN SOLUTION
        self.save(shutdown_requested_input.checkpointer)

    def save(self, checkpointer):
        """Checkpoint all that was delivered; only a busy DynamoDB is worth another try."""
        for _ in range(5):
            try:
                checkpointer.checkpoint()
                return
            except CheckpointError as error:
                if error.value != "ThrottlingException":
                    return
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "record_processor", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("record_processor")

# %% [markdown]
# ### Task 2 — Work out how many workers to start
#
# Write `workers_needed(shards, shard_kib, worker_kib, standby)`. It returns the number of workers to start, an `int`.
#
# **Rule:** `shards × shard_kib / worker_kib` workers are at work, rounded up. There is at least 1, and there are never
# more than shards, since one worker of the application reads a shard at a time. `standby` workers come on top.
# `shard_kib` is what each shard brings. `worker_kib` is what a worker can handle. Both are in KiB/s, and all are whole
# numbers.
#
# **Example:** `workers_needed(12, 400, 1500, 1)` returns 5: 3.2, so 4 at work, and 1 standby.
# **Constraint:** compute in whole numbers. **Read:** lesson 08-kcl, “How many workers?”.


# %% nbgrader={"grade": false, "grade_id": "workers_needed_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def workers_needed(shards, shard_kib, worker_kib, standby):
    """How many workers to start."""
    ### BEGIN SOLUTION
    # -(-a // b) is a / b rounded up. A worker beyond the shards would hold no lease.
    at_work = max(1, -(-shards * shard_kib // worker_kib))
    return min(at_work, shards) + standby
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "workers_needed", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("workers_needed")

# %% [markdown]
# ## Rows of a lease table
#
# The next two tasks get rows of a lease table, as plain dictionaries, in any order. A lease that nobody holds has
# `leaseOwner` `None`. `parentShardId` is a list. It is empty for a shard without parents.
#
# ```python
# {"leaseKey": "shardId-000000000004", "leaseOwner": "worker-2", "leaseCounter": 31,
#  "checkpoint": "TRIM_HORIZON", "parentShardId": ["shardId-000000000001"]}
# ```

# %% [markdown]
# ### Task 3 — Find the leases whose owner is gone
#
# Write `stale_leases(before, after)`. The two lists are the same table, read twice. More than `failoverTimeMillis` have
# passed between. The function returns the `leaseKey`s of the leases whose owner is gone, a sorted `list` of `str`.
#
# **Rule:** an owner that lives raises `leaseCounter` with each renewal. A lease is stale when it has the same owner
# both times and the same counter. Not stale are: a lease without an owner (it is free), one whose checkpoint is
# `SHARD_END` (it is finished), and one that is not in both lists (it says nothing).
#
# **Example:** the counter of `worker-2`'s lease is 31 in both lists: stale. **Constraint:** compare the rows of the same
# `leaseKey`. The lists may be in different orders. **Read:** lesson 08-kcl, “The lease table”.


# %% nbgrader={"grade": false, "grade_id": "stale_leases_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stale_leases(before, after):
    """The keys of the leases whose owner is gone, sorted."""
    ### BEGIN SOLUTION
    earlier = {row["leaseKey"]: row for row in before}
    stale = []
    for row in after:
        old = earlier.get(row["leaseKey"])
        if old is None or row["leaseOwner"] is None or row["checkpoint"] == "SHARD_END":
            continue
        # Another owner with the same counter is a lease that has just been taken.
        if (old["leaseOwner"], old["leaseCounter"]) == (row["leaseOwner"], row["leaseCounter"]):
            stale.append(row["leaseKey"])
    return sorted(stale)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stale_leases", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("stale_leases")

# %% [markdown]
# ### Task 4 — Find the shards that must wait
#
# Write `waiting_shards(leases)`. It returns the `leaseKey`s of the leases that may not begin yet, a sorted `list` of `str`.
#
# **Rule:** a shard waits as long as one of its parents is in the table with a checkpoint other than `SHARD_END`. A parent
# that is not in the table has been finished and removed.
#
# **Example:** a child of shards A and B (a merge) waits until A and B are both at `SHARD_END`.
# **Constraint:** go by the checkpoints. It does not matter who owns a lease. **Read:** lesson 08-kcl, “A reshard under
# load”.


# %% nbgrader={"grade": false, "grade_id": "waiting_shards_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def waiting_shards(leases):
    """The keys of the leases that may not be begun yet, sorted."""
    ### BEGIN SOLUTION
    # Parents that are still being read; one that is not in the table is done.
    unfinished = {row["leaseKey"] for row in leases if row["checkpoint"] != "SHARD_END"}
    return sorted(row["leaseKey"] for row in leases if unfinished & set(row["parentShardId"]))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "waiting_shards", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("waiting_shards")

# %% [markdown]
# ### Task 5 — Choose
#
# Set `on_error` to the letter of your choice. Payments arrive in a stream of 2 shards, a few a minute. The handler calls
# a bank, which is sometimes down for ten minutes. No payment may be skipped. Later ones of the same shard may wait. Nobody
# wants to run servers. Which consumer does that by itself?
#
# - **a**: a KCL application whose record processor lets the exception out
# - **b**: a Lambda function that lets the exception out, with the default settings of its event source mapping
# - **c**: a KCL application that makes the checkpoint before it calls the bank
# - **d**: a Lambda function with `MaximumRetryAttempts` 0

# %% [markdown]
# Set `more_throughput` to the letter of your choice. A KCL application reads a stream of 6 shards with 6 workers. Each has
# one lease, and every worker is busy all the time. What lets the application handle more?
#
# - **a**: 6 more workers under the same application name
# - **b**: 6 more workers under another application name
# - **c**: more shards, and more workers
# - **d**: a shorter `failoverTimeMillis`
#
# **Read:** lesson 08-kcl, “When a processor throws” and “Three workers, two shards”.

# %% nbgrader={"grade": false, "grade_id": "choose_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
on_error = "b"  # Lambda tries the batch again, and its shard waits, until it succeeds or the records expire
more_throughput = "c"  # a shard has one worker of an application at a time
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "choose", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("choose")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases. The marking tries hidden ones as well. `progress()` shows where you
# stand. Save the notebook, then in a terminal:
#
# - `grader mark 08-kcl` marks your notebook in full, here and now;
# - `grader submit 08-kcl` packs it for your instructor.

# %% [markdown]
# Under the real KCL your class runs as it is. You make it with two functions of your own, and say which version of the
# messages it speaks:
#
# ```python
# RecordProcessor.version = 3
# kcl.KCLProcess(RecordProcessor(store, set_aside)).run()
# ```
#
# You can now write a record processor that survives, size an application, and read its lease table.
