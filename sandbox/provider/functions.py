"""The functions that a program may call: what it looks up in the account without owning it."""

from collections.abc import Callable

from .account import Account, service_model
from .convert import decode
from .reading import live
from .spec import Context
from .types import TABLE
from .types.load_balancing import listener_of
from .values import Values


def _caller_identity(account: Account, _: Values, __: str) -> Values:
    who = account.identity()
    return {"accountId": who["account"], "arn": who["arn"], "id": who["account"], "userId": who["userId"]}


def _partition(account: Account, _: Values, __: str) -> Values:
    partition = account.identity()["partition"]
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {"dnsSuffix": suffix, "id": partition, "partition": partition, "reverseDnsPrefix": reverse}


def _availability_zones(account: Account, args: Values, region: str) -> Values:
    filters: list[Values] = [{"Name": one["name"], "Values": one["values"]} for one in args.get("filters") or ()]
    if args.get("state"):
        filters.append({"Name": "state", "Values": [args["state"]]})
    params: Values = {"Filters": filters, "AllAvailabilityZones": bool(args.get("allAvailabilityZones"))}
    found = account.call("ec2", "DescribeAvailabilityZones", params, region)["AvailabilityZones"]
    left_out = {*(args.get("excludeNames") or ()), *(args.get("excludeZoneIds") or ())}
    zones = [zone for zone in found if left_out.isdisjoint((zone["ZoneName"], zone["ZoneId"]))]
    zones.sort(key=lambda zone: zone["ZoneName"])
    return {
        "groupNames": sorted({zone.get("GroupName") or zone["RegionName"] for zone in zones}),
        "id": region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
    }


def _image(account: Account, args: Values, region: str) -> Values:
    image = {name: args[name] for name in ("imageTag", "imageDigest") if args.get(name)}
    if not image and not args.get("mostRecent"):
        raise ValueError("one of imageTag, imageDigest and mostRecent is needed")
    params = {name: args[name] for name in ("repositoryName", "registryId") if args.get(name)}
    details = account.call("ecr", "DescribeImages", params | ({"imageIds": [image]} if image else {}), region)
    if not details["imageDetails"]:
        raise ValueError(f"ImageNotFoundException: the repository {args['repositoryName']} holds no image")
    one = max(details["imageDetails"], key=lambda detail: detail["imagePushedAt"])
    repository = account.call("ecr", "DescribeRepositories", {"repositoryNames": [args["repositoryName"]]}, region)
    return {
        "id": one["imageDigest"],
        "imageDigest": one["imageDigest"],
        "imagePushedAt": int(one["imagePushedAt"].timestamp()),
        "imageSizeInBytes": int(one.get("imageSizeInBytes") or 0),
        "imageTags": sorted(one.get("imageTags") or []),
        "imageUri": f"{repository['repositories'][0]['repositoryUri']}@{one['imageDigest']}",
        "registryId": one["registryId"],
    }


def _listener_rule(account: Account, args: Values, region: str) -> Values:
    arn, listener, priority = (args.get(name) for name in ("arn", "listenerArn", "priority"))
    if not arn and not (listener and priority):
        raise ValueError("arn is needed, or listenerArn and priority")
    rules = account.call("elbv2", "DescribeRules", {"RuleArns": [arn]} if arn else {"ListenerArn": listener}, region)
    rule = next((rule for rule in rules["Rules"] if arn or rule["Priority"] == str(priority)), None)
    if rule is None:
        raise ValueError("couldn't find resource")
    return {
        "arn": rule["RuleArn"],
        "listenerArn": listener_of(rule["RuleArn"]),
        "priority": int(rule["Priority"]),
        "actions": [_forward(action, order) for order, action in enumerate(rule["Actions"], start=1)],
    }


def _forward(action: Values, order: int) -> Values:
    """A forward action as the function shows it. Other actions, and the conditions, are not carried out."""
    if action["Type"] != "forward":
        raise ValueError(f"the sandbox shows rules that forward, and this one's action is {action['Type']}")
    config: Values = action.get("ForwardConfig") or {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"]}]}
    groups = [{"arn": group["TargetGroupArn"], "weight": group.get("Weight", 1)} for group in config["TargetGroups"]]
    return {"type": "forward", "order": action.get("Order", order), "forwards": [{"targetGroups": groups}]}


def _secret(account: Account, args: Values, region: str) -> Values:
    wanted = args.get("arn") or args.get("name")
    if not wanted:
        raise ValueError("one of arn and name is needed")
    found = account.call("secretsmanager", "DescribeSecret", {"SecretId": wanted}, region)
    policy = account.call("secretsmanager", "GetResourcePolicy", {"SecretId": wanted}, region)
    shape = service_model("secretsmanager").operation_model("DescribeSecret").output_shape
    shown: Values = decode(shape, {}, "", found)
    texts = ("arn", "createdDate", "description", "kmsKeyId", "lastChangedDate", "name")
    return {
        **{name: shown.get(name, "") for name in texts},
        "id": shown["arn"],
        "policy": policy.get("ResourcePolicy") or "",
        "tags": shown.get("tags", {}),
    }


def _vpc(account: Account, args: Values, region: str) -> Values:
    tags: dict[str, str] = args.get("tags") or {}
    filters = [{"Name": f"tag:{name}", "Values": [value]} for name, value in tags.items()]
    which = {"VpcIds": [args["id"]]} if args.get("id") else {}
    found = account.call("ec2", "DescribeVpcs", {"Filters": filters, **which}, region)["Vpcs"]
    if len(found) != 1:
        raise ValueError("multiple EC2 VPCs matched" if found else "no matching EC2 VPC found")
    who = account.identity()
    known = {"id": found[0]["VpcId"], "account": who["account"], "partition": who["partition"], "region": region}
    vpc = TABLE["aws:ec2/vpc:Vpc"]
    shown = live(vpc, Context(account, vpc.service, region, known), {})
    if shown is None:
        raise ValueError("no matching EC2 VPC found")
    return {**shown, "tags": shown["tagsAll"]}


# Token → the arguments that it takes beside `region`, and what carries it out in that region.
FUNCTIONS: dict[str, tuple[str, Callable[[Account, Values, str], Values]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": ("", _caller_identity),
    "aws:index/getPartition:getPartition": ("", _partition),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (
        "state filters excludeNames excludeZoneIds allAvailabilityZones",
        _availability_zones,
    ),
    "aws:ecr/getImage:getImage": ("repositoryName registryId imageTag imageDigest mostRecent", _image),
    "aws:ec2/getVpc:getVpc": ("id tags", _vpc),
    "aws:lb/getListenerRule:getListenerRule": ("arn listenerArn priority", _listener_rule),
    "aws:secretsmanager/getSecret:getSecret": ("arn name tags", _secret),
}


def invoke(account: Account, token: str, args: Values) -> Values:
    """Carry out function `token`; its result with the `region` that it looked in.

    Raises:
        ValueError: no such function or argument, or nothing found; AccountError: the account refused a call.
    """
    if token not in FUNCTIONS:
        raise ValueError(f"the sandbox does not carry out the function {token}")
    takes, function = FUNCTIONS[token]
    strangers = sorted(args.keys() - {*takes.split(), "region"})
    if strangers:
        raise ValueError(f"{token} has no argument {', '.join(strangers)} that the sandbox carries out")
    region = args.get("region") or account.region
    return {**args, "region": region, **function(account, args, region)}
