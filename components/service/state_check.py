"""The check that an update sends ECS everything in which the running service differs from the program.

When ECS rolls a deployment back, it restores what a service revision records (Amazon ECS API Reference,
ServiceRevision), and Pulumi's state keeps what the update has sent (pulumi-terraform-bridge, pkg/tfbridge/provider.go,
Update). The AWS provider sends only what differs from the state (terraform-provider-aws,
internal/service/ecs/service.go, resourceServiceUpdate). So the next `pulumi up` would deploy with the old listener
rule, subnets or capacity, report success, and delete the old listener rule or NAT gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import pulumi
import pulumi_aws as aws

from components.service.capacity import CapacityProvider

_CAPACITY: Final = "capacity providers"


@dataclass(frozen=True)
class RevisionSettings:
    """What a service revision records beside the task definition, in no order."""

    # Target group, alternate target group and production listener rule; None where a service has no such thing.
    load_balancers: frozenset[tuple[str | None, str | None, str | None]] = frozenset()
    subnets: frozenset[str] = frozenset()
    public_ips: bool = False
    capacity: frozenset[CapacityProvider] = frozenset()

    @property
    def named(self) -> dict[str, object]:
        """What a rollback restores, by what it is called in a message."""
        return {
            "listener rule and target groups": self.load_balancers,
            "subnets": (self.subnets, self.public_ips),
            _CAPACITY: self.capacity,
        }

    @classmethod
    def of_answer(cls, found: aws.ecs.AwaitableGetServiceResult) -> RevisionSettings:
        """Returns the settings of a service that AWS describes."""
        balancers: set[tuple[str | None, str | None, str | None]] = set()
        for one in found.load_balancers or []:
            advanced = next(iter(one.advanced_configurations or []), None)
            if advanced:
                alternate, rule = advanced.alternate_target_group_arn, advanced.production_listener_rule
                balancers.add((one.target_group_arn, alternate, rule))
            else:
                balancers.add((one.target_group_arn, None, None))
        network = next(iter(found.network_configurations or []), None)
        return cls(
            load_balancers=frozenset(balancers),
            subnets=frozenset(network.subnets) if network else frozenset(),
            public_ips=bool(network and network.assign_public_ip),
            capacity=frozenset(
                CapacityProvider(one.capacity_provider, one.base, one.weight)
                for one in found.capacity_provider_strategies
            ),
        )

    @classmethod
    def of_properties(cls, properties: Mapping[str, Any]) -> RevisionSettings:
        """Returns the settings in the properties of an `aws.ecs.Service`, as the engine passes them to a hook.

        A preview may not know some of them yet. An unknown value equals no other.
        """
        balancers: set[tuple[Any, Any, Any]] = set()
        for one in _list(properties.get("loadBalancers")):
            advanced = _get(one, "advancedConfiguration")
            alternate, rule = _get(advanced, "alternateTargetGroupArn"), _get(advanced, "productionListenerRule")
            balancers.add((_get(one, "targetGroupArn"), alternate, rule))
        network = properties.get("networkConfiguration")
        return cls(
            load_balancers=frozenset(balancers),
            subnets=frozenset(_list(_get(network, "subnets"))),
            public_ips=bool(_get(network, "assignPublicIp")),
            capacity=frozenset(
                CapacityProvider(_get(one, "capacityProvider"), _get(one, "base") or 0, _get(one, "weight") or 0)
                for one in _list(properties.get("capacityProviderStrategies"))
            ),
        )


def _list(value: Any) -> Sequence[Any]:
    """Returns a list, or the only item of one if the list itself is unknown."""
    if isinstance(value, list):
        return cast(list[Any], value)
    return [value] if value else []


def _get(value: Any, key: str) -> Any:
    """Returns a member of an object, or the object itself if it is unknown."""
    return cast(Mapping[str, Any], value).get(key) if isinstance(value, Mapping) else value


def problem_of(running: RevisionSettings, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """Returns why an update must not go on: it would not correct what a rollback has restored. Empty if it may.

    Args:
        state: the outputs in the state. After a failed update, they are what that update asked for.
        inputs: of the update. The provider sends those that differ from the state.
    """
    before, after = RevisionSettings.of_properties(state).named, RevisionSettings.of_properties(inputs).named
    outdated = [name for name, value in running.named.items() if after[name] == before[name] != value]
    if _CAPACITY in outdated and not state.get("forceNewDeployment"):
        # No update has sent it, so somebody changed it. This update sends `forceNewDeployment`, without which the
        # provider refuses to refresh.
        outdated.remove(_CAPACITY)
    if not outdated:
        return ""
    return (
        f"the service runs with other {', '.join(outdated)} than Pulumi's state says: ECS rolled the last deployment "
        "back, or somebody changed the service. This update would leave that as it is, and delete what the service "
        "uses. Run `pulumi up --refresh`, or `make rollback` to go back to the last good version"
    )


def refuse_outdated_state(running: RevisionSettings) -> pulumi.ResourceHook:
    """Returns the hook that fails an update of the service for which there is a problem, and its preview.

    A hook learns what is in the state.
    """

    def before_update(args: pulumi.ResourceHookArgs) -> None:
        if problem := problem_of(running, args.old_outputs or {}, args.new_inputs or {}):
            raise pulumi.RunError(problem)

    return pulumi.ResourceHook("refuse-outdated-state", before_update, pulumi.ResourceHookOptions(on_dry_run=True))
