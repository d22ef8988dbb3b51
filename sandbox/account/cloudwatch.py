"""Amazon CloudWatch: an alarm's tags are deleted with the alarm. moto gives them to the next alarm of that name.

Source: Amazon CloudWatch API Reference: DeleteAlarms, TagResource.
"""

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from sandbox.account.patching import replaces


@replaces(CloudWatchBackend)
def delete_alarms(original: Callable[..., None], cloudwatch: Any, alarm_names: list[str]) -> None:
    """Deletes alarms and their tags."""
    for name in alarm_names:
        if name in cloudwatch.alarms:
            cloudwatch.tagger.delete_all_tags_for_resource(cloudwatch.alarms[name].alarm_arn)
    original(alarm_names)
