"""Task `dead_consumer`: the alarm that hears a dead consumer (fact alarms.missing)."""

from grader.tasks.declaration import Choice, Task

LESSON = "course/04-retention.ipynb"

TASK = Task(
    id="dead_consumer",
    title="Hear a consumer that is dead",
    read=f"{LESSON}, “The alarm that hears silence”",
    parts=(
        Choice(
            id="missing_data",
            points=1,
            says="it must be the setting with which silence sets the alarm off",
            name="my_setting",
            options={"a": "missing", "b": "ignore", "c": "notBreaching", "d": "breaching"},
            right=("d",),
            why={
                "a": "With `missing` the alarm goes to INSUFFICIENT_DATA. Nobody is told, unless they "
                "watch for that.",
                "b": "With `ignore` the alarm stays in the state that it had: OK, for ever.",
                "c": "With `notBreaching` silence counts as good news, and the alarm stays OK.",
            },
        ),
        Choice(
            id="own_metric",
            points=1,
            says="it must be the metric that knows this one application",
            name="my_metric",
            options={
                "a": "GetRecords.IteratorAgeMilliseconds of the stream",
                "b": "MillisBehindLatest of the application, as KCL publishes it",
                "c": "GetRecords.Success of the stream",
                "d": "IncomingRecords of the stream",
            },
            right=("b",),
            why={
                "a": "It mixes all applications that poll. The other two go on, so it has data and looks "
                "healthy.",
                "c": "It counts calls of all applications. Those of the other two go on succeeding.",
                "d": "It says what producers write. It knows nothing about readers.",
            },
        ),
    ),
    hints=(
        "The metric gets a point only when somebody calls GetRecords. What does an alarm do with a "
        "period that has no "
        "point?",
        "Three applications poll the stream, and one dies. Which of the metrics would look different "
        "afterwards?",
    ),
)
