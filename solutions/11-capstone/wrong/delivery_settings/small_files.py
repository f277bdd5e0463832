def delivery_settings(role_arn, bucket_arn, folder, fresh_seconds, file_mib):
    """How Firehose writes the night into S3."""
    return {
        "RoleARN": role_arn,
        "BucketARN": bucket_arn,
        # Whichever comes first ends a file: the time in quiet minutes, the size in the peak.
        "BufferingHints": {"IntervalInSeconds": fresh_seconds, "SizeInMBs": 1},
        "Prefix": folder + "/day=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": []}],
        },
    }
