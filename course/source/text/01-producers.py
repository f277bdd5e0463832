# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Producers: how events get into a stream
#
# A shop wants to know what its visitors click. Every click is an event, and the program that puts events into a
# stream is a **producer**. It can send them one by one, in batches, or many packed into one record. It decides which
# events keep their order, and it is the one that loses them if it does not look at the answers. In this lesson you
# send the same clicks in three ways and compare.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **say** what a record is made of, and what decides its shard (DEA-C01 1.1.1)
# 2. **send** in batches within the limits, and send again only what failed (SAA-C03 3.5, DEA-C01 1.1.9)
# 3. **keep** the order of events that belong together (DEA-C01 1.1.1)
# 4. **pack** many events into one record and get them back (SAA-C03 3.5, DEA-C01 1.1.1)
# 5. **choose** a producer, and count its calls and payload units (SAA-C03 3.5, DEA-C01 1.1.1)
#
# **Minutes:** 40 · **Prerequisites:** lesson 00, [Welcome](00-welcome.ipynb)

# %% [markdown]
# ## Before you run anything: a guess
#
# The same 1,000 clicks, about 110 bytes each, go into a stream in two ways: one `put_record` for each click, or
# `put_records` with as many as it takes. Guess three numbers, and write them down:
#
# - how many calls does each way make?
# - how many times as fast is the second?
# - a stream of the provisioned kind bills what is written in **PUT payload units**. How many times as cheap is the
#   second there?
#
# One of the three answers surprises most people. A figure near the end gives all three.

# %%
import boto3

from lab import wait_until_active
from lab.rules import quotas

STREAM = "course-01-producers"
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName=STREAM, ShardCount=2)
wait_until_active(kinesis, STREAM)

# %% [markdown]
# (`ResourceInUseException`? An earlier run has left the stream behind. Run the cells under *Tidy up* near the
# end, then this one again.)
#
# Study notes may say that Kinesis is designed to *inject* data. The word is **ingest**: to take in.

# %% [markdown]
# ## What a record is made of
#
# A producer gives two things: the **data**, any bytes, and a **partition key**, a text of 1 to 256 characters. Kinesis
# never looks into the data. Here is one click, and what a consumer gets.

# %%
import json

click = {"session": "session-7", "page": "/shoes", "number": 1}
answer = kinesis.put_record(
    StreamName=STREAM, PartitionKey=click["session"], Data=json.dumps(click).encode()
)
print("answer:", sorted(answer.keys() - {"ResponseMetadata"}))


# %%
def read(stream, shard_id):
    """All records that are in a shard now."""
    place = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
    )
    return kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]


for name, value in read(STREAM, answer["ShardId"])[0].items():
    print(f"{name:29}{value}")

# %% [markdown]
# | Field | From whom | What it is |
# |---|---|---|
# | `Data` | producer | any bytes; also called the *data blob* |
# | `PartitionKey` | producer | says which records belong together; its hash selects the **shard** |
# | `SequenceNumber` | Kinesis | puts the records of a shard in order; with gaps |
# | `ApproximateArrivalTimestamp` | Kinesis | when it came in; neither exact nor always rising (API model: GetRecords) |
# | `EncryptionType` | Kinesis | `KMS` when the stream encrypts what it stores |
#
# Once written a record is **immutable**: no call changes or deletes a single one.

# %% [markdown]
# ## Two keys: the partition key and the explicit hash key
#
# The partition key does not name a shard, and nothing in Kinesis is called a partition. Its MD5 hash is a number of
# 128 bits, and the shard whose range of hash keys holds that number takes the record. Lesson 02 is about that.
#
# An **explicit hash key** names the number itself, and overrides the partition key's hash. That is how a producer aims
# at a shard, for instance to send a heartbeat down every one. Guess: which partition key will the consumers see?

# %%
shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
for shard in shards:
    answer = kinesis.put_record(
        StreamName=STREAM,
        PartitionKey="heartbeat",
        ExplicitHashKey=shard["HashKeyRange"]["StartingHashKey"],
        Data=b"still here",
    )
    stored = read(STREAM, answer["ShardId"])[-1]
    print("aimed at", shard["ShardId"][-2:], "- stored in", answer["ShardId"][-2:], end=", ")
    print("with partition key", stored["PartitionKey"])

# %% [markdown]
# The partition key is stored as it was given, and had no say in the shard. A producer that sends an explicit hash key
# must see for itself to the order of what belongs together.
#
# > **On real AWS** there is an exception to both: an on-demand stream with the **record distribution strategy** `AUTO`
# > ignores partition keys and explicit hash keys, and promises no order. The lab has no `AUTO`.

# %% [markdown]
# ## The same from the command line
#
# Most study notes show the AWS CLI. It calls the same API, with the same words in another spelling. `!` runs a
# command from a notebook; in a terminal of JupyterLab leave the `!` away.

# %%
# !aws kinesis put-record --stream-name course-01-producers --partition-key session-7 --data '{"page": "/hats"}'

# %%
# !aws kinesis list-shards --stream-name course-01-producers --query 'Shards[].[ShardId, HashKeyRange.StartingHashKey]' --output text

# %%
everything = [record for shard in shards for record in read(STREAM, shard["ShardId"])]
[record["Data"] for record in everything if b"hats" in record["Data"]]

# %% [markdown]
# boto3 and the CLI found the lab in the same place: the environment. On AWS they find **credentials** in the same way,
# and there they should be a **role's**, short-lived, never keys written into a program or a file of it.
#
# > **Classic exam value:** tutorials of 2014 use boto 2 and long-lived keys in `boto.cfg`. Both are obsolete.
# >
# > **On real AWS** you may have version 2 of the CLI, which takes `--data` as base64 unless you add
# > `--cli-binary-format raw-in-base64-out` (AWS CLI user guide, changes from version 1). Here is version 1.

# %% [markdown]
# ## One by one
#
# Now the clicks: 1,000 events of 25 sessions, drawn with a seed, so that yours are the same. A tenth of them goes
# into the stream one by one. That is enough to see, and 1,000 would take a while.

# %%
import random

pages = ["/", "/shoes", "/hats", "/cart", "/checkout"]
draw = random.Random(7)
clicks = []
for number in range(1, 1001):
    session = f"session-{draw.randrange(25)}"
    event = {"session": session, "number": number, "page": draw.choice(pages), "browser": "x" * 40}
    clicks.append({"PartitionKey": session, "Data": json.dumps(event).encode()})

# %%
from time import perf_counter

from lab.pictures import Sending, compare

started = perf_counter()
for click in clicks[:100]:
    kinesis.put_record(StreamName=STREAM, **click)
one_by_one = perf_counter() - started

# %% [markdown]
# Each click waited for the answer to the one before it: a hundred round trips. (On AWS the way there and back is
# longer than on your own machine.)

# %% [markdown]
# ## In batches
#
# `put_records` takes **1 to 500 records and at most 10 MiB in one call, partition keys included**; the keys may differ
# (AWS: Quotas and limits). Cutting by count is enough here: 500 clicks are about 60 KB. The assignment cuts by bytes
# as well.

# %%
started, calls = perf_counter(), 0
for start in range(0, len(clicks), quotas.PUT_RECORDS_MAX_RECORDS):
    batch = clicks[start : start + quotas.PUT_RECORDS_MAX_RECORDS]
    answer = kinesis.put_records(StreamName=STREAM, Records=batch)
    calls += 1
batched = perf_counter() - started

print(calls, "calls; failed in the last one:", answer["FailedRecordCount"])
print("faster for each click:", batched / 1000 < one_by_one / 100)

# %% [markdown]
# > **Classic exam value:** before October 2025 a call took 5 MiB; questions may still say 5 MB.

# %% [markdown]
# ## What it costs: PUT payload units
#
# A provisioned stream bills the hours of its shards, and beside them what is written, in **PUT payload units**: each
# record counts 1 for every 25 KB, rounded up, at least 1. The call plays no part. An on-demand stream bills by the GB
# instead, each record rounded up to 1 KB (AWS price page, us-east-1). The prices are in `lab.rules.prices`, each row
# with its source.

# %%
from lab.rules.prices import PAYLOAD_UNIT_KB, price


def payload_units(records):
    """PUT payload units of these records, a KB taken as 1,000 bytes."""
    return sum(-(-len(record["Data"]) // (PAYLOAD_UNIT_KB * 1000)) for record in records)


row = price("provisioned", "writes")
print(payload_units(clicks), "units for", len(clicks), "clicks")
print(f"${row.dollars} for each {row.unit}")

# %% [markdown]
# There is the surprise: batching saves **calls and time, and no payload unit**. A thousand records are a thousand
# units, in however many calls they come, and each click fills less than 1 % of its unit.
#
# How a 25 KB unit is counted to the byte, and whether the key counts, is not published; no example in this course
# comes near such an edge.

# %%
from grader import question

question("01-producers", "units")

# %% [markdown]
# ## A success that failed
#
# `put_records` has no all or nothing. Kinesis takes or refuses **each record by itself**, and the call succeeds, with
# status 200. Why would it refuse? The shard is over its rate (`ProvisionedThroughputExceededException`), or something
# went wrong inside (`InternalFailure`). On AWS you can't order a failure; the lab makes them on request, the same ones
# each time: here a fifth of the records, drawn with a seed.

# %%
from lab.control import control

switches = control()
switches.set("faults", rules=[{"operation": "kinesis.PutRecords", "entries": 0.2, "seed": 4}])

RETRY = "course-01-retry"
kinesis.create_stream(StreamName=RETRY, ShardCount=1)
wait_until_active(kinesis, RETRY)

answer = kinesis.put_records(StreamName=RETRY, Records=clicks[:100])
print("status", answer["ResponseMetadata"]["HTTPStatusCode"], "failed", answer["FailedRecordCount"])
{entry["ErrorCode"] for entry in answer["Records"] if "ErrorCode" in entry}

# %% [markdown]
# The answer's list is as long as yours and in the same order. An entry has a `SequenceNumber` and a `ShardId`, or else
# an `ErrorCode` and an `ErrorMessage`. boto3 repeats *calls* that fail; it does not look into a success. So it is your
# program that must send again what was refused.
#
# **First the wrong way:** something failed, so send the whole batch again, until nothing fails. Guess how many
# records the stream holds after it.

# %%
attempts = 0
while answer["FailedRecordCount"] and attempts < 5:
    answer = kinesis.put_records(StreamName=RETRY, Records=clicks[:100])
    attempts += 1

print("sent again", attempts, "times; still failing:", answer["FailedRecordCount"] > 0)
print("100 clicks,", len(read(RETRY, "shardId-000000000000")), "records in the stream")

# %% [markdown]
# Hundreds of copies, and it would go on for ever: among 100 records some fail nearly every time. **The right way**
# takes the refused ones out of the list, by their place, and sends only those. Each round is shorter.

# %%
pending, rounds = clicks[100:200], []
while pending:
    answer = kinesis.put_records(StreamName=RETRY, Records=pending)
    rounds.append(len(pending))
    pairs = zip(pending, answer["Records"], strict=True)
    pending = [record for record, entry in pairs if "ErrorCode" in entry]

print("records in each call:", rounds)

# %%
from collections import Counter

stored = Counter(record["Data"] for record in read(RETRY, "shardId-000000000000"))
print("copies of the first hundred:", sum(stored[click["Data"]] for click in clicks[:100]))
print("copies of the second hundred:", sum(stored[click["Data"]] for click in clicks[100:200]))

# %% [markdown]
# Nothing lost and nothing doubled. A producer for a busy stream also **waits** between the rounds, longer each time
# and a random while, since a shard that is over its rate needs time more than another call; lesson 06 is about that.
#
# One kind of double remains: a call whose **answer** got lost on the way. Nobody can tell whether it was stored, so it
# is sent again, and may be stored twice, with two sequence numbers. Give events a number of their own, as our clicks
# have, and let consumers drop what they have seen.

# %%
question("01-producers", "failed-entries")

# %% [markdown]
# ## Order
#
# Kinesis keeps the order **within a shard**, so events whose order counts must share a key. That is not enough when
# they are sent with `put_records`: one record's failure does not stop those behind it. Six steps of one player, one
# call, with failures on. Guess the order that a consumer sees.

# %%
ORDER = "course-01-order"
kinesis.create_stream(StreamName=ORDER, ShardCount=1)
wait_until_active(kinesis, ORDER)

switches.set("faults", rules=[{"operation": "kinesis.PutRecords", "entries": 0.2, "seed": 7}])
steps = [{"PartitionKey": "player-7", "Data": f"step {n}".encode()} for n in range(1, 7)]
pending = steps
while pending:
    answer = kinesis.put_records(StreamName=ORDER, Records=pending)
    pairs = zip(pending, answer["Records"], strict=True)
    pending = [record for record, entry in pairs if "ErrorCode" in entry]

# %%
from lab.pictures import journey

switches.set("faults", rules=[])
shard = "shardId-000000000000"
journey(steps, {shard: read(ORDER, shard)})

# %% [markdown]
# Nothing is lost, and the order is. AWS says so: **PutRecords guarantees no order**. For strict order send one record
# at a time with `put_record`, wait for its answer, and hand its sequence number to the next call as
# `SequenceNumberForOrdering`. For one client and one key that makes the numbers rise in the order of the calls; without
# it, the order is by arrival, and coarse (AWS: API model, PutRecord).

# %%
strict, numbers = {}, []
for step in steps:
    answer = kinesis.put_record(StreamName=ORDER, **step, **strict)
    strict = {"SequenceNumberForOrdering": answer["SequenceNumber"]}
    numbers.append(int(answer["SequenceNumber"]))

print("strictly rising:", numbers == sorted(set(numbers)))
[record["Data"].decode() for record in read(ORDER, shard)[-6:]]

# %% [markdown]
# | You need | Do |
# |---|---|
# | speed; consumers sort by a number in the event, or don't care | `put_records` |
# | one key's order, always | `put_record` one after the other, with `SequenceNumberForOrdering` |
# | order across keys | there is none across shards: use one key, or number the events |

# %%
question("01-producers", "order")

# %% [markdown]
# ## How large may a record be?
#
# Data and partition key together: **1 MiB by default**. Since October 2025 a stream can be set to up to 10 MiB, by
# `MaxRecordSizeInKiB`, 1,024 to 10,240 (AWS: API model). Try one that is too large, then raise the limit.

# %%
from botocore.exceptions import ClientError

photo = b"\xff" * 1_200_000
try:
    kinesis.put_record(StreamName=STREAM, PartitionKey="photo-1", Data=photo)
except ClientError as error:
    print("refused:", error.response["Error"]["Message"].partition(";")[0])

# %%
about = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
kinesis.update_max_record_size(StreamARN=about["StreamARN"], MaxRecordSizeInKiB=2048)
wait_until_active(kinesis, STREAM)

answer = kinesis.put_record(StreamName=STREAM, PartitionKey="photo-1", Data=photo)
print("stored:", "SequenceNumber" in answer)

# %% [markdown]
# Large records are for now and then: a shard still takes 1 MiB a second, it only lets one of them in and makes up for
# it afterwards. AWS advises to keep them under 2 % of the traffic, with keys well spread (AWS: Handle large records).
# What is large as a rule belongs in **S3**, and the stream carries a **reference** to it:

# %%
s3 = boto3.client("s3")
account = boto3.client("sts").get_caller_identity()["Account"]
bucket = f"course-01-photos-{account}"
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="photo-1.jpg", Body=photo)

reference = json.dumps({"bucket": bucket, "key": "photo-1.jpg", "bytes": len(photo)}).encode()
kinesis.put_record(StreamName=STREAM, PartitionKey="photo-1", Data=reference)
print(len(photo), "bytes in S3,", len(reference), "bytes in the stream")

# %% [markdown]
# > **Classic exam value:** a record holds at most 1 MB. Choose that, and S3 with a reference for anything larger,
# > unless the question mentions the setting.

# %% [markdown]
# ## Many events in one record: aggregation
#
# A click of 110 bytes uses up a whole record: 1 of the shard's 1,000 a second, and 1 payload unit. The **Kinesis
# Producer Library** (KPL) packs many *user records* into one Kinesis record, which it calls **aggregation**; filling a
# `put_records` call with many Kinesis records it calls **collection**. The KPL is for Java, and since 2026-01-30 only
# its version 1.x is supported. Its format is public, and the package `aws_kinesis_agg` writes it in Python.

# %%
from aws_kinesis_agg.aggregator import RecordAggregator

packer = RecordAggregator()
for event in steps[:3]:
    packer.add_user_record(event["PartitionKey"], event["Data"])
packer.add_user_record("player-8", b"joins")

partition_key, explicit_hash_key, data = packer.clear_and_get().get_contents()
print(partition_key, len(data), "bytes")

# %% [markdown]
# Look at the bytes. A **magic number**, F3 89 9A C2, says that this is an aggregated record. Then comes a protobuf
# message: a table of partition keys, each only once, and the events, which name their key by its place in the table.
# The **MD5** of the message ends it, 16 bytes.

# %%
from lab.pictures import byte_table

byte_table(data)

# %% [markdown]
# Check the two marks yourself, as a reader of the format must:

# %%
import hashlib

print(data[:4].hex(" "), "  MD5 fits:", hashlib.md5(data[4:-16]).digest() == data[-16:])

# %% [markdown]
# A record has **one** partition key on the outside, that of its first event, and goes to that key's shard with all that
# it holds. So pack together only what belongs on the same shard, or an event's place no longer follows from its own
# key: one packer for each shard. Each record here is kept under 20,000 bytes, so it is one payload unit; the KPL's own
# default is 51,200 bytes.

# %%
from lab.rules.hash_space import shard_for

PACKED = "course-01-packed"
kinesis.create_stream(StreamName=PACKED, ShardCount=2)
wait_until_active(kinesis, PACKED)
shards = kinesis.list_shards(StreamName=PACKED)["Shards"]
packers = {shard["ShardId"]: RecordAggregator(max_size=20_000) for shard in shards}

# %%
started, full = perf_counter(), []
for click in clicks:
    packer = packers[shard_for(click["PartitionKey"], shards)]
    full.append(packer.add_user_record(click["PartitionKey"], click["Data"]))
full += [packer.clear_and_get() for packer in packers.values()]

contents = [record.get_contents() for record in full if record]
packed = [{"PartitionKey": key, "Data": data} for key, _, data in contents]
answer = kinesis.put_records(StreamName=PACKED, Records=packed)
aggregated = perf_counter() - started
print(len(clicks), "clicks in", len(packed), "records; failed:", answer["FailedRecordCount"])

# %% [markdown]
# ## … and back again
#
# A consumer that calls `get_records` sees the packages, not the clicks. KCL and Firehose unpack them by
# themselves; a consumer of your own, or a Lambda function, needs a library (AWS: developer guide). Here is what a
# program that forgets it reads, and what it should have read.

# %%
from aws_kinesis_agg.deaggregator import iter_deaggregate_records

arrived = [record for shard in shards for record in read(PACKED, shard["ShardId"])]
clicks_read = list(iter_deaggregate_records(arrived, data_format="Boto3"))
print("without unpacking:", len(arrived), "   unpacked:", len(clicks_read))

first = clicks_read[0]["kinesis"]
print(sorted(first))

# %% [markdown]
# Unpacked events of one package share its sequence number; a **sub-sequence number** tells them apart. (This library
# hands the data on in base64, as Lambda gets it.) Are all clicks there, each once?

# %%
import base64

unpacked = sorted(base64.b64decode(one["kinesis"]["data"]) for one in clicks_read)
print("all clicks, each once:", unpacked == sorted(click["Data"] for click in clicks))

# %% [markdown]
# Now all three ways, for each 1,000 clicks; a line of the scale is ten times the one below. Compare with your guesses.

# %%
units = payload_units(clicks[:100]), payload_units(clicks), payload_units(packed)
compare(
    [
        Sending("PutRecord", 100, 100, units[0], one_by_one),
        Sending("PutRecords", 1000, calls, units[1], batched),
        Sending("PutRecords + aggregation", 1000, 1, units[2], aggregated),
    ]
)

# %% [markdown]
# Batching brought down the calls and the time. Only aggregation brought down the payload units, and with them the use of
# the 1,000 records a second. It does nothing for 1 MiB a second: the bytes are still there.
#
# The price of aggregation: a click waits until its package is full or old enough (the KPL waits 100 ms by default), a
# lost package loses them all, and every consumer must unpack. So it is not for a producer that can't wait.

# %%
question("01-producers", "packed")

# %% [markdown]
# ## Which producer when
#
# | Producer | Take it when | Mind |
# |---|---|---|
# | **SDK** (boto3), `put_record` | strict order, few events, latency counts | one round trip an event |
# | **SDK**, `put_records` | many events, any language | resend what failed, yourself; no order |
# | **KPL** 1.x | very many small events from Java | waits to fill packages; consumers unpack |
# | **Kinesis Agent** | log files on Linux servers, no program to write | tails files, sends on; Java |
# | **AWS CLI** | trying things out, scripts | a new process for each call |

# %% [markdown]
# The Agent is set up by a file. This one follows a web server's log and sends each line, in batches of up to 500, at
# the latest after 60,000 ms, its default. `RANDOM` partition keys, also the default, spread the load and give up the
# order.

# %%
agent = {
    "kinesis.endpoint": "kinesis.eu-central-1.amazonaws.com",
    "flows": [
        {
            "filePattern": "/var/log/nginx/access.log*",
            "kinesisStream": "clicks",
            "partitionKeyOption": "RANDOM",
            "maxBufferAgeMillis": 60_000,
        }
    ],
}
print(json.dumps(agent, indent=1))

# %% [markdown]
# Its default endpoints are those of us-east-1, so elsewhere the endpoint must be named. The Agent is a program for
# servers of your own, and does not run in this lab.

# %%
question("01-producers", "which-producer")

# %% [markdown]
# ## Tidy up
#
# Streams cost money by the hour of each shard. Delete what this lesson made, and let the lab make no more failures.

# %%
patience = {"Delay": 1, "MaxAttempts": 60}
for name in kinesis.list_streams()["StreamNames"]:
    if name.startswith("course-01-"):
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)
        print("deleted", name)

# %%
from lab.control import control

control().set("faults", rules=[])
s3 = boto3.client("s3")
for name in s3.list_buckets(Prefix="course-01-")["Buckets"]:
    s3.delete_object(Bucket=name["Name"], Key="photo-1.jpg")
    s3.delete_bucket(Bucket=name["Name"])

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | Which shard? | by the MD5 of the partition key, or by the explicit hash key if there is one |
# | How much in a call? | `put_records`: 500 records and 10 MiB, keys included |
# | How large a record? | 1 MiB with its key; up to 10 MiB if the stream is set to it; else S3 and a reference |
# | Some failed? | status 200 all the same: `FailedRecordCount`; send again those with an `ErrorCode` |
# | Order? | same key, `put_record` one by one, `SequenceNumberForOrdering`; never `put_records` |
# | Payload units? | 1 for each 25 KB of a record, rounded up; only aggregation lowers them |
# | Aggregated? | F3 89 9A C2, protobuf, MD5; KCL and Firehose unpack, others need a library |

# %% [markdown]
# ## You can now …
#
# 1. **say** what a record is made of, and what decides its shard (DEA-C01 1.1.1)
# 2. **send** in batches within the limits, and send again only what failed (SAA-C03 3.5, DEA-C01 1.1.9)
# 3. **keep** the order of events that belong together (DEA-C01 1.1.1)
# 4. **pack** many events into one record and get them back (SAA-C03 3.5, DEA-C01 1.1.1)
# 5. **choose** a producer, and count its calls and payload units (SAA-C03 3.5, DEA-C01 1.1.1)
#
# **Where next:** do it yourself in the assignment, [01-producers](../exercises/01-producers/01-producers.ipynb). Then
# lesson 02, [Shards](02-shards.ipynb).
