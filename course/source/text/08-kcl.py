# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # KCL: many workers, one stream, no record lost
#
# Reading one shard is a loop. Reading a hundred, on machines that come, go and crash, while somebody reshards the
# stream, is another matter: who reads what, and from where after a crash? The Kinesis Client Library (KCL) answers
# that. You write what happens to a record; KCL does the rest. Here the real KCL runs on your machine, and you kill it.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*. Run from top to bottom the notebook takes about two minutes, nearly all of it waiting for KCL;
# a cell with `[*]` beside it is waiting.

# %% [markdown]
# ## You will be able to …
#
# 1. **write** a record processor that checkpoints, and say what each of its methods is for (DEA-C01 1.1.1, DEA-C01 1.1.11)
# 2. **read** a lease table: who owns which shard, and how far it has come (SAA-C03 3.5, DEA-C01 1.1.1)
# 3. **predict** what is repeated after a crash, a handoff and a reshard (SAA-C03 3.5, DEA-C01 1.1.11)
# 4. **choose** between KCL and Lambda by what an error should do (SAA-C03 3.5, DEA-C01 1.1.7)
# 5. **size** the workers of an application, standbys included (SAA-C03 3.5, DEA-C01 1.1.10)
#
# **Minutes:** 40 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb)

# %% [markdown]
# ## Before you run anything: a guess
#
# A stream has **2 shards**. An application reads it with **3 workers**. One worker is killed, without warning, 15
# records after its last checkpoint.
#
# - How many of the three were at work before: 1, 2 or 3?
# - How many records are lost: 0 or 15?
# - How many are handled twice: 0, 15, or all since the beginning?
#
# Write three numbers down. You will see all three happen.

# %%
import json
import os
import tempfile
from collections import Counter
from pathlib import Path

import boto3

from lab import wait_until_active

STREAM = "course-08-kcl"
os.chdir(tempfile.mkdtemp())  # the files of this lesson go into an empty folder

# %%
from lab.control import control

control().set("calls")  # the lab counts calls: begin with none
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName=STREAM, ShardCount=2)
wait_until_active(kinesis, STREAM)

# %% [markdown]
# (`ResourceInUseException`? An earlier run has left the stream behind. Run the cells under *Tidy up* near the end,
# then this one again.)

# %% [markdown]
# ## The words
#
# | Word | What it is |
# |---|---|
# | **application** | a name. All workers with that name share the work; another name reads the stream by itself |
# | **worker** | one process of the application, usually one on each machine (KCL 2 and 3 call it Scheduler) |
# | **lease** | the right to read one shard; at any time it belongs to one worker of the application |
# | **lease table** | a DynamoDB table with a row for each lease. Workers agree through it, and through nothing else |
# | **record processor** | your code. A worker makes one for each lease that it holds |
# | **checkpoint** | how far a shard is done, kept in its row: where the next owner begins |

# %% [markdown]
# KCL is a Java library. Other languages use it through **MultiLangDaemon**: a Java process that starts a program of
# yours for each lease and talks with it, one line of JSON a message, through stdin and stdout. The Python package
# `amazon_kclpy` has the Python side. It runs unchanged on AWS.
#
# | Version | State |
# |---|---|
# | 1.x | end of support 2026-01-30: move off it |
# | 2.x | supported: workers steal leases from each other, by their number |
# | 3.x | since November 2024: one worker, the leader, gives out the leases by load. This lesson runs 3.1.3 |

# %% [markdown]
# ## A record processor
#
# A class with five methods. **initialize** is called once, when the lease is won. **handle** is our own: it does the
# work. Here that is a line in a book; on AWS it would be a database.

# %%
# %%writefile orders.py
from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor


class RecordProcessor(processor.RecordProcessorBase):
    def initialize(self, initialize_input):
        self.shard, self.open = initialize_input.shard_id, 0

    def handle(self, record):
        with open("orders.txt", "a") as book:
            book.write(f"{self.shard} {record.sequence_number} {record.binary_data.decode()}\n")


# %% [markdown]
# **process_records** gets a batch. How often to checkpoint is your choice: each one is a write to DynamoDB, and what
# was handled since the last one is repeated after a crash. We checkpoint at every 20th record, by its sequence number:
# *everything up to this one is done*. Without a number it would mean all that was delivered.

# %%
# %%writefile -a orders.py

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            self.handle(record)
            self.open += 1
            if self.open >= 20:
                self.checkpoint(process_records_input.checkpointer, record.sequence_number)

# %% [markdown]
# A checkpoint can fail. `ThrottlingException`: DynamoDB is busy, try again. `ShutdownException`: the lease is another
# worker's by now, so leave it. Here a failed one is tried again at the next record, since `open` stays above 20.

# %%
# %%writefile -a orders.py

    def checkpoint(self, checkpointer, sequence_number=None):
        try:
            checkpointer.checkpoint(sequence_number)
            self.open = 0
        except kcl.CheckpointError as error:
            print("no checkpoint:", error.value, flush=True)

# %% [markdown]
# Three ways to end. **shard_ended**: the shard was split or merged and is read to its end. You **must** checkpoint;
# until you have, the child shards are not begun. **shutdown_requested**: the worker stops, or hands the lease over.
# You may checkpoint, and should. **lease_lost**: another worker has it. You can't checkpoint any more.

# %%
# %%writefile -a orders.py

    def shard_ended(self, shard_ended_input):
        self.checkpoint(shard_ended_input.checkpointer)

    def shutdown_requested(self, shutdown_requested_input):
        self.checkpoint(shutdown_requested_input.checkpointer)

    def lease_lost(self, lease_lost_input):
        pass

# %%
# %%writefile -a orders.py

if __name__ == "__main__":
    kcl.KCLProcess(RecordProcessor()).run()

# %% [markdown]
# ## A rehearsal
#
# Before KCL is let loose, talk to the processor in its place: the same messages, no Java, no stream. 25 records, and
# the first checkpoint is refused, as by a busy DynamoDB. At which record will it be made? Guess: the 20th, the 21st,
# or never?

# %%
from lab.kcl import Application, Record, Rehearsal

batch = [Record("ben", str(number), 0, 0.0, b"-") for number in range(1, 26)]

with Rehearsal("orders.py") as rehearsal:
    rehearsal.initialize()
    rehearsal.refuse_checkpoints("ThrottlingException")
    events = rehearsal.process_records(batch) + rehearsal.shard_ended()

for event in events:
    print(event.kind, event.sequence_number or "", event.error or event.text or "")

# %% [markdown]
# At the 21st, as soon as the next record gave it a chance. At the shard's end there is no next record: a processor
# that gives up there is **stuck**. In the assignment you write one that does not give up.

# %%
Path("orders.txt").unlink()  # what the rehearsal has written

# %% [markdown]
# ## Two applications
#
# Orders of two customers: with two shards, `ben`'s go to shard 0 and `anna`'s to shard 1. One of ben's is damaged: it
# is no JSON.

# %%
sent = []


def send(count):
    """Put COUNT orders of each customer, one after the other."""
    for _ in range(count):
        for customer in ("ben", "anna"):
            data = json.dumps({"order": len(sent) + 1, "customer": customer})
            answer = kinesis.put_record(StreamName=STREAM, PartitionKey=customer, Data=data)
            sent.append(answer["SequenceNumber"])


# %%
send(9)
damaged = kinesis.put_record(StreamName=STREAM, PartitionKey="ben", Data="one pizza")
sent.append(damaged["SequenceNumber"])
send(40)
len(sent)

# %% [markdown]
# The second application is an audit. It uses the same class, but reads the JSON before it writes into its own book,
# and forgets that this can fail.

# %%
# %%writefile audit.py
import json

from amazon_kclpy import kcl
from orders import RecordProcessor


class Audit(RecordProcessor):
    def handle(self, record):
        order = json.loads(record.binary_data)
        with open("audit.txt", "a") as book:
            book.write(f"{self.shard} {record.sequence_number} order {order['order']}\n")


# %%
# %%writefile -a audit.py

if __name__ == "__main__":
    kcl.KCLProcess(Audit()).run()

# %% [markdown]
# Now start one worker of each. `lab.kcl.Application` starts the real thing, and writes down what passes between KCL
# and the processors. The first start takes 15 to 45 seconds: a worker that finds no leases waits 1 to 30 seconds of its
# own accord, so that many that start together don't all make them.

# %%
orders = Application("course-08-orders", STREAM, "orders.py")
audit = Application("course-08-audit", STREAM, "audit.py")
orders.start("worker-1")
audit.start("audit-1")

# %% [markdown]
# While they wait, answer this one.

# %%
from grader import question

question("08-kcl", "two-applications")


# %%
def handled(book):
    """One (shard, sequence number, text) for each time that a record was handled."""
    lines = Path(book).read_text().splitlines() if Path(book).exists() else []
    return [line.split(" ", 2) for line in lines]


def processed(events):
    """How many records the processors have answered for."""
    return sum(event.count for event in events if event.kind == "processed")


# %%
orders.wait_until(lambda events: processed(events) == len(sent))
audit.wait_until(lambda events: processed(events) == len(sent))

print("orders handled:", len(handled("orders.txt")), "of", len(sent))

# %% [markdown]
# Both applications were given every record: **each application reads the whole stream**, at its own pace, by leases
# of its own. They share only what all readers share, the shards' 5 reads and 2 MiB a second (AWS: Quotas and limits).

# %% [markdown]
# ## The lease table
#
# The table has the application's name, and is an ordinary DynamoDB table: read it. Two shards, so two rows. Which
# checkpoint do you expect, after 50 and 49 records?

# %%
dynamodb = boto3.client("dynamodb")
rows = dynamodb.scan(TableName="course-08-orders", ConsistentRead=True)["Items"]
for row in sorted(rows, key=lambda row: row["leaseKey"]["S"]):
    print(row["leaseKey"]["S"], row["leaseOwner"]["S"], row["checkpoint"]["S"])
    done = [n for shard, n, _ in handled("orders.txt") if shard == row["leaseKey"]["S"]]
    print(
        "   its place among the records:", done.index(row["checkpoint"]["S"]) + 1, "of", len(done)
    )

# %% [markdown]
# **One worker holds both leases**: a worker may hold many, and a lease belongs to one worker at a time. The checkpoint
# is the 40th record: the rest has been handled, and stands in no row yet. The attributes of a row:

# %% [markdown]
# | Attribute | What it says |
# |---|---|
# | `leaseKey` | the shard |
# | `leaseOwner` | the worker |
# | `leaseCounter` | raised by the owner at each renewal. One that stands still is an owner that is gone |
# | `checkpoint` | a sequence number, or TRIM_HORIZON, LATEST, AT_TIMESTAMP, SHARD_END |
# | `ownerSwitchesSinceCheckpoint` | owners that came and went without a checkpoint: a sign of trouble |
# | `parentShardId` | the shards that must reach SHARD_END first |
#
# Nobody sends "I am alive" to anybody. The counter is the heartbeat: watch it.

# %%
counter = orders.leases()[0].counter
orders.wait_until(lambda events: orders.leases()[0].counter > counter)
print("the owner has renewed its lease")
print("leader:", orders.leader())

# %% [markdown]
# ## When a processor throws
#
# All 99 records were delivered to the audit as well. How many are in its book? The damaged one was the 10th of 50 in
# its batch. Guess: 98, 58 or 0?

# %%
print("audit handled:", len(handled("audit.txt")), "of", processed(audit.events))
said = [event.text for event in audit.events if event.kind == "complained"]
print(next(line for line in said if "Error:" in line))

# %% [markdown]
# 49 of anna's, and the first 9 of ben's. The damaged record raised an exception, and **KCL skips the rest of the
# batch**: it logs the exception and goes on with the next batch. 40 good orders were never handled. Are they at least
# tried again? Send more and look.

# %%
send(15)
audit.wait_until(lambda events: processed(events) == len(sent))
checkpoint = audit.leases()[0].checkpoint

print(
    "handled after the damaged one:",
    sum(shard[-1] == "0" for shard, *_ in handled("audit.txt")) - 9,
)
print("checkpoint beyond the damaged record:", int(checkpoint) > int(damaged["SequenceNumber"]))

# %% [markdown]
# They are gone for this application: the checkpoint has passed them, and no error stopped anything. So catch what a
# record can raise **around that record**, set the record apart (a queue, a table, a file), and go on.
#
# **AWS Lambda does the opposite.** Its event source mapping tries a failing batch again, and the shard waits: until the
# batch succeeds, its records expire, or a setting discards them. (Told, not shown: Lambda is not in the lab.)

# %% [markdown]
# | | KCL | Lambda |
# |---|---|---|
# | an exception | the rest of the batch is skipped | the batch is repeated and **blocks its shard** |
# | tries | none | `MaximumRetryAttempts`: −1, until the records expire, to 10,000 |
# | age | – | `MaximumRecordAgeInSeconds`: −1, no limit, to 604,800 |
# | find the bad record | you catch it | `BisectBatchOnFunctionError`, or `ReportBatchItemFailures` |
# | set it apart | you do | on-failure destination, such as SQS or SNS |
# | progress | your checkpoints | after each batch, by the service |
# | you run | workers, Java, a lease table | nothing |
# | at once, in each shard | one record processor | `ParallelizationFactor`: 1 to 10, order kept for each partition key |
#
# (AWS: Lambda developer guide and API reference.) Both deliver **at least once**.

# %%
audit.close(gently=False)
question("08-kcl", "throws")

# %% [markdown]
# ## Three workers, two shards
#
# > **In old notes** you may read that each shard is read by exactly one KCL *instance* and so an instance reads one shard.
# > Right is: for each application, **one worker for each shard at a time; a worker may hold many shards; workers beyond
# > the number of shards idle as standby.**
#
# Start a second worker. KCL 3 gives out leases by the load, so keep orders coming until a lease has moved.

# %%
orders.start("worker-2")


def moved():
    """The leases that worker-2 has won."""
    return [e for e in orders.events if (e.kind, e.worker) == ("lease_won", "worker-2")]


# %%
while not moved():
    send(5)
    orders.wait_until(lambda events: processed(events) >= len(sent))

print("shards of", sorted(lease.owner for lease in orders.leases()))

# %% [markdown]
# The leader has seen that one worker had all the load, and moved a lease. KCL 3 does that gently: a **graceful
# handoff**. How many records were handled twice on the way? Guess.

# %%
first = moved()[0]
before = [e for e in orders.events if e.shard == first.shard and e.at < first.at]
steps = ("shutdown_requested", "checkpoint", "lease_lost")
print([e.kind for e in before if e.kind in steps][-3:])

saved = [e.sequence_number for e in before if e.kind == "checkpoint"]
print("the new owner begins at the last checkpoint:", first.sequence_number == saved[-1])

# %%
times = Counter(number for _, number, _ in handled("orders.txt"))
print(
    "lost:", len(set(sent) - times.keys()), "  handled twice:", sum(n > 1 for n in times.values())
)

# %% [markdown]
# None. The old owner's processor was told `shutdown_requested` and made its checkpoint; the new owner began after it.
#
# > **KCL 2** has no leader: workers take leases from each other by their number, and a new owner begins at whatever
# > checkpoint there is.

# %% [markdown]
# Now a third. Each worker reports itself in a table, so wait until three do, then look at the leases.

# %%
orders.start("worker-3")
reports = {"TableName": "course-08-orders-WorkerMetricStats"}
orders.wait_until(lambda events: len(dynamodb.scan(**reports)["Items"]) == 3)

print(len(orders.running), "workers run")
print(len({lease.owner for lease in orders.leases()}), "of them hold a lease")

# %% [markdown]
# One is a **standby**. Two leases can't be shared by three.

# %%
question("08-kcl", "standby")

# %% [markdown]
# ## Kill one
#
# The victim is a worker that holds a lease and is not the leader. (A dead leader is missed only after two minutes, a
# constant of KCL.) How many records has it handled since its last checkpoint? The table and the book tell. Send as many
# as are missing to 20, so that it has just made one.

# %%
lost = next(lease for lease in orders.leases() if lease.owner != orders.leader())
done = [number for shard, number, _ in handled("orders.txt") if shard == lost.shard]
unsaved = len(done) - 1 - done.index(lost.checkpoint)

send(20 - unsaved)
orders.wait_until(lambda events: processed(events) >= len(sent))
done = [number for shard, number, _ in handled("orders.txt") if shard == lost.shard]
checkpoint = next(lease.checkpoint for lease in orders.leases() if lease.shard == lost.shard)
print("the checkpoint is the last record handled:", checkpoint == done[-1])

# %% [markdown]
# Now 15 more for each shard: fewer than 20, so no checkpoint is due. Then we kill the worker, as when its machine is
# lost: no `shutdown_requested`, no last words. Who may be the heir?

# %%
send(15)
orders.wait_until(lambda events: processed(events) >= len(sent))
orders.kill(lost.owner)
len(orders.running)

# %% [markdown]
# Its row still names it, but the counter stands still. When `failoverTimeMillis` have gone by (10 seconds by default;
# the lab sets 5), the leader gives the lease to another worker, which begins **after the last checkpoint**.

# %%
killed = max(e.at for e in orders.events if e.kind == "worker_killed")
heir = orders.wait_for(
    lambda e: (e.kind, e.shard) == ("processed", lost.shard) and e.at > killed, seconds=60
)
times = Counter(number for _, number, _ in handled("orders.txt"))

print("the heir is one of those that run:", heir.worker in orders.running)
print("lost:", len(set(sent) - times.keys()))
print("handled twice:", sum(n > 1 for n in times.values()))

# %% [markdown]
# None lost, 15 twice: exactly those that had been handled and not checkpointed. **At least once** is the promise. More
# checkpoints make the number smaller, never zero: a worker may die between the work and the checkpoint. The other order,
# checkpoint first, would lose records instead.
#
# So make the work **idempotent**: doing it twice must leave the same as doing it once. A sequence number names a record,
# so use it as the key of what you write:

# %%
book = {number: text for _, number, text in handled("orders.txt")}
print("lines too many:", len(handled("orders.txt")) - len(sent))
print("each order once:", sorted(book) == sorted(sent))

# %% [markdown]
# Other times for duplicates: a producer that sends again after a time-out (two records, two sequence numbers: only a key
# of your own helps), and a worker that was only slow, not dead. Such a **zombie** works on for a moment beside the new
# owner; its checkpoint is then refused with `ShutdownException`.

# %%
question("08-kcl", "after-a-crash")

# %% [markdown]
# ## A reshard under load
#
# Split shard 0 while orders come in. Ben's orders are then partly in the parent, partly in a child. Will they be handled
# in the order in which he sent them, though different workers may hold the two?

# %%
send(10)
kinesis.split_shard(
    StreamName=STREAM, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**126)
)
send(10)

seen = orders.wait_until(lambda _: set(sent) <= {number for _, number, _ in handled("orders.txt")})

# %%
end = orders.wait_for(lambda event: event.sequence_number == "SHARD_END")
children = [lease for lease in orders.leases() if "shardId-000000000000" in lease.parents]
begun = [
    e for e in orders.events if e.kind == "lease_won" and e.shard in [c.shard for c in children]
]
print(
    "children:", len(children), " begun after the parent's end:", all(e.at > end.at for e in begun)
)

texts = dict.fromkeys(text for _, _, text in handled("orders.txt") if '"ben"' in text)
numbers = [json.loads(text)["order"] for text in texts]
print("ben's orders in the order sent:", numbers == sorted(numbers))

# %% [markdown]
# Parent before child. The parent's processor was told `shard_ended` and made the checkpoint **SHARD_END**; only then did
# KCL begin with the children, at TRIM_HORIZON. Without that checkpoint they would wait for ever. The parent's row stays
# for a while and is removed when its children are under way.

# %%
from lab.pictures import Table

rows = [
    (
        lease.shard[-1],
        ", ".join(p[-1] for p in lease.parents) or "–",
        lease.checkpoint == "SHARD_END",
    )
    for lease in orders.leases()
]
Table("Leases after the split", ("shard", "parent", "at its end"), rows)

# %%
question("08-kcl", "shard-end")

# %% [markdown]
# ## The whole story
#
# Each row is a lease, each bar the time in which the table named this owner: first worker-1 alone, then the handoff,
# the kill with its gap, the split. Your picture differs from this one: KCL decides by load which lease moves where, and
# when.

# %% tags=["nbval-ignore-output"]
from lab.pictures import lease_timeline

lease_timeline(orders.events)

# %% [markdown]
# > **On real AWS** all this is slower. The lab shortens KCL's intervals: 10 seconds for a failover (5 here), leases given
# > out every 20 seconds (1 here), workers' reports every 30 seconds (1 here). [docs/kcl.md](../docs/kcl.md) has them all.

# %% [markdown]
# Stop the rest gently. Every processor gets its `shutdown_requested`, so the next start begins where this one ended.

# %%
orders.close()

done = {lease.shard: lease.checkpoint for lease in orders.leases()}
last = {shard: number for shard, number, _ in handled("orders.txt")}
print(all(done[shard] in (last[shard], "SHARD_END") for shard in last if shard in done))

# %% [markdown]
# ## What KCL 3 keeps, and what it may do
#
# Three kinds of things stand in DynamoDB: leases, workers' metrics, and the coordinator's state (who leads).

# %%
for name in sorted(dynamodb.list_tables()["TableNames"]):
    if name.startswith("course-08-orders"):
        print(name)

# %% [markdown]
# KCL 3.0 to 3.4 keep them in three tables. From 3.5 (June 2026) one table can hold all. The tables bill on demand,
# and **KCL never deletes them**: remove them when you remove an application.
#
# The leader compares workers by CPU and by the throughput of their shards, and moves leases from those that are more
# than 10 % above the mean. Without CPU figures, as here, throughput alone decides. A **global secondary index**,
# `LeaseOwnerToLeaseKeyIndex`, finds a worker's leases without a scan.
#
# What have the two applications called in Kinesis? The lab has counted:

# %%
ours = {"kinesis.CreateStream", "kinesis.PutRecord", "kinesis.SplitShard"}
called = {name for name in control().look("calls") if name.startswith("kinesis.")}
print(*sorted(called - ours), sep="\n")

# %% [markdown]
# The least that a KCL 3 application's role needs (AWS: developer guide, IAM permissions for KCL):
#
# | Resource | Actions |
# |---|---|
# | the stream | `kinesis:` DescribeStream, DescribeStreamSummary, RegisterStreamConsumer, GetRecords, GetShardIterator, ListShards |
# | its consumers, for enhanced fan-out only | `kinesis:` SubscribeToShard, DescribeStreamConsumer |
# | the lease table | `dynamodb:` CreateTable, DescribeTable, UpdateTable, Scan, GetItem, PutItem, UpdateItem, DeleteItem |
# | the two other tables | the same without UpdateTable |
# | the lease table's indexes | `dynamodb:` Query |
# | `*` | `cloudwatch:` PutMetricData |
#
# By default KCL 2 and 3 read by **enhanced fan-out**, and are billed for it. This lesson polls.

# %% [markdown]
# ## How many workers?
#
# **The course's rule**, as the assignment grades it:
#
# - needed = the stream's KiB a second ÷ what one worker handles, rounded up; at least 1
# - a worker can't share a shard, so **never more at work than shards**. More are needed? Then the shards must be more
# - standbys come on top: they hold no lease until somebody dies
#
# 12 shards at 400 KiB/s each, workers that handle 1,500 KiB/s, one standby. Reckon it before you run it.

# %%
shards, shard_kib, worker_kib, standby = 12, 400, 1500, 1
needed = max(1, -(-shards * shard_kib // worker_kib))
print(needed, "at work, and", standby, "standby:", min(needed, shards) + standby, "workers")

# %% [markdown]
# 4 workers hold 3 shards each. With 20 workers, 12 would hold one shard each and 8 nothing: to use more machines, split
# shards first. A single shard that brings more than a worker can handle is a reason to split as well.

# %% [markdown]
# ## Tidy up
#
# The stream, and the tables that KCL leaves behind.

# %%
patience = {"Delay": 1, "MaxAttempts": 60}
if STREAM in kinesis.list_streams()["StreamNames"]:
    kinesis.delete_stream(StreamName=STREAM)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=STREAM, WaiterConfig=patience)

for name in sorted(boto3.client("dynamodb").list_tables()["TableNames"]):
    if name.startswith("course-08-"):
        boto3.client("dynamodb").delete_table(TableName=name)
        print("deleted", name)

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | Who reads a shard? | one worker of each application at a time; a worker may hold many shards; more workers than shards: standby |
# | Two applications? | two names, two lease tables, each reads everything |
# | After a crash? | the heir begins after the last checkpoint: nothing lost, the rest repeated |
# | Handoff, stop? | `shutdown_requested`: checkpoint, and nothing is repeated |
# | Shard end? | checkpoint, or the children never begin |
# | Lease lost? | no checkpoint any more |
# | A processor throws? | KCL skips the rest of the batch; Lambda blocks the shard |
# | Duplicates? | always possible: make the work idempotent |

# %% [markdown]
# ## You can now …
#
# 1. **write** a record processor that checkpoints, and say what each of its methods is for (DEA-C01 1.1.1, DEA-C01 1.1.11)
# 2. **read** a lease table: who owns which shard, and how far it has come (SAA-C03 3.5, DEA-C01 1.1.1)
# 3. **predict** what is repeated after a crash, a handoff and a reshard (SAA-C03 3.5, DEA-C01 1.1.11)
# 4. **choose** between KCL and Lambda by what an error should do (SAA-C03 3.5, DEA-C01 1.1.7)
# 5. **size** the workers of an application, standbys included (SAA-C03 3.5, DEA-C01 1.1.10)
#
# **Where next:** do it yourself in the assignment, [08-kcl](../exercises/08-kcl/08-kcl.ipynb). The way through the
# course is in [lesson 00](00-welcome.ipynb).
