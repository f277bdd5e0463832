"""Lambda as far as streams go: functions in Python, each in a process of its own, and what invokes them.

`provider` answers the API; `invoking` runs a function in an `environment`, whose inner side is `runtime`;
`mappings` reads streams for functions. May import `iam`, `kinesis`, `cloudwatch`, `accounts`.
"""
