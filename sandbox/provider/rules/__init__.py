"""AWS's published rules that botocore's models do not hold, by resource type: checked before anything is made.

A rule for one property stands in `ONE`, by its dotted path; one across properties is a function in `ACROSS`.
"""

from collections.abc import Iterator

from ..faults import Fault
from ..spec import Context, Resource
from ..values import Values
from . import containers, data, load_balancing, operations
from .primitives import Across, Rule, hold

ONE: dict[str, dict[str, Rule]] = {
    **data.ONE,
    **operations.ONE,
    "aws:ecs/taskDefinition:TaskDefinition": containers.TASK_DEFINITION,
    "aws:ecs/service:Service": containers.SERVICE,
    "aws:lb/loadBalancer:LoadBalancer": load_balancing.LOAD_BALANCER,
    "aws:lb/targetGroup:TargetGroup": load_balancing.TARGET_GROUP,
    "aws:lb/listener:Listener": load_balancing.LISTENER,
    "aws:lb/listenerRule:ListenerRule": load_balancing.RULE,
}
ACROSS: dict[str, tuple[Across, ...]] = {
    **data.ACROSS,
    **operations.ACROSS,
    "aws:ecs/taskDefinition:TaskDefinition": containers.TASK_DEFINITION_ACROSS,
    "aws:ecs/service:Service": containers.SERVICE_ACROSS,
    "aws:lb/loadBalancer:LoadBalancer": load_balancing.LOAD_BALANCER_ACROSS,
    "aws:lb/targetGroup:TargetGroup": load_balancing.TARGET_GROUP_ACROSS,
    "aws:lb/listener:Listener": load_balancing.LISTENER_ACROSS,
    "aws:lb/listenerRule:ListenerRule": load_balancing.RULE_ACROSS,
}


def broken(resource: Resource, inputs: Values, context: Context) -> Iterator[Fault]:
    """A fault for each rule that the inputs break, as far as they are known."""
    yield from hold(inputs, ONE.get(resource.token, {}))
    for check in ACROSS.get(resource.token, ()):
        yield from check(inputs, context)
