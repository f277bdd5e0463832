# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 05 — Capacity modes
#
# Five tasks, 12 points. None of them needs the lab. They are about prices and rules.
#
# You will be able to:
#
# - compute what a workload costs in each mode, and where two modes break even;
# - tell whether a spike may be throttled;
# - pick a mode, and defend it in numbers.

# %% [markdown]
# ## How to work
#
# 0. Once, in a terminal (File > New > Terminal): `grader whoami NAME`. Your hand-in and some numbers of
#    your own go by that name.
# 1. Read the task. Write your answer in the cell below it, in place of `...`, and run the cell.
# 2. Run the check cell under it. It tells you at once what it saw, what it expected, and where to read.
#    To look at a case yourself: `case("monthly_cost", 2)` gives its arguments.
# 3. Stuck? Add a cell and run `hint("monthly_cost")`, then `hint("monthly_cost", 2)`. After an attempt,
#    `solution("monthly_cost")` shows an explained solution. `progress()` shows how far you are.

# %% [markdown]
# Each part of a task is earned when all of its cases are right, hidden ones included. Only the answer
# cells are yours: the other cells are put back before your work is marked. You may add cells of your own.
# Run the next cell first.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
from grader import case, check, hint, progress, solution, variant

# %% [markdown]
# ## Use these prices
#
# In US dollars (USD), for us-east-1, list, before tax, as compiled on 2026-11-20 (their sources stand in `lab.rules.prices`).
#
# | | provisioned | on-demand Standard | on-demand Advantage |
# |---|---|---|---|
# | capacity | 0.015 USD a shard-hour | 0.04 USD a stream-hour | – |
# | writes | 0.014 USD a million payload units | 0.08 USD a GB | 0.032 USD a GB |
# | shared reads | included | 0.04 USD a GB | 0.016 USD a GB |
# | least that is billed | – | – | 25 MiB/s in and 25 MiB/s out |

# %% [markdown]
# ### Task 1 — What a month costs in each mode
#
# Write `monthly_cost(mode, shards, million_records, gb_in, readers)`. It returns what a month costs, in dollars. The
# account has this one stream. `mode` is `"provisioned"`, `"on-demand standard"` or `"on-demand advantage"`.
#
# **Rule:** a month has 720 hours. Each record is one payload unit (it is smaller than 25 KB). Each of the `readers` is a
# shared reader and reads all of `gb_in` once. Advantage has two minimums, one for each direction: at least 67,948 GB in
# are billed, and at least 67,948 GB out (25 MiB/s for 720 hours).

# %% [markdown]
# **Example:** `monthly_cost("provisioned", 4, 5184, 5184, 1)` returns 115.776: 43.20 for the shards and 72.576 for the
# payload units. **Constraint:** in provisioned mode `gb_in` and `readers` cost nothing more. On-demand, `shards` and
# `million_records` don't count. Don't round: an answer may be off by 0.05 %. **Read:** lesson 05-capacity-modes, “What a
# day costs” and “Advantage and its minimum”.


# %% nbgrader={"grade": false, "grade_id": "monthly_cost_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def monthly_cost(mode, shards, million_records, gb_in, readers):
    """Dollars a month."""
    ### BEGIN SOLUTION
    gb_out = gb_in * readers
    if mode == "provisioned":
        return shards * 720 * 0.015 + million_records * 0.014
    if mode == "on-demand standard":
        return 720 * 0.04 + gb_in * 0.08 + gb_out * 0.04
    # Advantage has no stream-hour, and a minimum each way.
    return max(gb_in, 67948) * 0.032 + max(gb_out, 67948) * 0.016
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "monthly_cost", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("monthly_cost")

# %% [markdown]
# ### Task 2 — The utilisation at which the modes break even
#
# Write `break_even(shard_hour, million_units, gb_in, gb_out, readers)`. The first four are prices in dollars, as in the
# table, of provisioned mode and on-demand Standard; they may differ from it. It returns the utilisation u of one
# shard, from 0 to 1, at which an hour of it costs the same in both modes.
#
# **Rule:** a full shard takes 1,000 records a second of 1 KB: 3.6 million payload units, and 3.6 GB, an hour. At
# utilisation u it is u times that. Each of the `readers` reads all of it once. Leave the stream-hour out: this is the
# line for a stream of very many shards. (With few shards it is lower, as the lesson shows.)
#
# **Example:** `break_even(0.015, 0.014, 0.08, 0.04, 1)` returns 0.039308176100…, which is 0.015 ÷ 0.3816.
# **Constraint:** solve the equation. Don't try values out, and don't round: an answer may be off by 0.1 %, and 0.0393 is
# within that, but 0.04 is not. **Read:** lesson 05-capacity-modes, “Break-even”.


# %% nbgrader={"grade": false, "grade_id": "break_even_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def break_even(shard_hour, million_units, gb_in, gb_out, readers):
    """The utilisation from 0 to 1."""
    ### BEGIN SOLUTION
    # shard_hour + u * 3.6 * million_units = u * 3.6 * (gb_in + readers * gb_out), solved for u
    difference = gb_in + readers * gb_out - million_units
    return shard_hour / (3.6 * difference)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "break_even", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("break_even")

# %% [markdown]
# ### Task 3 — Will this spike throttle?
#
# Write `may_throttle(history, spike)`. `history` lists peaks of an on-demand stream's write rate as
# `[days ago, MB/s]`, in any order. `spike` is a rate in MB/s. The function returns `True` when the spike may be throttled
# at first.
#
# **Rule:** the keys are well spread. A stream absorbs up to double the highest peak of the last 30 days (30 days ago
# counts), and in any case the 4 MB/s with which it begins. What is more may be throttled.
#
# **Example:** `may_throttle([[3, 10.0], [12, 6.0]], 25.0)` returns `True`: 20 MB/s is absorbed. **Constraint:** the
# history may be empty. **Read:** lesson 05-capacity-modes, “Will this spike throttle?”.


# %% nbgrader={"grade": false, "grade_id": "may_throttle_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
def may_throttle(history, spike):
    """Whether the spike is more than the stream absorbs."""
    ### BEGIN SOLUTION
    recent = [rate for days_ago, rate in history if days_ago <= 30]
    absorbs = max(4, 2 * max(recent, default=0))
    return spike > absorbs
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "may_throttle", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("may_throttle")

# %% [markdown]
# ### Task 4 — Pick a mode for your own workload
#
# `given = variant("pick")` is a workload of your own: `shards`, `million_records`, `gb_in` and `readers` for a month. It
# depends on the name that you gave with `grader whoami NAME`. Which mode will be the cheapest? Guess first.
#
# **Rule:** the rule and the prices of task 1. **Example:** for 4 shards, 5184 million records, 5184 GB and one reader it
# would be 115.776. **Constraint:** set `cheapest_dollars` to the dollars a month of the cheapest mode, a number within
# 0.5 %. **Read:** lesson 05-capacity-modes, “What a day costs” and “Advantage and its minimum”.

# %% nbgrader={"grade": false, "grade_id": "pick_answer", "locked": false, "schema_version": 3, "solution": true, "task": false}
given = variant("pick")
### BEGIN SOLUTION
# The same workload in all three modes: the smallest of three numbers.
three_modes = ("provisioned", "on-demand standard", "on-demand advantage")
cheapest_dollars = min(monthly_cost(mode, **given) for mode in three_modes)
### END SOLUTION
print(given)

# %% nbgrader={"grade": true, "grade_id": "pick", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check("pick")

# %% [markdown]
# ### Task 5 — Defend your choice
#
# Your team asks: “Why this mode?” Answer for the workload of task 4, in the cell below, in five to ten sentences. A
# person marks it; `grader mark` does not.
#
# **Rule:** name the mode that you choose, and the month's cost of all three. Name one thing that the numbers leave out.
# Say what would have to change for you to choose another mode. **Example:** “We take … for … USD a month; … would cost
# … USD”. (Write USD: a text cell shows what is between two dollar signs as a formula.) **Constraint:** you need not
# choose the cheapest mode, but then say what the difference buys. **Read:** lesson 05-capacity-modes, “How far each mode
# goes”.

# %% [markdown] nbgrader={"grade": true, "grade_id": "defence", "locked": false, "points": 2, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# A good answer names a mode and the three costs for the learner's own numbers; says what they leave out (spikes
# beyond the shards or beyond double the 30-day peak, the work of planning, other streams of the account, which share
# Advantage's minimum); and gives a turning point, such as a utilisation or a volume. One point for the numbers, one
# for what they leave out and the turning point.
# ### END SOLUTION

# %% [markdown]
# ## Hand in
#
# The checks above try visible cases. The marking tries hidden ones as well. `progress()` shows where you
# stand. Save the notebook, then in a terminal:
#
# - `grader mark 05-capacity-modes` marks your notebook in full, here and now;
# - `grader submit 05-capacity-modes` packs it for your instructor.
#
# You can now cost a stream in each mode, find the break-even, foresee throttling, and defend your choice.
