# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 01 — Producers
#
# Six tasks, 26 points. Tasks 2 and 3 work in the lab. Open this notebook from `make lab`, or start the lab with
# `lab up`.
#
# You will be able to:
#
# - cut records into calls that Kinesis accepts, and set aside what no call may hold;
# - deliver every record once, although Kinesis refuses some of them;
# - send so that each device keeps its order;
# - count records, calls and payload units;
# - unpack an aggregated record, and pack events so that none is lost.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in and some numbers of
#    your own go by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`. Run that cell.
# 2. Run the check cell under it. It says at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("cut_batches", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("cut_batches")`, then `hint("cut_batches", 2)`. After an attempt,
#    `solution("cut_batches")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# You get the points of a part when all its cases and runs are right, the hidden ones too. Only the answer cells
# are yours. The other cells are put back before your work is marked. You may add cells of your own. Run the next
# cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
from grader import case, check, hint, progress, solution, variant

# %% [markdown]
# ### Task 1 — Cut records into calls of PutRecords
#
# Write `cut_batches(records, record_limit_kib)`. Each record is a list `[data_bytes, key]`: how many bytes its data
# has, and its partition key, a `str`. Return a dictionary of **places** in the list, counted from 0:
#
# - `"batches"`: a list of lists, the places that each call sends;
# - `"too_large"`: a list, the places of records that the stream takes in no call.

# %% [markdown]
# **Rule:** a record's weight is the bytes of its data and the UTF-8 bytes of its key. It is too large if it weighs
# more than `record_limit_kib` × 1,024 bytes. A call takes at most 500 records. Their weights together are at most
# 10 MiB, which is 10,485,760 bytes (*Quotas page; API model: PutRecords*).
#
# **Example:** `cut_batches([[10, "a"], [1300000, "b"], [20, "c"]], 1024)` returns
# `{"batches": [[0, 2]], "too_large": [1]}`. **Constraint:** keep the order. Close a call only when the next record
# that is not too large no longer fits into it. No call is empty. **Read:** lesson 01-producers, “In batches”.


# %% nbgrader={"grade": false, "grade_id": "cut_batches_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cut_batches(records, record_limit_kib):
    """The places of the records of each call, and of those that are too large for any."""
    ### BEGIN SOLUTION
    batches, too_large = [], []
    batch, batch_bytes = [], 0
    for place, (data_bytes, key) in enumerate(records):
        weight = data_bytes + len(key.encode())  # bytes: é is one character and two bytes
        if weight > record_limit_kib * 1024:
            too_large.append(place)
            continue  # it does not end the batch that is being filled
        if batch and (len(batch) == 500 or batch_bytes + weight > 10 * 1024 * 1024):
            batches.append(batch)
            batch, batch_bytes = [], 0
        batch.append(place)
        batch_bytes += weight
    if batch:
        batches.append(batch)
    return {"batches": batches, "too_large": too_large}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cut_batches", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("cut_batches")

# %% [markdown]
# ## Events for the lab
#
# The next two tasks get the name of a stream that is there already, and a list of events. Your function calls AWS
# with plain boto3: `boto3.client("kinesis")` finds the lab. An event looks like this. For each device `number` rises
# from 1, and the devices are mixed:
#
# ```python
# {"device": "device-417", "number": 3, "body": "220518374"}
# ```
#
# A record's data must be its event as JSON: `json.dumps(event).encode()`. The lab refuses some records of your
# `put_records` calls. You don't need to wait between attempts here. The cell of task 2 imports what both tasks need.

# %% [markdown]
# ### Task 2 — Send every event, and again only what was refused
#
# Write `send_all(stream_name, events)`. It stores every event in the stream, with the device as the partition key.
# There are 120 to 150 events. Only what is in the stream is judged, and the number of calls. The order and what your
# function returns are not judged.
#
# **Rule:** PutRecords answers with status 200 even if it refused records. The answer's `Records` has one entry for
# each record, in the order of the call. A refused record's entry has an `ErrorCode` (*API model: PutRecords*).
#
# **Example:** of three records sent, the second entry has an `ErrorCode`: the second is not stored, the others are.
# **Constraint:** every event is stored once, with at most 30 calls of PutRecord and PutRecords in all.
# **Read:** lesson 01-producers, “A success that failed”.

# %% nbgrader={"grade": false, "grade_id": "send_all_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
import json

import boto3


def send_all(stream_name, events):
    """Store every event once, in batches."""
    ### BEGIN SOLUTION
    kinesis = boto3.client("kinesis")
    pending = [{"PartitionKey": event["device"], "Data": json.dumps(event).encode()} for event in events]
    while pending:
        batch, pending = pending[:500], pending[500:]
        answer = kinesis.put_records(StreamName=stream_name, Records=batch)
        # Entries stand in the order of the records: the place tells which record was refused.
        pairs = zip(batch, answer["Records"], strict=True)
        pending += [record for record, entry in pairs if "ErrorCode" in entry]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "send_all", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("send_all")

# %% [markdown]
# ### Task 3 — Send so that each device keeps its order
#
# Write `send_in_order(stream_name, events)`. It stores 30 to 45 events of 6 to 9 devices in a stream of 4 shards. A
# consumer that reads a shard must meet each device's events by rising `number`. You choose the partition keys. What
# your function returns is not judged.
#
# **Rule:** Kinesis keeps order within a shard. PutRecords guarantees no order: a refused record that is sent again
# comes behind the others (*API model: PutRecords, PutRecord*).
#
# **Example:** device-1: 1, device-2: 1, device-1: 2 is right, and so is device-2: 1, device-1: 1, device-1: 2.
# **Constraint:** no event is missing. No event comes again behind a later one of its device. More than one shard
# takes records. **Read:** lesson 01-producers, “Order”.


# %% nbgrader={"grade": false, "grade_id": "keep_order_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def send_in_order(stream_name, events):
    """Store the events, those of each device in the order of their numbers."""
    ### BEGIN SOLUTION
    kinesis = boto3.client("kinesis")
    last = {}  # the sequence number of each device's event before
    for event in events:
        device = event["device"]
        after = {"SequenceNumberForOrdering": last[device]} if device in last else {}
        # One call for one record, and the next only when it is stored. The device is the key: its
        # events share a shard, while the devices spread over all of them.
        answer = kinesis.put_record(
            StreamName=stream_name, PartitionKey=device, Data=json.dumps(event).encode(), **after
        )
        last[device] = answer["SequenceNumber"]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "keep_order", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("keep_order")

# %% [markdown]
# ### Task 4 — Count records, calls and PUT payload units
#
# Write `count_sending(events, event_bytes, events_per_record)`. A producer sends `events` events of `event_bytes`
# bytes each. Each record holds `events_per_record` of them (1 means: not packed). The last record holds what is left.
# Return a dictionary of whole numbers: `"records"`, `"calls"`, `"units"`.

# %% [markdown]
# **Rule:** a record counts one PUT payload unit for every 25 KB, rounded up, at least 1 (*price page*). Take a KB as
# 1,000 bytes. A record's size is that of its events alone. A call of PutRecords takes 500 records. Every call but the
# last is full. The 10 MiB of a call don't matter here.
#
# **Example:** `count_sending(1050, 300, 200)` returns `{"records": 6, "calls": 1, "units": 16}`. Five records of
# 60,000 bytes count 3 units each, and one of 15,000 bytes counts 1. **Constraint:** whole numbers only. There is
# always at least one event. **Read:** lesson 01-producers, “What it costs: PUT payload units”.

# %% [markdown]
# **Your own numbers:** `given = variant("count_sending")` has those three names. Would more events in a record lower
# the units? Decide first. Then set `my_units` to the number of PUT payload units for `given`, an `int`.


# %% nbgrader={"grade": false, "grade_id": "count_sending_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_sending(events, event_bytes, events_per_record):
    """Records, calls of PutRecords and PUT payload units."""
    ### BEGIN SOLUTION
    full, rest = divmod(events, events_per_record)
    records = full + (rest > 0)
    # -(-a // b) is a / b rounded up. Each record is rounded up by itself; the last one has fewer bytes.
    units = full * -(-event_bytes * events_per_record // 25_000) + -(-event_bytes * rest // 25_000)
    return {"records": records, "calls": -(-records // 500), "units": units}
    ### END SOLUTION


given = variant("count_sending")
### BEGIN SOLUTION
# More events in a record could save only the room that is left in each record's last unit.
my_units = count_sending(**given)["units"]
### END SOLUTION
print(given)

# %% nbgrader={"grade": true, "grade_id": "count_sending", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("count_sending")

# %% [markdown]
# ### Task 5 — Unpack an aggregated record
#
# Write `unpack(partition_key, data)`. It gets a record's partition key and its data in base64, both `str`. It returns
# the list of the record's events, in order. Each event is a list: its own partition key and its data in base64, both
# `str`.

# %% [markdown]
# **Rule:** a record is packed when its bytes begin with F3 89 9A C2 and end with the MD5 of what lies between. The MD5
# has 16 bytes. What lies between is a protobuf message and not empty (*KPL: aggregation-format.md*). Any other record
# is one event, whatever it begins with.
#
# **Example:** `unpack("player-7", "aGF0cw==")` returns `[["player-7", "aGF0cw=="]]`. **Constraint:** the package
# `aws_kinesis_agg` is there, and you may use it. Hint 2 says how its deaggregator wants a record.
# **Read:** lesson 01-producers, “Many events in one record: aggregation”.

# %% nbgrader={"grade": false, "grade_id": "unpack_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
from aws_kinesis_agg.deaggregator import deaggregate_records


def unpack(partition_key, data):
    """The events of a record, each with its key and its data in base64."""
    ### BEGIN SOLUTION
    # The library looks for the magic number and the MD5, and gives back a plain record as it is.
    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "sequenceNumber": "1",
            "approximateArrivalTimestamp": 0,
            "partitionKey": partition_key,
            "data": data,
        }
    }
    found = []
    for one in deaggregate_records([record]):
        inside = one["kinesis"]
        # Data that it has unpacked comes as bytes, that of a plain record as the text that went in.
        text = inside["data"] if isinstance(inside["data"], str) else inside["data"].decode()
        found.append([inside["partitionKey"], text])
    return found
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unpack", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("unpack")

# %% [markdown]
# ### Task 6 — Pack events so that KCL drops none
#
# Write `pack_by_shard(keys, shards, most)`. `keys` are the partition keys of events, in the order in which they came. `shards`
# is what `list_shards(...)["Shards"]` gives; some of the shards may be closed. Return a dictionary. For the id of each shard
# that gets a package it has a list of packages. A package is a list of **places** in `keys`, counted from 0.

# %% [markdown]
# **Rule:** KCL drops a whole package when the hash of one event's key lies outside the shard's range (*KCL: AggregatorUtil*).
# So a package holds events of one **open** shard only. Fill it with up to `most` events before you begin the next one.
#
# **Example:** on two equal shards `pack_by_shard(["player-7", "player-8", "player-9"], shards, 2)` returns
# `{"shardId-000000000001": [[0, 2]], "shardId-000000000000": [[1]]}`. **Constraint:** places rise within a package and from
# package to package. `lab.rules.hash_space` is there, and you may use it. Don't call AWS: the shards exist only in the list.
# **Read:** lesson 01-producers, “Pack only what belongs to one shard”.

# %% nbgrader={"grade": false, "grade_id": "pack_by_shard_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
from lab.rules.hash_space import shard_for


def pack_by_shard(keys, shards, most):
    """For each shard its packages, each a list of places in `keys`."""
    ### BEGIN SOLUTION
    packages = {}
    for place, key in enumerate(keys):
        # shard_for leaves out closed shards, so a package goes where its events are stored now.
        mine = packages.setdefault(shard_for(key, shards), [])
        if not mine or len(mine[-1]) == most:
            mine.append([])
        mine[-1].append(place)
    return packages
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "pack_by_shard", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("pack_by_shard")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases and runs. The marking also tries hidden ones. `progress()` shows how far you
# are. Save the notebook. Then type in a terminal:
#
# - `grader mark 01-producers` marks your notebook in full, here and now;
# - `grader submit 01-producers` packs it for your instructor.
#
# You can now cut batches that Kinesis accepts, deliver every record once, and keep an order. You can count what
# sending takes, and read a packed record. Next: lesson 02-shards and its assignment.
