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
# A stream has shards. Either you count them (**provisioned** mode) or AWS does (**on-demand** mode). The first is cheap,
# and refuses what you did not plan for. The second grows by itself, and you pay for each gigabyte. Since November 2025 an
# account can also take on-demand at a lower price with a minimum: **on-demand Advantage**.
#
# In this lesson one day's traffic goes through real streams of both modes. You see side by side what is refused and what
# it costs.
#
# The outputs are here already, so that you can compare yours. To guess honestly, clear them first: *Edit > Clear
# Outputs of All Cells*.

# %% [markdown]
# ## You will be able to …
#
# 1. **compare** provisioned, on-demand Standard and on-demand Advantage (SAA-C03 3.5, DEA-C01 3.2.5)
# 2. **compute** what a workload costs in each, and where they break even (SAA-C03 3.5, DEA-C01 1.2.4)
# 3. **tell** whether a spike will be throttled, and prepare for a known one (SAA-C03 3.5, DEA-C01 1.1.9)
# 4. **switch** a stream's mode, and know the rules (SAA-C03 3.5, DVA-C03 1.1.6)
#
# **Minutes:** 40 · **Prerequisites:** lesson 02, [Shards](02-shards.ipynb)
#
# [What the exam codes mean](../docs/exams.md)

# %% [markdown]
# ## Before you run anything: a guess
#
# A game has a quiet night and a busy evening. Its day goes through three streams. The first is provisioned, with shards
# for the **mean** of the day. The second is provisioned, with shards for the **peak**. The third is a new on-demand
# stream, which nobody sized.
#
# **Which streams refuse records? And which is the cheapest that refuses none?** Write your guess down.
#
# To keep the work small, the lab's quotas are scaled to 0.02. A shard takes 20 records a second instead of 1,000.

# %% [markdown]
# ## Begin
#
# The first cell sets the lab back. It switches off what another lesson left on, deletes what an earlier run of this
# lesson left behind, and says what it found.

# %%
from lab import begin

begin("05-capacity-modes")

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
# The mean of 88 records a second needs 5 shards of 20 each. The peak of 220 needs 11, if every shard takes its even
# share. Keys never spread so evenly (lesson 02). So we add headroom and take 18.

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
# `ShardCount` makes a stream provisioned. For an on-demand stream you choose no number. The API knows only these two
# modes; Advantage is a setting of the account. A new on-demand stream begins with 4 MB/s or 4,000 records/s of writes
# and 8 MB/s of reads (AWS: Quotas and limits). In the lab that is four shards:

# %%
def shards_of(stream):
    """How many open shards the stream has."""
    answer = kinesis.describe_stream_summary(StreamName=stream)
    return answer["StreamDescriptionSummary"]["OpenShardCount"]


[shards_of(stream) for stream in NAMES.values()]

# %% [markdown]
# ## One day
#
# Every two hours we send one second of traffic at once into each stream. `pause` lets the shards' buckets fill again.
# Then the lab's clock goes on by two hours.

# %%
from lab.load import pause


def send(stream, count):
    """One burst: how many records were refused."""
    keys = [f"player-{n}" for n in range(count)]
    records = [{"PartitionKey": key, "Data": b"jump"} for key in keys]
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
# The stream for the mean refuses a quarter of the records, all of them by day. The one for the peak refuses nothing. The
# on-demand stream took everything too, and its shards have multiplied. AWS splits a shard that receives more than
# 500 KB/s within 15 minutes (developer guide, “Choose the right mode”). The lab also splits one that gets more than half
# of the record rate. It never merges here. You don't pay for on-demand shards.
#
# > **On real AWS** you can't see the shards behind this: they are AWS's own affair. And on-demand mode splits a shard in
# > the middle. It does not give a busy key a shard of its own. It copes as long as no key alone exceeds a shard's limits.

# %% [markdown]
# ## What a day costs
#
# Prices are data with a date and a source. `lab.rules.prices` has them: us-east-1, list, before tax.

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
# - **Provisioned**: a price for the shard-hour, used or not, and a small one for writing. A *PUT payload unit* is 25 KB of
#   a record, rounded up for each record. Shared reads are included.
# - **On-demand Standard**: a price for the stream-hour, and one for each GB in and out. For data written, each record is
#   rounded up to 1 KB (AWS: pricing page).
# - **On-demand Advantage**: no stream-hour, and lower prices for each GB.

# %% [markdown]
# Our day at full size is 50 times our bursts, with records of 1 KB and one shared reader. Guess before you run: which is
# the cheapest, and which the dearest, of 5 shards, 18 shards, Standard and (in the next section) Advantage?

# %%
def dollars(mode, dimension):
    """The price as a plain number, good enough for whole cents."""
    return float(prices.price(mode, dimension).dollars)


records = sum(load * 50 * 2 * 3600 for load in DAY)
gigabytes = records / 1e6  # 1 KB each
print(f"{records / 1e6:,.0f} million records, {gigabytes:,.0f} GB in, as many out")


# %%
def provisioned(shards):
    """A day: shard-hours, and one payload unit for each record."""
    units = records / 1e6 * dollars("provisioned", "writes")
    return shards * 24 * dollars("provisioned", "capacity") + units


STANDARD = "on-demand standard"
standard_per_gb = dollars(STANDARD, "writes") + dollars(STANDARD, "shared reads")
standard = 24 * dollars(STANDARD, "capacity") + gigabytes * standard_per_gb
print(f"5 shards ${provisioned(5):.2f}, 18 shards ${provisioned(18):.2f}")
print(f"Standard ${standard:.2f}")

# %% [markdown]
# ## Advantage and its minimum
#
# On-demand Advantage bills **at least 25 MiB/s in and 25 MiB/s out**, over all on-demand streams of the account in the
# Region. If you use less, you pay the rest of the minimum at Advantage prices. What is that minimum in a day?

# %%
A_DAY = 24 * 3600  # seconds
MINIMUM = prices.ADVANTAGE_MINIMUM_MIB_PER_SECOND * 2**20 * A_DAY / 1e9  # GB each way
per_gb_in = dollars("on-demand advantage", "writes")
per_gb_out = dollars("on-demand advantage", "shared reads")
advantage = max(gigabytes, MINIMUM) * (per_gb_in + per_gb_out)

print(f"minimum {MINIMUM:,.0f} GB a day each way; we use {gigabytes:,.0f} GB")
print(f"Advantage ${advantage:.2f}")
print(f"without the minimum it would be ${gigabytes * (per_gb_in + per_gb_out):.2f}")

# %% [markdown]
# AWS does not say whether a GB on the bill has 10⁹ or 2³⁰ bytes. We count 10⁹. With 2³⁰ it is about 7 % less, so
# read it as “about 100 USD a day”.

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
# The cheapest stream that refuses nothing is the provisioned one for the peak, even though it is idle most of the night.
# On-demand Standard costs several times as much, and asks for no planning. Advantage is dearest **here**, because one such
# stream is far below the minimum. An account with many on-demand streams can fill it.

# %%
from grader import question

question("05-capacity-modes", "cheapest")

# %% [markdown]
# ## Break-even
#
# How busy must shards be for provisioned mode to be cheaper than Standard? Take *n* shards, records of 1 KB and one
# shared reader. The stream uses a part *u* of what its shards take, in the mean of all hours. In an hour:
#
# - provisioned costs n × shard-hour + u × n × 3.6 × price of a million units
# - Standard costs one stream-hour + u × n × 3.6 × price of a GB in and out
#
# (A full shard takes 3.6 million records, 3.6 GB, an hour.) Guess: how busy must 20 shards be: 4 %, 25 % or 60 %? And a
# single one?

# %%
shard_hour = dollars("provisioned", "capacity")
stream_hour = dollars(STANDARD, "capacity")
saved_per_gb = standard_per_gb - dollars("provisioned", "writes")  # a GB = a million


def break_even(shards):
    """The utilisation from which provisioned is cheaper; 0 or less: it always is."""
    return (shards * shard_hour - stream_hour) / (shards * 3.6 * saved_per_gb)


# %%
lines = [(n, break_even(n)) for n in (1, 2, 4, 8, 20)]
rows = [(n, f"above {u:.1%}" if u > 0 else "always") for n, u in lines]
Table("When provisioned is cheaper", ("shards", "mean utilisation"), rows)

# %% [markdown]
# For one or two shards Standard is **never** cheaper, not even idle: its stream-hour alone costs more than the shards. For
# more shards the break-even rises. With very many, the stream-hour no longer matters:

# %%
print(f"very many shards: {shard_hour / (3.6 * saved_per_gb):.1%}")

# %% [markdown]
# So is provisioned nearly always cheaper? Mind what *u* is: the **mean** use of shards that you bought for the **peak**. A
# stream whose peak is 20 times its mean has u = 5 %. One whose peak is 40 times its mean has 2.5 %, and Standard wins
# there if the stream has many shards.
#
# This holds **for this workload**. Other record sizes, more readers or longer retention change the break-even. So compute
# it, don't quote it. And on-demand does not sell cheap gigabytes. It sells that nobody must plan, and that nobody is woken at night.
#
# Now Standard against Advantage: at which volume does the minimum pay off?

# %%
minimum_cost = MINIMUM * (per_gb_in + per_gb_out)
even = minimum_cost / standard_per_gb

print(f"minimum ${minimum_cost:.2f} a day = Standard at {even:,.0f} GB in and out")
print(f"that is {even / MINIMUM:.0%} of the minimum")

# %% [markdown]
# So Advantage pays off long before its minimum is used up. From 40 % of it on, Standard costs more for what you use than
# Advantage for the whole minimum. (The stream-hours, which only Standard has, are left out.)

# %%
question("05-capacity-modes", "advantage-minimum")

# %% [markdown]
# ## Will this spike throttle?
#
# An on-demand stream absorbs up to **double the peak write rate of the last 30 days**. When traffic more than doubles the
# previous peak within 15 minutes, throttling can occur (AWS: “Choose the right mode”). Our new stream starts with 80
# records a second here. We send six bursts of 300, fifteen minutes apart. What is refused each time?

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
# Each burst shows the stream a new peak. Fifteen minutes later it takes more, until all 300 go in. (The steps in between
# are the lab's model.) The rule for planning:
#
# - **A spike up to twice the 30-day peak is absorbed, if the keys are well spread.** No single key may exceed a shard's
#   limits.
# - Beyond that, expect refusals for about 15 minutes. Retry meanwhile (lesson 06).
#
# For a spike that you know is coming, Advantage has **warm throughput**: capacity set up beforehand, at no extra charge.
# It needs the account's setting, so the first try is refused.

# %%
def arn_of(stream):
    """The stream's ARN."""
    answer = kinesis.describe_stream_summary(StreamName=stream)
    return answer["StreamDescriptionSummary"]["StreamARN"]


# %%
from botocore.exceptions import ClientError

arn = arn_of(SPIKE)
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
# ## A known spike, priced in each mode
#
# A stream has its usual peak at 10 MB/s. Tomorrow there is a sale: two hours at 50 MB/s, in records of 1 KB, with one
# shared reader. What do these two hours cost in each mode, and what do they ask of you? Guess the order first.

# %%
RATE, USUAL, HOURS_OF_SALE = 50, 10, 2  # MB/s, MB/s, hours
sale_gb = RATE * HOURS_OF_SALE * 3600 / 1000

more_shards = round(1.3 * (RATE - USUAL))  # with headroom, and an hour at each end
shard_hours = more_shards * (HOURS_OF_SALE + 2) * shard_hour
ways = {
    "provisioned, scaled up": shard_hours + sale_gb * dollars("provisioned", "writes"),
    "Standard": sale_gb * standard_per_gb,
    "Advantage, warm": max(minimum_cost, sale_gb * (per_gb_in + per_gb_out)),
}

# %%
rows = [(name, f"${cost:.2f}") for name, cost in ways.items()]
Table(f"A sale of {sale_gb:,.0f} GB", ("way", "costs about"), rows)

# %% [markdown]
# - **Provisioned** is cheapest, and needs somebody who scales up before the sale and down after it: each step at most
#   double, 10 steps in 24 hours, minutes for each.
# - **Standard** needs nothing. But 50 is more than twice 10, so it may refuse records for about 15 minutes.
# - **Advantage** is ready in time and refuses nothing. It costs its whole minimum for the day. With more on-demand streams
#   in the account that minimum is no loss.

# %% [markdown]
# ## Switch the mode
#
# A stream may change its mode **twice in 24 hours**. There is no break, and it keeps its shards. Our on-demand stream has
# grown. How many shards will it have as a provisioned one? And does a third switch go through?

# %%
name = "course-05-demand"
arn = arn_of(name)
before = shards_of(name)
for mode in ("PROVISIONED", "ON_DEMAND", "PROVISIONED"):
    wanted = {"StreamMode": mode}
    try:
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails=wanted)
        wait_until_active(kinesis, name)
        print(mode, "with the same shards:", shards_of(name) == before)
    except ClientError as error:
        print(mode, "refused:", error.response["Error"]["Code"])

# %% [markdown]
# A day later it goes through. This time with the AWS CLI, which has the same words in another spelling:

# %%
clock.advance(hours=24)
mode = "--stream-mode-details StreamMode=PROVISIONED"
# !aws kinesis update-stream-mode --stream-arn {arn} {mode}
wait_until_active(kinesis, name)

# %%
query = "--query StreamDescriptionSummary.StreamModeDetails"
# !aws kinesis describe-stream-summary --stream-name {name} {query}

# %% [markdown]
# Mind the bill. A grown stream that is switched to provisioned costs a shard-hour for each of its shards, until you merge
# them with `update_shard_count` or `merge_shards` (provisioned mode only).

# %% [markdown]
# ## How far each mode goes
#
# | | Provisioned | On-demand |
# |---|---|---|
# | streams | no limit | 50 for each account and Region by default |
# | most writing | shards: 20,000 by default in us-east-1, us-west-2, eu-west-1; 1,000 or 6,000 elsewhere | 10 GB/s there, 200 MB/s elsewhere |
# | grows | when you say so: double or half, 10 times in 24 hours | by itself, to double the 30-day peak |
# | choose it for | steady, known traffic; one or two shards; control of hash ranges; very uneven keys | new, spiky, unknown traffic |

# %% [markdown]
# And which features need which mode?
#
# | | Provisioned | On-demand Standard | On-demand Advantage |
# |---|---|---|---|
# | SplitShard, MergeShards, UpdateShardCount | yes | no | no |
# | queues, channels, record distribution AUTO | no | yes | yes |
# | warm throughput | no | no | yes |
# | enhanced fan-out consumers for each stream | 20 | 20 | 50 |
# | fan-out reads | cost more than shared ones | cost more than shared ones | cost the same |
# | how to switch | UpdateStreamMode: the stream, twice in 24 hours | the same | UpdateAccountSettings: all on-demand streams of the Region, 24 hours at least |
# | one key takes at most | a shard's 1 MiB/s and 1,000 records/s | the same | the same |

# %% [markdown]
# (AWS: Quotas and limits; “Choose the right mode”; API model.) Advantage is for accounts near 25 MiB/s in and out, with
# many on-demand streams or fan-out readers, or with known spikes.

# %%
question("05-capacity-modes", "which-mode")

# %% [markdown]
# ## Tidy up

# %%
import boto3

kinesis = boto3.client("kinesis")
patience = {"Delay": 1, "MaxAttempts": 60}
gone = kinesis.get_waiter("stream_not_exists")
for stream in kinesis.list_streams()["StreamNames"]:
    if stream.startswith("course-05-"):
        kinesis.delete_stream(StreamName=stream)
        gone.wait(StreamName=stream, WaiterConfig=patience)

# %%
from lab import clock
from lab.control import control

control().set("quotas", scale=1)
clock.advance(hours=24)  # Advantage lasts that long at least
commitment = {"Status": "DISABLED"}
kinesis.update_account_settings(MinimumThroughputBillingCommitment=commitment)
settings = kinesis.describe_account_settings()
print("Advantage:", settings["MinimumThroughputBillingCommitment"]["Status"])

# %% [markdown]
# ## What study notes get wrong
#
# > - “A stream **starts with 1 shard and expands as needed**.” A provisioned stream never scales by itself. An on-demand
# >   stream starts at 4 MB/s.
# > - “You pay for **each shard-hour**.” In provisioned mode only, and not only for that.
# > - “On-demand bills **each stream-hour and GB**.” Standard only. Advantage has no stream-hour.
# > - “**No limit**”, “**near infinite** rates”: bounded by the quotas above, and by one shard for each key.
# > - “Above **4 %** provisioned is cheaper.” For many shards. For few it is cheaper much earlier, for one or two always.

# %% [markdown]
# ## What to keep
#
# | Word | Meaning |
# |---|---|
# | provisioned | you count shards: 0.015 USD a shard-hour, 0.014 USD a million payload units; never scales itself |
# | on-demand Standard | starts at 4 MB/s, takes up to double the 30-day peak; USD: 0.04 a stream-hour, 0.08 a GB in, 0.04 a GB out |
# | on-demand Advantage | an account's setting: no stream-hour, lower prices, at least 25 MiB/s in and out billed, 24 hours |
# | break-even | set both costs of an hour equal, stream-hour included; u is the mean use of shards bought for the peak |
# | spike | up to double the 30-day peak is absorbed with well spread keys; beyond that about 15 minutes of refusals |
# | mode switch | twice in 24 hours, the shards stay |

# %% [markdown]
# ## You can now …
#
# 1. **compare** provisioned, on-demand Standard and on-demand Advantage (SAA-C03 3.5, DEA-C01 3.2.5)
# 2. **compute** what a workload costs in each, and where they break even (SAA-C03 3.5, DEA-C01 1.2.4)
# 3. **tell** whether a spike will be throttled, and prepare for a known one (SAA-C03 3.5, DEA-C01 1.1.9)
# 4. **switch** a stream's mode, and know the rules (SAA-C03 3.5, DVA-C03 1.1.6)
#
# **Where next:** the assignment, [05-capacity-modes](../exercises/05-capacity-modes/05-capacity-modes.ipynb), then
# lesson 06, [Throttling](06-throttling.ipynb).
