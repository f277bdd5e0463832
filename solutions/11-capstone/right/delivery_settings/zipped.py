def delivery_settings(role_arn, bucket_arn, folder, fresh_seconds, file_mib):
    """The same, with the delimiter written out, and zipped."""
    new_line = {"ParameterName": "Delimiter", "ParameterValue": "\\n"}
    return {
        "RoleARN": role_arn,
        "BucketARN": bucket_arn,
        "Prefix": "/".join(
            [folder, "day=!{timestamp:yyyy}-!{timestamp:MM}-!{timestamp:dd}", "hour=!{timestamp:HH}", ""]
        ),
        "ErrorOutputPrefix": "!{firehose:error-output-type}/",
        "BufferingHints": {"SizeInMBs": file_mib, "IntervalInSeconds": fresh_seconds},
        "CompressionFormat": "GZIP",
        "ProcessingConfiguration": {
            "Enabled": True,
            "Processors": [{"Type": "AppendDelimiterToRecord", "Parameters": [new_line]}],
        },
    }
