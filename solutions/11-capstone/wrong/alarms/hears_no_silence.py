def alarms(stream_name, late_minutes):
    """The settings of two alarms."""
    shared = {
        "Namespace": "AWS/Kinesis",
        "Dimensions": [{"Name": "StreamName", "Value": stream_name}],
        "Period": 60,
        "EvaluationPeriods": 3,  # a single minute is no reason to wake anybody
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
        "TreatMissingData": "missing",
    }
    return [shared | refused, shared | late]
