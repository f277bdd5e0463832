"""The checks of assignment 05-capacity-modes: five tasks.

The prices are those of `lab.rules.prices`, and stand in the prompts too ("use these prices"). GB are
decimal, the minimum of Advantage is given in GB, and no case lies near a boundary where that would matter.
"""

from . import break_even, defence, may_throttle, monthly_cost, pick

TASKS = [monthly_cost.TASK, break_even.TASK, may_throttle.TASK, pick.TASK, defence.TASK]
