"""What the account has beyond moto: rollouts, tasks, image layers, budgets, mends, and CloudWatch Logs' saved queries.

All but the last have modules of their own. Queries are kept and shown again.

Source: Amazon CloudWatch Logs API Reference, PutQueryDefinition, DescribeQueryDefinitions, DeleteQueryDefinition.
"""

import json
import time
import uuid
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

from sandbox.account import budgets as account_budgets
from sandbox.account import ecr as account_images
from sandbox.account import mends as account_mends
from sandbox.account import refusals as account_refusals
from sandbox.account.ecs import rollouts as account_rollouts
from sandbox.account.ecs import tasks as account_tasks
from sandbox.account.own import put

# A backend is one region of one account, made anew when the account is reset.
_KEPT_IN = "query_definitions"


def install() -> None:
    """Add them to moto; doing so again changes nothing."""
    account_budgets.install()
    account_images.install()
    account_mends.install()
    account_refusals.install()
    account_rollouts.install()
    account_tasks.install()
    put(LogsResponse, put_query_definition, describe_query_definitions, delete_query_definition)


def _kept(logs: Any) -> dict[str, dict[str, Any]]:
    backend: Any = logs.logs_backend
    if not hasattr(backend, _KEPT_IN):
        setattr(backend, _KEPT_IN, {})
    return getattr(backend, _KEPT_IN)


def put_query_definition(logs: Any) -> str:
    """Make a saved query, or change the one with the given id."""
    identifier = logs._get_param("queryDefinitionId")
    if identifier and identifier not in _kept(logs):
        raise ResourceNotFoundException(msg="The specified query definition does not exist.")
    identifier = identifier or str(uuid.uuid4())
    _kept(logs)[identifier] = {
        "queryDefinitionId": identifier,
        "name": logs._get_param("name"),
        "queryString": logs._get_param("queryString"),
        "logGroupNames": logs._get_param("logGroupNames") or [],
        "lastModified": int(time.time() * 1000),
    }
    return json.dumps({"queryDefinitionId": identifier})


def describe_query_definitions(logs: Any) -> str:
    """All saved queries whose names begin as asked, in one page."""
    beginning = logs._get_param("queryDefinitionNamePrefix") or ""
    found = [query for query in _kept(logs).values() if query["name"].startswith(beginning)]
    return json.dumps({"queryDefinitions": sorted(found, key=lambda query: query["name"])})


def delete_query_definition(logs: Any) -> str:
    """Drop a saved query."""
    if _kept(logs).pop(logs._get_param("queryDefinitionId"), None) is None:
        raise ResourceNotFoundException(msg="The specified query definition does not exist.")
    return json.dumps({"success": True})
