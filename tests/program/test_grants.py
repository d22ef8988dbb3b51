"""What the two roles may do on the resources of the stack and of other stacks."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from config.mistakes import ConfigError
from policy.wildcards import ALLOWED, is_allowed, wildcards
from recording import bedrock
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.program import DIGEST, TAG
from tests.support import contract, iam
from tests.support.program import run

REGION = "us-east-1"
ECS_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
SHARED_SECRET = f"{ECS_SECRET}:shared/token-XyZ123"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234-abcd"
GUARDRAIL = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/a1b2c3d4e5f6"
PROMPT = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:prompt/AB12CD34EF"
MAILBOX = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"
MODELS = f"arn:aws:bedrock:{REGION}::foundation-model"
SPEECH = f"{MODELS}/amazon.nova-2-sonic-v1:0"
LITE = f"{MODELS}/amazon.nova-lite-v1:0"
TABLES = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
BUCKET = f"arn:aws:s3:::voiceter-recordings-{ACCOUNT}-prod"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/voiceter-backend"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/voiceter-backend"
STREAM = "log-stream:voiceter-backend/voiceter-backend/0123abcd"
TASKS = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/voiceter-cluster"
ITEM_ACTIONS = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"]
XRAY = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
]
EXEC = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
]
OPTIONS: dict[str, Any] = {
    "enableXrayTracing": True,
    "enableExec": True,
    "sesIdentityArns": [MAILBOX],
    "guardrailArns": [GUARDRAIL],
    "promptArns": [PROMPT],
    "secrets": {"COGNITO_USER_POOL_ID": "pool"},
    "secretArns": {"TOKEN": SHARED_SECRET},
}


@cache
def prod(everything: bool) -> Deployment:
    """The stack prod, with every optional feature or with none."""
    answers = FakeAws(region=REGION, images={DIGEST: [TAG]}, secret_keys={SHARED_SECRET: KEY})
    return run("prod", answers=answers, **(OPTIONS if everything else {}))


def role(use: str, everything: bool = True) -> dict[str, Any]:
    return policies_of(prod(everything), use)


def policies_of(deployment: Deployment, use: str) -> dict[str, Any]:
    """The policies of a role, joined."""
    name = f"voiceter-backend-{use}-role"
    return iam.joined(p.json("policy") for p in deployment.all(":RolePolicy") if p.inputs["role"] == name)


BOUNDARY = Path(__file__).parents[2] / "docs" / "ci" / "boundary.json"


def test_boundary_of_ci_allows_every_grant_of_the_program() -> None:
    """A boundary takes away what it does not allow, so a new grant has to be added to docs/ci/boundary.json."""
    text = BOUNDARY.read_text().replace("${ACCOUNT}", ACCOUNT).replace("${TABLE_PREFIX}", "demo-")
    boundary = json.loads(text)
    for policy in prod(everything=True).all(":RolePolicy"):
        for statement in policy.json("policy")["Statement"]:
            context = {key: value for test in statement.get("Condition", {}).values() for key, value in test.items()}
            if "arn:aws:kms:" in str(statement["Resource"]):
                context["aws:ResourceTag/Application"] = "voiceter-backend"  # of the stack's key
            resources: list[str] = statement["Resource"]
            for action in statement["Action"]:
                for resource in resources:
                    assert iam.allows(boundary, action, resource, context), (action, resource)


@pytest.mark.parametrize("use", ["execution", "task", "infrastructure"])
def test_every_role_has_the_boundary(use: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    assert run("prod", permissionsBoundaryArn=arn).one(":Role", use).inputs["permissionsBoundary"] == arn
    assert "permissionsBoundary" not in run("prod").one(":Role", use).inputs


def task_allows(action: str, resource: str, context: iam.Context | None = None, everything: bool = True) -> bool:
    return iam.allows(role("task", everything), action, resource, context)


def execution_allows(action: str, resource: str, everything: bool = True) -> bool:
    return iam.allows(role("execution", everything), action, resource)


@pytest.mark.parametrize("action", ITEM_ACTIONS)
@pytest.mark.parametrize("table", contract.TABLES)
def test_app_uses_items_of_its_tables(action: str, table: str) -> None:
    assert task_allows(f"dynamodb:{action}", f"{TABLES}/demo-{table}", everything=False)


@pytest.mark.parametrize(
    "index", [f"demo-{name}/index/{index}" for name, table in contract.TABLES.items() for index in table.indexes]
)
def test_app_queries_the_indexes(index: str) -> None:
    assert task_allows("dynamodb:Query", f"{TABLES}/{index}", everything=False)
    assert not task_allows("dynamodb:Scan", f"{TABLES}/{index}")


@pytest.mark.parametrize("action", ITEM_ACTIONS)
@pytest.mark.parametrize(
    "table",
    [
        f"{TABLES}/demo-staging-sessions",
        f"{TABLES}/demo-sessions-archive",
        f"{TABLES}/demo-users",
        f"{TABLES}/demo-staging-sessions/index/questionnaireId-startTime-index",
        f"{TABLES}/demo-sessions".replace(REGION, "eu-north-1"),
        f"{TABLES}/demo-sessions".replace(ACCOUNT, "999999999999"),
    ],
)
def test_app_uses_no_items_of_other_tables(action: str, table: str) -> None:
    assert not task_allows(f"dynamodb:{action}", table)


@pytest.mark.parametrize("action", ["Scan", "DeleteTable", "UpdateTable", "BatchWriteItem", "DescribeTable"])
def test_app_may_do_nothing_else_on_its_tables(action: str) -> None:
    assert not task_allows(f"dynamodb:{action}", f"{TABLES}/demo-sessions")


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_app_uses_objects_under_the_prefix(action: str) -> None:
    assert task_allows(action, f"{BUCKET}/recordings/2026/session-1.wav", everything=False)
    assert not task_allows(action, f"{BUCKET}/exports/session-1.wav")
    assert not task_allows(action, f"{BUCKET}/recordings")
    assert not task_allows(action, f"{BUCKET}/recordings-old/session-1.wav")
    assert not task_allows(action, f"{BUCKET}-eu-north-1/recordings/session-1.wav")


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:DeleteObjectVersion"])
def test_app_may_do_nothing_else_on_its_bucket(action: str) -> None:
    assert not task_allows(action, BUCKET)
    assert not task_allows(action, f"{BUCKET}/recordings/session-1.wav")


def test_app_streams_with_the_speech_model() -> None:
    for action in ("bedrock:InvokeModel", "bedrock:InvokeModelWithBidirectionalStream"):
        assert task_allows(action, SPEECH, everything=False)
        assert not task_allows(action, SPEECH.replace(REGION, "eu-north-1"))


def test_app_invokes_the_other_models_without_streams() -> None:
    assert task_allows("bedrock:InvokeModel", LITE, everything=False)
    assert not task_allows("bedrock:InvokeModelWithBidirectionalStream", LITE)


@pytest.mark.parametrize("model", ["amazon.nova-pro-v1:0", "amazon.nova-2-sonic-v1", "anthropic.claude-v2"])
def test_app_uses_no_other_model(model: str) -> None:
    assert not task_allows("bedrock:InvokeModel", f"{MODELS}/{model}")


def test_models_follow_the_config() -> None:
    deployment = run("prod", bedrockModelId=bedrock.PRO, extraModelIds=[bedrock.MICRO])
    policy = policies_of(deployment, "task")
    assert iam.allows(policy, "bedrock:InvokeModelWithBidirectionalStream", f"{MODELS}/{bedrock.PRO}")
    assert iam.allows(policy, "bedrock:InvokeModel", f"{MODELS}/{bedrock.MICRO}")
    assert not iam.allows(policy, "bedrock:InvokeModel", SPEECH)
    assert not iam.allows(policy, "bedrock:InvokeModel", LITE)


PROFILES = [(region, prefix) for region in bedrock.DESTINATIONS for prefix in bedrock.DESTINATIONS[region]]
PLACES = {place for region, prefix in PROFILES for place in bedrock.DESTINATIONS[region][prefix]} | {"us-west-1"}


def task_policy(deployment: Deployment) -> dict[str, Any]:
    return iam.joined(p.json("policy") for p in deployment.all(":RolePolicy") if p.name.startswith("task-"))


@pytest.mark.parametrize(("region", "prefix"), PROFILES)
def test_inference_profile_grants_itself_and_its_model_in_each_destination(region: str, prefix: str) -> None:
    profile_id = f"{prefix}.{bedrock.LITE_2}"
    policy = task_policy(run("dev", region=region, extraModelIds=[profile_id]))
    profiles = f"arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile"
    profile = f"{profiles}/{profile_id}"
    assert iam.allows(policy, "bedrock:InvokeModel", profile)
    assert not iam.allows(policy, "bedrock:InvokeModel", f"{profiles}/xx.{bedrock.LITE_2}")
    for place in PLACES:
        arn = f"arn:aws:bedrock:{place}::foundation-model/{bedrock.LITE_2}"
        leads_there = place in bedrock.DESTINATIONS[region][prefix]
        assert iam.allows(policy, "bedrock:InvokeModel", arn, {"bedrock:InferenceProfileArn": profile}) is leads_there
        # Neither without a profile nor through another one.
        assert not iam.allows(policy, "bedrock:InvokeModel", arn)
        assert not iam.allows(policy, "bedrock:InvokeModel", arn, {"bedrock:InferenceProfileArn": f"{profiles}/other"})


@pytest.mark.parametrize(
    ("stack", "region"),
    [*(("dev", region) for region in bedrock.DESTINATIONS), ("staging", "us-east-1"), ("prod", "us-east-1")],
)
def test_default_models_are_offered_and_granted_in_every_region(stack: str, region: str) -> None:
    policy = task_policy(run(stack, region=region))
    models = f"arn:aws:bedrock:{region}::foundation-model"
    assert iam.allows(policy, "bedrock:InvokeModelWithBidirectionalStream", f"{models}/{bedrock.SONIC}")
    assert iam.allows(policy, "bedrock:InvokeModel", f"{models}/{bedrock.LITE}")


@pytest.mark.parametrize(
    ("action", "ours", "theirs"),
    [
        ("bedrock:ApplyGuardrail", GUARDRAIL, GUARDRAIL.replace("a1b2", "z9z9")),
        ("bedrock:GetPrompt", PROMPT, PROMPT.replace("AB12", "ZZ99")),
        ("ses:SendEmail", MAILBOX, MAILBOX.replace("example.com", "example.org")),
    ],
)
def test_optional_grants_follow_the_config(action: str, ours: str, theirs: str) -> None:
    assert task_allows(action, ours)
    assert not task_allows(action, theirs)
    assert not task_allows(action, ours, everything=False)


def test_app_sends_mail_and_manages_none() -> None:
    assert not task_allows("ses:SendRawEmail", MAILBOX)
    assert not task_allows("ses:DeleteIdentity", MAILBOX)


def test_app_puts_metrics_in_its_namespace_only() -> None:
    action = "cloudwatch:PutMetricData"
    assert task_allows(action, "*", {"cloudwatch:namespace": "Voiceter/Backend"}, everything=False)
    assert not task_allows(action, "*", {"cloudwatch:namespace": "Voiceter/Other"})
    assert not task_allows(action, "*", {"cloudwatch:namespace": "AWS/ECS"})
    assert not task_allows(action, "*")


@pytest.mark.parametrize("action", [*XRAY, *EXEC])
def test_tracing_and_shell_are_granted_only_if_on(action: str) -> None:
    assert task_allows(action, "*")
    assert not task_allows(action, "*", everything=False)


def test_the_app_reads_neither_secrets_nor_images_nor_logs() -> None:
    for action, resource in {
        "secretsmanager:GetSecretValue": SHARED_SECRET,
        "ecr:BatchGetImage": REPOSITORY,
        "logs:GetLogEvents": f"{LOGS}:{STREAM}",
        "iam:PassRole": f"arn:aws:iam::{ACCOUNT}:role/voiceter-backend-task-role",
        "kms:Decrypt": KEY,
    }.items():
        assert not task_allows(action, resource)


@pytest.mark.parametrize("action", ["BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"])
def test_ecs_pulls_this_image(action: str) -> None:
    assert execution_allows(f"ecr:{action}", REPOSITORY, everything=False)
    assert not execution_allows(f"ecr:{action}", f"{REPOSITORY}-dev")


def test_ecs_logs_in_to_the_registry_and_cannot_push() -> None:
    assert execution_allows("ecr:GetAuthorizationToken", "*", everything=False)
    assert not execution_allows("ecr:PutImage", REPOSITORY)


@pytest.mark.parametrize("action", ["logs:CreateLogStream", "logs:PutLogEvents"])
def test_ecs_writes_this_log_group(action: str) -> None:
    assert execution_allows(action, f"{LOGS}:{STREAM}", everything=False)
    assert not execution_allows(action, f"{LOGS}-dev:{STREAM}")


def test_ecs_reads_exactly_the_secrets_that_it_injects() -> None:
    [container] = prod(True).containers()
    # `valueFrom` is `<arn>:::<version>`.
    injected = [secret["valueFrom"].partition(":::")[0] for secret in container["secrets"]]
    assert len(injected) == 2
    for arn in injected:
        assert execution_allows("secretsmanager:GetSecretValue", arn)
        assert not execution_allows("secretsmanager:GetSecretValue", arn, everything=False)
    for neighbour in ("voiceter-backend-dev/COGNITO_USER_POOL_ID-1a2b3c4-AbCdEf", "voiceter-backend/OTHER-AbCdEf"):
        assert not execution_allows("secretsmanager:GetSecretValue", f"{ECS_SECRET}:{neighbour}")


def test_ecs_decrypts_with_the_key_of_an_injected_secret() -> None:
    execution = role("execution")
    through = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
    assert iam.allows(execution, "kms:Decrypt", KEY, through)
    assert not iam.allows(execution, "kms:Decrypt", KEY.replace("1234", "9999"), through)


def test_ecs_cannot_read_data() -> None:
    assert not execution_allows("dynamodb:GetItem", f"{TABLES}/demo-sessions")
    assert not execution_allows("s3:GetObject", f"{BUCKET}/recordings/session-1.wav")


@pytest.mark.parametrize("action", ["GetTaskProtection", "UpdateTaskProtection"])
def test_task_may_protect_itself_from_a_scale_in(action: str) -> None:
    assert task_allows(f"ecs:{action}", f"{TASKS}/0123abcd", everything=False)
    assert not task_allows(f"ecs:{action}", f"{TASKS}-dev/0123abcd")
    assert not task_allows("ecs:StopTask", f"{TASKS}/0123abcd")
    assert not execution_allows(f"ecs:{action}", f"{TASKS}/0123abcd")


NAMES = {
    "partition": "aws",
    "region": REGION,
    "account": ACCOUNT,
    "recordings": f"voiceter-recordings-{ACCOUNT}-prod",
    "logs_bucket": f"voiceter-logs-{ACCOUNT}-prod",
    "log_group": "/ecs/voiceter-backend",
    "web_acl_log": "aws-waf-logs-voiceter-backend",
    "cluster": "voiceter-cluster",
    "number": "0",
}


def test_every_wildcard_is_listed_with_its_reason() -> None:
    deployment = prod(True)
    documents = [role("execution"), role("task"), *(p.json("policy") for p in deployment.all(":BucketPolicy"))]
    documents += [r.json("assumeRolePolicy") for r in deployment.all(":Role")]
    documents += [p.json("policy") for p in (*deployment.all(":Key"), *deployment.all(":TopicPolicy"))]
    documents += [p.json("policy") for p in deployment.all(":VpcEndpointPolicy")]
    documents += [p.json("policyDocument") for p in deployment.all(":LogResourcePolicy")]
    assert len(documents) == 13
    by_alias = FakeAws(
        region=REGION, images={DIGEST: [TAG]}, secret_keys={SHARED_SECRET: f"{KEY.split('key/')[0]}alias/a"}
    )
    documents.append(policies_of(run("prod", answers=by_alias, secretArns={"TOKEN": SHARED_SECRET}), "execution"))
    found = {wildcard for document in documents for wildcard in wildcards(document)}
    assert found == {(sid.format_map(NAMES), text.format_map(NAMES)) for sid, text in ALLOWED}
    assert all(is_allowed(sid, text) for sid, text in found)


def test_every_policy_is_checked_for_wildcards() -> None:
    holders = {
        (r.type, key)
        for r in prod(True).registered
        for key, value in r.inputs.items()
        if isinstance(value, str) and '"Statement"' in value
    }
    assert holders == {
        ("aws:iam/rolePolicy:RolePolicy", "policy"),
        ("aws:iam/role:Role", "assumeRolePolicy"),
        ("aws:s3/bucketPolicy:BucketPolicy", "policy"),
        ("aws:kms/key:Key", "policy"),
        ("aws:sns/topicPolicy:TopicPolicy", "policy"),
        ("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy", "policy"),
        ("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", "policyDocument"),
    }


# AWS's document: IAM User Guide, "IAM and AWS STS quotas".
CHARACTERS_OF_A_ROLE = 10_240
MOST_SECRETS = 20
MOST_OTHERS = 25


def policies_by_role(deployment: Deployment) -> dict[str, set[str]]:
    """Role -> its inline policies, without white space."""
    found: dict[str, set[str]] = {}
    for policy in deployment.all(":RolePolicy"):
        found.setdefault(policy.inputs["role"], set()).add(re.sub(r"\s", "", policy.inputs["policy"]))
    return found


def shared(number: int) -> str:
    return f"arn:aws:secretsmanager:ap-northeast-1:{ACCOUNT}:secret:shared/application/credentials-{number:02}-XyZ123"


def at_the_limits(own: int, start: int) -> Deployment:
    """A stack with as many grants as its config allows. Another `start` changes all those that have a limit."""
    region = "ap-northeast-1"
    key = f"arn:aws:kms:{region}:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
    arns = [shared(start + number) for number in range(MOST_SECRETS - own)]
    models = [f"anthropic.claude-sonnet-4-2026{start + number:04}-v1:0" for number in range(MOST_OTHERS)]
    answers = FakeAws(
        region=region,
        images={DIGEST: [TAG]},
        secret_keys={arn: f"{key[:-2]}{arn[-9:-7]}" for arn in arns},
        models={**bedrock.MODELS, **{model: [bedrock.BY_ID] for model in models}},
    )
    return run(
        f"prod-{region}",
        like="prod",
        answers=answers,
        region=region,
        secrets={f"COGNITO_USER_POOL_ID_{start + number}": "hidden" for number in range(own)},
        secretArns={f"COGNITO_USER_POOL_ID_{number}": arn for number, arn in enumerate(arns)},
        redisEnabled=True,
        redisAuthToken="correct-horse-battery",
        enableXrayTracing=True,
        enableExec=True,
        extraModelIds=models,
    )


@pytest.mark.parametrize("own", [0, MOST_SECRETS])
def test_grants_at_their_limits_fit_a_role_beside_those_of_another_config(own: int) -> None:
    old, new = (policies_by_role(at_the_limits(own, start)) for start in (10, 50))
    assert len(old) == 2
    for role_name, policies in old.items():
        # A grant that both have is one policy.
        assert policies != new[role_name]
        assert sum(map(len, policies | new[role_name])) <= CHARACTERS_OF_A_ROLE, role_name


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"secrets": {f"A_{number}": "hidden" for number in range(11)}}
            | {"secretArns": {f"B_{number}": SHARED_SECRET for number in range(10)}},
            "secrets: has too many entries together (secrets 11, secretArns 10): IAM's limit for one role allows 20",
        ),
        (
            {"promptArns": [PROMPT] * 26},
            "promptArns: has too many entries together (promptArns 26): IAM's limit for one role allows 25",
        ),
    ],
)
def test_grants_beyond_their_limits_are_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        run("prod", answers=FakeAws(region=REGION, images={DIGEST: [TAG]}), **config)
    assert "hidden" not in str(caught.value)
