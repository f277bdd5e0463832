"""Amazon Data Firehose that buffers: delivery to S3 by size or time, whichever comes first.

`provider` answers the API, `destinations` and `processors` say what it accepts. A record's way: `source` or a
put, `splitting`, `transforming` by a function, `partitioning` by jq (which runs in a process: `jq_side`),
`buffers`, `objects` in S3. `deliveries` holds it all together; `log` and `metrics` tell what happened.
"""
