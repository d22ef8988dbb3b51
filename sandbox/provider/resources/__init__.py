"""The table of all resource types that the sandbox carries out, by Pulumi's type token."""

from ..spec import Resource
from . import (
    application_scaling,
    budgets,
    certificates,
    containers,
    data,
    elasticache,
    identity,
    keys,
    load_balancing,
    monitoring,
    networking,
    notifications,
    security_groups,
    storage,
)

TABLE: dict[str, Resource] = {
    resource.token: resource
    for module in (
        application_scaling,
        budgets,
        certificates,
        containers,
        data,
        elasticache,
        identity,
        keys,
        load_balancing,
        monitoring,
        networking,
        notifications,
        security_groups,
        storage,
    )
    for resource in module.RESOURCES
}

# What the account takes and does not keep, by type and property, with the reason. The state of these alone comes from
# what was sent; everything else is read from the account.
GAPS: dict[str, dict[str, str]] = {token: dict(resource.gaps) for token, resource in TABLE.items() if resource.gaps}
