# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Consumers: how records come out of a stream
#
# Reading looks simple: ask for records, and get some. But an answer can be empty although records are ahead. A shard can end
# while you read it. Five readers can stand in each other's way, and one bad record can stop all that come after it. In this
# lesson each of these happens to you, in the lab, and you see what helps.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*. From top to bottom the notebook runs for about a minute. A cell with `[*]` beside it is waiting.

# %% [markdown]
# ## You will be able to …
#
# 1. **read** a stream across a split and a merge, and lose or repeat nothing (SAA-C03 3.5, DVA-C03 1.1.6, DEA-C01 1.1.1)
# 2. **choose** between shared reads and enhanced fan-out by calls, bytes, delay and cost (SAA-C03 3.5, DEA-C01 1.1.10)
# 3. **set** a Lambda event source mapping, and say what one bad record does to it (DVA-C03 1.2.2, DVA-C03 1.2.4, DEA-C01 1.4.2)
# 4. **count** in a window, and make the work idempotent (DVA-C03 1.1.8, DEA-C01 1.1.11, DEA-C01 1.1.12)
# 5. **name** who reads how: KCL, Lambda, Firehose, Flink (SAA-C03 2.1, DEA-C01 1.1.7, DEA-C01 3.1.8)
#
# **Minutes:** 75 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb)
#
# That is two sittings. A safe place to stop is marked in the middle.
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# A shard holds 8 records. A Lambda function reads them in batches of 8. The 6th record is damaged, and the function raises an
# exception whenever it meets it.
#
# - How many of the 8 are done after ten minutes: 0, 5 or 7?
# - A second shard of the stream has no damaged record. Does it wait, too?
# - Once a setting lets the mapping give up: is the damaged record gone?
#
# Write your answers down. You will see all three happen.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("03-consumers")

# %%
import os
import tempfile

import boto3

from lab import wait_until_active
from lab.control import control

STREAM, SALE = "course-03-orders", "course-03-sale"
os.chdir(tempfile.mkdtemp())  # the files of this lesson go into an empty folder

# %%
control().set("quotas", mode="off")  # limits come later
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName=STREAM, ShardCount=2)
wait_until_active(kinesis, STREAM)


# %% [markdown]
# Two customers send orders. With two shards, `ben`'s go to shard 0 and `anna`'s to shard 1.

# %%
def send(customer, *numbers):
    """Put these orders of a customer, one after the other."""
    for number in numbers:
        text = f"{customer} {number}"
        kinesis.put_record(StreamName=STREAM, PartitionKey=customer, Data=text.encode())


send("ben", 1, 2, 3)
send("anna", 1, 2)


# %% [markdown]
# ## The loop that never loses a record
#
# A consumer asks for a **shard iterator**, which is a place in one shard, and gives it to `get_records`. Each answer brings
# records and the next iterator. Here is the loop that all lessons of this course use. Four things make it safe:
#
# - It goes on with `NextShardIterator`, whatever came.
# - An **empty answer** is no end. `MillisBehindLatest` says how far behind the newest record the consumer is.
# - An **open** shard never ends. It is read up to now when `MillisBehindLatest` is 0.
# - A **closed** shard does end: there is no `NextShardIterator` any more.

# %%
def read_shard(kinesis, stream, shard_id, kind="TRIM_HORIZON", **start):
    """All records that are in a shard now, from this place on."""
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard_id, ShardIteratorType=kind, **start
    )["ShardIterator"]
    records, behind = [], None
    while iterator and behind != 0:  # an answer may be empty although more lie ahead
        answer = kinesis.get_records(ShardIterator=iterator)
        records += answer["Records"]
        iterator, behind = answer.get("NextShardIterator"), answer["MillisBehindLatest"]
    return records


# %% [markdown]
# The lab can make answers short, as they are on AWS at times. Here each holds at most one record, and every other one is
# empty. Guess: how many records would a single `get_records` have found?

# %%
BEN = "shardId-000000000000"

short = {"operation": "kinesis.GetRecords", "most": [0, 1]}
_ = control().set("faults", rules=[short])
records = read_shard(kinesis, STREAM, BEN)
calls = control().look("faults")["rules"][0]["seen"]
_ = control().set("faults", rules=[])
print([record["Data"].decode() for record in records], "in", calls, "calls")


# %% [markdown]
# None. The first answer was empty, and all three records lay ahead.
#
# A call can also be refused: `ProvisionedThroughputExceededException`. boto3 asks again by itself, a few times. If the
# exception still comes, nothing was read. Wait a moment and ask again **with the same iterator**.

# %% [markdown]
# ## Five places to begin
#
# There are five ways to name the place (AWS API model: GetShardIterator).
#
# | Type | Begins at | Good for |
# |---|---|---|
# | `TRIM_HORIZON` | the oldest record that is kept | a first start, a full replay |
# | `LATEST` | behind the newest record | a live view; never for going on |
# | `AT_SEQUENCE_NUMBER` | this record | doing it again |
# | `AFTER_SEQUENCE_NUMBER` | the record behind it | going on where you stopped |
# | `AT_TIMESTAMP` | the first record of that time or later | replaying a window |

# %%
def texts(kind, **start):
    """The texts that are read from such a place."""
    records = read_shard(kinesis, STREAM, BEN, kind, **start)
    return [record["Data"].decode() for record in records]


# %%
number = {"StartingSequenceNumber": records[1]["SequenceNumber"]}  # of ben 2

print("TRIM_HORIZON         ", texts("TRIM_HORIZON"))
print("LATEST               ", texts("LATEST"))
print("AT_SEQUENCE_NUMBER   ", texts("AT_SEQUENCE_NUMBER", **number))
print("AFTER_SEQUENCE_NUMBER", texts("AFTER_SEQUENCE_NUMBER", **number))
print("AT_TIMESTAMP         ", texts("AT_TIMESTAMP", Timestamp=0))

# %% [markdown]
# A time before the oldest record acts as `TRIM_HORIZON`.
#
# An iterator is valid for **5 minutes**. It is no bookmark: keep the sequence number of the last record, and ask for a new
# iterator from it. The lab has a clock, so 5 minutes are over at once:

# %%
from lab import clock

where = {"ShardId": BEN, "ShardIteratorType": "LATEST"}
place = kinesis.get_shard_iterator(StreamName=STREAM, **where)["ShardIterator"]
clock.advance(minutes=6)
try:
    kinesis.get_records(ShardIterator=place)
except kinesis.exceptions.ExpiredIteratorException as error:
    print(error.response["Error"]["Code"])


# %% [markdown]
# ## Read on, across a split and a merge
#
# To read a **stream** is more than to read its shards. A split closes a shard and makes two. A merge closes two and makes
# one. What was written before stays in the parents. So a consumer reads **parents first**, each to its end, and remembers
# for each shard how far it has come.

# %%
def go_on(places, shard):
    """The records of a shard behind its place, or all of them if it has none yet."""
    if shard not in places:
        return read_shard(kinesis, STREAM, shard)
    number = {"StartingSequenceNumber": places[shard]}
    return read_shard(kinesis, STREAM, shard, "AFTER_SEQUENCE_NUMBER", **number)


# %%
def read_new(places):
    """The new texts in all shards; notes the place behind them."""
    found = []
    shards = kinesis.list_shards(StreamName=STREAM)["Shards"]  # closed ones, too
    for shard in sorted(shard["ShardId"] for shard in shards):  # parents come first
        for record in go_on(places, shard):
            found.append(record["Data"].decode())
            places[shard] = record["SequenceNumber"]
    return found


# %%
places = {}  # shard -> sequence number of the last record that was read
print(read_new(places))

# %% [markdown]
# Now orders go on, and the shards change under the reader. Ben's shard is split in the middle of his key space; then the two
# lower shards are merged. Where will orders 4, 5 and 6 be, and in which order do they come?

# %%
send("ben", 4)
cut = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": str(2**126)}
kinesis.split_shard(StreamName=STREAM, **cut)
wait_until_active(kinesis, STREAM)
send("ben", 5)

pair = ("shardId-000000000002", "shardId-000000000003")
kinesis.merge_shards(StreamName=STREAM, ShardToMerge=pair[0], AdjacentShardToMerge=pair[1])
wait_until_active(kinesis, STREAM)
send("ben", 6)

# %%
print(read_new(places))
print(read_new(places))
for shard in kinesis.list_shards(StreamName=STREAM)["Shards"]:
    parents = shard.get("ParentShardId", ""), shard.get("AdjacentParentShardId", "")
    ended = "EndingSequenceNumber" in shard["SequenceNumberRange"]
    print(shard["ShardId"][-1], "closed" if ended else "open", [p[-1] for p in parents if p])

# %% [markdown]
# Three shards one after the other, and Ben's orders in their order. The second reading found nothing new: nothing was
# repeated. The last answer of a closed shard also names its children, in `ChildShards`. So a long-running consumer need
# not list the shards again and again.
#
# Keep `places` where a crash can't take it: in a table, **after** the work is done. A consumer that dies in between does
# some records again. That is **at least once**.

# %%
from grader import question

question("03-consumers", "empty-answer")

# %% [markdown]
# ## Five reads a second, for all
#
# A shard answers **5** `GetRecords` calls a second and gives **2 MiB** a second. All who poll share both (AWS: Quotas and
# limits). Now the lab's quotas go on. Eight applications poll one shard, all in the same second. None of them tries again.
# How many get an answer?

# %%
from botocore.config import Config

_ = control().set("quotas", mode="aws")
settings = Config(retries={"total_max_attempts": 1}, max_pool_connections=10)
once = boto3.client("kinesis", config=settings)
last = {"StreamName": STREAM, "ShardId": "shardId-000000000004"}
place = kinesis.get_shard_iterator(**last, ShardIteratorType="LATEST")["ShardIterator"]


# %%
def poll(application):
    """One GetRecords: whether it was answered."""
    try:
        once.get_records(ShardIterator=place)
    except once.exceptions.ProvisionedThroughputExceededException:
        return False
    return True


# %%
from lab.load import at_once

answered = at_once(poll, 8)
print("some were refused:", not all(answered))

# %% [markdown]
# The count is simple: *k* applications that poll a shard every *T* seconds make *k / T* calls a second, and that must be at
# most 5.
#
# | Applications | Each polls every | Calls a second | |
# |---|---|---|---|
# | 1 | 200 ms | 5 | fits |
# | 2 | 200 ms | 10 | throttled |
# | 5 | 1 second | 5 | fits |
# | 6 | 1 second | 6 | throttled |

# %% [markdown]
# Others count as well: Firehose reads each shard once a second, and so does a Lambda mapping (AWS: Firehose and Lambda
# guides). So when several read, let each poll **once a second**.
#
# The bytes are shared in the same way. Three readers of everything want three times what is written. A shard that takes in
# 1 MiB a second gives two readers all they want, and three not. An answer holds at most 10,000 records and 10 MiB. After one
# of 10 MiB the shard gives nothing for 5 seconds (AWS API model: GetRecords).

# %%
question("03-consumers", "three-full-readers")


# %% [markdown]
# ## Enhanced fan-out
#
# A reader that needs its own share registers as a **consumer**. It then has 2 MiB a second **of each shard for itself**, and
# uses nothing of the shared limits. Records are **pushed**: one call, `SubscribeToShard`, opens a connection, and events come
# through it.

# %%
def arn_of(stream):
    """The stream's ARN."""
    answer = kinesis.describe_stream_summary(StreamName=stream)
    return answer["StreamDescriptionSummary"]["StreamARN"]


consumer = kinesis.register_stream_consumer(StreamARN=arn_of(STREAM), ConsumerName="fraud")
arn = consumer["Consumer"]["ConsumerARN"]
about = kinesis.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]
print(about["ConsumerName"], about["ConsumerStatus"])

# %%
reader = {"ConsumerARN": arn, "ShardId": last["ShardId"]}
start = {"Type": "TRIM_HORIZON"}
events = kinesis.subscribe_to_shard(**reader, StartingPosition=start)["EventStream"]
event = next(iter(events))["SubscribeToShardEvent"]
events.close()

print([record["Data"].decode() for record in event["Records"]])
print(sorted(event))

# %% [markdown]
# Each event brings a `ContinuationSequenceNumber`. Keep it: it moves on even where no records come. A subscription ends after
# **5 minutes** at most. Then call again, with that number and `AFTER_SEQUENCE_NUMBER`. The same consumer and shard again
# within **5 seconds** is refused with `ResourceInUseException`. Later, the new call takes over and the old connection
# ends. One call a second is allowed (AWS API model: SubscribeToShard). Here a second goes by, and then four more:

# %%
from lab.load import pause

number = event["ContinuationSequenceNumber"]
start = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number}
pause(1.1)
try:
    once.subscribe_to_shard(**reader, StartingPosition=start)
except once.exceptions.ResourceInUseException as error:
    print(error.response["Error"]["Code"])

pause(4)
events = once.subscribe_to_shard(**reader, StartingPosition=start)["EventStream"]

# %% [markdown]
# > **On real AWS** a new consumer takes a moment until it is ACTIVE, and the call needs HTTP/2. KCL does the registering, the
# > calling and the taking over for you; it is what most programs use. A consumer's ARN holds the time of its making: delete
# > it and make it again, and policies that name it no longer fit (AWS API model: Consumer).

# %% [markdown]
# ## How late is a record?
#
# Three readers wait for the same orders. One polls every 250 milliseconds, one polls once a second, and the third is the
# fan-out consumer. That makes 5 calls a second, so nobody is throttled. Each order carries the time at which it was put.

# %%
import time

HOW_MANY = 40
late = {"polling, every 250 ms": [], "polling, every second": [], "fan-out": []}


def note(way, records):
    """Note how many milliseconds after its put each record came."""
    now = time.time()
    late[way] += [(now - float(record["Data"])) * 1000 for record in records]


# %%
def keep_polling(way, seconds):
    """Poll until all have come."""
    answer = kinesis.get_shard_iterator(**last, ShardIteratorType="LATEST")
    iterator = answer["ShardIterator"]
    ready.wait()
    while len(late[way]) < HOW_MANY:
        answer = kinesis.get_records(ShardIterator=iterator)
        note(way, answer["Records"])
        iterator = answer["NextShardIterator"]
        pause(seconds)


# %%
def keep_listening():
    """Take what is pushed, until all have come."""
    ready.wait()
    for event in events:
        note("fan-out", event["SubscribeToShardEvent"]["Records"])
        if len(late["fan-out"]) >= HOW_MANY:
            break
    events.close()


# %%
def keep_writing():
    """Put an order about every tenth of a second."""
    ready.wait()
    for number in range(HOW_MANY):
        data = str(time.time())
        kinesis.put_record(StreamName=STREAM, PartitionKey="ben", Data=data)
        pause(0.07 + number % 7 / 100)


# %%
from threading import Barrier

ready = Barrier(4)
work = [
    lambda: keep_polling("polling, every 250 ms", 0.25),
    lambda: keep_polling("polling, every second", 1.0),
    keep_listening,
    keep_writing,
]
_ = at_once(lambda who: work[who](), len(work))

# %% tags=["nbval-ignore-output"]
from lab.pictures import delays

delays(late)

# %% [markdown]
# Your milliseconds differ from these: they are the lab's, on one machine. The order is the same. A poll every *T* adds
# *T / 2* on average, and *T* at worst. A push adds nothing.
#
# **On AWS**, on average: about **200 ms** with one shared reader, about **1,000 ms** with five, since they poll once a
# second each, and about **70 ms** with fan-out, for one consumer or five (AWS developer guide: enhanced fan-out). These are
# averages, no promises.

# %% [markdown]
# ## When fan-out pays
#
# | | Shared reads | Enhanced fan-out |
# |---|---|---|
# | 2 MiB a second of a shard | for all together | for each consumer |
# | calls | 5 a second, for all | none: records are pushed |
# | average delay on AWS | 200 ms alone, 1,000 ms with five | 70 ms |
# | how many readers | as the sums allow | 20 consumers, or 50 with On-demand Advantage |
# | price, provisioned, us-east-1 | nothing extra | USD 0.015 for each consumer, shard and hour, and USD 0.013 for each GB |

# %% [markdown]
# (AWS: quotas and price list, autumn 2026.) Two consumers of 10 shards cost 2 × 10 × 720 hours × 0.015 = 216 dollars in a
# month of 720 hours, before a byte is read. So:
#
# - **Fan-out** when three or more applications read a busy stream, when a record must come in well under 200 ms, or when
#   one reader must not be slowed by the others.
# - **Shared reads** with one or two readers, or when cost comes first.
#
# Both kinds can read one stream at the same time.

# %%
question("03-consumers", "fan-out-or-not")

# %%
kinesis.deregister_stream_consumer(ConsumerARN=arn)
_ = control().set("quotas", mode="off")

# %% [markdown]
# **A safe place to stop.** You have read a stream yourself. The second part lets Lambda read. Leave the notebook and the
# lab open, and go on below. If the kernel or the lab was started anew, click here and choose
# *Run > Run All Above Selected Cell*.

# %% [markdown]
# ## Part two: Lambda reads for you
#
# With an **event source mapping** you write no loop. Lambda's own pollers read each shard once a second and call your
# function with a batch. What you write is a **handler**. The lab runs it as a process on your machine.
#
# Records come in `event["Records"]`. The data of each is in base64.

# %%
# %%writefile handler.py
import base64


def handler(event, context):
    for record in event["Records"]:
        text = base64.b64decode(record["kinesis"]["data"]).decode()
        customer, number = text.split()
        print(customer, int(number))  # the work; a damaged order raises here


# %% [markdown]
# A function is a zip file with code, a **role** that says what it may do, a timeout and memory. The role needs the reading
# calls: DescribeStream, DescribeStreamSummary, GetRecords, GetShardIterator, ListShards (AWS: Lambda guide). IAM is off in
# this lesson, so a name will do.

# %%
import io
import zipfile


def zipped(path):
    """The file, as the zip that Lambda takes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.write(path, "app.py")
    return made.getvalue()


# %%
functions = boto3.client("lambda")
account = boto3.client("sts").get_caller_identity()["Account"]
role = f"arn:aws:iam::{account}:role/course-03-worker"
how = {"Runtime": "python3.12", "Role": role, "Handler": "app.handler", "Timeout": 10}


def make(name, path):
    """A function with the code in this file."""
    functions.create_function(FunctionName=name, Code={"ZipFile": zipped(path)}, **how)


make("course-03-plain", "handler.py")

# %% [markdown]
# A new stream for this part: 8 orders on each of two shards. Ben's 6th is damaged.

# %%
kinesis.create_stream(StreamName=SALE, ShardCount=2)
wait_until_active(kinesis, SALE)

# %%
numbers = {}  # shard -> the sequence numbers of its records, in order
orders = {"ben": "1 2 3 4 5 pizza 7 8", "anna": "1 2 3 4 5 6 7 8"}
for customer, line in orders.items():
    for text in line.split():
        data = f"{customer} {text}".encode()
        answer = kinesis.put_record(StreamName=SALE, PartitionKey=customer, Data=data)
        numbers.setdefault(answer["ShardId"], []).append(answer["SequenceNumber"])


# %% [markdown]
# ## A poison record
#
# The mapping. `BatchSize` is 100 by default and 10,000 at most; here it is 8. `StartingPosition` you must give: with
# `LATEST` a new mapping may miss records, since it takes minutes until it works (AWS: Lambda guide). All else stays as it is
# by default.

# %%
def read_with(function, **settings):
    """Let this function read the stream, from the oldest record on; the mapping's id."""
    source = {"EventSourceArn": arn_of(SALE), "StartingPosition": "TRIM_HORIZON"}
    made = functions.create_event_source_mapping(
        FunctionName=function, BatchSize=8, **source, **settings
    )
    return made["UUID"]


# %%
def stop(mapping):
    """End the mapping; the function stays."""
    functions.delete_event_source_mapping(UUID=mapping)


mapping = read_with("course-03-plain")

# %% [markdown]
# The lab keeps a log of invocations: which records each had, and what came of it. Wait until ben's batch has failed three
# times.

# %%
from lab.invocations import wait_for


def failures(log):
    """The invocations that failed."""
    return [entry for entry in log if entry["outcome"] == "error"]


log = wait_for("course-03-plain", lambda log: len(failures(log)) >= 3 and len(log) >= 4)
stop(mapping)

# %%
ben_s, anna_s = sorted(numbers)
print("anna's shard:", [entry["outcome"] for entry in log if entry["shard"] == anna_s])
print("ben's shard: ", [entry["outcome"] for entry in log if entry["shard"] == ben_s][:3])

# %% [markdown]
# **An error fails the whole batch**, and the whole batch comes again. By default that goes on until the records expire.
# Orders 1 to 5 were done in each try, orders 7 and 8 in none. The shard is **blocked**; the other one goes on.
#
# Each try repeats what had succeeded before. You see it in what the handler printed, three times the same:

# %%
for entry in failures(log)[:3]:
    print(entry["error"], "after", entry["printed"].split("\n")[:5])

# %%
question("03-consumers", "blocked-shard")

# %% [markdown]
# ## Way out 1: bisect
#
# `BisectBatchOnFunctionError` halves a batch that fails, and tries both halves, again and again, down to one record. Halving
# uses up no retry. But a single bad record fails alone as well, so it needs an end: `MaximumRetryAttempts` counts the tries
# **after** the first, from −1 (until the records expire, the default) to 10,000. `MaximumRecordAgeInSeconds` is the other end.

# %%
from lab.invocations import handled

make("course-03-bisect", "handler.py")
mapping = read_with("course-03-bisect", BisectBatchOnFunctionError=True, MaximumRetryAttempts=1)

log = wait_for("course-03-bisect", lambda log: len(handled(log)) == 16)
stop(mapping)

# %%
from lab.pictures import invocation_timeline

invocation_timeline(log, numbers, "Bisecting, at most 1 retry")

# %% [markdown]
# Read ben's panel from left to right. Each bar is an invocation, and it covers the records that the function was given. The
# batch is halved until the 6th record is alone. It fails, is tried once more, and is given up. Then the shard goes on. 15 of
# 16 orders are done; some of ben's were **handled more than once** on the way.

# %% [markdown]
# ## Way out 2: say where it failed
#
# The handler knows which record failed. With `ReportBatchItemFailures` in the mapping it can say so: it returns the
# **sequence number**. What lies before that record counts as done. Everything **from it on** comes again, also what would
# have succeeded. So stop at the first failure.

# %%
# %%writefile reporting.py
import base64


def handler(event, context):
    for record in event["Records"]:
        try:
            customer, order = base64.b64decode(record["kinesis"]["data"]).split()
            print(customer, int(order))
        except ValueError:
            failed = {"itemIdentifier": record["kinesis"]["sequenceNumber"]}
            return {"batchItemFailures": [failed]}


# %% [markdown]
# | The answer | counts as |
# |---|---|
# | an empty list, `null`, or no answer at all | success |
# | one or more numbers | done up to the **lowest** of them |
# | an empty or wrong identifier, another key, an exception | the whole batch failed |
#
# (AWS: Lambda guide, partial batch responses.) Without the setting in the mapping the answer is ignored: success.

# %%
make("course-03-report", "reporting.py")
mapping = read_with(
    "course-03-report",
    FunctionResponseTypes=["ReportBatchItemFailures"],
    BisectBatchOnFunctionError=True,
    MaximumRetryAttempts=1,
)
log = wait_for("course-03-report", lambda log: len(handled(log)) == 16)
stop(mapping)
invocation_timeline(log, numbers, "With partial batch responses")

# %% [markdown]
# Now the first five orders are done after one call, and nobody does them again. The rest is smaller, and halving finds the bad
# record sooner.
#
# But look: the damaged order is gone, and nobody was told.

# %%
question("03-consumers", "lowest-number")

# %% [markdown]
# ## Way out 3: give up, and tell a destination
#
# `DestinationConfig` names an **on-failure destination**. SQS and SNS are told **where** the batch is: shard, first and last
# sequence number. S3 gets the records, too (AWS: Lambda guide). With SQS, fetch the records before they expire.

# %%
sqs = boto3.client("sqs")
queue = sqs.create_queue(QueueName="course-03-failed")["QueueUrl"]
asked = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
failed = {"OnFailure": {"Destination": asked["Attributes"]["QueueArn"]}}

# %%
make("course-03-told", "reporting.py")
report = {"FunctionResponseTypes": ["ReportBatchItemFailures"], "MaximumRetryAttempts": 0}
mapping = read_with(
    "course-03-told", **report, BisectBatchOnFunctionError=True, DestinationConfig=failed
)

# %%
import json

log = wait_for("course-03-told", lambda log: len(handled(log)) == 16)
stop(mapping)
(message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
told = json.loads(message["Body"])
print(told["requestContext"]["condition"])
print(sorted(told["KinesisBatchInfo"]))

# %%
info = told["KinesisBatchInfo"]
number = {"StartingSequenceNumber": info["startSequenceNumber"]}
kind = "AT_SEQUENCE_NUMBER"
bad = read_shard(kinesis, SALE, info["shardId"], kind, **number)[: info["batchSize"]]
print([record["Data"].decode() for record in bad])


# %% [markdown]
# There it is. All three ways together are the usual setting: report, bisect, and give up after a few tries with a
# destination that somebody watches. A batch of one that is too large for an event (6 MB) goes straight to the destination,
# so have one always.

# %% [markdown]
# ## The settings of a mapping
#
# | Setting | Values (default) | What it does |
# |---|---|---|
# | `BatchSize` | 1 to 10,000 (100) | most records of a call |
# | `MaximumBatchingWindowInSeconds` | 0 to 300 (0) | wait so long for a fuller batch |
# | `ParallelizationFactor` | 1 to 10 (1) | batches of a shard at once; each **key** stays in order |
# | `MaximumRetryAttempts` | −1 to 10,000 (−1: until expiry) | tries after the first |
# | `MaximumRecordAgeInSeconds` | −1, or 60 to 604,800 (−1) | give up what is older |
# | `TumblingWindowInSeconds` | 0 to 900 (0) | state handed on within a window |
#
# (AWS: Lambda guide and API reference.)

# %% [markdown]
# A call comes when the batch is full, **or** the window is over, **or** 6 MB are reached, whichever is first. At most
# shards × ParallelizationFactor batches run at once: 100 shards with a factor of 2 make 200. Each call is synchronous.
#
# A **filter** (`FilterCriteria`, up to 5 patterns) looks at the data as JSON. What doesn't match is skipped for good and
# invokes nothing. Aggregated KPL records are handed over packed when Lambda polls: unpack them in the function (lesson 01).

# %% [markdown]
# ## Count a minute
#
# A function forgets. For a sum over a minute, a **tumbling window** hands its answer on: what you return as `state` comes
# back in the next call of the same window and shard. The last call of a window says `isFinalInvokeForWindow`.

# %%
# %%writefile counting.py
def handler(event, context):
    state = event["state"] or {"orders": 0}
    state["orders"] += len(event.get("Records", []))
    if event["isFinalInvokeForWindow"]:
        print("in this window:", state["orders"])
    return {"state": state}


# %%
make("course-03-count", "counting.py")
mapping = read_with("course-03-count", TumblingWindowInSeconds=60)


def finals(log):
    """The calls that closed a window."""
    return [entry for entry in log if entry["is_final"]]


# %%
_ = wait_for("course-03-count", lambda log: sum(entry["records"] for entry in log) == 16)
clock.advance(minutes=2)
log = wait_for("course-03-count", lambda log: len(finals(log)) >= 2)
stop(mapping)

# %%
for entry in sorted(finals(log), key=lambda entry: entry["shard"]):
    print(entry["shard"][-1], entry["printed"].strip())

# %% [markdown]
# Each shard has a window and a state of its own, at most 1 MB. Windows go by **arrival time**, not by a time in the event. An
# answer without `state` is a failure. When a shard ends by a split, its window is closed early, and its children begin anew.
# Retries and partial answers work as ever, so a count may be made twice: make it idempotent, too.

# %% [markdown]
# ## At least once
#
# Every way of reading delivers **at least once**. Repeats come from two sides:
#
# | Who repeats | When | What is the same |
# |---|---|---|
# | the consumer | a crash, a reshard, a batch that failed | shard, sequence number, sub-sequence number |
# | the producer | an answer got lost, and it sends again | only what the producer put **into** the event |
#
# So what names an event? Not the sequence number alone: it is unique within its shard, and all events of one KPL package
# share it. Shard, sequence number and sub-sequence number together name what a consumer repeats. An **id in the event**, given
# once by the producer, names both (AWS developer guide: duplicate records).

# %% [markdown]
# **Idempotent** work leaves the same when it is done twice. The simplest way is a conditional write: put the event under its
# name, if it is not there yet. Two orders come twice here. The first was sent again by its producer. The second was
# given again to the consumer, with its batch:

# %%
deliveries = [
    {"id": "o-1", "place": ("0", "4961", 0), "amount": 5},
    {"id": "o-2", "place": ("0", "4961", 1), "amount": 7},  # in the same package
    {"id": "o-1", "place": ("1", "5003", 0), "amount": 5},  # the producer sent it again
    {"id": "o-2", "place": ("0", "4961", 1), "amount": 7},  # the batch came again
]
names = {
    "nothing": lambda event: object(),
    "the sequence number": lambda event: event["place"][1],
    "the place": lambda event: event["place"],
    "the id": lambda event: event["id"],
}

# %%
for name, of in names.items():
    table = {}
    for event in deliveries:
        table.setdefault(of(event), event["amount"])  # put it, if it is not there
    print(f"by {name:20}", sum(table.values()), "of 12")

# %% [markdown]
# By the sequence number it is too little, by the place too much. Only the id is right. Remember ids as long as a
# repeat can come: at most the retention period.

# %%
question("03-consumers", "name-of-an-event")

# %% [markdown]
# ## Who reads how
#
# | Reader | How it reads | Good for |
# |---|---|---|
# | your own loop | `GetRecords` or fan-out | tools, one shard, learning |
# | KCL ([lesson 08](08-kcl.ipynb)) | fan-out by default, or polling; leases and checkpoints | a long-running application |
# | Lambda | once a second each shard, or fan-out | short work, no servers |
# | Amazon Data Firehose | once a second each shard, from the shared limits | delivery to S3 and others; no code |
# | Managed Service for Apache Flink | polling by default, or fan-out | joins, windows by event time, large state |
#
# (AWS: developer guides of each.)

# %% [markdown]
# > **Flink** keeps its own state exactly once, by its checkpoints. What it writes is exactly once only if the sink is
# > idempotent or transactional. **Firehose** is *near* real time: it fills a buffer first, and nobody can read from it again.

# %% [markdown]
# ## Tidy up
#
# The functions with their mappings, the queue and the streams go. The quotas are AWS's again, and no
# answers are made short.

# %%
import boto3

functions, sqs = boto3.client("lambda"), boto3.client("sqs")
for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
    if ":course-03-" in mapping["FunctionArn"]:
        functions.delete_event_source_mapping(UUID=mapping["UUID"])

for function in functions.list_functions()["Functions"]:
    if function["FunctionName"].startswith("course-03-"):
        functions.delete_function(FunctionName=function["FunctionName"])
        print("deleted", function["FunctionName"])

# %%
from lab.control import control

control().set("quotas", mode="aws")
control().set("faults", rules=[])
for url in sqs.list_queues(QueueNamePrefix="course-03-").get("QueueUrls", []):
    sqs.delete_queue(QueueUrl=url)

kinesis = boto3.client("kinesis")
for name in ("course-03-orders", "course-03-sale"):
    if name in kinesis.list_streams()["StreamNames"]:
        kinesis.delete_stream(StreamName=name, EnforceConsumerDeletion=True)
        print("deleted", name)

# %% [markdown]
# ## What study notes get wrong
#
# > - “**2 MB/s out**, classic or enhanced.” The number is the same, its meaning isn't: 2 MiB a second of a shard for *all*
# >   shared readers together, or for *each* fan-out consumer.
# > - “An **empty answer** means that the shard is read.” Go on until `MillisBehindLatest` is 0, or there is no next iterator.
# > - “Lambda **skips** a batch that fails.” By default it repeats the batch, and the shard waits, until the records expire.
# > - “The **dead-letter queue** holds the records.” SQS is told where they are. S3 gets them, too.
# > - “Kinesis delivers **exactly once**.” At least once. Your work makes the effect happen once.

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | Read a stream? | all shards, parents first, each from its place to its end or up to now |
# | Empty answer? | go on |
# | Several readers? | 5 calls and 2 MiB a second for all; once a second each |
# | Fan-out? | 2 MiB a second each, about 70 ms, paid by consumer, shard and hour |
# | A batch fails in Lambda? | the whole batch again, the shard waits |
# | Ways out? | bisect, report the first failure, give up with a destination |
# | Name of an event? | the producer's id; or shard, sequence number and sub-sequence number |

# %% [markdown]
# ## You can now …
#
# 1. **read** a stream across a split and a merge, and lose or repeat nothing (SAA-C03 3.5, DVA-C03 1.1.6, DEA-C01 1.1.1)
# 2. **choose** between shared reads and enhanced fan-out by calls, bytes, delay and cost (SAA-C03 3.5, DEA-C01 1.1.10)
# 3. **set** a Lambda event source mapping, and say what one bad record does to it (DVA-C03 1.2.2, DVA-C03 1.2.4, DEA-C01 1.4.2)
# 4. **count** in a window, and make the work idempotent (DVA-C03 1.1.8, DEA-C01 1.1.11, DEA-C01 1.1.12)
# 5. **name** who reads how: KCL, Lambda, Firehose, Flink (SAA-C03 2.1, DEA-C01 1.1.7, DEA-C01 3.1.8)
#
# **Where next:** do it yourself in the assignment, [03-consumers](../exercises/03-consumers/03-consumers.ipynb). Then
# lesson 04, [Retention](04-retention.ipynb).
