def alarms(stream_name, late_minutes):
    """One for refusals, one for lateness, one for silence."""

    def alarm(metric, statistic, threshold, periods, missing, comparison="GreaterThanThreshold"):
        return {
            "AlarmName": f"{stream_name}-{metric}",
            "Namespace": "AWS/Kinesis",
            "MetricName": metric,
            "Dimensions": [{"Name": "StreamName", "Value": stream_name}],
            "Statistic": statistic,
            "Period": 60,
            "EvaluationPeriods": periods,
            "Threshold": threshold,
            "ComparisonOperator": comparison,
            "TreatMissingData": missing,
        }

    age = "GetRecords.IteratorAgeMilliseconds"
    return [
        alarm("PutRecords.ThrottledRecords", "Sum", 1, 2, "ignore", "GreaterThanOrEqualToThreshold"),
        alarm(age, "Maximum", 60_000 * late_minutes, 2, "notBreaching"),
        alarm("GetRecords.Success", "SampleCount", 1, 3, "breaching", "LessThanThreshold"),
    ]
