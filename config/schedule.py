"""`scalingSchedule`: times at which the count of tasks gets other limits."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from components.service.scaling import Schedule
from config import rules
from config.cron import cron_expression
from config.rules import Count

# Without a running task there is no CPU, memory or session data, and target tracking does not act without data
# (Application Auto Scaling User Guide, "Target tracking scaling policies": insufficient data).
FROM_ZERO: Final = "nothing scales from 0 tasks, as tasks that do not run send no data"


class ScheduleKeys(BaseModel):
    """One schedule of the stack file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    cron: Annotated[str, AfterValidator(cron_expression)]
    time_zone: Annotated[str, Field(alias="timeZone"), rules.TIME_ZONE] = "UTC"
    min_count: Annotated[Count, Field(alias="min")]
    max_count: Annotated[Count, Field(alias="max")]

    @field_validator("max_count")
    @classmethod
    def _goes_with_min(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("min_count", value):
            raise ValueError(f"must be at least min, which is {info.data['min_count']}")
        if info.data.get("min_count") == 0 < value:
            raise ValueError(f"must be 0 as min is, or min at least 1: {FROM_ZERO}")
        return value

    @property
    def value(self) -> Schedule:
        """The schedule as the scaling takes it."""
        return Schedule(self.cron, self.time_zone, self.min_count, self.max_count)
