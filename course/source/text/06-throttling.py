# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Throttling: when a shard refuses
#
# A shard takes 1 MiB or 1,000 records a second (AWS: Quotas and limits). It refuses the rest. That is normal, because
# traffic comes in bursts. What matters is what your producer does next.
#
# In this lesson you overdrive shards for real. You lose records, then you stop losing them. You compare six ways to
# retry. Then you find a hot key in the metrics and cure it.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **explain** a shard's limits as token buckets, for writes and for reads (SAA-C03 3.5, DEA-C01 1.1.9)
# 2. **deliver** every record through a throttled stream, sending again only what was refused (DVA-C03 1.1.3, DEA-C01 1.1.9)
# 3. **choose** a way to retry: backoff, full jitter, and a budget (SAA-C03 2.2, DVA-C03 1.1.3)
# 4. **find** a hot key or a hot shard in the metrics, and cure it in the right order (DVA-C03 4.3.5, DEA-C01 3.4.5)
# 5. **watch** a stream with the metrics and the alarms that notice lost records (DVA-C03 4.2.3, DEA-C01 3.3.3)
#
# **Minutes:** 70 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb)
#
# That is two sittings. A safe place to stop is marked in the middle.
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# To overdrive a shard with little work, we make it smaller. The lab can scale the quotas of your account. At 0.05 a
# shard takes 50 records a second instead of 1,000. Into one such shard we put **100 records in one call**. What happens?
#
# - the call fails, and nothing is stored
# - the call takes two seconds, and everything is stored
# - the call succeeds, and about half is stored
#
# Write your guess down, then run.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("06-throttling")

# %%
import boto3

from lab import wait_until_active
from lab.control import control

lab = control()
lab.set("quotas", scale=0.05)

kinesis = boto3.client("kinesis")
CLICKS = "course-06-clicks"
kinesis.create_stream(StreamName=CLICKS, ShardCount=1)
wait_until_active(kinesis, CLICKS)


# %%
def click(n):
    """The n-th click on page 1, as a record."""
    return {"PartitionKey": "page-1", "Data": f"click {n}".encode()}


records = [click(n) for n in range(1, 101)]
answer = kinesis.put_records(StreamName=CLICKS, Records=records)

print("status", answer["ResponseMetadata"]["HTTPStatusCode"])
print("sent", len(records), "refused", answer["FailedRecordCount"])

# %% [markdown]
# The call was a success, with status 200. But half of the records are **not stored**. A program that only looks whether
# the call worked has just lost 50 clicks. Why exactly 50?
#
# ## A shard is a bucket
#
# Think of a **token bucket**. Tokens flow in at the shard's rate, here 50 a second, until the bucket is full. Each
# record takes one token out. A record that finds no token is refused. So a rested shard takes a whole burst at once.
# After that it takes only as much as flows in.
#
# Guess: is there anything left for a second call, right after the burst?

# %%
from lab.load import wait_until_full

wait_until_full(CLICKS)  # the burst
kinesis.put_records(StreamName=CLICKS, Records=records)
after = kinesis.put_records(StreamName=CLICKS, Records=records)

print("the second call is refused more:", after["FailedRecordCount"] > 50)

# %% [markdown]
# It takes a few: what has flowed in since. `wait_until_full` asks the lab for the state of the buckets. It comes back
# when they are full again, after at most a second.
#
# > **On real AWS** the rates are published and the bursts are not. The lab's bucket holds one second of the rate; that
# > is the lab's model. And you can't ask AWS for a bucket's state. You notice it by what is refused.

# %% [markdown]
# ## Two buckets, not one
#
# Each shard has a second bucket, for bytes: 1 MiB a second. The bytes of the partition keys count too. At our scale
# that is 51 KiB. Guess: how many of eight records of 10 KiB go in? Eight are far fewer than 50.

# %%
wait_until_full(CLICKS)
big = [{"PartitionKey": "photo", "Data": b"x" * 10 * 1024}] * 8
answer = kinesis.put_records(StreamName=CLICKS, Records=big)

print(len(big) - answer["FailedRecordCount"], "of", len(big), "stored")

# %% [markdown]
# Five. A sixth does not fit into 51 KiB. **The bucket that is empty first refuses.** Small records use up the record
# bucket, large ones the byte bucket. This decides what helps. Packing many small records into one helps in the first
# case. In the second it does not help at all. There it helps to compress the records.

# %% [markdown]
# ## What a refusal looks like
#
# `put_records` answers entry by entry, in the order of your records. `put_record` sends a single record, so it has no
# entries. It raises an exception instead.

# %%
print(answer["Records"][-1]["ErrorCode"])
print(sorted(answer["Records"][0]))
print(sorted(answer["Records"][-1]))

# %%
from botocore.config import Config

once = boto3.client("kinesis", config=Config(retries={"total_max_attempts": 1}))
large = {"PartitionKey": "photo", "Data": b"x" * 48 * 1024}  # nearly a second's worth
try:
    for _ in range(20):
        once.put_record(StreamName=CLICKS, **large)
except once.exceptions.ProvisionedThroughputExceededException as error:
    print(type(error).__name__)
    print(error.response["Error"]["Message"].partition(" under account")[0])

# %% [markdown]
# An entry can fail in two ways: `ProvisionedThroughputExceededException` or `InternalFailure` (AWS: API reference,
# PutRecords). Both mean: not stored, try this one again later. We switched off the client's own retries here
# (`total_max_attempts`). Otherwise it would have waited and tried again by itself.
#
# That is a trap. **boto3 retries calls, and a `put_records` with refused entries is a call that worked.** Nobody
# sends those entries again unless you do.
#
# A shell script falls into it too. The next cell sends two photos of 48 KiB in one call of the AWS CLI. It prints how
# many were refused, and the exit status (0 means success).

# %%
wait_until_full(CLICKS)
photo = "PartitionKey=photo,Data=" + "x" * 48 * 1024

# %%
count = "--query FailedRecordCount"
# !aws kinesis put-records --stream-name {CLICKS} --records {photo} {photo} {count}
print("exit status", _exit_code)  # of the last command with !

# %% [markdown]
# One of the two is not stored, and the exit status is 0. A script must look at `FailedRecordCount`, as your code must.

# %% [markdown]
# ## Send again only what was refused
#
# The first idea is often: something failed, so send the batch again. We send sixty records, and the bucket holds 50.
# What will be in the stream afterwards?

# %%
AGAIN = "course-06-again"
kinesis.create_stream(StreamName=AGAIN, ShardCount=1)
wait_until_active(kinesis, AGAIN)

batch = records[:60]
for number in (1, 2):  # the whole batch, and the whole batch again
    wait_until_full(AGAIN)
    answer = kinesis.put_records(StreamName=AGAIN, Records=batch)
    print("call", number, "refused", answer["FailedRecordCount"])


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
def everything(stream):
    """All records of the stream, shard by shard."""
    shards = kinesis.list_shards(StreamName=stream)["Shards"]
    return [one for shard in shards for one in read_shard(kinesis, stream, shard["ShardId"])]


# %%
lab.set("quotas", scale=1)  # reading is not today's subject
texts = [record["Data"] for record in everything(AGAIN)]
lab.set("quotas", scale=0.05)
print(len(texts), "records,", len(set(texts)), "different ones, of", len(batch))

# %% [markdown]
# A hundred records. Fifty of them are there twice, and the last ten are still missing: they were refused both times.
# Sending everything again fills the buckets with what is stored already. Here is the right way:

# %%
import random

from lab.load import pause

BASE, CAP = 0.1, 1.6  # seconds


def full_jitter(attempt):
    """Seconds to wait after this attempt, by chance; the limit doubles each time."""
    return random.uniform(0, min(CAP, BASE * 2**attempt))


# %%
def deliver(stream, waiting, most_calls=20):
    """Put all records, send again only what was refused; what is left at the end."""
    for attempt in range(most_calls):
        if attempt > 0:
            pause(full_jitter(attempt - 1))
        answer = kinesis.put_records(StreamName=stream, Records=waiting)
        pairs = zip(waiting, answer["Records"], strict=True)
        waiting = [record for record, entry in pairs if "ErrorCode" in entry]
        if not waiting:
            break
    return waiting


# %%
RIGHT = "course-06-right"
kinesis.create_stream(StreamName=RIGHT, ShardCount=1)
wait_until_active(kinesis, RIGHT)

left = deliver(RIGHT, records)
lab.set("quotas", scale=1)
texts = [record["Data"] for record in everything(RIGHT)]
lab.set("quotas", scale=0.05)
print("left over:", len(left))
print(len(texts), "records,", len(set(texts)), "different ones, of", len(records))

# %% [markdown]
# All are there, each once. Three things make it right:
#
# - It keeps each record beside its answer.
# - It waits before it tries again.
# - It **ends**. After 20 calls it hands back what is left. You keep that somewhere; you never drop it silently.
#
# It can't keep the order. A refused record comes after others that were behind it. Where the order of a key counts,
# send its next record only when the last one is stored (`put_record`, one after the other). A call may also fail as a
# whole: `deliver` lets that exception out. The assignment asks for both.

# %%
from grader import question

question("06-throttling", "partial-success")

# %% [markdown]
# ## The duplicate that nobody can avoid
#
# Now a call takes effect, but its answer is lost on the way. The lab can do that on purpose: it is a **fault** with
# `after`. We send five records, and the first call's answer is lost. What does the producer know? What is in the stream
# in the end?

# %%
LOST = "course-06-lost"
kinesis.create_stream(StreamName=LOST, ShardCount=1)
wait_until_active(kinesis, LOST)

rule = {"operation": "kinesis.PutRecords", "requests": [1], "after": True}
lab.set("faults", rules=[rule])
print("left over:", len(deliver(LOST, records[:5])))
lab.set("faults", rules=[])

texts = [record["Data"] for record in everything(LOST)]
print(len(texts), "records,", len(set(texts)), "different ones")

# %% [markdown]
# Ten records: each is there twice, under two sequence numbers. boto3 saw an error and tried again. An error does not
# tell whether the call took effect. To lose nothing, the producer must send again.
#
# So a stream delivers **at least once**. A reader needs an id that the application puts into the event, such as an
# order number. By that id it notices what it has seen before. Sequence numbers don't help here: the two copies have
# different ones.

# %%
question("06-throttling", "lost-answer")

# %% [markdown]
# ## Six ways to retry
#
# One producer alone is easy. It gets hard when many are refused at the same moment, and all come back. Forty callers put
# one record each, all at once, into a shard of 10 records a second (scale 0.01). Six ways:
#
# - **no retry**: one try, then give up
# - **fixed**: always wait 0.1 s
# - **exponential**: wait 0.1 s, 0.2 s, 0.4 s … up to 1.6 s
# - **full jitter**: wait by chance between 0 and that limit
# - **botocore's standard mode**: full jitter too, from 0 to 1 s, 2 s, 4 s … at most 20 s
# - **botocore's adaptive mode**: standard, and the client also slows down *first* tries

# %% [markdown]
# (The modes' numbers: source of botocore 1.44.5, `retries/standard.py` and `adaptive.py`.)
#
# **Guess:** which way stores everything with the fewest calls? Which makes the most calls for each stored record?

# %%
from contextlib import suppress

CROWD, CALLERS, TRIES = "course-06-crowd", 40, 12


# %%
def put(client, caller, delay, tries):
    """Put one record, at most `tries` times; whether it was stored."""
    for attempt in range(tries):
        if attempt > 0:
            pause(delay(attempt - 1))
        with suppress(client.exceptions.ProvisionedThroughputExceededException):
            client.put_record(StreamName=CROWD, PartitionKey=str(caller), Data=b"tick")
            return True
    return False


# %% [markdown]
# `at_once` lets all callers begin at the same moment. `CallLog` listens to the client. It notes every request that the
# client really makes, botocore's own repetitions included.

# %%
from lab.load import CallLog, at_once


def crowd(delay=None, tries=1, mode="standard", attempts=1):
    """All callers at once: the calls that they made."""
    retries = {"mode": mode, "total_max_attempts": attempts}
    config = Config(retries=retries, max_pool_connections=CALLERS)
    client = boto3.client("kinesis", config=config)
    wait_until_full(CROWD)
    log = CallLog(client, "PutRecord")
    at_once(lambda caller: put(client, caller, delay, tries), CALLERS)
    return log.calls


# %%
lab.set("quotas", scale=0.01)
kinesis.create_stream(StreamName=CROWD, ShardCount=1)
wait_until_active(kinesis, CROWD)


def exponential(attempt):
    """The limit itself: everybody waits as long as everybody else."""
    return min(CAP, BASE * 2**attempt)


# %% [markdown]
# The next cell runs all six. It takes about 20 seconds, nearly all of it waiting.

# %%
runs = {
    "no retry": crowd(),
    "fixed": crowd(lambda attempt: 0.1, TRIES),
    "exponential": crowd(exponential, TRIES),
    "full jitter": crowd(full_jitter, TRIES),
    "botocore standard": crowd(mode="standard", attempts=TRIES),
    "botocore adaptive": crowd(mode="adaptive", attempts=TRIES),
}

# %% tags=["nbval-ignore-output"]
from lab.pictures import retry_timelines

retry_timelines(runs, CALLERS)

# %% [markdown]
# Read it row by row: blue was stored, orange was refused. Your numbers differ a little, since the callers really
# compete. Here is what holds every time:

# %%
stored = {name: sum(not call.error for call in calls) for name, calls in runs.items()}
per_record = {name: len(calls) / stored[name] for name, calls in runs.items()}
complete = [name for name in runs if stored[name] == CALLERS]

print("no retry loses records:", "no retry" not in complete)
print("most calls for each stored record:", max(per_record, key=per_record.get))
print("everything stored with the fewest calls:", min(complete, key=per_record.get))

# %% [markdown]
# Your guess?
#
# - **No retry** loses what the first burst leaves over.
# - **Fixed** knocks at an empty bucket all the time. It makes the most calls for each record, and here callers ran out
#   of tries.
# - **Exponential** waits longer each time, so fewer calls are refused.
# - **Standard** has longer waits than our full jitter, so it makes fewer calls.
# - **Adaptive** holds calls back *before* they are refused. So it makes the fewest calls of all, and takes longer.
#
# The shard takes 10 records a second in all rows. Retrying adds no capacity. It decides who waits, and what is wasted.

# %% [markdown]
# ## What jitter is good for
#
# Compare **exponential** with **full jitter**. One run can be luck, so run both twice more. For each run we count all
# calls. We look for the largest wave: the most calls within 0.1 s, once the first second is over. And we note when
# the last record was stored. Guess: which of the three numbers does jitter make smaller?

# %%
rounds = {name: [runs[name]] for name in ("exponential", "full jitter")}
for _ in range(2):
    rounds["exponential"].append(crowd(exponential, TRIES))
    rounds["full jitter"].append(crowd(full_jitter, TRIES))

# %%
from collections import Counter


def wave(calls):
    """The most calls in a tenth of a second, after the first second."""
    tenths = Counter(int(10 * call.seconds) for call in calls)
    return max(count for tenth, count in tenths.items() if tenth >= 10)


def done(calls):
    """When the last record was stored, in seconds."""
    return max(call.seconds for call in calls if call.error is None)


# %% tags=["nbval-ignore-output"]
from lab.pictures import Table

rows = [
    (name, len(calls), wave(calls), f"{done(calls):.1f}")
    for name, tried in rounds.items()
    for calls in tried
]
Table("Three rounds each", ("way", "calls", "largest wave", "done after, s"), rows)

# %% [markdown]
# **Jitter flattens the waves.** Without it, those who were refused together wait equally long and come back together. On
# a quiet machine the largest wave is then two to three times as high. (On a busy one the callers are late by chance, and
# that is jitter too.)
#
# Between two waves nobody asks, the bucket runs over, and tokens are lost. With jitter somebody is always there to take
# a token, so all are usually done sooner (the table's last column).
#
# **Jitter does not save calls here.** Its waits are half as long on average, so it often makes a few more. If calls are
# what you must save, wait longer: that is what botocore's two modes do.

# %%
question("06-throttling", "why-jitter")

# %% [markdown]
# ## A retry budget
#
# When a stream is down, retries multiply the load at the worst moment. So retries need a **budget** across all calls,
# not only a number of tries for each. botocore has one for each client: 500 tokens. A retry after throttling takes 5,
# after another failure 14. A success gives back what the last retry took, or 1 if there was no retry (source of
# botocore 1.44.5).
#
# Sixty callers use one client with its defaults. A fault throttles every call. Each call may be tried three times, so
# 60 callers could make 180 calls. Guess how many they make.

# %%
default = boto3.client("kinesis", config=Config(max_pool_connections=60))
print(default.meta.config.retries)

code = "ProvisionedThroughputExceededException"
rule = {"operation": "kinesis.PutRecord", "error": code, "rate": 1.0}
lab.set("faults", rules=[rule])
lab.set("calls")  # count from 0
gave_up = at_once(lambda caller: not put(default, caller, None, 1), 60)
calls = lab.look("calls")["kinesis.PutRecord"]
lab.set("faults", rules=[])

print(sum(gave_up), "callers gave up, after", calls, "calls")

# %% [markdown]
# 160: 60 first tries and 500 ÷ 5 = 100 retries. Then the budget is spent, and the client fails fast.
#
# So the default means: **three tries, then the exception is yours**. For a throttled stream that is few. Give a producer
# more tries, or a loop of its own. Give it an end too: a number of calls or a deadline. And give it a place for what is
# left, such as a file or a queue. Then running out of budget is not losing data.

# %% [markdown]
# ## A safe place to stop
#
# Half of the lesson is done. The next cell sets the quotas back to AWS's, so nothing stays switched on. The second half
# has a first cell of its own: when you come back, begin there, also after a restart of the kernel or of the lab.
#
# The playground shows a shard that refuses: <button data-commandlinker-command="playground:open" data-commandlinker-args='{"scene": "burst"}'>A burst</button>. And it shows what comes next: <button data-commandlinker-command="playground:open" data-commandlinker-args='{"scene": "hot-key"}'>A hot key</button>

# %%
_ = lab.set("quotas", scale=1)

# %% [markdown]
# ## Part two: which shard, which key?
#
# Retrying carries you over a burst. When a stream throttles all day, something is wrong with it. The metrics say what.
#
# Our example is a ticket sale: four shards, 50 records a second each.

# %%
import boto3

from lab import clock, wait_until_active
from lab.control import control
from lab.load import wait_until_full

lab, kinesis = control(), boto3.client("kinesis")
lab.set("quotas", scale=0.05)
SALE = "course-06-sale"
kinesis.create_stream(StreamName=SALE, ShardCount=4)
wait_until_active(kinesis, SALE)

# %% [markdown]
# **Shard-level** metrics are off at first, and on AWS they cost money. We switch on two of the seven.

# %%
names = ["IncomingRecords", "WriteProvisionedThroughputExceeded"]
enabled = kinesis.enable_enhanced_monitoring(StreamName=SALE, ShardLevelMetrics=names)
print(sorted(enabled["DesiredShardLevelMetrics"]))


# %% [markdown]
# One burst of 120 orders: one for each of 36 shows, and 84 more for `show-8`, which just went on sale. The key is the
# show. Each order carries `n`, the show's own count. Four shards take 200 orders at once. Will all 120 go in?

# %%
def orders(busy, each):
    """An order for each of 36 shows, and `each` for busy ones; `n` counts a show's."""
    shows = [f"show-{n}" for n in range(1, 37) if f"show-{n}" not in busy]
    return [{"show": show, "n": 1} for show in shows] + [
        {"show": show, "n": n} for n in range(1, each + 1) for show in busy
    ]


def show_of(order):
    """The partition key: the show."""
    return order["show"]


# %%
import json


def burst(batch, key_of):
    """All orders in one call, in a minute of its own: that minute, and the answers."""
    wait_until_full(SALE)
    minute = clock.next_minute()
    data = [json.dumps(order).encode() for order in batch]
    keys = [key_of(order) for order in batch]
    entries = [{"PartitionKey": k, "Data": d} for k, d in zip(keys, data, strict=True)]
    return minute, kinesis.put_records(StreamName=SALE, Records=entries)["Records"]


# %%
rush = orders(["show-8"], 85)
minute, answers = burst(rush, show_of)
print(len(rush), "orders, refused:", sum("ErrorCode" in entry for entry in answers))

# %% [markdown]
# 44 are refused, though the stream has room for 200. (A burst is a minute of its own here. CloudWatch sums by minutes,
# so we move the lab's clock to the next one.) First look at the stream-level metrics, then shard by shard:

# %%
from datetime import timedelta

cloudwatch = boto3.client("cloudwatch")


def metric(name, minute, statistic="Sum", **where):
    """One metric's value in that minute; 0 where CloudWatch has none."""
    dimensions = [{"Name": key, "Value": value} for key, value in where.items()]
    span = {"StartTime": minute, "EndTime": minute + timedelta(minutes=1), "Period": 60}
    what = {"Namespace": "AWS/Kinesis", "MetricName": name, "Dimensions": dimensions}
    answer = cloudwatch.get_metric_statistics(**what, **span, Statistics=[statistic])
    return answer["Datapoints"][0][statistic] if answer["Datapoints"] else 0


# %%
def open_shards():
    """The shards that take records now."""
    only = {"Type": "AT_LATEST"}
    return kinesis.list_shards(StreamName=SALE, ShardFilter=only)["Shards"]


# %%
def by_shard(minute):
    """Records taken and refused in that minute, for each open shard."""
    loads = {}
    for shard in open_shards():
        where = {"StreamName": SALE, "ShardId": shard["ShardId"]}
        loads[shard["ShardId"]] = tuple(metric(name, minute, **where) for name in names)
    return loads


# %%
for name in names:
    print(f"{name:35}{metric(name, minute, StreamName=SALE):4.0f} in the stream")

# %%
from lab.pictures import shard_bars

scenes = {"hot key": by_shard(minute)}
shard_bars(scenes, limit=50)

# %% [markdown]
# The sums of the stream only say that something is wrong: 76 taken, far below 200, and 44 refused. The picture says
# where: **only shard 2 refuses**. When a stream throttles below its total limit, one shard is hot.
#
# Is it one key, or several that share a shard? CloudWatch doesn't know keys. The producer does. Count the keys of what
# was refused, and of what was **sent** to that shard:

# %%
import collections


def refused_shows(batch, answers):
    """The shows of the refused orders, the most frequent first."""
    pairs = zip(batch, answers, strict=True)
    refused = [order["show"] for order, entry in pairs if "ErrorCode" in entry]
    return collections.Counter(refused).most_common(5)


print("refused:", refused_shows(rush, answers))
print("sent:   ", collections.Counter(map(show_of, rush)).most_common(1))

# %% [markdown]
# ## Hot key or hot shard? Ask for the limit
#
# A shard of ours takes 50 records in a burst. `show-8` alone sends 85. So no cut of the hash space helps: one key has
# one hash and lies on one shard. That is a **hot key**.
#
# The question is always the same: **does the key alone send more than one shard takes?** On AWS that is 1 MiB or 1,000
# records a second.
#
# - **Yes**: a split does not help. Change the key.
# - **No**: the shard is hot, not the key. A split can part the key from its neighbours.
#
# A key's share of the traffic does not answer the question. Two thirds of little is little.

# %%
from grader import question

question("06-throttling", "which-cure")

# %% [markdown]
# ## Cure a hot key: salt it
#
# Give the hot show several keys, `show-8#0` to `show-8#7`. That is **salting**. We take the salt from the counter, so
# the orders spread evenly over the salts. The hash spreads the salts over the shards.

# %%
SALTS = 8


def salted(order):
    """The partition key: a salt for the hot show, by its count."""
    salt = f"#{order['n'] % SALTS}" if order["show"] == "show-8" else ""
    return order["show"] + salt


# %%
minute, answers = burst(rush, salted)
scenes["salted"] = by_shard(minute)
print("refused:", sum("ErrorCode" in entry for entry in answers))
print("taken by shard:", [int(taken) for taken, _ in scenes["salted"].values()])

# %% [markdown]
# None is refused, on the same four shards. The spread isn't perfect, because salts are hashed like any key. Take more
# salts than you have shards.
#
# The price is order. A show's orders now lie in several shards, and a consumer gets them mixed. Read them, shard by
# shard:

# %%
lab.set("quotas", scale=1)
read = everything(SALE)
lab.set("quotas", scale=0.05)

read = [record for record in read if "#" in record["PartitionKey"]]
numbers = [json.loads(record["Data"])["n"] for record in read]
print("orders of show-8:", len(numbers), "  in order:", numbers == sorted(numbers))


# %% [markdown]
# So the **reader undoes the salt**. It takes the salt off the key. Then it puts each show's orders in order by `n`, the
# application's own counter.

# %%
def unsalted(records):
    """Each show's orders by their count, whatever shards they came from."""
    shows = {}
    for record in records:
        show = record["PartitionKey"].partition("#")[0]
        shows.setdefault(show, []).append(json.loads(record["Data"])["n"])
    return {show: sorted(counts) for show, counts in shows.items()}


print("complete and in order:", unsalted(read) == {"show-8": list(range(1, 86))})

# %% [markdown]
# A reader that runs for ever can't sort everything. It holds orders until the next number has arrived, then passes them
# on. The counter serves twice: a number that was there already is a duplicate.
#
# Salt only hot keys, and only when the reader can merge. There are other cures for a hot key:
#
# - Small records at 1,000 a second: **aggregate** many into one record. Key and order stay whole (lesson 01).
# - Order doesn't matter: take a **random key** from the start.
# - None of these fits: slow the source down.

# %% [markdown]
# ## Cure a hot shard: split it
#
# Another evening. Four shows are busy, with 21 orders each. All four have their hashes in shard 1's range. No single one
# is too much for it. Guess before each of the two bursts: how many are refused?

# %%
evening = orders(["show-7", "show-9", "show-10", "show-29"], 21)
minute, answers = burst(evening, show_of)
scenes["hot shard"] = by_shard(minute)

print("refused:", sum("ErrorCode" in entry for entry in answers))
refused_shows(evening, answers)

# %% [markdown]
# One shard, several keys, none of them too much alone: that is a **hot shard**, and there a split helps. In the middle
# of the range it parts two of the shows from the other two.

# %%
from lab.rules.hash_space import range_of

hot = kinesis.list_shards(StreamName=SALE)["Shards"][1]
cut = {"NewStartingHashKey": str(range_of(hot).middle)}
kinesis.split_shard(StreamName=SALE, ShardToSplit=hot["ShardId"], **cut)
wait_until_active(kinesis, SALE)

minute, answers = burst(evening, show_of)
scenes["split"] = by_shard(minute)
print("refused:", sum("ErrorCode" in entry for entry in answers))

# %%
shard_bars(scenes, limit=50)

# %% [markdown]
# Before and after, twice. Shard 1 is closed after the split and left out of the last panel. Its children are shards 4
# and 5.

# %% [markdown]
# ## A busy key that just fits: give it a shard of its own
#
# Now `show-8` sends 49 orders in a burst. That is most of its shard's traffic, and still below 50. Nine neighbours on
# shard 2 send one order each. How many are refused? And would a split in the middle of shard 2 be enough?

# %%
from lab.rules.hash_space import hash_key

tight = orders(["show-8"], 49)
_, answers = burst(tight, show_of)
print("refused:", sum("ErrorCode" in entry for entry in answers))

shard = range_of(kinesis.list_shards(StreamName=SALE)["Shards"][2])
every_show = [f"show-{n}" for n in range(1, 37)]
upper = [show for show in every_show if shard.middle <= hash_key(show) <= shard.end]
print("still together after a split in the middle:", upper)

# %% [markdown]
# A split in the middle leaves three neighbours with `show-8`: 52 orders, still two too many. So cut **around the key**.
# Split at its hash, then split the upper part two hash keys higher. The shard between the two cuts has `show-8` and
# practically nothing else.

# %%
start = hash_key("show-8")
for hash_of_cut in (start, start + 2):
    hot = next(one for one in open_shards() if hash_of_cut in range_of(one))
    cut = {"NewStartingHashKey": str(hash_of_cut)}
    kinesis.split_shard(StreamName=SALE, ShardToSplit=hot["ShardId"], **cut)
    wait_until_active(kinesis, SALE)

_, answers = burst(tight, show_of)
print("refused:", sum("ErrorCode" in entry for entry in answers))

# %% [markdown]
# None. The key has not become cheaper. Its neighbours are gone, and alone it fits. On the day when it sends 51, no
# split helps any more.
#
# On-demand mode does not do this for you. It splits a busy shard in the middle. For very uneven keys AWS recommends
# provisioned mode with fine splits of this kind (*Choose the right mode to stream in*).

# %% [markdown]
# ## What to do, in which order
#
# | | What you see | What it is | What helps |
# |---|---|---|---|
# | 1 | any refusal | normal: every stream refuses some day | send again what failed, backoff with jitter, a budget |
# | 2 | refused now and then, all delivered soon | bursts | nothing more |
# | 3 | one shard refuses, and one key alone sends more than a shard takes | hot key | another key, salt, aggregate small records, slow the source; **no split** |
# | 4 | one shard refuses, and no key alone is too much | hot shard | split it, so that the busy keys part; on-demand splits by itself, in the middle |
# | 5 | every shard refuses | stream too small | UpdateShardCount, or on-demand mode; aggregate small records |

# %% [markdown]
# In this order, because each step is cheaper than the next. The last one can also hide what is wrong. Twice as many
# shards cost twice as much. With a hot key they refuse about as many records as before, since the key still has one
# shard. The first step stays, whatever else you do.
#
# > **On real AWS** resharding takes minutes. It is the cure for tonight, not for this second. For this second there is
# > only backoff.

# %% [markdown]
# ## Readers are throttled too
#
# A shard has buckets for reads as well, and **all readers that poll share them**: 5 calls of `GetRecords` a second, and
# 2 MiB a second. Twelve readers ask the same shard at the same moment, at the quotas' full size. How many get an answer?

# %%
from botocore.config import Config

no_retries = Config(retries={"total_max_attempts": 1}, max_pool_connections=12)
once = boto3.client("kinesis", config=no_retries)
shard = kinesis.list_shards(StreamName=SALE)["Shards"][0]["ShardId"]
where = {"ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
place = kinesis.get_shard_iterator(StreamName=SALE, **where)["ShardIterator"]


# %%
def poll(reader):
    """One GetRecords: whether it was answered."""
    try:
        once.get_records(ShardIterator=place)
    except once.exceptions.ProvisionedThroughputExceededException:
        return False
    return True


# %%
from lab.load import at_once

lab.set("quotas", scale=1)
minute = clock.next_minute()
answered = sum(at_once(poll, 12))
refused = metric("ReadProvisionedThroughputExceeded", minute, StreamName=SALE)

print("all answered:", answered == 12)
print("answered and refused make 12:", answered + refused == 12)
_ = lab.set("quotas", scale=0.05)

# %% [markdown]
# About five are answered, the rest get the same `ProvisionedThroughputExceededException` as a writer. The metric is
# `ReadProvisionedThroughputExceeded`. What to know about it:
#
# - **k readers that poll every T seconds need k ÷ T ≤ 5.** At one poll a second, a shard bears five readers. One
#   reader alone may poll every 200 ms.
# - The bytes are shared too. Three readers of everything can't follow a shard that is written at its full 1 MiB/s.
# - One answer of 10 MiB uses up five seconds: until then every further call is refused.
# - Nothing is lost. A refused reader falls behind and asks again later. Wait, then poll; never poll without a pause.
# - Too many readers? Enhanced fan-out gives each consumer its own 2 MiB/s.

# %% [markdown]
# ## The metric that looks healthy
#
# Last: who tells you? A small stream has one shard, 50 records a second. It gets one call a minute for eight minutes,
# from a producer that looks at nothing. Set an **alarm** on `PutRecords.ThrottledRecords`: two bad minutes of three.
#
# At night nobody writes, and then the metric has no data. That is no fault, so missing data does not breach.

# %%
WATCH, ALARM = "course-06-watch", "course-06-throttled"
kinesis.create_stream(StreamName=WATCH, ShardCount=1)
wait_until_active(kinesis, WATCH)

bad = {"Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0}
when = {"Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
what = {"Namespace": "AWS/Kinesis", "MetricName": "PutRecords.ThrottledRecords"}
where = [{"Name": "StreamName", "Value": WATCH}]
when |= {"TreatMissingData": "notBreaching"}
cloudwatch.put_metric_alarm(AlarmName=ALARM, **what, Dimensions=where, **bad, **when)
print(cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]["StateValue"])

# %% [markdown]
# The loads: a rush in minutes 3 and 4. In minute 7 something else goes wrong: a fault lets about a tenth of the entries
# fail with `InternalFailure`. Guess what `PutRecords.Success` will show, minute by minute.

# %%
clicks = [{"PartitionKey": "page-1", "Data": b"click"}] * 100
fault = {"operation": "kinesis.PutRecords", "entries": 0.1, "seed": 6}
minutes, states = [], []
clock.next_minute()
for number, load in enumerate([30, 40, 80, 100, 50, 30, 50, 30], 1):
    lab.set("faults", rules=[fault] if number == 7 else [])
    wait_until_full(WATCH)
    minutes.append(clock.now().replace(second=0, microsecond=0))
    kinesis.put_records(StreamName=WATCH, Records=clicks[:load])
    clock.next_minute()  # the minute is over, and the alarm looks at it
    alarm = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]
    states.append(alarm["StateValue"])

# %%
from lab.pictures import write_dashboard


def by_minute(name, how="Sum"):
    """The metric's value in each of the eight minutes."""
    return [metric(f"PutRecords.{name}", m, how, StreamName=WATCH) for m in minutes]


success, throttled = by_minute("Success", "Average"), by_minute("ThrottledRecords")
write_dashboard(success, throttled, by_minute("FailedRecords"), alarm=states)

# %% [markdown]
# `PutRecords.Success` stays at 1 all the time. It counts **calls** of which at least one record was stored. But records
# were refused, and this producer lost them. So watch `PutRecords.ThrottledRecords` and `PutRecords.FailedRecords`: the
# first counts throttling, the second internal failures. For `PutRecord` it is `PutRecord.Success`. For both there is
# `WriteProvisionedThroughputExceeded`.
#
# AWS's guide recommends alarms on the average of the `Success` metrics all the same. Keep those for outages. This lesson
# differs from the guide for throttling, and you have just seen why.

# %% [markdown]
# ## Better alarms
#
# “Two of three minutes” keeps the alarm quiet at a single burst, which retries absorb. It still noticed the rush. It
# says nothing about minute 7: that is another metric, and needs an alarm of its own.
#
# A count grows with the stream. A **share** fits every size: refused records ÷ all records. (CloudWatch computes it with
# metric math; the lab has none, so we compute it.)

# %%
pairs = zip(throttled, by_minute("TotalRecords"), strict=True)
for number, (refused, sent) in enumerate(pairs, 1):
    if refused:
        print(f"minute {number}: {refused / sent:.0%} of the records refused")

# %% [markdown]
# And **before** anything is refused: alarm when `IncomingRecords` or `IncomingBytes` reach 80 % of what the shards take.
# A minute's sum ÷ 60 is the mean of a second; compare it with shards × 1,000 records and shards × 1 MiB. A mean hides
# bursts, so it can't replace the other alarms.
#
# No metric of Kinesis counts the records that a producer **gave up**. Kinesis counts what it refused, and can't know what
# came again. So the producer counts them, and puts a metric of its own.

# %%
question("06-throttling", "which-metric")

# %% [markdown]
# > **On real AWS** a metric shows up later than in the lab, so the alarm does too. Stream-level metrics are free,
# > shard-level ones are charged (AWS: FAQs). Switch those on to search, and off again. An alarm there calls somebody,
# > through Amazon SNS. The lab's alarms only change their state.

# %% [markdown]
# ## Tidy up
#
# The quotas go back to AWS's, the faults are gone, streams and alarm are deleted.

# %%
import boto3

from lab.control import control

lab = control()
lab.set("quotas", scale=1)
lab.set("faults", rules=[])

cloudwatch = boto3.client("cloudwatch")
cloudwatch.delete_alarms(AlarmNames=["course-06-throttled"])
print("alarms left:", len(cloudwatch.describe_alarms()["MetricAlarms"]))

# %%
kinesis = boto3.client("kinesis")
patience = {"Delay": 1, "MaxAttempts": 60}
names = kinesis.list_streams()["StreamNames"]
ours = [name for name in names if name.startswith("course-06-")]
for name in ours:
    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)

left = [name for name in kinesis.list_streams()["StreamNames"] if name in ours]
print(len(ours), "streams deleted; left:", left)

# %% [markdown]
# ## What study notes get wrong
#
# > - “**Retry with exponential backoff**” is the exam's answer, and right. Add jitter. For `PutRecords` add: only the
# >   failed records.
# > - “**More shards**” as the first answer to `ProvisionedThroughputExceededException`: first retry, then look at the
# >   keys, then add shards.
# > - “**Hot shard: split it**”: yes, unless one key alone is more than a shard takes.
# > - “**2 MB/s out**” is for all readers that poll a shard together.
# > - Old notes link an article on 503 answers of Elastic Load Balancing here. It has nothing to do with Kinesis.

# %% [markdown]
# ## What to keep
#
# | Word | Meaning |
# |---|---|
# | token bucket | fills at the shard's rate; two for writes: 1 MiB/s and 1,000 records/s; the emptier one decides |
# | partial failure | `PutRecords` succeeds, entries fail: look at `FailedRecordCount`, resend those with an `ErrorCode` |
# | full jitter | wait by chance from 0 to min(cap, base × 2^attempt): no waves |
# | retry budget | a limit across calls; with an end, and a place for what is left |
# | hot key | one key alone sends more than a shard takes: salt, and merge by a counter; a split doesn't help |
# | hot shard | one shard refuses, no key alone is too much: split, around the key if need be |
# | throttled reads | 5 calls and 2 MiB a second and shard, shared by all that poll |
# | ThrottledRecords | what to alarm on; `Success` looks healthy |

# %% [markdown]
# ## You can now …
#
# 1. **explain** a shard's limits as token buckets, for writes and for reads (SAA-C03 3.5, DEA-C01 1.1.9)
# 2. **deliver** every record through a throttled stream, sending again only what was refused (DVA-C03 1.1.3, DEA-C01 1.1.9)
# 3. **choose** a way to retry: backoff, full jitter, and a budget (SAA-C03 2.2, DVA-C03 1.1.3)
# 4. **find** a hot key or a hot shard in the metrics, and cure it in the right order (DVA-C03 4.3.5, DEA-C01 3.4.5)
# 5. **watch** a stream with the metrics and the alarms that notice lost records (DVA-C03 4.2.3, DEA-C01 3.3.3)
#
# **Where next:** the assignment, [06-throttling](../exercises/06-throttling/06-throttling.ipynb): deliver records
# through a stream that throttles, fails and loses answers. You are judged by what arrives. Then lesson 07,
# [Security](07-security.ipynb).
