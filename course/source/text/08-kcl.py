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
# Reading one shard is a loop. Reading a hundred shards is harder. Machines come, go and crash, and somebody reshards
# the stream at the same time. Who reads what? And from where after a crash? The Kinesis Client Library (KCL) answers
# both. You write what happens to a record; KCL does the rest. Here the real KCL runs on your machine, and you kill it.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*. From top to bottom the notebook runs for two to three minutes. It waits for KCL nearly
# all the time; a cell with `[*]` beside it is waiting.

# %% [markdown]
# ## You will be able to …
#
# 1. **write** a record processor that checkpoints, and say what each of its methods is for (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 2. **read** a lease table: who owns which shard, and how far it has come (SAA-C03 3.5, DEA-C01 1.1.1)
# 3. **predict** what is repeated after a crash, a handoff and a reshard, and name an event (SAA-C03 2.2, DEA-C01 1.1.11)
# 4. **choose** between KCL and Lambda by what an error should do (SAA-C03 2.1, DEA-C01 1.1.7)
# 5. **size** the workers of an application, standbys included (SAA-C03 3.5, DEA-C01 1.1.10)
#
# **Minutes:** 75 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb)
#
# That is two sittings. A safe place to stop is marked in the middle.
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# A stream has **2 shards**. An application reads it with **3 workers**. One worker is killed without warning, 15
# records after its last checkpoint.
#
# - How many of the three were at work before: 1, 2 or 3?
# - How many records are lost: 0 or 15?
# - How many are handled twice: 0, 15, or all since the beginning?
#
# Write three numbers down. You will see all three happen.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("08-kcl")

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
# ## The words
#
# | Word | What it is |
# |---|---|
# | **application** | a name. All workers with that name share the work; another name reads the stream by itself |
# | **worker** | one process of the application, usually one on each machine. Its main object is called Scheduler |
# | **lease** | the right to read one shard. At any time it belongs to one worker of the application |
# | **lease table** | a DynamoDB table with a row for each lease. Workers agree through it |
# | **record processor** | your code. A worker makes one for each lease that it holds |
# | **checkpoint** | how far a shard is done, kept in its row: where the next owner begins |

# %% [markdown]
# KCL is a Java library. Other languages use it through **MultiLangDaemon**. That is a Java process. It starts a program
# of yours for each lease, and the two talk through stdin and stdout, one line of JSON a message. The Python package
# `amazon_kclpy` has the Python side. It runs unchanged on AWS.
#
# | Version | State |
# |---|---|
# | 1.x | end of support 2026-01-30: move off it |
# | 2.x | supported: workers take leases from each other, by their number |
# | 3.x | since November 2024: one worker, the leader, gives out the leases by load. The newest is 3.5.1; this lesson runs 3.1.3 |

# %% [markdown]
# ## A record processor
#
# It is a class with five methods. **initialize** is called once, when the lease is won. **handle** and **write** are our
# own: they do the work. Here that is a line in a book. On AWS it would be a row in a database.

# %%
# %%writefile orders.py
from amazon_kclpy import kcl
from amazon_kclpy.v3 import processor


class RecordProcessor(processor.RecordProcessorBase):
    def initialize(self, initialize_input):
        self.shard, self.open = initialize_input.shard_id, 0


# %%
# %%writefile -a orders.py

    def handle(self, record):
        self.write("orders.txt", record, record.binary_data.decode())

    def write(self, book, record, text):
        number, sub = record.sequence_number, record.sub_sequence_number
        with open(book, "a") as file:
            file.write(f"{self.shard} {number} {sub} {text}\n")

# %% [markdown]
# **process_records** gets a batch. You choose how often to checkpoint. Each checkpoint is a write to DynamoDB. What was
# handled since the last one is repeated after a crash.
#
# We checkpoint at every 20th record, by its number: *everything up to this one is done*. (The **sub-sequence number**
# is 0 here. Its use comes later.) Called without a number, a checkpoint marks everything delivered so far as done.

# %%
# %%writefile -a orders.py

    def process_records(self, process_records_input):
        for record in process_records_input.records:
            self.handle(record)
            self.open += 1
            if self.open >= 20:
                place = record.sequence_number, record.sub_sequence_number
                self.checkpoint(process_records_input.checkpointer, *place)

# %% [markdown]
# A checkpoint can fail. `ThrottlingException`: DynamoDB is busy, so try again. `ShutdownException`: another worker has
# the lease by now, so leave it. Here a failed one is tried again at the next record, since `open` stays above 20.

# %%
# %%writefile -a orders.py

    def checkpoint(self, checkpointer, *place):
        try:
            checkpointer.checkpoint(*place)
            self.open = 0
        except kcl.CheckpointError as error:
            print("no checkpoint:", error.value, flush=True)

# %% [markdown]
# There are three ways to end:
#
# - **shard_ended**: the shard was split or merged, and it is read to its end. You **must** checkpoint. Until you have,
#   the child shards don't begin.
# - **shutdown_requested**: the worker stops, or hands the lease over. You may checkpoint, and should.
# - **lease_lost**: another worker has the lease. You can't checkpoint any more.

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
# Before KCL comes, talk to the processor in its place: the same messages, but no Java and no stream. We send 25 records.
# The first checkpoint is refused, as a busy DynamoDB does. At which record will it be made? Guess: the 20th, the 21st,
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
# At the 21st, because the next record gave it another chance. At the shard's end there is no next record. A processor
# that gives up there is **stuck**: the children never begin. So a good one tries again at once. After some tries it
# raises, so that somebody notices. In the assignment you write the tries.

# %%
Path("orders.txt").unlink()  # what the rehearsal has written

# %% [markdown]
# ## Two applications
#
# Two customers send orders. With two shards, `ben`'s go to shard 0 and `anna`'s to shard 1. One of ben's is damaged: it
# is no JSON. For each order we note its place: shard, sequence number and sub-sequence number.

# %%
sent = []  # the place of each order


def put(customer, data):
    """Put one record of this customer, and note its place."""
    answer = kinesis.put_record(StreamName=STREAM, PartitionKey=customer, Data=data)
    sent.append((answer["ShardId"], answer["SequenceNumber"], 0))
    return sent[-1]


# %%
from itertools import count

numbers = count(1)


def order_of(customer):
    """The next order, as JSON."""
    return json.dumps({"order": next(numbers), "customer": customer})


# %%
def send(how_many):
    """Put so many orders of each customer, one after the other."""
    for _ in range(how_many):
        for customer in ("ben", "anna"):
            put(customer, order_of(customer))


# %%
send(9)
damaged = put("ben", "one pizza")
send(40)
len(sent)

# %% [markdown]
# The second application is an audit. It uses the same class, but it reads the JSON before it writes into its own book.
# It forgets that this can fail.

# %%
# %%writefile audit.py
import json

from amazon_kclpy import kcl
from orders import RecordProcessor


class Audit(RecordProcessor):
    def handle(self, record):
        order = json.loads(record.binary_data)
        self.write("audit.txt", record, f"order {order['order']}")


# %%
# %%writefile -a audit.py

if __name__ == "__main__":
    kcl.KCLProcess(Audit()).run()

# %% [markdown]
# Now start one worker of each. `lab.kcl.Application` starts the real KCL, and writes down what passes between KCL and
# the processors. The first start takes 15 to 45 seconds. A worker that finds no leases waits 1 to 30 seconds. It does
# so because many workers may start together, and not all of them should make the leases.

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
    """Place and text of each order that was handled, in the order of the book."""
    lines = Path(book).read_text().splitlines() if Path(book).exists() else []
    parts = [line.split(" ", 3) for line in lines]
    return [((shard, number, int(sub)), text) for shard, number, sub, text in parts]


def places(book="orders.txt"):
    """The places alone."""
    return [place for place, _ in handled(book)]


# %%
def processed(events):
    """How many records the processors have answered for."""
    return sum(event.count for event in events if event.kind == "processed")


orders.wait_until(lambda events: processed(events) == len(sent))
audit.wait_until(lambda events: processed(events) == len(sent))

print("orders handled:", len(places()), "of", len(sent))

# %% [markdown]
# Both applications were given every record. **Each application reads the whole stream**, at its own pace, by leases of
# its own. They share only what all readers that poll share: the shards' 5 reads and 2 MiB a second (AWS: Quotas and
# limits).

# %% [markdown]
# ## The lease table
#
# The table has the application's name. It is an ordinary DynamoDB table, so read it. There are two shards, so there are
# two rows. Which checkpoint do you expect, after 50 and 49 records?

# %%
dynamodb = boto3.client("dynamodb")
rows = dynamodb.scan(TableName="course-08-orders", ConsistentRead=True)["Items"]
for row in sorted(rows, key=lambda row: row["leaseKey"]["S"]):
    key, checkpoint = row["leaseKey"]["S"], row["checkpoint"]["S"]
    print(key, row["leaseOwner"]["S"], checkpoint)
    done = [number for shard, number, _ in places() if shard == key]
    print("   the checkpoint is record", done.index(checkpoint) + 1, "of", len(done))

# %% [markdown]
# **One worker holds both leases.** A worker may hold many; a lease belongs to one worker at a time. The checkpoint is the
# 40th record. The rest has been handled too, but no row says so yet. The attributes of a row:

# %% [markdown]
# | Attribute | What it says |
# |---|---|
# | `leaseKey` | the shard |
# | `leaseOwner` | the worker |
# | `leaseCounter` | raised by the owner at each renewal. One that stands still is an owner that is gone |
# | `checkpoint` | a sequence number, or TRIM_HORIZON, LATEST, AT_TIMESTAMP, SHARD_END |
# | `checkpointSubSequenceNumber` | the place within a packed record |
# | `ownerSwitchesSinceCheckpoint` | owners that came and went without a checkpoint: a sign of trouble |
# | `parentShardId` | the shards that must reach SHARD_END first |
#
# No worker sends “I am alive” to another. The counter is the heartbeat. Watch it:

# %%
counter = orders.leases()[0].counter
orders.wait_until(lambda events: orders.leases()[0].counter > counter)
print("the owner has renewed its lease")
print("leader:", orders.leader())

# %% [markdown]
# ## When a processor throws
#
# All 99 records were delivered to the audit as well. The damaged one was the 10th of 50 in its batch. How many are in
# the audit's book? Guess: 98, 58 or 0?

# %%
print("audit handled:", len(places("audit.txt")), "of", processed(audit.events))
said = [event.text for event in audit.events if event.kind == "complained"]
print(next(line for line in said if "Error:" in line))

# %% [markdown]
# 49 of anna's, and the first 9 of ben's. The damaged record raised an exception, and **KCL skips the rest of the
# batch**. It logs the exception and goes on with the next batch. 40 good orders were never handled. Does KCL try them
# again? Send more and look.

# %%
send(15)
audit.wait_until(lambda events: processed(events) == len(sent))
later = [place for place in places("audit.txt") if place[0] == damaged[0]][9:]
checkpoint = audit.leases()[0].checkpoint

print("handled after the damaged one:", len(later))
print("checkpoint beyond the damaged record:", int(checkpoint) > int(damaged[1]))

# %% [markdown]
# They are gone for this application. The checkpoint has passed them, and no error stopped anything. So catch what a
# record can raise **around that record**. Set the record apart (in a queue, a table, a file), and go on.
#
# **AWS Lambda does the opposite.** Its event source mapping tries a failing batch again, and the shard waits. It waits
# until the batch succeeds, its records expire, or a setting gives it up. (This is told, not shown: Lambda is not in this
# lesson.)

# %% [markdown]
# | | KCL | Lambda |
# |---|---|---|
# | an exception | the rest of the batch is skipped | the batch is repeated and **blocks its shard** |
# | tries | none | `MaximumRetryAttempts`: −1, until the records expire, to 10,000 |
# | age | – | `MaximumRecordAgeInSeconds`: −1, no limit, to 604,800 |
# | find the bad record | you catch it | `BisectBatchOnFunctionError`, or `ReportBatchItemFailures` |
# | set it apart | you do | on-failure destination: S3 gets the whole batch; SQS and SNS get **only where it was** (shard, sequence numbers), so fetch the records before they expire |
# | progress | your checkpoints | after each batch, by the service |
# | you run | workers, Java, a lease table | nothing |
# | at once, in each shard | one record processor | `ParallelizationFactor`: 1 to 10, order kept for each partition key |
#
# (AWS: Lambda developer guide and API reference.) Both deliver **at least once**.

# %%
audit.close(gently=False)
question("08-kcl", "throws")

# %% [markdown]
# ## When the database is away
#
# Setting apart is right for **one bad record**. It is wrong when the database behind your processor is away: then every
# record would be set apart. Wait instead, inside `process_records`, with backoff, and try the same record again.
#
# - No exception leaves the method, so nothing is skipped, and the order stays.
# - Only this shard waits. Other shards go on.
# - You see it in the application's own metric: `MillisBehindLatest` rises.
# - The stream keeps the records, but not for ever. The limit is the retention period, so set an alarm long before.
#
# Lambda does that waiting by itself. That is a reason to choose it when the work depends on something that can be away.

# %% [markdown]
# ## Many events in one record
#
# A producer may pack many events into one Kinesis record (lesson 01: aggregation). KCL unpacks it and gives your
# processor the events. Two packages go to shard 0. The first has an order of ben **and one of anna**, whose key belongs
# to shard 1. The second has three orders of ben. Guess: how many of the five orders are handled?

# %%
from aws_kinesis_agg.aggregator import RecordAggregator


def put_package(*customers):
    """Pack an order of each customer into one record; its shard and sequence number."""
    packer = RecordAggregator()
    for customer in customers:
        packer.add_user_record(customer, order_of(customer))
    key, _, data = packer.clear_and_get().get_contents()
    answer = kinesis.put_record(StreamName=STREAM, PartitionKey=key, Data=data)
    return answer["ShardId"], answer["SequenceNumber"]


# %%
mixed = put_package("ben", "anna")
bens = put_package("ben", "ben", "ben")
sent += [(*bens, sub) for sub in range(3)]
send(1)  # somebody else's orders come behind
orders.wait_until(lambda events: processed(events) == len(sent))

print("both in shard", mixed[0][-1], "and", bens[0][-1])
print("handled of the mixed package:", sum(place[:2] == mixed for place in places()))
print("handled of ben's package:    ", sum(place[:2] == bens for place in places()))

# %% [markdown]
# Three. **KCL drops a whole package if one event in it belongs to another shard**, and says nothing. It compares each
# event's own key with the shard's hash range. Ben's order in the mixed package was right, and is lost all the same.
#
# So pack only events of one shard together. The KPL does so, and repairs its packages after a reshard. A package that
# you make yourself has no such net.
#
# Look at the names of the three:

# %%
three = [place for place in places() if place[:2] == bens]
print("different sequence numbers:", len({number for _, number, _ in three}))
print("sub-sequence numbers:", [sub for _, _, sub in three])

# %% [markdown]
# One sequence number for three events. So **a sequence number does not name an event**. What does:
#
# - shard id + sequence number + sub-sequence number. AWS promises that a sequence number is unique within its shard
#   only. Our book and our checkpoints use all three.
# - better: an **id that the producer puts into the event**, once, before its first try. It also stays the same when a
#   producer sends an event twice.

# %%
question("08-kcl", "name-an-event")

# %% [markdown]
# ## A safe place to stop
#
# Stop the worker gently. Its processors get `shutdown_requested` and make a checkpoint, so the next start begins where
# this one ended. Now you may take a break. Leave the notebook and the lab open, and go on below. If the kernel or the
# lab was started anew, run the cells under *Tidy up*, click here, and choose *Run > Run All Above Selected Cell*.
#
# The playground shows a reader that dies: <button data-commandlinker-command="playground:open" data-commandlinker-args='{"scene": "dead-consumer"}'>A dead consumer</button>

# %%
orders.close()

last = {shard: number for shard, number, _ in places()}
at_the_end = [lease.checkpoint == last[lease.shard] for lease in orders.leases()]
print("both checkpoints at the last record:", at_the_end == [True, True])

# %% [markdown]
# ## Part two: start again
#
# The application comes back under the same name. How many of its orders will it handle a second time?

# %%
orders = Application("course-08-orders", STREAM, "orders.py")
before_the_break = len(sent)


def caught_up():
    """Wait until the processors have answered for every order since the break."""
    orders.wait_until(lambda events: processed(events) >= len(sent) - before_the_break)


# %%
orders.start("worker-1")
send(5)
caught_up()
print("handled twice:", len(places()) - len(set(places())))

# %% [markdown]
# ## Three workers, two shards
#
# None. Now start a second worker. KCL 3 gives out leases by the load, so keep orders coming until a lease has moved.

# %%
orders.start("worker-2")


def moved():
    """The leases that worker-2 has won."""
    return [e for e in orders.events if (e.kind, e.worker) == ("lease_won", "worker-2")]


# %%
while not moved():
    send(5)
    caught_up()

print("shards of", sorted(lease.owner for lease in orders.leases()))

# %% [markdown]
# The leader saw that one worker had all the load, and moved a lease. KCL 3 does that gently: a **graceful handoff**.
# How many records were handled twice on the way? Guess.

# %%
first = moved()[0]
before = [e for e in orders.events if e.shard == first.shard and e.at < first.at]
steps = ("shutdown_requested", "checkpoint", "lease_lost")
print([e.kind for e in before if e.kind in steps][-3:])

saved = [e.sequence_number for e in before if e.kind == "checkpoint"]
print("the new owner begins at the last one:", first.sequence_number == saved[-1])


# %%
def twice():
    """How many orders stand in the book more than once."""
    return sum(times > 1 for times in Counter(places()).values())


print("lost:", len(set(sent) - set(places())), "  handled twice:", twice())

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
# The victim is a worker that holds a lease and is not the leader. (A dead leader is noticed only after two minutes. In
# the lab's version that time is fixed; since KCL 3.2 a Java program can set it.) How many records has the victim handled
# since its last checkpoint? The table and the book tell. Send as many as are missing to 20, so that it checkpoints now.

# %%
victim = next(lease for lease in orders.leases() if lease.owner != orders.leader())


def done():
    """The sequence numbers of the victim's shard, as they were handled."""
    return [number for shard, number, _ in places() if shard == victim.shard]


unsaved = done()[::-1].index(victim.checkpoint)
send(20 - unsaved)
caught_up()

# %%
(now,) = [lease for lease in orders.leases() if lease.shard == victim.shard]
print("the checkpoint is the last record handled:", now.checkpoint == done()[-1])

# %% [markdown]
# Now send 15 more to each shard. That is fewer than 20, so no checkpoint is due. Then we kill the worker, as when its
# machine is lost: no `shutdown_requested`, no last words. Who may be the heir?

# %%
send(15)
caught_up()
orders.kill(victim.owner)
len(orders.running)

# %% [markdown]
# Its row still names it, but the counter stands still. After `failoverTimeMillis` the lease counts as lost: 10 seconds
# by default, 5 in the lab. Then the leader must give it away, and by default it looks every 20 seconds. So a failover
# takes 10 to about 30 seconds on AWS. The heir begins **after the last checkpoint**.

# %%
killed = max(e.at for e in orders.events if e.kind == "worker_killed")
kind_and_shard = ("processed", victim.shard)
heir = orders.wait_for(
    lambda e: (e.kind, e.shard) == kind_and_shard and e.at > killed,
    seconds=60,
)

print("the heir is one of those that run:", heir.worker in orders.running)
print("lost:", len(set(sent) - set(places())), "  handled twice:", twice())

# %% [markdown]
# None lost, 15 twice: exactly those that had been handled and not checkpointed. **At least once** is the promise. More
# checkpoints make the number smaller, but never zero: a worker may die between the work and the checkpoint. The other
# way round, checkpoint first, would lose records.
#
# So make the work **idempotent**: doing it twice must leave the same as doing it once. Use the event's name as the key
# of what you write. Then the second write replaces the first:

# %%
book = dict(handled("orders.txt"))  # place -> text
print("lines too many:", len(places()) - len(sent))
print("each order once:", sorted(book) == sorted(sent))

# %% [markdown]
# There are other duplicates. A producer that sends again after a time-out makes two records with two sequence numbers.
# Only an id in the event helps there. And a worker may be slow, not dead. Such a **zombie** works on for a moment beside
# the new owner. Its checkpoint is then refused with `ShutdownException`.

# %%
question("08-kcl", "after-a-crash")

# %% [markdown]
# ## A reshard under load
#
# Split shard 0 while orders come in. Then some of Ben's orders are in the parent and some in a child. Different workers
# may hold the two. Will his orders be handled in the order in which he sent them?
#
# First leave one worker, the leader. After a split KCL 3 moves leases to share the load. The lab's version, 3.1.3, has a
# fault there: a lease that moves in the second in which its processor begins can stay without a reader. Later versions
# have this mended ([docs/kcl.md](../docs/kcl.md)). With one worker there is nowhere to move it.

# %%
for worker in orders.running:
    if worker != orders.leader():
        orders.stop(worker)

print("workers left:", len(orders.running))

# %%
PARENT = "shardId-000000000000"

send(10)
cut = {"ShardToSplit": PARENT, "NewStartingHashKey": str(2**126)}
kinesis.split_shard(StreamName=STREAM, **cut)
send(10)

seen = orders.wait_until(lambda _: set(sent) <= set(places()))

# %%
end = orders.wait_for(lambda event: event.sequence_number == "SHARD_END")
children = {lease.shard for lease in orders.leases() if PARENT in lease.parents}
begun = [e for e in orders.events if e.kind == "lease_won" and e.shard in children]

print("children:", len(children))
print("begun after the parent's end:", all(e.at > end.at for e in begun))

# %%
texts = dict.fromkeys(text for _, text in handled("orders.txt") if '"ben"' in text)
bens_orders = [json.loads(text)["order"] for text in texts]
print("ben's orders in the order sent:", bens_orders == sorted(bens_orders))

# %% [markdown]
# Parent before child. The parent's processor was told `shard_ended`, and made the checkpoint **SHARD_END**. Only then did
# KCL begin with the children, at TRIM_HORIZON. Without that checkpoint they would wait for ever. The parent's row stays
# for a time. It is removed when its children have begun.

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
# The picture begins with part two. Each row is a lease. Each bar is the time in which the table named this owner: first
# worker-1 alone, then the handoff, the kill with its gap, the leader alone, the split. Your picture differs from this
# one. KCL decides by load which lease moves where, and when.

# %% tags=["nbval-ignore-output"]
from lab.pictures import lease_timeline

lease_timeline(orders.events)

# %% [markdown]
# > **On real AWS** all this is slower. The lab shortens KCL's intervals. KCL's defaults are 10 seconds until a lease is
# > lost (5 here), leases given out every 20 seconds (1 here), workers' reports every 30 seconds (1 here).
# > [docs/kcl.md](../docs/kcl.md) has them all.

# %% [markdown]
# Stop the rest gently.

# %%
orders.close()
print("workers left:", len(orders.running))

# %% [markdown]
# ## What KCL 3 keeps, and what it may do
#
# KCL 3 keeps three kinds of things in DynamoDB: leases, workers' metrics, and the coordinator's state (who leads).

# %%
for name in sorted(dynamodb.list_tables()["TableNames"]):
    if name.startswith("course-08-orders"):
        print(name)

# %% [markdown]
# KCL 3.0 to 3.4 keep them in three tables. From 3.5 (June 2026) one table can hold all. The tables bill on demand, and
# **KCL never deletes them**. Delete them yourself when you remove an application.
#
# The leader compares workers by CPU and by the throughput of their shards. It acts when a worker is more than 10 %
# above or below the mean. Without CPU figures, as here, throughput alone decides. A **global secondary index**,
# `LeaseOwnerToLeaseKeyIndex`, finds a worker's leases without a scan.
#
# What have the two applications called in Kinesis? The lab has counted:

# %%
ours = {"kinesis.CreateStream", "kinesis.PutRecord", "kinesis.SplitShard"}
called = {name for name in control().look("calls") if name.startswith("kinesis.")}
print(*sorted(called - ours), sep="\n")

# %% [markdown]
# A KCL 3 application's role needs at least this (AWS: developer guide, IAM permissions for KCL):
#
# | Resource | Actions |
# |---|---|
# | the stream | `kinesis:` DescribeStream, DescribeStreamSummary, RegisterStreamConsumer, GetRecords, GetShardIterator, ListShards |
# | its consumers, for enhanced fan-out only | `kinesis:` SubscribeToShard, DescribeStreamConsumer |
# | the lease table | `dynamodb:` CreateTable, DescribeTable, UpdateTable, Scan, GetItem, PutItem, UpdateItem, DeleteItem |
# | the two other tables | the same without UpdateTable |
# | the lease table's indexes | `dynamodb:` Query |
# | `*` | `cloudwatch:` PutMetricData |

# %% [markdown]
# ## Run it outside the lab
#
# On AWS you write a file of properties for MultiLangDaemon. The lab writes the same file for each worker:
#
# ```
# executableName = orders.py
# applicationName = course-08-orders
# streamName = course-08-kcl
# regionName = us-east-1
# initialPositionInStream = TRIM_HORIZON
# retrievalMode = POLLING
# ```

# %% [markdown]
# Two of them decide a lot:
#
# - **initialPositionInStream** counts only for a lease that has no checkpoint yet. TRIM_HORIZON begins with the oldest
#   record that is kept. LATEST skips everything that was written before the first start. Always set it.
# - **retrievalMode**: by default KCL 2 and 3 read by **enhanced fan-out**, and in a provisioned stream you pay for it by
#   consumer, shard and hour. This lesson polls.

# %% [markdown]
# ## How many workers?
#
# **The course's rule**, as the assignment grades it:
#
# - needed = the stream's KiB a second ÷ what one worker handles, rounded up; at least 1
# - two workers can't share a shard, so **never more at work than shards**. If you need more workers, add shards first
# - standbys come on top: they hold no lease until somebody dies
#
# 12 shards bring 400 KiB/s each. A worker handles 1,500 KiB/s. You want one standby. Work it out before you run the cell.

# %%
shards, shard_kib, worker_kib, standby = 12, 400, 1500, 1
needed = max(1, -(-shards * shard_kib // worker_kib))
at_work = min(needed, shards)
print(at_work, "at work and", standby, "standby:", at_work + standby, "workers")

# %% [markdown]
# 4 workers hold 3 shards each. With 20 workers, 12 would hold one shard each, and 8 would hold nothing. To use more
# machines, split shards first. A single shard that brings more than a worker can handle is a reason to split as well.

# %% [markdown]
# ## Tidy up
#
# The stream, and the tables that KCL leaves behind.

# %%
import boto3

kinesis, STREAM = boto3.client("kinesis"), "course-08-kcl"
patience = {"Delay": 1, "MaxAttempts": 60}
if STREAM in kinesis.list_streams()["StreamNames"]:
    kinesis.delete_stream(StreamName=STREAM)
    gone = kinesis.get_waiter("stream_not_exists")
    gone.wait(StreamName=STREAM, WaiterConfig=patience)

# %%
for name in sorted(boto3.client("dynamodb").list_tables()["TableNames"]):
    if name.startswith("course-08-"):
        boto3.client("dynamodb").delete_table(TableName=name)
        print("deleted", name)

# %% [markdown]
# ## What study notes get wrong
#
# > - “Each shard is read by exactly **one KCL instance**, so an instance reads one shard.” The right rule: within one
# >   application, one worker reads a shard at a time. A worker may hold many shards. Workers beyond the number of shards
# >   idle as standby.
# > - “A **sequence number** identifies a record.” Within its shard, yes. Events of one package share it.
# > - “KCL delivers **exactly once**.” It delivers at least once. Your work makes the effect happen once.
# > - “More workers read faster.” Only up to the number of shards.

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | Who reads a shard? | one worker of each application at a time; a worker may hold many shards; more workers than shards: standby |
# | Two applications? | two names, two lease tables, each reads everything |
# | After a crash? | the heir begins after the last checkpoint: nothing lost, what came after it repeated |
# | Handoff, stop? | `shutdown_requested`: checkpoint, and nothing is repeated |
# | Shard end? | checkpoint, or the children never begin |

# %% [markdown]
# | Question | Answer |
# |---|---|
# | Lease lost? | no checkpoint any more |
# | A processor throws? | KCL skips the rest of the batch; Lambda blocks the shard |
# | A package with events of two shards? | KCL drops it whole, silently |
# | What names an event? | shard + sequence number + sub-sequence number; better an id of the producer's |
# | Duplicates? | always possible: make the work idempotent |

# %% [markdown]
# ## You can now …
#
# 1. **write** a record processor that checkpoints, and say what each of its methods is for (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 2. **read** a lease table: who owns which shard, and how far it has come (SAA-C03 3.5, DEA-C01 1.1.1)
# 3. **predict** what is repeated after a crash, a handoff and a reshard, and name an event (SAA-C03 2.2, DEA-C01 1.1.11)
# 4. **choose** between KCL and Lambda by what an error should do (SAA-C03 2.1, DEA-C01 1.1.7)
# 5. **size** the workers of an application, standbys included (SAA-C03 3.5, DEA-C01 1.1.10)
#
# **Where next:** do it yourself in the assignment, [08-kcl](../exercises/08-kcl/08-kcl.ipynb). Then lesson 09,
# [Delivery](09-delivery.ipynb).
