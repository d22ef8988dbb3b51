"""What somebody adds by hand to the objects of a stack is found, although the engine lists no difference for it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ci import report
from ci.report import Report
from tests.live.stack import Stack

pytestmark = pytest.mark.live

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture(scope="module")
def added(everything: Stack) -> Iterator[list[str]]:
    """Adds one object of each kind, and deletes it afterwards. Returns the lines that name them, sorted."""
    with ExitStack() as undo:
        outputs = everything.sandbox.outputs("dev")
        yield sorted(
            [
                *_policies(everything, outputs["taskRoleArn"].rpartition("/")[2], undo),
                *_network(everything, outputs["vpcId"], undo),
                *_listener_and_rule(everything, undo),
                *_grant(everything, outputs["taskRoleArn"], undo),
                *_subscriber_and_setting(everything, outputs["alarmTopicArn"], outputs["recordingsBucketName"], undo),
            ]
        )


def _policies(everything: Stack, role: str, undo: ExitStack) -> list[str]:
    iam = everything.client("iam")
    document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    iam.put_role_policy(RoleName=role, PolicyName="everything", PolicyDocument=document)
    undo.callback(iam.delete_role_policy, RoleName=role, PolicyName="everything")
    iam.attach_role_policy(RoleName=role, PolicyArn=ADMIN)
    undo.callback(iam.detach_role_policy, RoleName=role, PolicyArn=ADMIN)
    return [f"role {role}: inline policy everything", f"role {role}: attached policy {ADMIN}"]


def _network(everything: Stack, vpc: str, undo: ExitStack) -> list[str]:
    ec2 = everything.client("ec2")
    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    groups = ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"]
    tasks = next(group for group in groups if group["Description"].startswith("The tasks"))
    open_port = {"GroupId": tasks["GroupId"], "IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
    [rule] = ec2.authorize_security_group_ingress(**open_port, CidrIp="0.0.0.0/0")["SecurityGroupRules"]
    undo.callback(ec2.revoke_security_group_ingress, **open_port, CidrIp="0.0.0.0/0")

    default = next(group for group in groups if group["GroupName"] == "default")
    permission = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    made = ec2.authorize_security_group_egress(GroupId=default["GroupId"], IpPermissions=permission)
    [way_out] = made["SecurityGroupRules"]
    undo.callback(ec2.revoke_security_group_egress, GroupId=default["GroupId"], IpPermissions=permission)

    tables = ec2.describe_route_tables(Filters=in_vpc)["RouteTables"]
    table, gateway = next(
        (table["RouteTableId"], route["GatewayId"])
        for table in tables
        for route in table["Routes"]
        if route.get("GatewayId", "").startswith("igw-")
    )
    route = {"RouteTableId": table, "DestinationCidrBlock": "198.51.100.0/24"}
    ec2.create_route(**route, GatewayId=gateway)
    undo.callback(ec2.delete_route, **route)
    made = ec2.create_managed_prefix_list(PrefixListName="office", MaxEntries=1, AddressFamily="IPv4")
    office = made["PrefixList"]["PrefixListId"]
    undo.callback(ec2.delete_managed_prefix_list, PrefixListId=office)
    route = {"RouteTableId": table, "DestinationPrefixListId": office}
    ec2.create_route(**route, GatewayId=gateway)
    undo.callback(ec2.delete_route, **route)
    return [
        f"security group default: rule {way_out['SecurityGroupRuleId']}: tcp 443-443 to 0.0.0.0/0",
        f"security group {tasks['GroupName']}: rule {rule['SecurityGroupRuleId']}: tcp 8080-8080 from 0.0.0.0/0",
        f"route table {table}: route to 198.51.100.0/24",
        f"route table {table}: route to {office}",
    ]


def _listener_and_rule(everything: Stack, undo: ExitStack) -> list[str]:
    elb, name = everything.client("elbv2"), everything.named("voiceter-backend")
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]
    of_balancer = {"LoadBalancerArn": everything.load_balancer()["LoadBalancerArn"]}
    https = next(one for one in elb.describe_listeners(**of_balancer)["Listeners"] if one["Port"] == 443)
    path = [{"Field": "path-pattern", "Values": ["/admin"]}]
    made = elb.create_rule(ListenerArn=https["ListenerArn"], Priority=1, Conditions=path, Actions=answer)
    undo.callback(elb.delete_rule, RuleArn=made["Rules"][0]["RuleArn"])
    made = elb.create_listener(**of_balancer, Port=8080, Protocol="HTTP", DefaultActions=answer)
    undo.callback(elb.delete_listener, ListenerArn=made["Listeners"][0]["ListenerArn"])
    return [
        f"load balancer {name}: rule 1 of the listener on port 443",
        f"load balancer {name}: listener on port 8080",
    ]


def _grant(everything: Stack, role: str, undo: ExitStack) -> list[str]:
    kms = everything.client("kms")
    aliases = {alias["AliasName"]: alias.get("TargetKeyId") for alias in kms.list_aliases()["Aliases"]}
    key = aliases[f"alias/{everything.named('voiceter-backend-alarms')}"]
    grant = kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=["Decrypt"])["GrantId"]
    undo.callback(kms.revoke_grant, KeyId=key, GrantId=grant)
    service = f"dynamodb.{everything.region}.amazonaws.com"  # which a table's key has
    kms.create_grant(KeyId=key, GranteePrincipal=service, Operations=["Decrypt"])
    return [f"KMS key {key}: grant {grant} to {role}"]


def _subscriber_and_setting(everything: Stack, topic: str, bucket: str, undo: ExitStack) -> list[str]:
    sns, s3 = everything.client("sns"), everything.client("s3")
    # Nobody has confirmed the address, as after `pulumi up` has removed a wrong one from alarmEmails. It stays:
    # test_alarms.py, which lists the subscribers, runs before this file.
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="wrong@example.com")
    made = sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+4915112345679")
    undo.callback(sns.unsubscribe, SubscriptionArn=made["SubscriptionArn"])
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=cors)
    undo.callback(s3.delete_bucket_cors, Bucket=bucket)
    return [
        f"topic {topic.rpartition(':')[2]}: sms subscriber +4915112345679",
        f"bucket {bucket}: CORSRules",
    ]


def test_stack_has_nothing_added_after_an_update(everything: Stack) -> None:
    """The first test of this file."""
    run = everything.sandbox.operate("added", "dev")
    assert run.status == 0, run.output
    assert "ADDED" not in run.output


def test_verify_fails_although_the_service_is_healthy(everything: Stack, added: list[str]) -> None:
    run = everything.sandbox.operate("verify", "dev")
    assert run.status == 1
    assert "OK: the service runs" in run.output
    assert run.output.count("ADDED BY HAND: ") == len(added)


def checked(everything: Stack, stack: str, folder: Path) -> tuple[int, Report]:
    """The exit status and the report of the nightly check of a stack."""
    check = f"{shlex.quote(sys.executable)} -m ci.drift check {stack} --reports {shlex.quote(str(folder))}"
    run = everything.sandbox.run(check)
    [made] = report.load(folder)
    return run.status, made


def test_nightly_check_lists_all_of_it_beside_drift_and_changes_nothing(
    everything: Stack, added: list[str], tmp_path: Path
) -> None:
    logs, group = everything.client("logs"), everything.outputs["logGroupName"]
    before = everything.sandbox.resources("dev")
    with ExitStack() as undo:
        logs.put_retention_policy(logGroupName=group, retentionInDays=30)
        undo.callback(logs.put_retention_policy, logGroupName=group, retentionInDays=7)
        status, made = checked(everything, "dev", tmp_path)
    headline = f"1 to update, {len(added)} added by hand"
    assert (status, made.status, made.headline) == (0, report.CHANGES_FOUND, headline), made.output
    assert made.drifted
    assert "retentionInDays: 7 => 30" in made.output
    shown = made.output.splitlines()
    assert [line.removeprefix("ADDED BY HAND: ") for line in shown if line.startswith("ADDED")] == added
    assert everything.sandbox.resources("dev") == before


def test_stack_that_cannot_be_read_is_a_failure_and_not_drift(everything: Stack, tmp_path: Path) -> None:
    status, made = checked(everything, "nowhere", tmp_path)
    assert (status, made.failed, made.drifted) == (1, True, False)
