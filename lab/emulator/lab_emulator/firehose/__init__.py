"""Amazon Data Firehose that buffers: delivery to S3 by size or time, whichever comes first.

`provider` answers the API, `destinations` says what it accepts, `buffers` holds records and delivers them,
`object_names` names the objects, `source` reads a Kinesis stream.
"""
