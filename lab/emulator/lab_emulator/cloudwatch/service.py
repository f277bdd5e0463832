"""CloudWatch with the lab's clock, its Kinesis metrics, and alarms that follow both."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudwatch import InvalidParameterValueException
from localstack.services.cloudwatch.models import cloudwatch_stores
from localstack.services.cloudwatch.provider_v2 import _STORE_LOCK, CloudwatchProvider, ValidationException
from localstack.services.plugins import Service
from localstack.utils.aws import arns
from localstack.utils.time import timestamp_millis

from lab_emulator.accounts.control import on_wipe
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudwatch.alarm_state import unsupported
from lab_emulator.cloudwatch.alarms import Alarms, Change
from lab_emulator.cloudwatch.metric_store import METRICS
from lab_emulator.cloudwatch.statistics import STATISTICS

LOG = logging.getLogger(__name__)
KEPT = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
"""What an alarm that is put again keeps (API model: PutMetricAlarm)."""


class LabCloudwatchProvider(CloudwatchProvider):
    """LocalStack's provider: metrics that are complete when read, times of the account's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.cloudwatch_database = METRICS.database
        on_wipe(self.forget)

    def forget(self, account_id: str) -> None:
        """Take away the alarms and dashboards of an account."""
        self.alarm_scheduler.forget(account_id)
        with _STORE_LOCK:
            for store in cloudwatch_stores[account_id].values():
                store.alarms.clear()
                store.histories.clear()
                store.dashboards.clear()

    def on_after_state_reset(self) -> None:
        super().on_after_state_reset()
        self.cloudwatch_database = METRICS.database

    def start_alarm_scheduler(self) -> None:
        if not self.alarm_scheduler:
            self.alarm_scheduler = Alarms(self._changed)

    def _changed(self, change: Change) -> None:
        context = RequestContext(None)
        context.account_id, context.region = change.account_id, change.region
        self._set_state(
            context,
            change.moment,
            change.alarm["AlarmName"],
            change.state,
            change.reason,
            json.dumps(change.data),
        )

    def _set_state(
        self, context: RequestContext, moment: float, name: str, value: str, reason: str, data: str | None
    ) -> None:
        """As LocalStack does it, at a time of the account's clock, seconds since 1970."""
        store = self.get_store(context.account_id, context.region)
        arn = arns.cloudwatch_alarm_arn(name, account_id=context.account_id, region_name=context.region)
        with _STORE_LOCK:
            known = store.alarms.get(arn)
            before = known and known.alarm["StateValue"]
            number = len(store.histories)
            try:
                super().set_alarm_state(context, name, value, reason, data)
            except ClientError as error:
                # Its state has changed; what it should have called, SNS or Lambda, the lab does not have.
                LOG.warning("The alarm %s could not carry out an action: %s", name, error)
            if known and before != value:
                self._stamp(known.alarm, store.histories[number:], moment)

    @staticmethod
    def _stamp(alarm: dict[str, Any], histories: list[dict[str, Any]], moment: float) -> None:
        when = datetime.fromtimestamp(moment, UTC)
        alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = when
        for item in histories:
            item["Timestamp"] = timestamp_millis(when)

    def set_alarm_state(
        self,
        context: RequestContext,
        alarm_name: str,
        state_value: str,
        state_reason: str,
        state_reason_data: str | None = None,
        **_: Any,
    ) -> None:
        self.alarm_scheduler.look(context.account_id)
        now = ACCOUNTS[context.account_id].now()
        self._set_state(context, now, alarm_name, state_value, state_reason, state_reason_data)

    @handler("PutMetricAlarm", expand=False)
    def put_metric_alarm(self, context: RequestContext, request: dict[str, Any]) -> None:
        self.alarm_scheduler.look(context.account_id)
        store = self.get_store(context.account_id, context.region)
        arn = arns.cloudwatch_alarm_arn(
            request["AlarmName"], account_id=context.account_id, region_name=context.region
        )
        with _STORE_LOCK:
            before = store.alarms.get(arn)
            super().put_metric_alarm(context, request)
            alarm = store.alarms[arn].alarm
            now = datetime.fromtimestamp(ACCOUNTS[context.account_id].now(), UTC)
            alarm["AlarmConfigurationUpdatedTimestamp"] = now
            if before:
                alarm.update({name: before.alarm[name] for name in KEPT if name in before.alarm})
            else:
                alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = now
            if problem := unsupported(alarm):
                alarm["StateReason"] = f"Unchecked: the lab does not evaluate {problem}"

    def describe_alarms(self, context: RequestContext, *args: Any, **kwargs: Any) -> Any:
        self.alarm_scheduler.look(context.account_id)
        return super().describe_alarms(context, *args, **kwargs)

    def describe_alarms_for_metric(self, context: RequestContext, *args: Any, **kwargs: Any) -> Any:
        self.alarm_scheduler.look(context.account_id)
        return super().describe_alarms_for_metric(context, *args, **kwargs)

    def describe_alarm_history(self, context: RequestContext, *args: Any, **kwargs: Any) -> Any:
        self.alarm_scheduler.look(context.account_id)
        return super().describe_alarm_history(context, *args, **kwargs)

    def put_metric_data(
        self, context: RequestContext, namespace: str, metric_data: Any = None, **kwargs: Any
    ) -> None:
        """A sample without a time has the account's."""
        now = datetime.fromtimestamp(ACCOUNTS[context.account_id].now(), UTC)
        for one in metric_data or []:
            one.setdefault("Timestamp", now)
        super().put_metric_data(context, namespace, metric_data, **kwargs)

    def get_metric_data(
        self, context: RequestContext, metric_data_queries: list[dict[str, Any]], *args: Any, **kwargs: Any
    ) -> Any:
        for query in metric_data_queries:
            if "MetricStat" not in query:
                raise ValidationException(
                    f"The lab answers MetricStat only, not metric math: query {query.get('Id')}."
                )
            _check_statistic(query["MetricStat"]["Stat"])
        METRICS.flush()
        return super().get_metric_data(context, metric_data_queries, *args, **kwargs)

    def get_metric_statistics(
        self, context: RequestContext, *args: Any, statistics: list[str] | None = None, **kwargs: Any
    ) -> Any:
        if not statistics:
            raise InvalidParameterValueException(f"The lab answers Statistics only: {', '.join(STATISTICS)}.")
        for name in statistics:
            _check_statistic(name)
        METRICS.flush()
        return super().get_metric_statistics(context, *args, statistics=statistics, **kwargs)

    def list_metrics(self, context: RequestContext, *args: Any, **kwargs: Any) -> Any:
        METRICS.flush()
        return super().list_metrics(context, *args, **kwargs)


def _check_statistic(name: str) -> None:
    if name not in STATISTICS:
        raise InvalidParameterValueException(
            f"The lab knows the statistics {', '.join(STATISTICS)}, not {name}: it keeps sums, not samples."
        )


def service() -> Service:
    return Service.for_provider(LabCloudwatchProvider())
