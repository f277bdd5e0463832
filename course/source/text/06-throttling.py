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
# A shard takes 1 MiB or 1,000 records a second (AWS: Quotas and limits) and refuses the rest. That is normal:
# traffic comes in bursts. What makes the difference is what your producer does next. In this lesson you overdrive
# shards for real, lose records, stop losing them, compare six ways to retry in one picture, find a hot key in the
# metrics and cure it.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **explain** a shard's limits as token buckets, and what becomes of the records beyond them (SAA-C03 3.5, DEA-C01 1.1.9)
# 2. **deliver** every record through a throttled stream, sending again only what was refused (DEA-C01 1.1.9)
# 3. **choose** a way to retry: backoff, full jitter, and a budget (DEA-C01 1.1.9)
# 4. **find** a hot key or a hot shard in shard-level metrics, and cure it in the right order (SAA-C03 3.5, DEA-C01 1.1.9)
# 5. **watch** a stream with the metrics and the alarm that notice lost records (SAA-C03 3.5)
#
# **Minutes:** 40 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb)

# %% [markdown]
# ## Before you run anything: a guess
#
# To overdrive a shard with little work we shrink it. The lab can scale the quotas of your account: at 0.05, a shard
# takes 50 records a second instead of 1,000. Into one such shard we put **100 records in one call**. What happens?
#
# - the call fails, and nothing is stored
# - the call takes two seconds, and everything is stored
# - the call succeeds, and about half is stored
#
# Write your guess down, then run.

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

# %% [markdown]
# (`ResourceInUseException`? An earlier run has left the stream behind. Run the cells under *Tidy up* near the end,
# then this one again.)

# %%
records = [{"PartitionKey": "page-1", "Data": f"click {n}".encode()} for n in range(1, 101)]
answer = kinesis.put_records(StreamName=CLICKS, Records=records)

print("status", answer["ResponseMetadata"]["HTTPStatusCode"])
print("sent", len(records), "refused", answer["FailedRecordCount"])

# %% [markdown]
# The call was a success, status 200, and half of the records are **not stored**. A program that only looks whether
# the call worked has just lost 50 clicks. Why exactly 50?
#
# ## A shard is a bucket
#
# Think of a **token bucket**. Tokens flow in at the shard's rate, here 50 a second, until the bucket is full. Each
# record takes one out; a record that finds none is refused. So a rested shard takes a whole burst at once, and then
# only as much as flows in. Is there anything left for a 101st record, right after the burst?

# %%
from lab.load import wait_until_full

wait_until_full(CLICKS)  # the burst
kinesis.put_records(StreamName=CLICKS, Records=records)
after = kinesis.put_records(StreamName=CLICKS, Records=records)

print("the second call is refused more:", after["FailedRecordCount"] > 50)

# %% [markdown]
# It takes what has flowed in since: a few. `wait_until_full` asks the lab for the state of the buckets and comes back
# when they are full again, after at most a second.
#
# > **On real AWS** the rates are published and the bursts are not. That a bucket holds one second of the rate is the
# > lab's model. Nor can you ask AWS for a bucket's state: you notice by what is refused.

# %% [markdown]
# ## Two buckets, not one
#
# Each shard has a second bucket, for bytes: 1 MiB a second, the partition keys included. At our scale that is
# 51 KiB. Guess: how many of eight records of 10 KiB go in? Eight are far fewer than 50.

# %%
wait_until_full(CLICKS)
big = [{"PartitionKey": "photo", "Data": b"x" * 10 * 1024}] * 8
answer = kinesis.put_records(StreamName=CLICKS, Records=big)

print(len(big) - answer["FailedRecordCount"], "of", len(big), "stored")

# %% [markdown]
# Five: a sixth would not fit into 51 KiB. **Whichever bucket is empty first refuses.** Small records run out of
# records, large ones out of bytes. It matters for the cure: packing many small records into one helps in the first
# case, and not at all in the second.

# %% [markdown]
# ## What a refusal looks like
#
# `put_records` answers entry by entry, in the order of your records. `put_record`, with its single record, has no
# entries to tell it in: it raises the exception.

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
# Beside `ProvisionedThroughputExceededException` an entry can fail with `InternalFailure` (AWS: API reference,
# PutRecords). Both mean: not stored, try this one again, later. We switched off the client's own retries here
# (`total_max_attempts`), or it would have waited and tried again by itself.
#
# That is a trap: **boto3 retries calls, and a `put_records` with refused entries is a call that worked.** Nobody
# sends those entries again unless you do. A shell script falls into it as well: two photos of 48 KiB in one call of the
# AWS CLI, how many of them were refused, and what the CLI tells the shell (0 is success).

# %%
wait_until_full(CLICKS)
photo = "PartitionKey=photo,Data=" + "x" * 48 * 1024

# %%
# !aws kinesis put-records --stream-name {CLICKS} --records {photo} {photo} --query FailedRecordCount
print("exit status", _exit_code)  # of the last command with !

# %% [markdown]
# One of the two is not stored, and the exit status is 0. A script must look at `FailedRecordCount`, as your code must.

# %% [markdown]
# ## Send again only what was refused
#
# The first idea is often: something failed, so send the batch again. Sixty records, the bucket holds 50. What will
# be in the stream afterwards?

# %%
AGAIN = "course-06-again"
kinesis.create_stream(StreamName=AGAIN, ShardCount=1)
wait_until_active(kinesis, AGAIN)

batch = [{"PartitionKey": "page-1", "Data": f"click {n}".encode()} for n in range(1, 61)]
for number in (1, 2):  # the whole batch, and the whole batch again
    wait_until_full(AGAIN)
    answer = kinesis.put_records(StreamName=AGAIN, Records=batch)
    print("call", number, "refused", answer["FailedRecordCount"])


# %%
def everything(stream):
    """All records of the stream, shard by shard, at the quotas' full size."""
    lab.set("quotas", scale=1)
    found = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        place = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        found += kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
    lab.set("quotas", scale=0.05)
    return found


# %%
texts = [record["Data"] for record in everything(AGAIN)]
print(len(texts), "records,", len(set(texts)), "different ones, of", len(batch))

# %% [markdown]
# A hundred records, fifty of them twice, and the last ten still missing: they were refused both times. Sending
# everything again fills the buckets with what is stored already. Here is the right way:

# %%
import random

from lab.load import pause

BASE, CAP = 0.05, 1.6  # seconds


def full_jitter(attempt):
    """How long to wait after this attempt, counted from 0: by chance, up to a limit that doubles."""
    return random.uniform(0, min(CAP, BASE * 2**attempt))


# %%
def deliver(stream, waiting, most_calls=20):
    """Put all records and send again only what was refused; what is left when the calls are used up."""
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
texts = [record["Data"] for record in everything(RIGHT)]
print("left over:", len(left))
print(len(texts), "records,", len(set(texts)), "different ones, of", len(records))

# %% [markdown]
# All there, each once. Three things make it right: it keeps each record beside its answer, it waits before it tries
# again, and it **ends**: after 20 calls it hands back what is left, for you to keep somewhere, and never drops it
# silently.
#
# What it can't keep is order: a refused record comes after others that were behind it. Where a key's order counts,
# send the next record of that key only when the last one is stored (`put_record`, one after the other).

# %%
from grader import question

question("06-throttling", "partial-success")

# %% [markdown]
# ## The duplicate that nobody can avoid
#
# Now a call takes effect, but its answer is lost on the way. The lab can do that on purpose: a **fault** with `after`.
# Five records; the first call's answer is lost. What does the producer know? What is in the stream in the end?

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
# Ten records: each is there twice, under two sequence numbers. The producer saw an error (here boto3 did, and tried
# again), and an error does not tell whether the call took effect. To lose nothing it must send again. So a stream
# delivers **at least once**, and whoever reads it needs a mark of the application's own, such as an order number,
# to notice what it has seen. Kinesis' sequence numbers don't help: the two copies have different ones.

# %%
question("06-throttling", "lost-answer")

# %% [markdown]
# ## Six ways to retry
#
# One producer alone is easy. Trouble begins when many are refused at the same moment and all come back. Sixteen
# callers put two records each, all at once, into a shard of 10 records a second (scale 0.01). Six ways:
#
# - **no retry**: one try, then give up
# - **fixed**: wait 0.1 s, always; **exponential**: 0.05 s, 0.1 s, 0.2 s … up to 1.6 s
# - **exponential with full jitter**: by chance between 0 and that limit
# - **botocore's standard mode**: the same idea, from 0 to 1 s, 2 s, 4 s … at most 20 s after throttling
# - **botocore's adaptive mode**: standard, and the client also slows down *first* tries
#
# (The modes' numbers: source of botocore 1.44.5, `retries/standard.py` and `adaptive.py`.)

# %% [markdown]
# **Guess:** which way stores everything with the fewest calls? Which makes the most?

# %%
from contextlib import suppress

CROWD, CALLERS, EACH, TRIES = "course-06-crowd", 16, 2, 12


# %%
def put(client, caller, delay, tries):
    """Put one record, at most `tries` times; whether it was stored."""
    for attempt in range(tries):
        if attempt > 0:
            pause(delay(attempt - 1))
        with suppress(client.exceptions.ProvisionedThroughputExceededException):
            client.put_record(StreamName=CROWD, PartitionKey=f"caller-{caller}", Data=b"tick")
            return True
    return False


# %% [markdown]
# `at_once` lets all callers begin at the same moment; `CallLog` listens to the client and notes every request that it
# really makes, botocore's own repetitions included.

# %%
from lab.load import CallLog, at_once


def crowd(delay=None, tries=1, mode="standard", attempts=1):
    """All callers at once: the calls that they made."""
    retries = {"mode": mode, "total_max_attempts": attempts}
    config = Config(retries=retries, max_pool_connections=CALLERS)
    client = boto3.client("kinesis", config=config)
    wait_until_full(CROWD)
    log = CallLog(client, "PutRecord")
    at_once(lambda caller: [put(client, caller, delay, tries) for _ in range(EACH)], CALLERS)
    return log.calls


# %%
lab.set("quotas", scale=0.01)
kinesis.create_stream(StreamName=CROWD, ShardCount=1)
wait_until_active(kinesis, CROWD)

runs = {
    "no retry": crowd(),
    "fixed": crowd(lambda attempt: 0.1, TRIES),
    "exponential": crowd(lambda attempt: min(CAP, BASE * 2**attempt), TRIES),
    "exponential, full jitter": crowd(full_jitter, TRIES),
    "botocore standard": crowd(mode="standard", attempts=TRIES),
    "botocore adaptive": crowd(mode="adaptive", attempts=TRIES),
}

# %% tags=["nbval-ignore-output"]
from lab.pictures import retry_timelines

retry_timelines(runs, CALLERS * EACH)

# %% [markdown]
# Read it row by row: blue was stored, orange was refused. Your numbers differ a little, since this was real
# competition. What holds every time:

# %%
sent = CALLERS * EACH
stored = {name: sum(call.error is None for call in calls) for name, calls in runs.items()}
per_record = {name: len(calls) / stored[name] for name, calls in runs.items()}

print("no retry loses records:", stored["no retry"] < sent)
for name in ("exponential, full jitter", "botocore standard", "botocore adaptive"):
    print(f"{name} stores all:", stored[name] == sent)
print("fixed costs more calls a record:", per_record["fixed"] > per_record["botocore standard"])

# %% [markdown]
# **No retry** loses what the first burst leaves over. **Fixed** keeps knocking at an empty bucket, at the same pace
# however full the stream is: it makes the most calls, and callers run out of tries although the shard was never
# idle. **Exponential** waits longer each time, so the crowd thins out; without jitter those who were refused together
# come back together. **Jitter** spreads them. **Standard** is the same with longer waits: fewest wasted calls, later
# end. **Adaptive** holds calls back *before* they are refused. The shard takes 10 records a second in all rows:
# retrying decides who waits and what is wasted, and adds no capacity.

# %%
question("06-throttling", "why-jitter")

# %% [markdown]
# ## A retry budget
#
# When a stream is down, retries multiply the load just when it is least wanted. So retries need a **budget** across
# calls, not only a number of tries for each. botocore has one, for each client: 500 tokens; a retry after throttling
# takes 5, after another failure 14, and success gives them back (source of botocore 1.44.5).
#
# Sixty callers, one client with its defaults, and a fault that throttles every call. Each call may be tried three
# times, so 60 callers could make 180 calls. Guess how many they make.

# %%
default = boto3.client("kinesis", config=Config(max_pool_connections=60))
print(default.meta.config.retries)

code = "ProvisionedThroughputExceededException"
lab.set("faults", rules=[{"operation": "kinesis.PutRecord", "error": code, "rate": 1.0}])
lab.set("calls")  # count from 0
gave_up = at_once(lambda caller: not put(default, caller, None, 1), 60)
calls = lab.look("calls")["kinesis.PutRecord"]
lab.set("faults", rules=[])

print(sum(gave_up), "callers gave up, after", calls, "calls")

# %% [markdown]
# 160: 60 first tries and 500 ÷ 5 = 100 retries. Then the budget is spent, and the client fails fast.
#
# Note what the default means for you: **three tries, then the exception is yours**. For a throttled stream that is
# few. Give a producer more tries or a loop of its own, and an end: a number of calls, a deadline, and a place for
# what is left (a file, a queue), so that running out of budget is not losing data.
#
# > **Classic exam value:** exam answers say “retry with exponential backoff”. Add jitter, and for `PutRecords`:
# > only the failed records.

# %% [markdown]
# ## Which shard, which key?
#
# Retrying carries you over a burst. When a stream throttles all day, something is wrong with it, and the metrics say
# what. A ticket sale: four shards, 50 records a second each. **Shard-level** metrics are off at first and cost money
# on AWS; we switch on two.

# %%
SALE = "course-06-sale"
lab.set("quotas", scale=0.05)
kinesis.create_stream(StreamName=SALE, ShardCount=4)
wait_until_active(kinesis, SALE)

names = ["IncomingRecords", "WriteProvisionedThroughputExceeded"]
enabled = kinesis.enable_enhanced_monitoring(StreamName=SALE, ShardLevelMetrics=names)
print(sorted(enabled["DesiredShardLevelMetrics"]))

# %% [markdown]
# One burst of 120 orders: one for each of 36 shows, and 84 more for `show-8`, which just went on sale. The key is the
# show, and each order carries `n`, the show's own count. Four shards take 200 orders at once. Will all 120 go in?

# %%
import json

from lab import clock


def orders(busy, each):
    """One order for each of 36 shows, and `each` for every busy one; `n` counts a show's orders."""
    shows = [f"show-{n}" for n in range(1, 37) if f"show-{n}" not in busy]
    return [{"show": show, "n": 1} for show in shows] + [
        {"show": show, "n": n} for n in range(1, each + 1) for show in busy
    ]


# %%
def burst(batch, key_of):
    """All orders in one call, on full buckets, in a minute of their own: that minute, and the answers."""
    wait_until_full(SALE)
    minute = clock.next_minute()
    entries = [
        {"PartitionKey": key_of(order), "Data": json.dumps(order).encode()} for order in batch
    ]
    return minute, kinesis.put_records(StreamName=SALE, Records=entries)["Records"]


# %%
rush = orders(["show-8"], 85)
minute, answers = burst(rush, lambda order: order["show"])
print(len(rush), "orders, refused:", sum("ErrorCode" in entry for entry in answers))

# %% [markdown]
# 44 are refused though the stream has room for 200. (A burst is a minute of its own here: we move the lab's clock to
# the next minute, since CloudWatch sums by minutes.) First the stream-level metrics, then shard by shard, as boto3
# reads them:

# %%
from datetime import timedelta

cloudwatch = boto3.client("cloudwatch")


def metric(name, minute, statistic="Sum", **where):
    """One metric's value in that minute; 0 where CloudWatch has none."""
    dimensions = [{"Name": key, "Value": value} for key, value in where.items()]
    span = {"StartTime": minute, "EndTime": minute + timedelta(minutes=1), "Period": 60}
    what = {"Namespace": "AWS/Kinesis", "MetricName": name, "Dimensions": dimensions}
    found = cloudwatch.get_metric_statistics(**what, **span, Statistics=[statistic])["Datapoints"]
    return found[0][statistic] if found else 0


# %%
def by_shard(minute):
    """Records taken and refused in that minute, for each open shard."""
    shards = kinesis.list_shards(StreamName=SALE, ShardFilter={"Type": "AT_LATEST"})["Shards"]
    ids = [shard["ShardId"] for shard in shards]
    return {
        shard: tuple(metric(name, minute, StreamName=SALE, ShardId=shard) for name in names)
        for shard in ids
    }


for name in names:
    print(f"{name:35}{metric(name, minute, StreamName=SALE):4.0f} in the stream")

# %%
from lab.pictures import shard_bars

scenes = {"hot key": by_shard(minute)}
shard_bars(scenes, limit=50)

# %% [markdown]
# The stream-level sums only say that something is wrong: 76 taken, far below 200, and 44 refused. The picture says
# where: **shard 2 alone refuses**. Throttling while the total is below the stream's limit means that one shard is
# hot.
#
# Is it one key, or several that share a shard? CloudWatch doesn't know keys. The producer does: count the keys of
# what was refused.

# %%
from collections import Counter

pairs = zip(rush, answers, strict=True)
Counter(order["show"] for order, entry in pairs if "ErrorCode" in entry).most_common(3)

# %%
question("06-throttling", "which-cure")

# %% [markdown]
# ## Cure a hot key: salt it
#
# One key has one hash and stays on one shard, however often you split (lesson 02). So give the hot show several
# keys, `show-8#0` to `show-8#7`: that is **salting**. We take the salt from the counter, which spreads the orders
# evenly over the salts, and the hash spreads the salts over the shards.

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
# None refused, on the same four shards. The spread isn't perfect, since salts are hashed like any key: take more
# salts than you have shards.
#
# The price is order: a show's orders now lie in several shards, and a consumer gets them mixed.

# %%
read = [record for record in everything(SALE) if "#" in record["PartitionKey"]]
numbers = [json.loads(record["Data"])["n"] for record in read]

print("first ten as read:", numbers[:10])
print("in order:", numbers == sorted(numbers))


# %% [markdown]
# So the **reader undoes the salt**: it takes the salt off the key and puts each show's orders in order by the
# application's own counter, `n`.

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
# A reader that runs for ever can't sort: it keeps orders back until the next number has come, and gives them on. The
# counter serves twice: a number that was there already is a duplicate.
#
# Salt only hot keys, and only when you can afford to merge. If small records reach the 1,000 records a second,
# aggregating many in one record keeps the key, and the order, whole (lesson 01). If order doesn't matter at all, take
# a random key from the start.

# %% [markdown]
# ## Cure a hot shard: split it
#
# Another evening: four shows are busy, 21 orders each. All four have their hashes in shard 1's range, and no single one
# would be too much for it. Predict before each of the two bursts: how many are refused?

# %%
evening = orders(["show-7", "show-9", "show-10", "show-29"], 21)
minute, answers = burst(evening, salted)
scenes["hot shard"] = by_shard(minute)

print("refused:", sum("ErrorCode" in entry for entry in answers))
pairs = zip(evening, answers, strict=True)
Counter(order["show"] for order, entry in pairs if "ErrorCode" in entry).most_common(5)

# %% [markdown]
# One shard, several keys: that is a **hot shard**, and there a split helps.

# %%
from lab.rules.hash_space import range_of

hot = kinesis.list_shards(StreamName=SALE)["Shards"][1]
middle = str(range_of(hot).middle)
kinesis.split_shard(StreamName=SALE, ShardToSplit=hot["ShardId"], NewStartingHashKey=middle)
wait_until_active(kinesis, SALE)

minute, answers = burst(evening, salted)
scenes["split"] = by_shard(minute)
print("refused:", sum("ErrorCode" in entry for entry in answers))

# %%
shard_bars(scenes, limit=50)

# %% [markdown]
# Before and after, twice. Shard 1 is closed after the split and left out of the last panel; its children are shards 4
# and 5.

# %% [markdown]
# ## What to do, in which order
#
# Old notes link an article on 503 answers of Elastic Load Balancing here: it has nothing to do with Kinesis.
#
# | | What you see | What it is | What helps |
# |---|---|---|---|
# | 1 | anything refused | a producer that must not lose it | send again what failed, backoff with jitter, a budget |
# | 2 | refused now and then, all delivered soon | bursts | nothing more |
# | 3 | one shard refuses, one key makes most of it | hot key | another key, salt, aggregate; **no split** |
# | 4 | one shard refuses, several keys | hot shard | split it; on-demand splits by itself |
# | 5 | every shard refuses | stream too small | UpdateShardCount, or on-demand mode; aggregate, if records are small |

# %% [markdown]
# In this order, because each step is cheaper than the next, and the last one can hide what is wrong: doubling the
# shards of a stream with a hot key doubles the bill and refuses as many records as before. And the first step stays
# whatever else you do: every stream throttles some day.
#
# > **On real AWS** resharding takes minutes. It is the cure for tonight, not for this second: for this second there is
# > only backoff.

# %% [markdown]
# ## The metric that looks healthy
#
# Last: who tells you? Eight minutes of a small stream (one shard, 50 records a second), one call in each, and a
# producer that looks at nothing. An **alarm** shall watch `PutRecords.ThrottledRecords`: two bad minutes of three.

# %%
WATCH, ALARM = "course-06-watch", "course-06-throttled"
kinesis.create_stream(StreamName=WATCH, ShardCount=1)
wait_until_active(kinesis, WATCH)

bad = {"Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0}
when = {"Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
what = {"Namespace": "AWS/Kinesis", "MetricName": "PutRecords.ThrottledRecords"}
where = [{"Name": "StreamName", "Value": WATCH}]
cloudwatch.put_metric_alarm(AlarmName=ALARM, **what, Dimensions=where, **bad, **when)
print(cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]["StateValue"])

# %% [markdown]
# The loads: a rush in minutes 3 and 4. In minute 7 something else goes wrong: a fault lets about a tenth of the entries
# fail with `InternalFailure`. Guess what `PutRecords.Success` will show, minute by minute.

# %%
minutes, states = [], []
clock.next_minute()
for number, load in enumerate([30, 40, 80, 100, 50, 30, 50, 30], 1):
    fault = {"operation": "kinesis.PutRecords", "entries": 0.1, "seed": 6}
    lab.set("faults", rules=[fault] if number == 7 else [])
    wait_until_full(WATCH)
    minutes.append(clock.now().replace(second=0, microsecond=0))
    kinesis.put_records(StreamName=WATCH, Records=records[:load])
    clock.next_minute()  # the minute is over, and the alarm looks at it
    states.append(cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0]["StateValue"])

# %%
from lab.pictures import write_dashboard

write_dashboard(
    success=[metric("PutRecords.Success", m, "Average", StreamName=WATCH) for m in minutes],
    throttled=[metric("PutRecords.ThrottledRecords", m, StreamName=WATCH) for m in minutes],
    failed=[metric("PutRecords.FailedRecords", m, StreamName=WATCH) for m in minutes],
    alarm=states,
)

# %% [markdown]
# `PutRecords.Success` stays at 1 all the time: it counts **calls** of which at least one record was stored. Meanwhile
# records were refused, and this producer lost them. So watch `PutRecords.ThrottledRecords` and
# `PutRecords.FailedRecords` (the first for throttling, the second for internal failures). For `PutRecord` it is
# `PutRecord.Success`; for both, `WriteProvisionedThroughputExceeded`.
#
# “Two of three minutes” keeps the alarm quiet at a single burst, which retries absorb, and it still noticed the rush.
# It says nothing about minute 7: that is another metric, which needs an alarm of its own.

# %%
question("06-throttling", "which-metric")

# %% [markdown]
# > **On real AWS** a metric shows up a minute or more later, so the alarm does too. Stream-level metrics are free,
# > shard-level ones are charged (AWS: FAQs): switch those on to search, and off again. An alarm there calls somebody,
# > through Amazon SNS; the lab's alarms only change their state.

# %% [markdown]
# ## Tidy up
#
# The quotas go back to AWS's, the faults are gone, streams and alarm are deleted.

# %%
lab.set("quotas", scale=1)
lab.set("faults", rules=[])

cloudwatch = boto3.client("cloudwatch")
cloudwatch.delete_alarms(AlarmNames=["course-06-throttled"])
print("alarms left:", len(cloudwatch.describe_alarms()["MetricAlarms"]))

# %%
patience = {"Delay": 1, "MaxAttempts": 60}
ours = [name for name in kinesis.list_streams()["StreamNames"] if name.startswith("course-06-")]
for name in ours:
    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=patience)

left = [name for name in kinesis.list_streams()["StreamNames"] if name in ours]
print(len(ours), "streams deleted; left:", left)

# %% [markdown]
# ## What to keep
#
# | Word | Meaning |
# |---|---|
# | token bucket | fills at the shard's rate; two for writes: 1 MiB/s and 1,000 records/s; the emptier one decides |
# | partial failure | `PutRecords` succeeds, entries fail: look at `FailedRecordCount`, resend those with an `ErrorCode` |
# | full jitter | wait by chance from 0 to min(cap, base × 2^attempt) |
# | retry budget | a limit across calls; with an end, and a place for what is left |
# | hot key | one shard refuses, one key dominates: salt and merge by a counter; a split doesn't help |
# | hot shard | one shard refuses, several keys: split |
# | ThrottledRecords | what to alarm on; `Success` looks healthy |

# %% [markdown]
# ## You can now …
#
# 1. **explain** a shard's limits as token buckets, and what becomes of the records beyond them (SAA-C03 3.5, DEA-C01 1.1.9)
# 2. **deliver** every record through a throttled stream, sending again only what was refused (DEA-C01 1.1.9)
# 3. **choose** a way to retry: backoff, full jitter, and a budget (DEA-C01 1.1.9)
# 4. **find** a hot key or a hot shard in shard-level metrics, and cure it in the right order (SAA-C03 3.5, DEA-C01 1.1.9)
# 5. **watch** a stream with the metrics and the alarm that notice lost records (SAA-C03 3.5)
#
# **Where next:** the assignment, [06-throttling](../exercises/06-throttling/06-throttling.ipynb): deliver records
# through a stream that throttles, fails and loses answers, and be judged by what arrives. Then lesson 07,
# [Security](07-security.ipynb).
