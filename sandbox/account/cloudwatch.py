"""Amazon CloudWatch: an alarm's tags are deleted with the alarm, and its actions are in its region. moto gives the tags
to the next alarm of that name, and takes the topic of another region.

Source: Amazon CloudWatch API Reference: DeleteAlarms, PutMetricAlarm, TagResource. The error about the region is AWS's
(hashicorp/terraform, issue 7371).
"""

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend

from sandbox.account.patching import replaces


@replaces(CloudWatchBackend)
def delete_alarms(original: Callable[..., None], cloudwatch: Any, alarm_names: list[str]) -> None:
    """Deletes alarms and their tags."""
    for name in alarm_names:
        if name in cloudwatch.alarms:
            cloudwatch.tagger.delete_all_tags_for_resource(cloudwatch.alarms[name].alarm_arn)
    original(alarm_names)


@replaces(CloudWatchBackend)
def put_metric_alarm(original: Callable[..., Any], cloudwatch: Any, **settings: Any) -> Any:
    """Refuses a topic of another region."""
    actions: list[str] = [*(settings.get("alarm_actions") or ()), *(settings.get("ok_actions") or ())]
    for region in (arn.split(":")[3] for arn in actions):
        if region != cloudwatch.region_name:
            raise ValidationError(f"Invalid region {region} specified. Only {cloudwatch.region_name} is supported.")
    return original(**settings)
