def alarms(stream_name, late_minutes):
    """The settings of two alarms."""
    shared = {
        "Namespace": "AWS/Kinesis",
        "Dimensions": [{"Name": "StreamName", "Value": stream_name}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    refused = {
        "MetricName": "WriteProvisionedThroughputExceeded",
        "Statistic": "Sum",
        "Threshold": 0,
        "TreatMissingData": "notBreaching",
    }
    late = {
        "MetricName": "GetRecords.IteratorAgeMilliseconds",
        "Statistic": "Maximum",
        "Threshold": late_minutes * 60_000,
        "TreatMissingData": "breaching",  # who is dead calls nothing, so there is no data
    }
    return [shared | refused, shared | late]
