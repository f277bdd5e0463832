# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 09 — Delivery
#
# Six tasks, 30 points. None of them needs the lab: the function gets events as Firehose makes them, and files are texts
# as you would read them from S3.
#
# You will be able to:
#
# - set a buffer for a freshness and a file size, and say when both can't be had;
# - count the files that settings make;
# - transform records on their way, and account for every one afterwards;
# - lay out files for a query, and choose the service for a job.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in goes by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`, and run the cell.
# 2. Run the check cell under it. It tells you at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("reconcile", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("reconcile")`, then `hint("reconcile", 2)`. After an attempt,
#    `solution("reconcile")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# Each part of a task is earned when all of its cases are right, hidden ones included. Only the answer
# cells are yours: the other cells are put back before your work is marked. You may add cells of your own.
# Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import base64
import json
from collections import Counter

from grader import case, check, hint, progress, solution, variant

# %% [markdown]
# ### Task 1 — Set a buffer for a freshness and a file size
#
# Write `buffer_settings(rate_kib, fresh_seconds, file_mib)`. Records come at `rate_kib` KiB a second, all day. There are two
# goals. No record waits longer than `fresh_seconds`. And each file has at least `file_mib` MiB. Return a dictionary:
# `"interval"` and `"size"`, whole numbers, and `"both"`, `True` when both goals are met.

# %% [markdown]
# **Rule:** the interval is the seconds that were asked for, the size the MiB that were asked for. But Firehose takes at
# most 900 seconds and 128 MiB: set these where more is asked for. Both goals are met when at least `file_mib` MiB come in
# the interval **that you set**. A file of more than 128 MiB is never reached.
#
# **Example:** `buffer_settings(20, 300, 5)` returns `{"interval": 300, "size": 5, "both": True}`: 6,000 KiB come in 300
# seconds, and 5 MiB are 5,120 KiB. **Constraint:** a MiB has 1,024 KiB. All numbers are whole and above 0.
# **Read:** lesson 09-delivery, “By size or by time, whichever comes first”.

# %% [markdown]
# **Your own numbers:** `given = variant("buffer_settings")` has `rate_kib`, `interval` and `size`, the settings of a
# Firehose stream. Guess first: which of the two ends a file? Then set `oldest_seconds` to the seconds that the oldest record
# of a file has waited, a number within 0.5 %.


# %% nbgrader={"grade": false, "grade_id": "buffer_settings_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def buffer_settings(rate_kib, fresh_seconds, file_mib):
    """The two settings, and whether both goals are met."""
    ### BEGIN SOLUTION
    # What Firehose takes. A goal beyond that is judged by what was really set.
    interval, size = min(fresh_seconds, 900), min(file_mib, 128)
    both = file_mib <= 128 and rate_kib * interval >= file_mib * 1024
    return {"interval": interval, "size": size, "both": both}
    ### END SOLUTION


given = variant("buffer_settings")
### BEGIN SOLUTION
# Whichever comes first: the time, or as many seconds as the size takes at this rate.
oldest_seconds = min(given["interval"], given["size"] * 1024 / given["rate_kib"])
### END SOLUTION
print(given)

# %% nbgrader={"grade": true, "grade_id": "buffer_settings", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("buffer_settings")

# %% [markdown]
# ### Task 2 — Count the files of a day
#
# Write `objects_a_day(rate_kib, size_mib, interval, partitions)`. It returns how many files a Firehose stream writes in a
# day, a whole number. `rate_kib` KiB come each second. They are spread evenly over `partitions` partitions (1 means:
# no dynamic partitioning). A buffer ends at `size_mib` MiB or after `interval` seconds.

# %% [markdown]
# **Rule:** the rate of a partition is its share of `rate_kib`. Seconds between two of its files = the smaller of
# *interval* and *size ÷ its rate*. Files = partitions × 86,400 ÷ those seconds, rounded down at the very end. Without traffic no
# file is written.
#
# **Example:** `objects_a_day(20, 5, 300, 1)` returns 337: 5,120 KiB come in 256 seconds. **Constraint:** a MiB has 1,024 KiB.
# `rate_kib` can be 0. **Read:** lesson 09-delivery, “Small files against freshness”.


# %% nbgrader={"grade": false, "grade_id": "objects_a_day_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def objects_a_day(rate_kib, size_mib, interval, partitions):
    """Files a day of all partitions together."""
    ### BEGIN SOLUTION
    if rate_kib == 0:
        return 0
    # A partition fills its own buffer with its share of the rate.
    seconds = min(interval, size_mib * 1024 * partitions / rate_kib)
    return int(86_400 * partitions / seconds)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "objects_a_day", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("objects_a_day")

# %% [markdown]
# ### Task 3 — Transform records on their way
#
# Write `handler(event, context)`, a function for Firehose. It makes a line of text of each sale, for a program that reads
# files with commas. `event["records"]` is a list. Each record has `recordId` and `data`, in base64. Return
# `{"records": [...]}` with an answer for **each** record, in the same order: `recordId`, `result` and `data`, no more.

# %% [markdown]
# **Rule:**
#
# - The data of a sale is a JSON object with at least `id`, `kind` and `cents`. Its result is `"Ok"`, and its data the line
#   `id,kind,cents` with a new line at its end, in base64.
# - A sale of the kind `"test"` is not wanted: `"Dropped"`, with the data as it came.
# - Everything else is no sale: `"ProcessingFailed"`, with the data as it came. It must not stop the others.

# %% [markdown]
# **Example:** `{"id": 17, "kind": "sale", "cents": 450}` becomes the line `17,sale,450`. **Constraint:** the data may be no
# JSON, no text, a list, or an object that lacks a field. Where a field is there, it is fine: write it as `str` does.
# `context` is `None` here. **Read:** lesson 09-delivery, “A function on the way”.


# %% nbgrader={"grade": false, "grade_id": "handler_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def handler(event, context):
    """An answer for every record."""
    ### BEGIN SOLUTION
    return {"records": [answer_to(record) for record in event["records"]]}


def answer_to(record):
    """Ok, Dropped or ProcessingFailed."""
    answer = {"recordId": record["recordId"], "result": "ProcessingFailed", "data": record["data"]}
    try:
        sale = json.loads(base64.b64decode(record["data"]))
        line = ",".join(str(sale[name]) for name in ("id", "kind", "cents")) + "\n"
    except (ValueError, KeyError, TypeError):  # no JSON or no text, a field too few, no object
        return answer
    if sale["kind"] == "test":
        return answer | {"result": "Dropped"}
    return answer | {"result": "Ok", "data": base64.b64encode(line.encode()).decode()}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "handler", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("handler")

# %% [markdown]
# ### Task 4 — Read a delivery back and account for every event
#
# Write `reconcile(sent, files, errors, dropped)`. It says of each event that was sent where it is.
#
# - `sent`: the ids of the events that were sent, whole numbers. An event that was sent again is there twice.
# - `files`: the texts of the delivered files. Each line is a JSON object with an `id`.
# - `errors`: the texts of the files in the error prefix. Each line is a JSON object. Its `rawData` is the record in base64: an
#   object of JSON with an `id`, or something that is no JSON.
# - `dropped`: the ids that the function dropped, as it logged them.

# %% [markdown]
# Return a dictionary of sorted lists of ids, each id once: `"delivered"`, `"twice"`, `"failed"`, `"dropped"`, `"missing"`. And
# `"unreadable"`: how many failed records are no JSON.
#
# **Rule:** an event that is in a file is delivered, whatever else happened to it: it may have failed first. If its id is in more
# than one line, it is in `"twice"` as well. Else it is failed, if it is among the errors. Else it is dropped, if it was
# dropped. Else it is missing: still buffered, or lost. Ids that were not sent are not yours, so leave them out everywhere.

# %% [markdown]
# **Example:** of 1, 2, 3 and 4 there are 1 and 1 in the files, 2 among the errors, and 3 was dropped. So 1 is delivered, and
# twice; 2 is failed, 3 dropped, 4 missing. **Constraint:** count lines across all files. **Read:** lesson 09-delivery,
# “Reconcile: is everything somewhere?”.


# %% nbgrader={"grade": false, "grade_id": "reconcile_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reconcile(sent, files, errors, dropped):
    """Each event that was sent, in one place."""
    ### BEGIN SOLUTION
    wanted, broken, unreadable = set(sent), set(), 0
    times = Counter(json.loads(line)["id"] for text in files for line in text.splitlines())
    for text in errors:
        for line in text.splitlines():
            raw = base64.b64decode(json.loads(line)["rawData"])
            try:
                broken.add(json.loads(raw)["id"])
            except ValueError:
                unreadable += 1
    # In this order: what is in a file is there, even if it had failed before.
    delivered = wanted & set(times)
    failed = wanted & broken - delivered
    left_out = wanted & set(dropped) - delivered - failed
    return {
        "delivered": sorted(delivered),
        "twice": sorted(one for one in delivered if times[one] > 1),
        "failed": sorted(failed),
        "dropped": sorted(left_out),
        "missing": sorted(wanted - delivered - failed - left_out),
        "unreadable": unreadable,
    }
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reconcile", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("reconcile")

# %% [markdown]
# ### Task 5 — Choose partition keys and a prefix for a query pattern
#
# Write `layout(name, values, filters)`. `values` tells for each field of the records how many different values it has.
# `filters` are the fields by which queries ask, the most frequent first. Return a dictionary of two texts: `"query"`, the jq
# query, and `"prefix"`.

# %% [markdown]
# **Rule:** go through `filters` in order. A field becomes a key if the partitions stay at most 500 with it: the values of all
# keys **multiply**. A field that is too much is passed over, and a later one may still fit. The prefix is the name, then a folder
# for each key, then the day.
#
# **Example:** `layout("orders", {"country": 30, "kind": 4, "order_id": 90000}, ["country", "kind"])` returns these two:

# %% [markdown]
# - query: `{country: .country, kind: .kind}`
# - prefix: `orders/country=!{partitionKeyFromQuery:country}/kind=!{partitionKeyFromQuery:kind}/` and then
#   `year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/`, all in one text
#
# **Constraint:** without any key the query is `""`, and the prefix is the name and the day. **Read:** lesson 09-delivery,
# “Prefixes: files where a query looks for them”.


# %% nbgrader={"grade": false, "grade_id": "layout_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layout(name, values, filters):
    """The jq query and the prefix."""
    ### BEGIN SOLUTION
    keys, partitions = [], 1
    for field in filters:
        # Every combination of values is a partition of its own.
        if partitions * values[field] <= 500:
            keys.append(field)
            partitions *= values[field]
    inside = ", ".join(f"{key}: .{key}" for key in keys)
    folders = "".join(f"{key}=!{{partitionKeyFromQuery:{key}}}/" for key in keys)
    day = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
    return {"query": f"{{{inside}}}" if keys else "", "prefix": f"{name}/{folders}{day}"}
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "layout", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("layout")

# %% [markdown]
# ### Task 6 — Choose the service for six jobs
#
# Six jobs. Set each variable to the letter of the service that fits, with the least to build and to run.

# %% [markdown]
# **The lake.** Clicks of a web site have to lie in S3 as files, a few minutes old. Nobody has time to write or run
# code. Nothing else reads the clicks. Set `service_files`.
#
# - **a**: Amazon Data Firehose with direct PUT
# - **b**: Amazon Kinesis Data Streams and a KCL application
# - **c**: Amazon MSK and a connector
# - **d**: Amazon SQS and a Lambda function

# %% [markdown]
# **The second team.** Orders go into files by Firehose. Now a second team wants to read each order within a second,
# and the last three days again after a mistake. Set `service_replay`.
#
# - **a**: a second Firehose stream with an interval of 0
# - **b**: a Kinesis data stream that both the team and Firehose read
# - **c**: dynamic partitioning by team
# - **d**: a shorter interval for the Firehose stream that is there

# %% [markdown]
# **The pattern.** From a stream of sensor values an alarm is needed when the average of ten minutes rises three times
# in a row, for each machine. Set `service_state`.
#
# - **a**: Firehose with a transforming function
# - **b**: a channel of the data stream
# - **c**: Amazon Managed Service for Apache Flink
# - **d**: Firehose with the machine as partition key

# %% [markdown]
# **The move.** A company moves to AWS. Its producers and consumers use Kafka's API, and their code must not change.
# Set `service_kafka`.
#
# - **a**: Kinesis Data Streams
# - **b**: Data Firehose
# - **c**: Amazon MSK
# - **d**: Amazon EventBridge

# %% [markdown]
# **The jobs.** Each uploaded photo is one job for one of many workers. A job that fails three times is set aside. A
# job is gone when it is done. Set `service_jobs`.
#
# - **a**: Kinesis Data Streams
# - **b**: Amazon SQS
# - **c**: Data Firehose
# - **d**: Managed Service for Apache Flink

# %% [markdown]
# **The format.** Events are JSON in a data stream. Analysts want them in S3 as Parquet, with fields by a table of
# Glue. As little code as possible. Set `service_format`.
#
# - **a**: Firehose with the stream as its source, and format conversion
# - **b**: Firehose with GZIP
# - **c**: a Lambda function that writes one Parquet file for each record
# - **d**: a channel of the stream with the format STRING
#
# **Read:** lesson 09-delivery, “Which service for which job?”.

# %% nbgrader={"grade": false, "grade_id": "choose_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
### BEGIN SOLUTION
service_files = "a"  # buffered files without code: Firehose
service_replay = "b"  # readers and replay: a stream, and Firehose as one of its readers
service_state = "c"  # averages over time, by machine: state, so Flink
service_kafka = "c"  # Kafka's own API: MSK
service_jobs = "b"  # one worker for a job, gone when done: a queue
service_format = "a"  # Parquet by a table of Glue: Firehose's format conversion
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "choose", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("choose")

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases. The marking tries hidden ones as well. `progress()` shows where you
# stand. Save the notebook, then in a terminal:
#
# - `grader mark 09-delivery` marks your notebook in full, here and now;
# - `grader submit 09-delivery` packs it for your instructor.

# %% [markdown]
# You can now set a buffer, transform records on the way, and prove that nothing was lost.
