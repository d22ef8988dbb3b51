"""The functions that the program calls. They return what the program reads."""

from collections.abc import Callable
from typing import Any

from .account import Account, AccountError
from .values import Values


def _caller_identity(account: Account, _: Values) -> Values:
    return {"accountId": account.id}


def _partition(_account: Account, _: Values) -> Values:
    return {"partition": "aws"}  # of every region that the program knows


def _availability_zones(account: Account, args: Values) -> Values:
    filters = [{"Name": one["name"], "Values": one["values"]} for one in args["filters"]]
    zones = account.call("ec2", "DescribeAvailabilityZones", {"Filters": filters})["AvailabilityZones"]
    return {"names": sorted(zone["ZoneName"] for zone in zones if zone["ZoneId"] not in args["excludeZoneIds"])}


def _image(account: Account, args: Values) -> Values:
    image = {name: args[name] for name in ("imageTag", "imageDigest") if args.get(name)}
    params: Values = {"repositoryName": args["repositoryName"], "imageIds": [image]}
    (found,) = account.call("ecr", "DescribeImages", params)["imageDetails"]
    return {"imageDigest": found["imageDigest"], "imageTags": sorted(found["imageTags"])}


def _service(account: Account, args: Values) -> Values:
    params: Values = {"cluster": args["clusterArn"], "services": [args["serviceName"]]}
    services: list[Any] = []
    try:
        services = account.call("ecs", "DescribeServices", params)["services"]
    except AccountError as error:
        if not error.absent:
            raise
    if not services:
        raise ValueError("no matching ECS Service found")
    (service,) = services
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    return {
        "status": service["status"],
        "taskDefinition": service["taskDefinition"],
        "capacityProviderStrategies": [
            {"base": 0, "weight": 0, **one} for one in service.get("capacityProviderStrategy", [])
        ],
        "deployments": [{"id": deployment["id"]} for deployment in service["deployments"]],
        "loadBalancers": [_service_load_balancer(entry) for entry in service["loadBalancers"]],
        "networkConfigurations": [
            {"subnets": network["subnets"], "assignPublicIp": network.get("assignPublicIp") == "ENABLED"}
        ],
    }


def _service_load_balancer(entry: Any) -> Values:
    advanced = entry.get("advancedConfiguration")
    names = ("alternateTargetGroupArn", "productionListenerRule")
    return {
        "targetGroupArn": entry["targetGroupArn"],
        "advancedConfigurations": [{name: advanced[name] for name in names}] if advanced else [],
    }


def _alias(account: Account, args: Values) -> Values:
    aliases = account.call("kms", "ListAliases", {})["Aliases"]
    found = next((alias for alias in aliases if alias["AliasName"] == args["name"]), None)
    if found is None:
        raise ValueError(f"reading KMS Alias ({args['name']}): couldn't find resource")
    key = account.call("kms", "DescribeKey", {"KeyId": args["name"]})["KeyMetadata"]
    if key["KeyState"] == "PendingDeletion":
        raise ValueError(f"reading KMS Key ({args['name']}): PendingDeletion")
    return {"targetKeyId": key["KeyId"]}


def _key(account: Account, args: Values) -> Values:
    key = account.call("kms", "DescribeKey", {"KeyId": args["keyId"]})["KeyMetadata"]
    return {"keyState": key["KeyState"]}


def _load_balancer(account: Account, args: Values) -> Values:
    (balancer,) = account.call("elbv2", "DescribeLoadBalancers", {"Names": [args["name"]]})["LoadBalancers"]
    return {"subnets": [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]}


def _listener_rule(account: Account, args: Values) -> Values:
    (rule,) = account.call("elbv2", "DescribeRules", {"RuleArns": [args["arn"]]})["Rules"]
    return {"actions": [{"forwards": [_forward(action)]} for action in rule["Actions"]]}


def _forward(action: Any) -> Values:
    if action["Type"] != "forward":
        raise ValueError(f"the sandbox supports rules that forward only, and this rule's action is {action['Type']}")
    config: Values = action.get("ForwardConfig") or {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"]}]}
    groups = [{"arn": group["TargetGroupArn"], "weight": group.get("Weight", 1)} for group in config["TargetGroups"]]
    return {"targetGroups": groups}


def _secret(account: Account, args: Values) -> Values:
    found = account.call("secretsmanager", "DescribeSecret", {"SecretId": args["arn"]})
    if "DeletedDate" in found:
        raise ValueError("couldn't find resource")
    return {"kmsKeyId": found.get("KmsKeyId", "")}


def _vpc(account: Account, args: Values) -> Values:
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in args["tags"].items()]
    found = account.call("ec2", "DescribeVpcs", {"Filters": filters})["Vpcs"]
    if len(found) != 1:
        raise ValueError("multiple EC2 VPCs matched" if found else "no matching EC2 VPC found")
    return {"cidrBlock": found[0]["CidrBlock"]}


def _zone(account: Account, args: Values) -> Values:
    zone = account.call("route53", "GetHostedZone", {"Id": args["zoneId"]})["HostedZone"]
    return {"name": zone["Name"].removesuffix("."), "privateZone": zone["Config"]["PrivateZone"]}


def _models(account: Account, _: Values) -> Values:
    found = account.call("bedrock", "ListFoundationModels", {})["modelSummaries"]
    return {
        "modelSummaries": [
            {"modelId": model["modelId"], "inferenceTypesSupporteds": model["inferenceTypesSupported"]}
            for model in found
        ]
    }


def _inference_profile(account: Account, args: Values) -> Values:
    parameters = {"inferenceProfileIdentifier": args["inferenceProfileId"]}
    profile = account.call("bedrock", "GetInferenceProfile", parameters)
    models = [{"modelArn": model["modelArn"]} for model in profile["models"]]
    return {"inferenceProfileArn": profile["inferenceProfileArn"], "models": models}


# Token: the arguments, and the function.
FUNCTIONS: dict[str, tuple[tuple[str, ...], Callable[[Account, Values], Values]]] = {
    "aws:bedrock/getInferenceProfile:getInferenceProfile": (("inferenceProfileId",), _inference_profile),
    "aws:bedrockfoundation/getModels:getModels": ((), _models),
    "aws:ec2/getVpc:getVpc": (("tags",), _vpc),
    "aws:ecr/getImage:getImage": (("repositoryName", "imageDigest", "imageTag"), _image),
    "aws:ecs/getService:getService": (("clusterArn", "serviceName"), _service),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (("filters", "excludeZoneIds"), _availability_zones),
    "aws:index/getCallerIdentity:getCallerIdentity": ((), _caller_identity),
    "aws:index/getPartition:getPartition": ((), _partition),
    "aws:kms/getAlias:getAlias": (("name",), _alias),
    "aws:kms/getKey:getKey": (("keyId",), _key),
    "aws:lb/getListenerRule:getListenerRule": (("arn",), _listener_rule),
    "aws:lb/getLoadBalancer:getLoadBalancer": (("name",), _load_balancer),
    "aws:route53/getZone:getZone": (("zoneId",), _zone),
    "aws:secretsmanager/getSecret:getSecret": (("arn",), _secret),
}


def invoke(account: Account, token: str, args: Values) -> Values:
    """Calls function `token`. Returns its arguments, its result and the account's region.

    Raises:
        ValueError: no such function or argument, or nothing found; AccountError: the account refused a call.
    """
    if token not in FUNCTIONS:
        raise ValueError(f"the sandbox does not support the function {token}: add it to sandbox/provider/functions.py")
    known, function = FUNCTIONS[token]
    unknown = sorted(args.keys() - set(known))
    if unknown:
        raise ValueError(f"the sandbox does not support {', '.join(unknown)} of {token}")
    return {**args, "region": account.region, **function(account, args)}
