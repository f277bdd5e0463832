# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Capacity modes: who counts the shards, and what it costs
#
# A stream's shards are either yours to count (**provisioned** mode) or AWS's (**on-demand** mode). The first is cheap
# and refuses what you did not plan for; the second grows by itself, and you pay for each gigabyte. Since November 2025
# an account can also take on-demand at a lower price with a minimum: **on-demand Advantage**. In this lesson one day's
# traffic goes through real streams of both modes; you see what is refused and what it costs, side by side.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **compare** provisioned, on-demand Standard and on-demand Advantage (SAA-C03 3.5, DEA-C01 1.1.9)
# 2. **compute** what a workload costs in each, and where they break even (SAA-C03 3.5)
# 3. **tell** whether a spike will be throttled (SAA-C03 3.5, DEA-C01 1.1.9)
# 4. **switch** a stream's mode, and know the rules (SAA-C03 3.5)
#
# **Minutes:** 30 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb)

# %% [markdown]
# ## Before you run anything: a guess
#
# A game has a quiet night and a busy evening. Its day goes through three streams: provisioned, with shards for the
# **mean** of the day; provisioned, with shards for the **peak**; and a new on-demand stream, which nobody sized.
#
# **Which streams refuse records? And which is the cheapest that refuses none?** Write your guess down.
#
# To keep the work small, the lab's quotas are scaled to 0.02: a shard takes 20 records a second instead of 1,000.

# %%
import boto3

from lab import clock, wait_until_active
from lab.control import control

lab = control()
lab.set("quotas", scale=0.02)

HOURS = range(0, 24, 2)
DAY = [30, 20, 20, 40, 70, 100, 120, 140, 220, 160, 90, 50]  # records in one second
print("mean", round(sum(DAY) / len(DAY)), "peak", max(DAY))

# %% [markdown]
# 88 records a second in the mean need 5 shards of 20. The peak of 220 needs 11 if every shard took its even share. Keys
# never spread so evenly (lesson 02), so we take headroom and make it 18.

# %%
kinesis = boto3.client("kinesis")
NAMES = {
    "provisioned\n5 shards": "course-05-mean",
    "provisioned\n18 shards": "course-05-peak",
    "on-demand": "course-05-demand",
}
kinesis.create_stream(StreamName="course-05-mean", ShardCount=5)
kinesis.create_stream(StreamName="course-05-peak", ShardCount=18)
on_demand = {"StreamMode": "ON_DEMAND"}
kinesis.create_stream(StreamName="course-05-demand", StreamModeDetails=on_demand)
for stream in NAMES.values():
    wait_until_active(kinesis, stream)


# %% [markdown]
# (`ResourceInUseException`? An earlier run has left the streams behind. Run the cells under *Tidy up* near the end,
# then this one again.)
#
# `ShardCount` makes a stream provisioned; an on-demand stream has none to choose. The API knows only these two modes;
# Advantage is a setting of the account. A new on-demand stream begins with 4 MB/s or 4,000 records/s of writes and
# 8 MB/s of reads (AWS: Quotas and limits), in the lab as four shards:

# %%
def shards_of(stream):
    """How many open shards the stream has."""
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    return summary["OpenShardCount"]


[shards_of(stream) for stream in NAMES.values()]

# %% [markdown]
# > **Classic exam value:** notes may say that a stream “starts with 1 shard and expands as needed”. A provisioned
# > stream never scales by itself, and an on-demand stream starts at 4 MB/s.

# %% [markdown]
# ## One day
#
# Every two hours one second of traffic, sent at once into each stream. `pause` lets the shards' buckets fill again,
# then the lab's clock goes on by two hours.

# %%
from lab.load import pause


def send(stream, count):
    """One burst: how many records were refused."""
    records = [{"PartitionKey": f"player-{n}", "Data": b"jump"} for n in range(count)]
    return kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"]


# %%
refused = {name: [] for name in NAMES}
for load in DAY:
    for name, stream in NAMES.items():
        refused[name].append(send(stream, load))
    clock.advance(hours=2)
    pause(1)

print({name.replace("\n", ", "): sum(lost) for name, lost in refused.items()})
print("shards now:", [shards_of(stream) for stream in NAMES.values()])

# %% [markdown]
# The stream for the mean refuses a quarter of the records, all of them by day. The one for the peak refuses nothing. The on-demand stream took all
# of it too, and its shards have multiplied: AWS splits a shard that receives more than 500 KB/s within 15 minutes
# (developer guide, “Choose the right mode”); the lab also counts half of the record rate. It never merges here, and you
# don't pay for on-demand shards.
#
# > **On real AWS** you can't read this model off: the shard count of an on-demand stream is AWS's own affair. And
# > on-demand mode does not isolate a hot key, however many shards the stream has.

# %% [markdown]
# ## What a day costs
#
# Prices are data with a date and a source, in `lab.rules.prices`, the only place for them: us-east-1, list, before tax.

# %%
from lab.pictures import Table
from lab.rules import prices

print("compiled", prices.COMPILED, "for", prices.REGION)
wanted = ("capacity", "writes", "shared reads", "fan-out consumers", "fan-out reads")
rows = [
    (row.mode, row.dimension, f"${row.dollars}", row.unit)
    for row in prices.PRICES
    if row.dimension in wanted
]
Table("Prices", ("mode", "dimension", "price", "for each"), rows)


# %% [markdown]
# So **provisioned** has a price for the shard, used or not, and a small one for writing (a *PUT payload unit* is 25 KB
# of a record, rounded up for each record). Shared reads are included. **On-demand Standard** has a price for the
# stream-hour and one for each GB in and out; in, each record is rounded up to 1 KB (AWS: pricing page). **Advantage**
# has no stream-hour, and lower prices for each GB.
#
# > **Classic exam value:** “you pay for each shard-hour” is provisioned mode only, and not all of it; on-demand
# > “for each stream-hour and GB” is Standard only.

# %% [markdown]
# Our day at full size: 50 times our bursts, records of 1 KB, one shared reader. Guess before you run: which is the
# cheapest, and which the dearest, of 5 shards, 18 shards, Standard and (in the next section) Advantage?

# %%
def dollars(mode, dimension):
    """The price as a decimal fraction, good enough for whole cents."""
    return float(prices.price(mode, dimension).dollars)


records = sum(load * 50 * 2 * 3600 for load in DAY)
gigabytes = records / 1e6  # 1 KB each
print(f"{records / 1e6:,.0f} million records, {gigabytes:,.0f} GB in, as many out")


# %%
def provisioned(shards):
    """A day: shard-hours, and one payload unit for each record."""
    units = records / 1e6 * dollars("provisioned", "writes")
    return shards * 24 * dollars("provisioned", "capacity") + units


standard = 24 * dollars("on-demand standard", "capacity") + gigabytes * (
    dollars("on-demand standard", "writes") + dollars("on-demand standard", "shared reads")
)
print(f"5 shards ${provisioned(5):.2f}, 18 shards ${provisioned(18):.2f}, Standard ${standard:.2f}")

# %% [markdown]
# ## Advantage and its minimum
#
# On-demand Advantage bills **at least 25 MiB/s in and 25 MiB/s out**, over all on-demand streams of the account in the
# Region. Who uses less pays the shortfall at Advantage prices. What is that minimum in a day?

# %%
MINIMUM = prices.ADVANTAGE_MINIMUM_MIB_PER_SECOND * 2**20 * 24 * 3600 / 1e9  # GB a day, each way
per_gb_in = dollars("on-demand advantage", "writes")
per_gb_out = dollars("on-demand advantage", "shared reads")
advantage = max(gigabytes, MINIMUM) * per_gb_in + max(gigabytes, MINIMUM) * per_gb_out

print(f"minimum {MINIMUM:,.0f} GB a day each way; we use {gigabytes:,.0f} GB")
print(f"Advantage ${advantage:.2f}; without the minimum it would be", end=" ")
print(f"${gigabytes * (per_gb_in + per_gb_out):.2f}")

# %%
from lab.pictures import day_by_mode

costs = {
    "provisioned, 5 shards": provisioned(5),
    "provisioned, 18 shards": provisioned(18),
    "on-demand Standard": standard,
    "on-demand Advantage": advantage,
}
day_by_mode(HOURS, DAY, refused, costs)

# %% [markdown]
# Side by side: the cheapest stream that refuses nothing is the provisioned one for the peak, even though it is idle
# most of the night. On-demand Standard costs several times as much and asks for no planning. Advantage is dearest
# **here**, since one such stream is far below the minimum; an account with many on-demand streams fills it.

# %%
from grader import question

question("05-capacity-modes", "cheapest")

# %% [markdown]
# ## Break-even
#
# How busy must a shard be for provisioned mode to be cheaper than Standard? Take one shard, records of 1 KB, one
# shared reader, and use a part *u* of its 1,000 records a second. An hour of the shard then costs a fixed sum and a sum
# that grows with *u*; Standard grows faster, and its stream-hour is left out, since it is shared by all shards.
# Guess *u*: 4 %, 25 % or 60 %?

# %%
million = 1000 * 3600 / 1e6  # records in a full hour, millions
gb = 1000 * 3600 / 1e6  # and GB, at 1 KB each
fixed = dollars("provisioned", "capacity")
slope = million * dollars("provisioned", "writes")
on_demand_slope = gb * (
    dollars("on-demand standard", "writes") + dollars("on-demand standard", "shared reads")
)
u = fixed / (on_demand_slope - slope)
print(f"break-even at {u:.1%} of the shard")

# %% [markdown]
# fixed + slope × u = on-demand slope × u, so u = fixed ÷ (difference of the slopes). Above about 4 % utilisation, in
# the mean of all hours, provisioned is cheaper **for this workload**: other record sizes and readers move the point.
# What on-demand sells is not cheap gigabytes; it is that nobody must plan, and nobody is woken at night.
#
# And Standard against Advantage: at which volume does the minimum pay off?

# %%
standard_per_gb = dollars("on-demand standard", "writes") + dollars(
    "on-demand standard", "shared reads"
)
minimum_cost = MINIMUM * (per_gb_in + per_gb_out)
even = minimum_cost / standard_per_gb

print(f"minimum ${minimum_cost:.2f} a day = Standard at {even:,.0f} GB a day in and out")
print(f"that is {even / MINIMUM:.0%} of the minimum")

# %% [markdown]
# So Advantage pays off long before its minimum is used up: from 40 % of it on, 10 MiB/s in and as much out, Standard
# costs more for what you use than Advantage for the whole minimum (stream-hours aside).

# %%
question("05-capacity-modes", "advantage-minimum")

# %% [markdown]
# ## Will this spike throttle?
#
# An on-demand stream absorbs up to **double the peak write rate of the last 30 days**; when traffic more than doubles
# the previous peak within 15 minutes, throttling can occur (AWS: “Choose the right mode”). A new stream has its start of
# 80 records a second here. Six bursts of 300, fifteen minutes apart: what is refused each time?

# %%
SPIKE = "course-05-spike"
kinesis.create_stream(StreamName=SPIKE, StreamModeDetails=on_demand)
wait_until_active(kinesis, SPIKE)

losses = []
for _ in range(6):
    losses.append(send(SPIKE, 300))
    clock.advance(minutes=15)
    pause(1)
print("refused every 15 minutes:", losses)

# %% [markdown]
# Each burst shows the stream a new peak, and 15 minutes later it takes more, until all 300 go in. The rule for planning:
# **a spike up to twice the 30-day peak is safe; beyond that, expect refusals for some time**, and retry (lesson 06). The
# steps in between are the lab's model.

# %% [markdown]
# For a spike that you know is coming, Advantage has **warm throughput**: capacity set up beforehand, at no extra
# charge. It needs the account's setting, so the first try is refused.

# %%
from botocore.exceptions import ClientError

arn = kinesis.describe_stream_summary(StreamName=SPIKE)["StreamDescriptionSummary"]["StreamARN"]
try:
    kinesis.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=100)
except ClientError as error:
    print("refused:", error.response["Error"]["Code"])

# %%
commitment = {"Status": "ENABLED"}
kinesis.update_account_settings(MinimumThroughputBillingCommitment=commitment)
warm = kinesis.update_stream_warm_throughput(StreamARN=arn, WarmThroughputMiBps=100)
wait_until_active(kinesis, SPIKE)
print("now:", warm["WarmThroughput"]["TargetMiBps"], "MiB/s wanted")

# %% [markdown]
# > **On real AWS** the stream is then ready for that rate. The lab keeps the number and gives no capacity for it.
#
# Once switched on, Advantage stays on for at least 24 hours. To leave it, first take the warm throughput off the
# streams.

# %%
question("05-capacity-modes", "spike")

# %% [markdown]
# ## Switch the mode
#
# A stream may change its mode, without a break and with the shards that it has: **twice in 24 hours**. Our
# on-demand stream has grown. How many shards will it have as a provisioned one? And does a third switch go through?

# %%
name = "course-05-demand"
arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
before = shards_of(name)
for mode in ("PROVISIONED", "ON_DEMAND", "PROVISIONED"):
    try:
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        wait_until_active(kinesis, name)
        print(mode, "with the same shards:", shards_of(name) == before)
    except ClientError as error:
        print(mode, "refused:", error.response["Error"]["Code"])

# %% [markdown]
# A day later it goes through. This time with the AWS CLI, which has the same words in another spelling:

# %%
clock.advance(hours=24)
# !aws kinesis update-stream-mode --stream-arn {arn} --stream-mode-details StreamMode=PROVISIONED
wait_until_active(kinesis, name)

# %%
# !aws kinesis describe-stream-summary --stream-name {name} --query StreamDescriptionSummary.StreamModeDetails

# %% [markdown]
# Mind the bill: a grown stream switched to provisioned costs a shard-hour for each of its shards until you merge them,
# with `update_shard_count` or `merge_shards` (provisioned mode only).

# %% [markdown]
# ## How far each mode goes
#
# | | Provisioned | On-demand |
# |---|---|---|
# | streams | no limit | 50 for each account and Region by default |
# | most writing | shards: 20,000 by default in us-east-1, us-west-2, eu-west-1; 1,000 or 6,000 elsewhere | 10 GB/s there, 200 MB/s elsewhere |
# | grows | when you say so: double or half, 10 times in 24 hours | by itself, to double the 30-day peak |
# | choose it for | steady, known traffic; control of hash ranges | new, spiky, unknown traffic |
# | Advantage for | – | near 25 MiB/s in and out, many fan-out readers or streams, known spikes |

# %% [markdown]
# (AWS: Quotas and limits; “Choose the right mode”.) “No limit” and “near infinite” in study notes mean: bounded by these
# quotas, and by one shard for each key.

# %%
question("05-capacity-modes", "which-mode")

# %% [markdown]
# ## Tidy up

# %%
lab.set("quotas", scale=1)
patience = {"Delay": 1, "MaxAttempts": 60}
for stream in [s for s in kinesis.list_streams()["StreamNames"] if s.startswith("course-05-")]:
    kinesis.delete_stream(StreamName=stream)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=stream, WaiterConfig=patience)

clock.advance(hours=24)  # Advantage lasts that long at least
commitment = {"Status": "DISABLED"}
kinesis.update_account_settings(MinimumThroughputBillingCommitment=commitment)
settings = kinesis.describe_account_settings()
print("Advantage:", settings["MinimumThroughputBillingCommitment"]["Status"])

# %% [markdown]
# ## What to keep
#
# | Word | Meaning |
# |---|---|
# | provisioned | you count shards: 0.015 USD a shard-hour, 0.014 USD a million payload units; never scales itself |
# | on-demand Standard | starts at 4 MB/s, takes up to double the 30-day peak; USD: 0.04 a stream-hour, 0.08 a GB in, 0.04 a GB out |
# | on-demand Advantage | an account's setting: no stream-hour, lower prices, at least 25 MiB/s in and out billed, 24 hours |
# | break-even | fixed price ÷ difference of the prices that grow with use |
# | mode switch | twice in 24 hours, the shards stay |

# %% [markdown]
# ## You can now …
#
# 1. **compare** provisioned, on-demand Standard and on-demand Advantage (SAA-C03 3.5, DEA-C01 1.1.9)
# 2. **compute** what a workload costs in each, and where they break even (SAA-C03 3.5)
# 3. **tell** whether a spike will be throttled (SAA-C03 3.5, DEA-C01 1.1.9)
# 4. **switch** a stream's mode, and know the rules (SAA-C03 3.5)
#
# **Where next:** the assignment, [05-capacity-modes](../exercises/05-capacity-modes/05-capacity-modes.ipynb), then
# lesson 06, [Throttling](06-throttling.ipynb).
