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
# A shop wants to know what its visitors click. Every click is an event. The program that puts events into a stream is a
# **producer**. It can send them one by one, in batches, or many packed into one record. The producer decides which events
# keep their order. It also loses events if it doesn't look at the answers. In this lesson you send the same clicks in
# three ways and compare.
#
# The outputs are here already, so that you can compare yours with them. If you want to guess honestly, clear them
# first: *Edit > Clear Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **say** what a record is made of, and what decides its shard (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 2. **send** in batches within the limits, and send again only what failed (SAA-C03 3.5, DVA-C03 1.1.3, DEA-C01 1.1.9)
# 3. **keep** the order of events that belong together (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 4. **pack** many events into one record without losing any, and get them back (DVA-C03 1.1.7, DEA-C01 1.1.9)
# 5. **choose** a producer, and count its calls and payload units (SAA-C03 3.5, DEA-C01 1.1.1)
#
# **Minutes:** 60 · **Prerequisites:** lesson 00, [Welcome](00-welcome.ipynb) · **A break:** half-way
#
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# The same 1,000 clicks go into a stream in two ways. Each click has about 110 bytes. The first way is one `put_record` for
# each click. The second way is `put_records` with as many clicks as it takes. Guess three numbers, and write them down:
#
# - How many calls does each way make?
# - How many times as fast is the second way?
# - A provisioned stream bills what is written in **PUT payload units**. How many times as cheap is the second way there?
#
# One of the three answers surprises most people. A picture further down gives all three.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("01-producers")

# %%
import boto3

from lab import wait_until_active
from lab.rules import quotas

STREAM = "course-01-producers"
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName=STREAM, ShardCount=2)
wait_until_active(kinesis, STREAM)

# %% [markdown]
# ## What a record is made of
#
# A producer gives two things. The **data** is any bytes, and Kinesis never looks into them. The **partition key** is a text
# of 1 to 256 characters. Here is one click, and what a consumer gets.

# %%
import json

click = {"session": "session-7", "page": "/shoes", "number": 1}
answer = kinesis.put_record(
    StreamName=STREAM, PartitionKey=click["session"], Data=json.dumps(click).encode()
)
print("answer:", sorted(answer.keys() - {"ResponseMetadata"}))


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


# %%
for name, value in read_shard(kinesis, STREAM, answer["ShardId"])[0].items():
    print(f"{name:29}{value}")

# %% [markdown]
# | Field | From whom | What it is |
# |---|---|---|
# | `Data` | producer | any bytes; also called the *data blob* |
# | `PartitionKey` | producer | says which records belong together; its hash selects the **shard** |
# | `SequenceNumber` | Kinesis | puts the records of a shard in order; has gaps |
# | `ApproximateArrivalTimestamp` | Kinesis | when the record came in; neither exact nor always rising (API model: GetRecords) |
# | `EncryptionType` | Kinesis | `KMS` when the stream encrypts what it stores |
#
# A record is **immutable**. No call changes or deletes a single one.

# %% [markdown]
# ## Two keys: the partition key and the explicit hash key
#
# The MD5 hash of the partition key is a number of 128 bits. Each shard has a range of these numbers, its *hash keys*. The
# shard whose range holds the number takes the record. Lesson 02 is about that.
#
# An **explicit hash key** gives the number itself. It overrides the hash of the partition key. In this way a producer can
# aim at one shard, for instance to send a heartbeat into every shard. Guess: which partition key will the consumers see?

# %%
shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
for shard in shards:
    answer = kinesis.put_record(
        StreamName=STREAM,
        PartitionKey="heartbeat",
        ExplicitHashKey=shard["HashKeyRange"]["StartingHashKey"],
        Data=b"still here",
    )
    stored = read_shard(kinesis, STREAM, answer["ShardId"])[-1]
    print("aimed at", shard["ShardId"][-2:], "- stored in", answer["ShardId"][-2:], end=", ")
    print("with partition key", stored["PartitionKey"])

# %% [markdown]
# The partition key is stored unchanged, but it did not choose the shard. Such a producer must keep the order itself: it
# must send what belongs together to the same shard.
#
# > **On real AWS** there is an exception to both keys. An on-demand stream with the record distribution `AUTO` ignores
# > partition keys and explicit hash keys, and promises no order. The lab has no `AUTO`.

# %% [markdown]
# ## The same from the command line
#
# The AWS CLI calls the same API, with the same words in another spelling. `!` runs a command from a notebook. In a
# terminal of JupyterLab leave the `!` away.

# %%
# !aws kinesis put-record --stream-name course-01-producers --partition-key session-7 --data '{"page": "/hats"}'

# %%
# !aws kinesis list-shards --stream-name course-01-producers --query 'Shards[].[ShardId, HashKeyRange.StartingHashKey]' --output text

# %%
everything = []
for shard in shards:
    everything += read_shard(kinesis, STREAM, shard["ShardId"])
[record["Data"] for record in everything if b"hats" in record["Data"]]

# %% [markdown]
# boto3 and the CLI found the lab in the same place: the environment. On AWS they find **credentials** there in the same
# way. Let these be the short-lived ones of a **role**. Never write keys into a program or into one of its files.
#
# > **On real AWS** use version 2 of the CLI. It takes `--data` as base64, unless you add
# > `--cli-binary-format raw-in-base64-out` (AWS CLI user guide, changes from version 1). The lab has version 1, since only
# > that one comes as a Python package. Version 1 gets no new features since August 2026, and its support ends in July 2027.

# %% [markdown]
# ## One by one
#
# Now the clicks: 1,000 events of 25 sessions, drawn with a seed, so that yours are the same. A tenth of them goes into the
# stream one by one. That is enough to see the difference, and 1,000 would take a while.

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
# Each click waited for the answer to the one before it. That is a hundred round trips. On AWS a round trip takes longer
# than on your own machine.

# %% [markdown]
# ## In batches
#
# One call of `put_records` takes **1 to 500 records and at most 10 MiB**, partition keys included. The keys may differ (AWS:
# Quotas and limits). Here it is enough to count, since 500 clicks are about 60 KB. The assignment looks at the bytes, too.

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
# > **Classic exam value:** before October 2025 a call took 5 MiB. Questions may still say 5 MB.

# %% [markdown]
# ## What it costs: PUT payload units
#
# A provisioned stream bills the hours of its shards. It also bills what is written, in **PUT payload units**. Each record
# counts 1 unit for every 25 KB, rounded up, and at least 1. How many calls you make doesn't matter.
#
# An on-demand stream bills by the GB instead, and rounds each record up to 1 KB (AWS price page, us-east-1). So small
# records are dear there, too. The prices are in `lab.rules.prices`, each row with its source.

# %%
from lab.rules.prices import PAYLOAD_UNIT_KB, price


def payload_units(records):
    """PUT payload units of these records, a KB taken as 1,000 bytes."""
    return sum(-(-len(record["Data"]) // (PAYLOAD_UNIT_KB * 1000)) for record in records)


row = price("provisioned", "writes")
print(payload_units(clicks), "units for", len(clicks), "clicks")
print(f"${row.dollars} for each {row.unit}")

# %% [markdown]
# There is the surprise. Batching saves **calls and time, but not one payload unit**. A thousand records are a thousand
# units, whatever the number of calls. Each click fills less than 1 % of its unit.
#
# AWS doesn't publish how a unit is counted to the byte, nor whether the key counts. No example in this course comes near
# such an edge.

# %%
from grader import question

question("01-producers", "units")

# %% [markdown]
# ## Many events in one record: aggregation
#
# A click uses up a whole record: 1 of the shard's 1,000 a second, and 1 payload unit. **Aggregation** packs many *user
# records* into one Kinesis record. The **Kinesis Producer Library** (KPL) does that for Java programs. It also fills a
# `put_records` call with many Kinesis records, which it calls **collection**.
#
# The KPL's format is public, and the Python package `aws_kinesis_agg` writes it, too. Here are four events of two players.

# %%
from aws_kinesis_agg.aggregator import RecordAggregator

packer = RecordAggregator()
for player, event in [(7, b"joins"), (7, b"jumps"), (9, b"joins"), (7, b"leaves")]:
    packer.add_user_record(f"player-{player}", event)

partition_key, explicit_hash_key, data = packer.clear_and_get().get_contents()
print(partition_key, len(data), "bytes")

# %% [markdown]
# Look at the bytes. They begin with a **magic number**, F3 89 9A C2. It says that this is an aggregated record. Then comes a
# protobuf message. It has a table of partition keys, each only once, and the events. An event names its key by the place
# in the table. At the end stands the **MD5** of the message, 16 bytes.

# %%
from lab.pictures import byte_table

byte_table(data)

# %% [markdown]
# Check the two marks yourself, as a reader of the format must:

# %%
import hashlib

print(data[:4].hex(" "), "  MD5 fits:", hashlib.md5(data[4:-16]).digest() == data[-16:])

# %% [markdown]
# ## Pack only what belongs to one shard
#
# The package travels as one record, so it lands on **one** shard. This Python package writes the first event's key on the
# outside. The KPL writes the constant key `a` and gives the first event's hash as explicit hash key.
#
# A reader with the **Kinesis Client Library** (KCL) checks the package. It takes the hash of each event's own key. If one
# of them lies outside the shard's range, **KCL drops the whole package without a word** (source of KCL,
# `AggregatorUtil`). We pack two players who belong to different shards, and do KCL's check by hand. Guess the result.

# %%
from lab.rules.hash_space import hash_key, range_of, shard_for

PACKED = "course-01-packed"
kinesis.create_stream(StreamName=PACKED, ShardCount=2)
wait_until_active(kinesis, PACKED)
shards = kinesis.list_shards(StreamName=PACKED)["Shards"]


def kept_by_kcl(keys, shard):
    """KCL's rule: the keys of a package whose events it hands on, all of them or none."""
    return keys if all(hash_key(key) in range_of(shard) for key in keys) else []


# %%
for keys in (["player-7", "player-7", "player-8"], ["player-7", "player-7", "player-9"]):
    packer = RecordAggregator()
    for key in keys:
        packer.add_user_record(key, b"jumps")
    key, _, data = packer.clear_and_get().get_contents()
    stored = kinesis.put_record(StreamName=PACKED, PartitionKey=key, Data=data)
    shard = next(one for one in shards if one["ShardId"] == stored["ShardId"])
    print("packed", keys, "- KCL hands on", len(kept_by_kcl(keys, shard)), "of", len(keys))

# %% [markdown]
# The put succeeded both times, and nobody will report the loss. `player-8` belongs to the other shard, so the events of
# `player-7` are lost with it. The cure is simple: **one packer for each shard**. `shard_for` finds the shard of a key.
#
# The KPL does that by itself. It even notices when a reshard has moved a key, and sends those events again. A package of
# your own has no such net, so read the stream's shards again after a reshard.

# %% [markdown]
# Now the clicks. We keep each package under 20,000 bytes, so it is one payload unit. The KPL's own default is 51,200 bytes.

# %%
PACKED_CLICKS = "course-01-packed-clicks"
kinesis.create_stream(StreamName=PACKED_CLICKS, ShardCount=2)
wait_until_active(kinesis, PACKED_CLICKS)
shards = kinesis.list_shards(StreamName=PACKED_CLICKS)["Shards"]
packers = {shard["ShardId"]: RecordAggregator(max_size=20_000) for shard in shards}

# %%
started, full = perf_counter(), []
for click in clicks:
    packer = packers[shard_for(click["PartitionKey"], shards)]
    full.append(packer.add_user_record(click["PartitionKey"], click["Data"]))
full += [packer.clear_and_get() for packer in packers.values()]

contents = [record.get_contents() for record in full if record]
packed = [{"PartitionKey": key, "Data": data} for key, _, data in contents]
answer = kinesis.put_records(StreamName=PACKED_CLICKS, Records=packed)
aggregated = perf_counter() - started
print(len(clicks), "clicks in", len(packed), "records; failed:", answer["FailedRecordCount"])

# %%
question("01-producers", "mixed-package")

# %% [markdown]
# ## … and back again
#
# A consumer that calls `get_records` sees the packages, not the clicks. KCL and Firehose unpack them by themselves. Your
# own consumer needs a library, and so does a Lambda function with shared reads (AWS: Lambda and developer guides). Here is
# what a program reads that forgets it, and what it should have read.

# %%
from aws_kinesis_agg.deaggregator import iter_deaggregate_records

arrived = []
for shard in shards:
    arrived += read_shard(kinesis, PACKED_CLICKS, shard["ShardId"])
clicks_read = list(iter_deaggregate_records(arrived, data_format="Boto3"))
print("without unpacking:", len(arrived), "   unpacked:", len(clicks_read))

first = clicks_read[0]["kinesis"]
print(sorted(first))

# %% [markdown]
# All events of one package have the same sequence number. A **sub-sequence number** tells them apart. So a sequence number
# alone does not name an event. Take shard id, sequence number and sub-sequence number together. Better still, give each
# event an id of its own.
#
# (This library hands the data on in base64, as Lambda gets it.) Are all clicks there, each once?

# %%
import base64

unpacked = sorted(base64.b64decode(one["kinesis"]["data"]) for one in clicks_read)
print("all clicks, each once:", unpacked == sorted(click["Data"] for click in clicks))

# %% [markdown]
# Now all three ways, for each 1,000 clicks. The axes are logarithmic: each line is ten times the one below. Compare with
# your guesses.

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
# the 1,000 records a second. It does not help against the limit of 1 MiB a second: the bytes are still there.
#
# Aggregation has a price. A click waits until its package is full or old enough (the KPL waits 100 ms by default). A lost
# package loses all its events. Every consumer must unpack. So it is not for a producer that can't wait.

# %%
question("01-producers", "packed")

# %% [markdown]
# ## A good place for a break
#
# The first half is done. You can stop here and come back another day. The second half has streams of its own, and its
# first cell makes all that it needs, in a new kernel, too.

# %% [markdown]
# ## A success that failed
#
# `put_records` has no all or nothing. Kinesis takes or refuses **each record by itself**, and the call succeeds with status
# 200. It has two reasons to refuse one. The shard is over its rate (`ProvisionedThroughputExceededException`), or something
# went wrong inside (`InternalFailure`).
#
# On AWS you can't order a failure. The lab makes failures on request, the same ones each time. Here it refuses about a
# fifth of the records, drawn with a seed.

# %%
import boto3

from lab import wait_until_active
from lab.control import control

kinesis = boto3.client("kinesis")
RETRY = "course-01-retry"
kinesis.create_stream(StreamName=RETRY, ShardCount=1)
wait_until_active(kinesis, RETRY)

# %%
orders = [{"PartitionKey": "shop", "Data": f"order {n}".encode()} for n in range(200)]
faults = {"operation": "kinesis.PutRecords", "entries": 0.2}
_ = control().set("faults", rules=[{**faults, "seed": 4}])


# %%
def read(stream):
    """All records that are in the only shard of a stream."""
    return read_shard(kinesis, stream, "shardId-000000000000")


# %%
answer = kinesis.put_records(StreamName=RETRY, Records=orders[:100])
print("status", answer["ResponseMetadata"]["HTTPStatusCode"], "failed", answer["FailedRecordCount"])
{entry["ErrorCode"] for entry in answer["Records"] if "ErrorCode" in entry}

# %% [markdown]
# The answer's list is as long as yours and in the same order. An entry has either a `SequenceNumber` and a `ShardId`, or an
# `ErrorCode` and an `ErrorMessage`. boto3 repeats *calls* that fail. It does not look into a success. So your program must
# send again what was refused.
#
# **First the wrong way:** something failed, so send the whole batch again, until nothing fails. Guess how many records the
# stream holds after it.

# %%
attempts = 0
while answer["FailedRecordCount"] and attempts < 5:
    answer = kinesis.put_records(StreamName=RETRY, Records=orders[:100])
    attempts += 1

print("sent again", attempts, "times; still failing:", answer["FailedRecordCount"] > 0)
print("100 orders,", len(read(RETRY)), "records in the stream")

# %% [markdown]
# There are hundreds of copies, and it would go on for ever: among 100 records some fail nearly every time.
#
# **The right way** takes the refused records out of the list, by their place, and sends only those. Here is the whole loop
# in two functions. The first makes one call. If the whole call fails, nothing of it is known to be stored, so all records
# stay on the list. An error that another try can't cure is raised.

# %%
import random

from botocore.exceptions import ClientError

from lab.load import pause

TRY_AGAIN = {"ProvisionedThroughputExceededException", "InternalFailure", "KMSThrottlingException"}


# %%
def refused(stream, records):
    """Send RECORDS in one call; those that it did not store."""
    try:
        entries = kinesis.put_records(StreamName=stream, Records=records)["Records"]
    except ClientError as error:
        if error.response["Error"]["Code"] in TRY_AGAIN:
            return records
        raise
    return [record for record, entry in zip(records, entries, strict=True) if "ErrorCode" in entry]


# %% [markdown]
# The second function repeats it. It **waits** before each further call, longer each time and a random while, since a busy
# shard needs time. And it **ends**: after so many calls it gives back what is left.

# %%
def deliver(stream, records, most_calls=8):
    """Store RECORDS, each once. How many each call sent, and what is left in the end."""
    sizes = []
    while records and len(sizes) < most_calls:
        pause(random.uniform(0, 0.05 * 2 ** len(sizes)) if sizes else 0)
        sizes.append(len(records))
        records = refused(stream, records)
    return sizes, records


# %%
from collections import Counter

sizes, left = deliver(RETRY, orders[100:])
print("records in each call:", sizes, "left over:", len(left))

stored = Counter(record["Data"] for record in read(RETRY))
print("copies of the first hundred:", sum(stored[order["Data"]] for order in orders[:100]))
print("copies of the second hundred:", sum(stored[order["Data"]] for order in orders[100:]))

# %% [markdown]
# Nothing is lost and nothing is doubled. If something were left over, the program would have to keep it: in a file, in a
# queue, with an alarm. Never let it fall on the floor. Lesson 06 is about how long to wait.
#
# One kind of double remains: the **answer** of a call gets lost on the way. Nobody can tell whether its records were
# stored. So they are sent again, and may be stored twice, under two sequence numbers. Give each event a number of its own,
# as our orders have. Then consumers can drop what they have seen.

# %%
question("01-producers", "failed-entries")

# %% [markdown]
# ## Order
#
# Kinesis keeps the order **within a shard**, so events whose order counts must share a key. With `put_records` that is not
# enough: a refused record does not stop those behind it. Here are six steps of one player in one call, with failures on.
# Guess the order that a consumer sees.

# %%
ORDER = "course-01-order"
kinesis.create_stream(StreamName=ORDER, ShardCount=1)
wait_until_active(kinesis, ORDER)

control().set("faults", rules=[{**faults, "seed": 7}])
steps = [{"PartitionKey": "player-7", "Data": f"step {n}".encode()} for n in range(1, 7)]
print("records in each call:", deliver(ORDER, steps)[0])

# %%
from lab.pictures import journey

control().set("faults", rules=[])
journey(steps, {"shardId-000000000000": read(ORDER)})

# %% [markdown]
# No record is lost. Their order is. AWS says so: **PutRecords guarantees no order**.
#
# For strict order send one record at a time with `put_record`, and wait for its answer. Give its sequence number to the
# next call as `SequenceNumberForOrdering`. For one client and one key the numbers then rise in the order of the calls.
# Without it the order is by arrival, and coarse (AWS: API model, PutRecord).

# %%
strict, numbers = {}, []
for step in steps:
    answer = kinesis.put_record(StreamName=ORDER, **step, **strict)
    strict = {"SequenceNumberForOrdering": answer["SequenceNumber"]}
    numbers.append(int(answer["SequenceNumber"]))

print("strictly rising:", numbers == sorted(set(numbers)))
[record["Data"].decode() for record in read(ORDER)[-6:]]

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
# Data and partition key together have **1 MiB by default**. Since October 2025 you can set a stream to up to 10 MiB: with
# `MaxRecordSizeInKiB`, from 1,024 to 10,240 KiB (AWS: API model). The bytes count **before base64**. Base64 makes them a
# third longer, but only on the wire. Try a record that is too large, then raise the limit.

# %%
LARGE = "course-01-large"
kinesis.create_stream(StreamName=LARGE, ShardCount=1)
wait_until_active(kinesis, LARGE)

photo = b"\xff" * 1_200_000
try:
    kinesis.put_record(StreamName=LARGE, PartitionKey="photo-1", Data=photo)
except ClientError as error:
    print("refused:", error.response["Error"]["Message"].partition(";")[0])

# %%
about = kinesis.describe_stream_summary(StreamName=LARGE)["StreamDescriptionSummary"]
kinesis.update_max_record_size(StreamARN=about["StreamARN"], MaxRecordSizeInKiB=2048)
wait_until_active(kinesis, LARGE)

answer = kinesis.put_record(StreamName=LARGE, PartitionKey="photo-1", Data=photo)
print("stored:", "SequenceNumber" in answer)

# %% [markdown]
# Use large records rarely. A shard still takes 1 MiB a second on average. It accepts one large record, and then refuses
# others until it has made up for it. AWS advises to keep large records under 2 % of the traffic, with keys well spread
# (AWS: Handle large records). What is often large belongs in **S3**, and the stream carries a **reference** to it:

# %%
import json

s3 = boto3.client("s3")
account = boto3.client("sts").get_caller_identity()["Account"]
bucket = f"course-01-photos-{account}"
s3.create_bucket(Bucket=bucket)
s3.put_object(Bucket=bucket, Key="photo-1.jpg", Body=photo)

reference = json.dumps({"bucket": bucket, "key": "photo-1.jpg", "bytes": len(photo)}).encode()
kinesis.put_record(StreamName=LARGE, PartitionKey="photo-1", Data=reference)
print(len(photo), "bytes in S3,", len(reference), "bytes in the stream")

# %% [markdown]
# > **Classic exam value:** a record holds at most 1 MB. Choose that, and S3 with a reference for anything larger, unless
# > the question mentions the setting.

# %% [markdown]
# ## Which producer when
#
# | Producer | Take it when | Mind |
# |---|---|---|
# | **SDK** (boto3), `put_record` | strict order, few events, latency counts | one round trip for each event |
# | **SDK**, `put_records` | many events, any language | you resend what failed; no order |
# | **KPL** 1.x | very many small events from Java | waits to fill packages; gives an event up after 30 seconds |
# | **Kinesis Agent** | log files on Linux servers, no program to write | tails files and sends them on; Java |
# | **AWS CLI** | trying things out, scripts | a new process for each call |
# | an AWS service's own target | the data is in AWS already (IoT rules, CloudWatch Logs) | nothing to run |

# %% [markdown]
# The KPL is for Java, and since 2026-01-30 AWS supports only its version 1.x. It retries for you. But an event that it
# can't send within 30 seconds **fails** by default. The program must look at that failure and act.
#
# The Agent is set up by a file. This one follows a web server's log. It sends each line in batches of up to 500, at the
# latest after 60,000 ms, which is its default. `RANDOM` partition keys, also the default, spread the load and give up the
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
# Its default endpoints are those of us-east-1. In another Region you must name the endpoint. The Agent is a program for
# servers of your own, and does not run in this lab.

# %%
question("01-producers", "which-producer")

# %% [markdown]
# ## Tidy up
#
# Streams cost money by the hour of each shard. Delete what this lesson made, and let the lab make no more failures.

# %%
import boto3

kinesis = boto3.client("kinesis")
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
# | How large a record? | 1 MiB with its key, before base64; up to 10 MiB if the stream is set to it; else S3 and a reference |
# | Some failed? | status 200 all the same: `FailedRecordCount`; send again those with an `ErrorCode`; wait; end |
# | Order? | same key, `put_record` one by one, `SequenceNumberForOrdering`; never `put_records` |
# | Payload units? | 1 for each 25 KB of a record, rounded up; only aggregation lowers them |
# | Aggregated? | F3 89 9A C2, protobuf, MD5; one packer for each shard, or KCL drops the package |

# %% [markdown]
# > **What study notes get wrong**
# >
# > - *“Kinesis is designed to inject data.”* The word is **ingest**: to take in.
# > - *“The partition key says which partition.”* It selects a shard, and nothing in Kinesis is called a partition.
# > - *“Consumers get key, sequence number and blob.”* They also get the arrival time and the encryption type.
# > - *“You pay for each shard and hour.”* A provisioned stream pays for what is written, too.
# > - *Tutorials of 2014 with boto 2 and keys in `boto.cfg`.* Both are obsolete: take boto3 and a role.
# > - *“A payload has at most 1 MiB.”* That is the default, counted before base64. A stream can be set to 10 MiB.
# > - *“Producers: SDK, Agent, KPL.”* True, but KPL 0.x has had no support since 2026-01-30.

# %% [markdown]
# ## You can now …
#
# 1. **say** what a record is made of, and what decides its shard (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 2. **send** in batches within the limits, and send again only what failed (SAA-C03 3.5, DVA-C03 1.1.3, DEA-C01 1.1.9)
# 3. **keep** the order of events that belong together (DVA-C03 1.1.6, DEA-C01 1.1.1)
# 4. **pack** many events into one record without losing any, and get them back (DVA-C03 1.1.7, DEA-C01 1.1.9)
# 5. **choose** a producer, and count its calls and payload units (SAA-C03 3.5, DEA-C01 1.1.1)
#
# **Where next:** do it yourself in the assignment, [01-producers](../exercises/01-producers/01-producers.ipynb). Then
# lesson 02, [Shards](02-shards.ipynb).
