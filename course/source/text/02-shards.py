# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Shards: where a record goes, and how a stream grows
#
# A stream's capacity is the sum of its shards'. Each shard takes in 1 MiB or 1,000 records a second, whichever limit is
# reached first. It gives 2 MiB a second to all who share it (AWS: Quotas and limits). Which shard a record goes to is no
# secret: you can compute it. In this lesson you do that. Then you find out how many shards a job needs, and you change a
# stream's shards while it is running.
#
# The outputs are here already, so that you can compare yours with them. If you want to guess honestly, clear them
# first: *Edit > Clear Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **predict** the shard of a record from its partition key and the hash ranges (SAA-C03 3.5, DVA-C03 1.1.6)
# 2. **compute** how many shards a workload needs (SAA-C03 3.5, DEA-C01 1.1.9)
# 3. **decide** by numbers whether a split cures a hot shard or a hot key (DVA-C03 4.3.5, DEA-C01 3.4.5)
# 4. **split**, **merge** and **scale** a stream within the rules (SAA-C03 3.5, DEA-C01 1.1.9)
# 5. **read** a resharded stream without losing the order (DVA-C03 1.1.6)
#
# **Minutes:** 75 · **Prerequisites:** lesson 01, [Producers](01-producers.ipynb) · **A break:** half-way
#
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# A game has 1,000 players, `player-1` to `player-1000`. Each sends one event, with the player's name as the
# **partition key**, into a stream of **4 shards**. How many events will each shard take?
#
# - the first 250 players go to the first shard, the next 250 to the second, and so on
# - exactly 250 each, but mixed
# - about 250 each, not exactly
#
# Write your guess down. Then make the stream and run the game.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("02-shards")

# %%
import boto3

from lab import wait_until_active
from lab.rules import quotas

STREAM = "course-02-shards"
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName=STREAM, ShardCount=4)
wait_until_active(kinesis, STREAM)

# %% [markdown]
# `put_records` takes up to 500 records a call, so we send in batches. The answer says for each record which shard
# took it; we count.

# %%
from collections import Counter


def send(keys):
    """Put one record for each key; say how many each shard took."""
    taken = Counter()
    for start in range(0, len(keys), quotas.PUT_RECORDS_MAX_RECORDS):
        batch = keys[start : start + quotas.PUT_RECORDS_MAX_RECORDS]
        records = [{"PartitionKey": key, "Data": b"jump"} for key in batch]
        answer = kinesis.put_records(StreamName=STREAM, Records=records)
        taken.update(record["ShardId"] for record in answer["Records"])
    return dict(sorted(taken.items()))


# %%
players = [f"player-{number}" for number in range(1, 1001)]
send(players)

# %% [markdown]
# About 250 each, and not exactly. The keys look as if they were drawn by lot. But nothing here is random: run the game
# again, and every player lands on the same shard. The rest of this lesson explains why.

# %% [markdown]
# ## From a key to a number
#
# Kinesis takes the MD5 hash of the partition key. That is 16 bytes, which it reads as one whole number of 128 bits. This
# number is the record's **hash key**. It lies between 0 and 2¹²⁸ − 1. Keys that look alike have very different hashes.

# %%
import hashlib

for key in ("player-6", "player-7", "player-8"):
    number = int.from_bytes(hashlib.md5(key.encode()).digest(), "big")
    print(f"{key}  {number:39}  {number / 2**128:6.1%} of the way")

print(f"largest   {2**128 - 1:39}")

# %% [markdown]
# `lab.rules.hash_space` has this as a function, `hash_key`. From here on we use it and its three companions. `range_of(shard)` is
# the shard's range of hash keys. `is_open(shard)` says whether it takes records. `shard_for(key, shards)` finds the shard
# of a key.

# %%
from lab.rules.hash_space import hash_key, is_open, range_of, shard_for

hash_key("player-7")

# %% [markdown]
# ## From the number to a shard
#
# Each shard owns a **range** of hash keys. The first and the last number belong to it. The ranges of the open shards lie
# side by side and cover the whole space. `list_shards` shows them. In a new stream all ranges are equally wide.

# %%
from lab.pictures import shard_table

shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
shard_table(shards)

# %% [markdown]
# The four ranges begin at the exact quarters of 2¹²⁸, here as on AWS. Soon they won't: shards will be split and merged. So
# always read the ranges from the stream.

# %% [markdown]
# Now you can predict. Find the range that holds the key's number. Then send a record and look at Kinesis' answer.

# %%
for key in ("player-7", "player-8", "s-41", "s-90"):
    predicted = next(shard["ShardId"] for shard in shards if hash_key(key) in range_of(shard))
    answer = kinesis.put_record(StreamName=STREAM, PartitionKey=key, Data=b"jump")
    print(f"{key:9} predicted {predicted[-2:]}   answered {answer['ShardId'][-2:]}")

# %% [markdown]
# Right every time: it is arithmetic, not luck. `shard_for(key, shards)` does the same in one call. It leaves out shards that
# take no more records.
#
# A producer may also give the number itself. An **explicit hash key** overrides the hash of the partition key. The
# partition key must still be there.

# %%
answer = kinesis.put_record(
    StreamName=STREAM, PartitionKey="player-7", ExplicitHashKey="0", Data=b"jump"
)
print("by its key:", shard_for("player-7", shards)[-2:])
print("with hash key 0:", answer["ShardId"][-2:])

# %%
from grader import question

question("02-shards", "who-chooses")

# %% [markdown]
# ## How many shards?
#
# Three limits of a shard decide how many a stream needs (AWS: Quotas and limits). A shard takes 1,024 KiB/s in. It gives
# 2,048 KiB/s out to all shared consumers together. It takes 1,000 records/s in. A job needs enough shards for **each** of
# them, so the largest need decides. The numbers are in `lab.rules.quotas`, the one place where this course keeps them.

# %%
print(quotas.SHARD_WRITE_KIB_PER_SECOND, "KiB/s in")
print(quotas.SHARD_READ_KIB_PER_SECOND, "KiB/s out, shared")
print(quotas.SHARD_WRITE_RECORDS_PER_SECOND, "records/s in")

# %% [markdown]
# **The course's rule**, exactly as the assignment grades it:
#
# - write KiB/s = KiB per record × records per second
# - read KiB/s = write KiB/s × shared consumers (each enhanced fan-out consumer has 2 MiB/s per shard of its own, so it
#   doesn't count)
# - three needs: write ÷ 1,024, read ÷ 2,048, records per second ÷ 1,000
# - headroom of *h* percent makes each need (100 + *h*) ÷ 100 times as large; *h* is a whole number
# - shards = the largest need, rounded up, at least 1. KiB per record are not rounded. Count in whole numbers

# %% [markdown]
# An example: telemetry of 3 KiB, 500 records a second, and two applications that read through `get_records`.

# %%
write = 3 * 500
read = write * 2
print(f"write  {write} KiB/s, need {write / quotas.SHARD_WRITE_KIB_PER_SECOND:.2f} shards")
print(f"read   {read} KiB/s, need {read / quotas.SHARD_READ_KIB_PER_SECOND:.2f} shards")
print(f"rate   500 records/s, need {500 / quotas.SHARD_WRITE_RECORDS_PER_SECOND:.2f} shards")

# %% [markdown]
# The largest need is 1.46, so **2 shards**. With 50 % headroom 1.46 becomes 2.20, so **3**.
#
# **Headroom** is room for peaks, and for catching up after an outage. It has a second name: use. With 25 % headroom the
# stream is used to 100 ÷ 125 = 80 % at its peak. Many teams set an alarm at 80 % of a stream's limits, and scale then.
#
# Why whole numbers? Python rounds decimal fractions, and a need of exactly 5 must not become 6. `//` rounds down, so
# `-(-a // b)` rounds up, without a decimal anywhere. Here is the writing need with 50 % headroom:

# %%
-(-write * (100 + 50) // (quotas.SHARD_WRITE_KIB_PER_SECOND * 100))

# %% [markdown]
# Three jobs, and three different limits that decide. Each need is rounded up to whole shards. The largest of the three is
# the answer. Cover the last column and find it yourself first.

# %%
jobs = [("video thumbnails", 100, 30, 1), ("game events", 1, 4096, 1), ("audit log", 8, 256, 4)]
rows = []
for name, kib, rate, readers in jobs:
    needs = (
        -(-kib * rate // quotas.SHARD_WRITE_KIB_PER_SECOND),
        -(-kib * rate * readers // quotas.SHARD_READ_KIB_PER_SECOND),
        -(-rate // quotas.SHARD_WRITE_RECORDS_PER_SECOND),
    )
    rows.append((name, kib, rate, readers, *needs, max(needs)))

# %%
from lab.pictures import Table

columns = ("job", "KiB/record", "records/s", "readers", "write", "read", "records", "shards")
Table("Shards needed, without headroom", columns, rows)

# %% [markdown]
# Size for the busiest minute, not for the mean.
#
# **AWS's own formula** (page “Choose the right mode”) has the two bandwidths only, and rounds a record up to whole KB. The
# record rate comes from the quotas page. So the two can differ. For the game events AWS's formula gives 4,096 ÷ 1,024 = 4
# shards. But 4,096 records a second need 5, and so says the course's rule.
#
# > **Classic exam value:** questions may say 1 MB/s in and 2 MB/s out, and leave out the record rate. AWS's FAQ divides KB
# > by 1,000 and 2,000. Its guide divides by 1,024 and 2,048. Both first round a record up to whole KB. Go by the words of
# > the question. In this course, the rule above counts.

# %% [markdown]
# How far does it go? 5,000 shards take in 5,000 MiB a second. That is 4.88 GiB a second, since a GiB has 1,024 MiB, or
# 5 million records a second. An account may have 20,000 shards by default in us-east-1, us-west-2 and eu-west-1, and
# 1,000 or 6,000 elsewhere. AWS raises that on request.

# %%
question("02-shards", "three-needs")

# %% [markdown]
# ## A hot shard
#
# A stream with spare capacity overall can have one shard that is full. Friday evening: the first hundred players send one
# event each. Eight of them are very busy and send 50 more. It so happens that the eight have their hashes in the range of
# shard 1.

# %%
busy = [player for player in players if shard_for(player, shards) == "shardId-000000000001"][:8]
evening = busy * 50 + players[:100]

send(evening)

# %% [markdown]
# Shard 1 took 425 of the 500 records: it is **hot**. Its neighbours are **cold**. The ring shows why. All hash keys lie
# around it. Each line is a partition key. The longer the line, the more records the key sent.

# %%
from lab.pictures import hash_ring, shard_tree

hash_ring(shards, evening)

# %% [markdown]
# ## A full shard refuses
#
# Now the rush: 6,000 events as fast as we can send them, nearly all from the eight busy players. Four shards take 4,000
# records a second together, and shard 1 alone takes 1,000 (AWS: Quotas and limits). Guess before you run. Does Kinesis
# refuse the whole call, or single records? Only those for shard 1, or any?

# %%
rush = (busy * 60 + players[:20]) * 12
accepted, refused = 0, []

for start in range(0, len(rush), quotas.PUT_RECORDS_MAX_RECORDS):
    batch = rush[start : start + quotas.PUT_RECORDS_MAX_RECORDS]
    records = [{"PartitionKey": key, "Data": b"jump"} for key in batch]
    answer = kinesis.put_records(StreamName=STREAM, Records=records)
    accepted += len(records) - answer["FailedRecordCount"]
    pairs = zip(batch, answer["Records"], strict=True)
    refused += [(key, entry) for key, entry in pairs if "ErrorCode" in entry]

# %% [markdown]
# No call failed. What was refused stands in the answers, entry by entry, in the order of the records. How many it was
# depends on the speed of your machine, so we print what must hold.

# %%
print("sent = accepted + refused:", len(rush) == accepted + len(refused))
print("some refused:", len(refused) > 0)
print("refused only by shard:", {shard_for(key, shards)[-2:] for key, _ in refused})

entry = refused[0][1]
print(entry["ErrorCode"])
print(entry["ErrorMessage"].partition(" under account")[0])

# %% [markdown]
# Only shard 1 refused, and its neighbours had room. Refused records are **not stored**. A program that looks only at whether
# the call worked has lost them. So look at `FailedRecordCount`, and send again what has an `ErrorCode`. With its one record
# `put_record` raises the same `ProvisionedThroughputExceededException`.
#
# > **On real AWS** the shard-level metrics IncomingBytes and IncomingRecords show which shard is hot. You must switch them
# > on with `enable_enhanced_monitoring`, and they cost money. The lab has them, too.

# %% [markdown]
# ## Split it
#
# A **split** cuts the range of one shard in two. You choose the hash key at which the second part begins, so you can cut
# between two busy keys. The middle, (first + last) // 2, halves the range. Producers and consumers go on working.

# %%
hot = range_of(shards[1])
middle = (hot.start + hot.end) // 2

kinesis.split_shard(
    StreamName=STREAM, ShardToSplit="shardId-000000000001", NewStartingHashKey=str(middle)
)
wait_until_active(kinesis, STREAM)
shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
shard_table(shards)

# %% [markdown]
# Shard 1 is the **parent**. It is **closed** now: it can be read, but takes no more records. Shards 4 and 5 are its
# **children**. They are **open**, name shard 1 as their parent, and share its range.
#
# Guess: how will the same evening look now?

# %%
send(evening)

# %% [markdown]
# The eight keys were spread over the range, so the split parted them. Each child took about half. **A split helps a hot
# shard** if the cut parts the keys that make it hot.

# %% [markdown]
# ## A hot key
#
# Saturday: one key makes most of the traffic. One key has one hash, and no split can divide a hash. Is a split useless
# then? **It depends on one number: how much does the key send alone?** A shard takes 1 MiB and 1,000 records a second.
#
# We try it with small numbers. The lab can scale its quotas down: here a shard takes 50 records a second, and then it
# refuses. (Lesson 06 explains these limits.) The stream has one shard. Two players send 40 events each, in one call.

# %%
from lab.control import control
from lab.load import wait_until_full

HOT = "course-02-hot"
kinesis.create_stream(StreamName=HOT, ShardCount=1)
wait_until_active(kinesis, HOT)
_ = control().set("quotas", scale=0.05)


# %%
def refused(events):
    """Send so many events for each player in one call: whether some of them were refused."""
    wait_until_full(HOT)
    keys = [key for key, count in events.items() for _ in range(count)]
    records = [{"PartitionKey": key, "Data": b"jump"} for key in keys]
    return kinesis.put_records(StreamName=HOT, Records=records)["FailedRecordCount"] > 0


# %%
print("two players, 40 events each - refused:", refused({"player-7": 40, "player-8": 40}))

# %% [markdown]
# Of course: 80 events for a shard that takes 50. Each player alone would fit. So a split is a cure, if it parts the two.
# And if there are busy neighbours on both sides? Then **isolate** the key: give it a shard of its own.
#
# Let *h* be the key's hash. Split the shard at *h*: the upper child begins with it. Then split that child at *h* + 2. The
# shard in the middle, from *h* to *h* + 1, has our key and practically nothing else. (Emulators quote an error of AWS for
# a cut right at a shard's edge. With 2 you are safely inside.) Predict: which shard takes the events of `player-7`?

# %%
h = hash_key("player-7")
for cut in (h, h + 2):
    open_now = [s for s in kinesis.list_shards(StreamName=HOT)["Shards"] if is_open(s)]
    upper = next(shard["ShardId"] for shard in open_now if cut in range_of(shard))
    kinesis.split_shard(StreamName=HOT, ShardToSplit=upper, NewStartingHashKey=str(cut))
    wait_until_active(kinesis, HOT)

three = [s for s in kinesis.list_shards(StreamName=HOT)["Shards"] if is_open(s)]
home = shard_for("player-7", three)[-2:]
print("player-7 has shard", home, "with", range_of(three[1]).width, "hash keys")

# %%
print("two players, 40 events each - refused:", refused({"player-7": 40, "player-8": 40}))
print("player-7 alone, 80 events   - refused:", refused({"player-7": 80}))
_ = control().set("quotas", scale=1)

# %% [markdown]
# The same load fits now. But 80 events of one player are more than a shard takes, and no split will ever help. So ask for
# the number:
#
# - **The key alone stays below 1 MiB and 1,000 records a second:** split, so that it gets a shard of its own.
# - **The key alone is above one of them:** a split is useless. Change the key.
#
# With real numbers: 31,000 records a minute of one key are 517 a second. A split cures that. 1,200 a second are too much
# for any shard.

# %% [markdown]
# Three ways to change a key that is too hot:
#
# - **Salting:** its records get several keys, `player-7#0` to `player-7#3`. Their order among each other is lost.
# - **Aggregation:** many small events in one record. That helps against 1,000 records a second. It doesn't help against
#   1 MiB a second, since the bytes stay the same.
# - **Slow the source down.**
#
# An on-demand stream splits busy shards by itself, in the middle. It does not isolate a key. For very uneven keys AWS
# recommends provisioned streams with fine splits like ours.

# %%
question("02-shards", "hot-key")

# %% [markdown]
# ## Merge what is cold
#
# A **merge** makes one shard of two whose ranges touch. Here are the shards of our first stream again, after the split:

# %%
shard_table(shards)

# %% [markdown]
# Shards 5 and 2 touch: 5 ends where 2 begins. Shards 0 and 2 don't touch. Try that first.

# %%
from botocore.exceptions import ClientError

try:
    kinesis.merge_shards(
        StreamName=STREAM,
        ShardToMerge="shardId-000000000000",
        AdjacentShardToMerge="shardId-000000000002",
    )
except ClientError as error:
    print(error.response["Error"]["Code"])

# %%
kinesis.merge_shards(
    StreamName=STREAM,
    ShardToMerge="shardId-000000000005",
    AdjacentShardToMerge="shardId-000000000002",
)
wait_until_active(kinesis, STREAM)
shards = kinesis.list_shards(StreamName=STREAM)["Shards"]
shard_table(shards)

# %% [markdown]
# Shard 6 has two parents. In the API they are `ParentShardId` and `AdjacentParentShardId`. After a split only the first is
# set. Here is all that happened to this stream, as a family tree:

# %%
shard_tree(shards)

# %% [markdown]
# Draw a line straight down at any hash key. It ends in exactly one open box, since the open shards always cover the whole
# space. Go back up, and you meet the shards that hold the older records of that hash key.
#
# SplitShard, MergeShards and UpdateShardCount are for provisioned streams only, like this one. An on-demand stream changes
# its shards by itself. It refuses all three with `ValidationException`.

# %%
question("02-shards", "who-may-merge")

# %% [markdown]
# ## Open, closed, expired
#
# | State | Written | Read | Listed | How to see it |
# |---|---|---|---|---|
# | open | yes | yes | yes | no `EndingSequenceNumber` |
# | closed | no | yes | yes | has one |
# | expired | no | no | no | it was closed, and the retention period has passed |

# %% [markdown]
# `list_shards` gives open and closed shards. A **filter** gives fewer:
#
# | Filter | Shards |
# |---|---|
# | `FROM_TRIM_HORIZON`, the default | all that have not expired |
# | `AT_LATEST` | those that are open now |
# | `AT_TRIM_HORIZON` | those that were open at the oldest record that is still there |
# | `AT_TIMESTAMP`, `FROM_TIMESTAMP` | by time |
# | `AFTER_SHARD_ID` | those after an id |

# %%
latest = kinesis.list_shards(StreamName=STREAM, ShardFilter={"Type": "AT_LATEST"})["Shards"]

print(len(shards), "listed,", sum(is_open(shard) for shard in shards), "of them open")
print("AT_LATEST:", [shard["ShardId"][-2:] for shard in latest])

oldest = kinesis.list_shards(StreamName=STREAM, ShardFilter={"Type": "AT_TRIM_HORIZON"})["Shards"]
print("AT_TRIM_HORIZON:", [shard["ShardId"][-2:] for shard in oldest])

# %% [markdown]
# At the trim horizon only the first four shards were there. A consumer that wants everything begins with them. A closed
# shard **expires** when the retention period has passed since it was closed. That is 24 hours by default. Near the end of
# this lesson you watch it happen.

# %% [markdown]
# ## A good place for a break
#
# The first half is done. You can stop here and come back another day. The second half has streams of its own, and its
# first cell makes all that it needs, in a new kernel, too.
#
# The playground shows a split on a page that moves: <button data-commandlinker-command="playground:open" data-commandlinker-args='{"scene": "split"}'>A split</button>

# %% [markdown]
# ## Parents before children
#
# A split moves no record: older records stay in the parent. What does that mean for order? We send steps 1 to 3 of one
# player, split the only shard, and send steps 4 to 6.

# %%
import boto3

from lab import wait_until_active
from lab.rules import quotas
from lab.rules.hash_space import is_open, range_of

kinesis = boto3.client("kinesis")
ORDER = "course-02-order"
kinesis.create_stream(StreamName=ORDER, ShardCount=1)
wait_until_active(kinesis, ORDER)


# %%
def step(*numbers):
    """Put these steps of player-7, one after the other."""
    for number in numbers:
        data = f"step {number}".encode()
        kinesis.put_record(StreamName=ORDER, PartitionKey="player-7", Data=data)


# %%
step(1, 2, 3)
kinesis.split_shard(
    StreamName=ORDER, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
)
wait_until_active(kinesis, ORDER)
step(4, 5, 6)

family = kinesis.list_shards(StreamName=ORDER)["Shards"]
[f"{shard['ShardId'][-2:]} {'open' if is_open(shard) else 'closed'}" for shard in family]


# %% [markdown]
# Now a consumer. It reads a closed shard until there is no next iterator: then that shard is done. An open shard never
# ends. There the consumer stops when it has caught up.

# %%
def read(shard):
    """The texts in a shard, oldest first, and Kinesis' last answer."""
    place = kinesis.get_shard_iterator(
        StreamName=ORDER, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    iterator, texts = place["ShardIterator"], []
    while iterator:
        answer = kinesis.get_records(ShardIterator=iterator)
        texts += [record["Data"].decode() for record in answer["Records"]]
        caught_up = is_open(shard) and answer["MillisBehindLatest"] == 0
        iterator = None if caught_up else answer.get("NextShardIterator")
    return texts, answer


# %%
parent, low, high = family
before, last_answer = read(parent)
after, _ = read(high)

print("parent first:", before + after)
print("child first: ", after + before)
print("the parent's last answer names", [c["ShardId"][-2:] for c in last_answer["ChildShards"]])

# %% [markdown]
# Only **the parent to its end, then its children** gives the order in which the steps were made. The last answer of a
# closed shard names the children. So a consumer knows where to go on. The Kinesis Client Library does this for you
# (lesson 08).

# %%
question("02-shards", "parents-first")

# %% [markdown]
# ## The whole stream at once: UpdateShardCount
#
# Nobody wants to work out split points for a hundred shards. `update_shard_count` takes the number that you want. It splits
# and merges until the ranges are equally wide. That is its only way, `UNIFORM_SCALING`. These are the rules, for provisioned
# streams only (AWS: API reference, UpdateShardCount):
#
# - at most **double** the open shards in one call, and not below **half** of them
# - at most **10 calls** in any 24 hours for one stream
# - not above **10,000** shards by default, nor above the account's quota
# - multiples of 25 % of the present count are faster; others are allowed
# - it works in the background; shards made on the way count towards the account's quota

# %%
for current in (1, 4, 5):
    targets = quotas.legal_shard_counts(current)
    print(f"from {current}: {targets[0]} to {targets[-1]} shards")

# %% [markdown]
# A stream's shards are best kept in a **configuration file**: a person changes a number, and a program makes the stream
# match it. StreamAlert, an open-source tool that watches logs, has such files. But its notes scale the other way round:
# first the command line, then the file, at last Terraform. In between, file and stream differ, and a run of Terraform
# would scale back. So here the file comes first. We create the stream from it:

# %%
from lab.pictures import shard_table

ALERTS = "course-02-alerts"
cluster = {"kinesis": {"stream": ALERTS, "retention": 24, "shards": 2}}

kinesis.create_stream(StreamName=ALERTS, ShardCount=cluster["kinesis"]["shards"])
wait_until_active(kinesis, ALERTS)


# %%
def bring_into_line(config):
    """Scale the stream to the shards that its configuration names."""
    name, wanted = config["kinesis"]["stream"], config["kinesis"]["shards"]
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    has = summary["OpenShardCount"]
    if has != wanted:
        kinesis.update_shard_count(
            StreamName=name, TargetShardCount=wanted, ScalingType="UNIFORM_SCALING"
        )
        wait_until_active(kinesis, name)
    return f"{has} -> {wanted}"


# %% [markdown]
# The logs grow. Somebody sets `shards` to 4. We run the program twice: a good program does nothing the second time.

# %%
cluster["kinesis"]["shards"] = 4
print(bring_into_line(cluster))
print(bring_into_line(cluster))

shard_table(kinesis.list_shards(StreamName=ALERTS)["Shards"])

# %% [markdown]
# Both old shards were split, and each of the four new ones is a quarter. Now somebody wants 9 at once. Is that legal?

# %%
from botocore.exceptions import ClientError

cluster["kinesis"]["shards"] = 9
try:
    print(bring_into_line(cluster))
except ClientError as error:
    refusals = ("LimitExceededException", "InvalidArgumentException")
    print("refused:", error.response["Error"]["Code"] in refusals)
    legal = quotas.legal_shard_counts(4)
    print(f"legal from 4: {legal[0]} to {legal[-1]}")

# %% [markdown]
# 9 is more than double. From 4 to 9 takes two calls: 4 → 8 → 9 is one way, 4 → 5 → 9 another. You have ten calls in 24
# hours, so plan the way before you begin.
#
# > **On real AWS** the name of the error may differ. AWS doesn't publish which one this is: `LimitExceededException` by
# > what others have seen, `InvalidArgumentException` in the lab. So the program accepts both.

# %%
for wanted in (8, 9):
    cluster["kinesis"]["shards"] = wanted
    print(bring_into_line(cluster))

alerts = kinesis.list_shards(StreamName=ALERTS, ShardFilter={"Type": "AT_LATEST"})["Shards"]
widths = [range_of(shard).width for shard in alerts]
print(len(widths), "open shards; widest minus narrowest:", max(widths) - min(widths))

# %% [markdown]
# Nine ranges, equally wide to within one hash key, since 2¹²⁸ can't be divided by 9.
#
# > **On real AWS** resharding takes minutes, not milliseconds. During that time the stream is `UPDATING`. Reads and writes
# > go on, and a split or merge is refused with `ResourceInUseException`. So scale before the rush, not in it. Don't count on
# > the ids of the shards that `UpdateShardCount` makes: the lab's are not AWS's.
# >
# > A provisioned stream never scales by itself. An alarm at 80 % of the limits can call a program such as ours. Or take
# > on-demand mode (lesson 05).

# %%
question("02-shards", "legal-targets")

# %% [markdown]
# ## When the retention period has passed
#
# A shard expires after a day. You don't have to wait: the lab's clock can be moved. It moves forward only, and for your
# whole account, so **everything** in it grows older. That is why this comes last, on a stream of its own. One record, then
# a split:

# %%
from lab import clock

CLOCK = "course-02-clock"
kinesis.create_stream(StreamName=CLOCK, ShardCount=1)
wait_until_active(kinesis, CLOCK)

kinesis.put_record(StreamName=CLOCK, PartitionKey="player-7", Data=b"before the split")
kinesis.split_shard(
    StreamName=CLOCK, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
)
wait_until_active(kinesis, CLOCK)


# %%
def listed():
    """The shards of the stream that are listed, and in what state."""
    states = {True: "open", False: "closed"}
    found = kinesis.list_shards(StreamName=CLOCK)["Shards"]
    return [f"{shard['ShardId'][-2:]} {states[is_open(shard)]}" for shard in found]


listed()

# %% [markdown]
# Now 23 hours pass. A second record comes in, and two more hours pass. Predict both lists. Which of the two records can be
# read at the end?

# %%
clock.advance(hours=23)
kinesis.put_record(StreamName=CLOCK, PartitionKey="player-7", Data=b"in the morning")
print("after 23 hours:", listed())

clock.advance(hours=2)
print("after 25 hours:", listed())

# %%
for number in ("00", "02"):
    shard_id = f"shardId-0000000000{number}"
    try:
        place = kinesis.get_shard_iterator(
            StreamName=CLOCK, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
        )
        answer = kinesis.get_records(ShardIterator=place["ShardIterator"])
        print(number, [record["Data"].decode() for record in answer["Records"]])
    except ClientError as error:
        print(number, error.response["Error"]["Code"])

# %% [markdown]
# The parent is gone, and its record with it. A consumer that stays away longer than the retention period loses what it has
# not read. Raise the period in time, since what has expired does not come back. Lesson 04 is about that.
#
# > **On real AWS** you wait. In the lab, `lab clock` in a terminal shows the time. `lab clock +25h` moves it. `lab reset`
# > empties the lab and sets the clock back. The ten calls in 24 hours and the 5 minutes of an iterator go by this clock,
# > too.

# %% [markdown]
# ## Tidy up
#
# Shards are paid by the hour. Delete what this lesson made.

# %%
import boto3

kinesis = boto3.client("kinesis")
patience = {"Delay": 1, "MaxAttempts": 60}
for name in kinesis.list_streams()["StreamNames"]:
    if name.startswith("course-02-"):
        kinesis.delete_stream(StreamName=name)
        kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)
        print("deleted", name)

# %%
from lab.control import control

_ = control().set("quotas", scale=1)

# %% [markdown]
# ## What to keep
#
# | Question | Answer |
# |---|---|
# | Which shard? | the open one whose range holds the MD5 hash of the partition key |
# | How many? | the largest of write ÷ 1,024, read ÷ 2,048, records ÷ 1,000, with headroom, rounded up |
# | Hot shard? | split it so that the busy keys part; merge cold neighbours |
# | Hot key? | alone below a shard's limits: isolate it by a split; above: change the key, aggregate, slow down |
# | Refused? | `FailedRecordCount` says how many, `ErrorCode` which: send those again |
# | After a split? | parent closed and still read until it expires; children open; read parents first |
# | Whole stream? | `UpdateShardCount`: double, half, ten calls in 24 hours, uniform |

# %% [markdown]
# > **What study notes get wrong**
# >
# > - *“An account has 200 or 500 shards”, or boto's text of 2014: 10 for a stream.* Today the default is 20,000 in three
# >   Regions, and 1,000 or 6,000 elsewhere. The pages on limits that old notes link are still there, with new numbers.
# > - *“5,000 shards are 5 GiB/s.”* 5,000 MiB/s are 4.88 GiB/s.
# > - *“A shard provides a fixed unit of capacity: 1 MB/s in, 2 MB/s out.”* In MiB, and with 1,000 records a second as a
# >   third limit. The 2 MiB a second are for all shared consumers together.
# > - *“A split never helps a hot key.”* It does, if the key alone stays below a shard's limits.

# %% [markdown]
# ## You can now …
#
# 1. **predict** the shard of a record from its partition key and the hash ranges (SAA-C03 3.5, DVA-C03 1.1.6)
# 2. **compute** how many shards a workload needs (SAA-C03 3.5, DEA-C01 1.1.9)
# 3. **decide** by numbers whether a split cures a hot shard or a hot key (DVA-C03 4.3.5, DEA-C01 3.4.5)
# 4. **split**, **merge** and **scale** a stream within the rules (SAA-C03 3.5, DEA-C01 1.1.9)
# 5. **read** a resharded stream without losing the order (DVA-C03 1.1.6)
#
# **Where next:** do it yourself in the assignment, [02-shards](../exercises/02-shards/02-shards.ipynb). Then lesson 03,
# [Consumers](03-consumers.ipynb).
