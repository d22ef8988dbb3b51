"""The functions that the program calls, and the one that `awsx` needs: what they look up in the account."""

from collections.abc import Callable
from typing import Any

from .account import Account, AccountError
from .types.elbv2 import listener_of
from .values import Values


def _caller_identity(account: Account, _: Values) -> Values:
    who = account.identity()
    return {"accountId": who["account"], "arn": who["arn"], "id": who["account"], "userId": who["userId"]}


def _partition(account: Account, _: Values) -> Values:
    partition = account.identity()["partition"]
    return {"id": partition, "partition": partition}


def _availability_zones(account: Account, _: Values) -> Values:
    zones = account.call("ec2", "DescribeAvailabilityZones", {})["AvailabilityZones"]
    return {"id": account.region, "names": sorted(zone["ZoneName"] for zone in zones)}


def _image(account: Account, args: Values) -> Values:
    image = {name: args[name] for name in ("imageTag", "imageDigest") if args.get(name)}
    params: Values = {"repositoryName": args["repositoryName"], "imageIds": [image]}
    (found,) = account.call("ecr", "DescribeImages", params)["imageDetails"]
    return {"id": found["imageDigest"], "imageDigest": found["imageDigest"], "imageTags": sorted(found["imageTags"])}


def _listener_rule(account: Account, args: Values) -> Values:
    rules = account.call("elbv2", "DescribeRules", {"ListenerArn": args["listenerArn"]})["Rules"]
    rule = next((rule for rule in rules if rule["Priority"] == str(args["priority"])), None)
    if rule is None:
        raise ValueError("couldn't find resource")
    return {
        "arn": rule["RuleArn"],
        "listenerArn": listener_of(rule["RuleArn"]),
        "priority": int(rule["Priority"]),
        "actions": [_forward(action, order) for order, action in enumerate(rule["Actions"], start=1)],
    }


def _forward(action: Any, order: int) -> Values:
    if action["Type"] != "forward":
        raise ValueError(f"the sandbox supports rules that forward only, and this rule's action is {action['Type']}")
    config: Values = action.get("ForwardConfig") or {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"]}]}
    groups = [{"arn": group["TargetGroupArn"], "weight": group.get("Weight", 1)} for group in config["TargetGroups"]]
    return {"type": "forward", "order": action.get("Order", order), "forwards": [{"targetGroups": groups}]}


def _secret(account: Account, args: Values) -> Values:
    found = account.call("secretsmanager", "DescribeSecret", {"SecretId": args["arn"]})
    return {"id": found["ARN"], "arn": found["ARN"], "name": found["Name"], "kmsKeyId": found.get("KmsKeyId", "")}


def _service(account: Account, args: Values) -> Values:
    try:
        params: Values = {"cluster": args["clusterArn"], "services": [args["serviceName"]]}
        found: list[Any] = account.call("ecs", "DescribeServices", params)["services"]
    except AccountError as error:
        if error.code != "ClusterNotFoundException":
            raise
        found = []
    if not found:
        raise ValueError("no matching ECS Service found")
    service: Values = found[0]
    capacity = [{"base": 0, "weight": 0, **one} for one in service.get("capacityProviderStrategy", [])]
    return {
        "id": service["serviceArn"],
        "arn": service["serviceArn"],
        "status": service["status"],
        "taskDefinition": service["taskDefinition"],
        "capacityProviderStrategies": capacity,
    }


def _vpc(account: Account, args: Values) -> Values:
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in args["tags"].items()]
    found = account.call("ec2", "DescribeVpcs", {"Filters": filters})["Vpcs"]
    if len(found) != 1:
        raise ValueError("multiple EC2 VPCs matched" if found else "no matching EC2 VPC found")
    return {"id": found[0]["VpcId"], "cidrBlock": found[0]["CidrBlock"]}


# Token: the arguments, and the function.
FUNCTIONS: dict[str, tuple[tuple[str, ...], Callable[[Account, Values], Values]]] = {
    "aws:ec2/getVpc:getVpc": (("tags",), _vpc),
    "aws:ecr/getImage:getImage": (("repositoryName", "imageDigest", "imageTag"), _image),
    "aws:ecs/getService:getService": (("clusterArn", "serviceName"), _service),
    "aws:index/getAvailabilityZones:getAvailabilityZones": ((), _availability_zones),
    "aws:index/getCallerIdentity:getCallerIdentity": ((), _caller_identity),
    "aws:index/getPartition:getPartition": ((), _partition),
    "aws:lb/getListenerRule:getListenerRule": (("listenerArn", "priority"), _listener_rule),
    "aws:secretsmanager/getSecret:getSecret": (("arn",), _secret),
}


def invoke(account: Account, token: str, args: Values) -> Values:
    """Calls function `token`. Returns its arguments, its result and the account's region.

    Raises:
        ValueError: no such function or argument, or nothing found; AccountError: the account refused a call.
    """
    if token not in FUNCTIONS:
        raise ValueError(f"the sandbox does not support the function {token}")
    known, function = FUNCTIONS[token]
    unknown = sorted(args.keys() - set(known))
    if unknown:
        raise ValueError(f"the sandbox does not support {', '.join(unknown)} of {token}")
    return {**args, "region": account.region, **function(account, args)}
