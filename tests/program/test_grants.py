"""What the two roles may do on the resources of the stack and of other stacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from config.mistakes import ConfigError
from recording import bedrock
from recording.deployment import Deployment
from recording.fake_aws import ACCOUNT, FakeAws
from recording.program import DIGEST, TAG
from tests.support import ci_documents, contract, iam
from tests.support.config_values import BOUNDARY, GUARDRAIL, PROMPT, SES_IDENTITY
from tests.support.policies import others, policies_of
from tests.support.program import KEY, SHARED_SECRET, everything, run

REGION = "us-east-1"
ECS_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
MODELS = f"arn:aws:bedrock:{REGION}::foundation-model"
SPEECH = f"{MODELS}/{bedrock.SONIC}"
LITE = f"{MODELS}/{bedrock.LITE}"
STREAM = "bedrock:InvokeModelWithBidirectionalStream"
TABLES = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table"
INDEXES = [f"demo-{name}/index/{index}" for name, table in contract.TABLES.items() for index in table.indexes]
BUCKET = f"arn:aws:s3:::voiceter-recordings-{ACCOUNT}-prod"
OBJECT = f"{BUCKET}/recordings/2026/session-1.wav"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/voiceter-backend"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/voiceter-backend"
LOG_STREAM = "log-stream:app/app/0123abcd"
TASKS = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/voiceter-cluster"
SESSION_LOGS = [*contract.WRITE_LOGS, "logs:DescribeLogStreams"]  # of a shell by ECS Exec
PROTECTION = ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
Grants = Sequence[tuple[str, Sequence[str], Sequence[str]]]

# Role, actions, resources: what every stack allows.
ALWAYS: Grants = [
    ("task", contract.USE_ITEMS, [f"{TABLES}/demo-{name}" for name in contract.TABLES]),
    ("task", ["dynamodb:Query"], [f"{TABLES}/{index}" for index in INDEXES]),
    ("task", contract.USE_OBJECTS, [OBJECT]),
    ("task", ["bedrock:InvokeModel", STREAM], [SPEECH]),
    ("task", ["bedrock:InvokeModel"], [LITE]),
    ("task", PROTECTION, [f"{TASKS}/0123abcd"]),
    ("execution", contract.PULL, [REPOSITORY]),
    ("execution", ["ecr:GetAuthorizationToken"], ["*"]),
    ("execution", contract.WRITE_LOGS, [f"{LOGS}:{LOG_STREAM}"]),
]
# What only a key of the config adds.
WITH_A_KEY: Grants = [
    ("task", [*contract.TRACE, *contract.OPEN_SHELL, "logs:DescribeLogGroups"], ["*"]),
    ("task", SESSION_LOGS, [f"{LOGS}:log-stream:ecs-execute-command-0a1b"]),
    ("task", ["bedrock:ApplyGuardrail"], [GUARDRAIL]),
    ("task", ["bedrock:GetPrompt"], [PROMPT]),
    ("task", ["ses:SendEmail"], [SES_IDENTITY]),
    ("execution", ["secretsmanager:GetSecretValue"], [SHARED_SECRET]),
]
# What no stack allows.
NEVER: Grants = [
    (
        "task",
        contract.USE_ITEMS,
        [f"{TABLES}/demo-sessions-archive", f"{TABLES}/demo-users"],
    ),
    (
        "task",
        [f"dynamodb:{name}" for name in ("Scan", "DeleteTable", "UpdateTable", "BatchWriteItem", "DescribeTable")],
        [f"{TABLES}/demo-sessions", *(f"{TABLES}/{index}" for index in INDEXES)],
    ),
    (
        "task",
        contract.USE_OBJECTS,
        [
            f"{BUCKET}/exports/session-1.wav",
            f"{BUCKET}/recordings",
            f"{BUCKET}/recordings-old/session-1.wav",
        ],
    ),
    (
        "task",
        ["s3:ListBucket", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:DeleteObjectVersion"],
        [BUCKET, OBJECT],
    ),
    ("task", [STREAM], [LITE]),
    (
        "task",
        ["bedrock:InvokeModel"],
        [f"{MODELS}/{model}" for model in (bedrock.PRO, "amazon.nova-2-sonic-v1", "anthropic.claude-v2")],
    ),
    ("task", ["bedrock:ApplyGuardrail"], [GUARDRAIL.replace("a1b2", "z9z9")]),
    ("task", ["bedrock:GetPrompt"], [PROMPT.replace("AB12", "ZZ99")]),
    ("task", ["ses:SendEmail"], [SES_IDENTITY.replace("example.com", "example.org")]),
    ("task", ["ses:SendRawEmail", "ses:DeleteIdentity"], [SES_IDENTITY]),
    ("task", ["ecs:StopTask"], [f"{TASKS}/0123abcd"]),
    ("task", ["secretsmanager:GetSecretValue"], [SHARED_SECRET]),
    ("task", ["ecr:BatchGetImage"], [REPOSITORY]),
    ("task", ["logs:GetLogEvents"], [f"{LOGS}:{LOG_STREAM}"]),
    ("task", ["iam:PassRole"], [f"arn:aws:iam::{ACCOUNT}:role/voiceter-backend-task-role"]),
    ("task", ["kms:Decrypt"], [KEY]),
    ("execution", ["ecr:PutImage"], [REPOSITORY]),
    ("execution", ["secretsmanager:PutSecretValue"], [SHARED_SECRET]),
    ("execution", ["logs:CreateLogGroup"], [LOGS]),
    ("execution", ["dynamodb:GetItem"], [f"{TABLES}/demo-sessions"]),
    ("execution", ["s3:GetObject"], [OBJECT]),
    ("execution", PROTECTION, [f"{TASKS}/0123abcd"]),
    (
        "execution",
        ["secretsmanager:GetSecretValue"],
        [
            f"{ECS_SECRET}:voiceter-backend-dev/COGNITO_USER_POOL_ID-1a2b3c4-AbCdEf",
            f"{ECS_SECRET}:voiceter-backend/OTHER-AbCdEf",
        ],
    ),
]


def allowed(deployment: Deployment, table: Grants) -> Iterator[tuple[str, str, str]]:
    """Yields what of a table the roles of a stack allow: role, action, resource."""
    policies = {use: policies_of(deployment, use) for use in ("task", "execution")}
    for use, action, resource in rows(table):
        if iam.allows(policies[use], action, resource):
            yield use, action, resource


def rows(table: Grants) -> Iterator[tuple[str, str, str]]:
    for use, actions, resources in table:
        yield from ((use, action, resource) for action in actions for resource in resources)


def test_roles_may_do_what_ecs_and_the_app_need() -> None:
    assert list(allowed(run("prod"), ALWAYS)) == list(rows(ALWAYS))


def test_keys_of_the_config_add_their_grants_only() -> None:
    assert list(allowed(everything(), [*ALWAYS, *WITH_A_KEY])) == list(rows([*ALWAYS, *WITH_A_KEY]))
    assert list(allowed(run("prod"), WITH_A_KEY)) == []


def test_roles_may_do_nothing_on_other_resources_and_nothing_else_on_theirs() -> None:
    assert list(allowed(everything(), NEVER)) == []


def test_grants_end_at_the_resources_of_this_stack() -> None:
    for use, actions, resources in [*ALWAYS, *WITH_A_KEY]:
        neighbours = [other for resource in resources if resource != "*" for other in others(resource)]
        assert list(allowed(everything(), [(use, actions, neighbours)])) == []


def test_app_puts_metrics_in_its_namespace_only() -> None:
    task, action = policies_of(everything(), "task"), "cloudwatch:PutMetricData"
    assert iam.allows(task, action, "*", {"cloudwatch:namespace": "Voiceter/Backend"})
    for context in ({"cloudwatch:namespace": "Voiceter/Other"}, {"cloudwatch:namespace": "AWS/ECS"}, {}):
        assert not iam.allows(task, action, "*", context)


def test_ecs_reads_exactly_the_secrets_that_it_injects() -> None:
    [container] = everything().containers()
    # `valueFrom` is `<arn>:::<version>`.
    injected = [secret["valueFrom"].partition(":::")[0] for secret in container["secrets"]]
    assert len(injected) == 4
    table = [("execution", ["secretsmanager:GetSecretValue"], injected)]
    assert list(allowed(everything(), table)) == list(rows(table))
    assert list(allowed(run("prod"), table)) == []


def test_boundary_of_ci_allows_every_grant_of_the_program() -> None:
    """A boundary takes away what it does not allow, so a new grant has to be added to docs/ci/boundary.json."""
    boundary = ci_documents.rendered(ci_documents.BOUNDARY)
    for policy in everything().all(":RolePolicy"):
        for statement in policy.json("policy")["Statement"]:
            context = {key: value for test in statement.get("Condition", {}).values() for key, value in test.items()}
            if "arn:aws:kms:" in str(statement["Resource"]):
                context["aws:ResourceTag/Application"] = "voiceter-backend"  # of the stack's key
            resources: list[str] = statement["Resource"]
            for action in statement["Action"]:
                for resource in resources:
                    assert iam.allows(boundary, action, resource, context), (action, resource)


def test_every_role_has_the_boundary() -> None:
    roles = everything().all(":Role")
    assert [role.name for role in roles] == ["execution", "infrastructure", "task"]
    assert {role.inputs["permissionsBoundary"] for role in roles} == {BOUNDARY}


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


def at_the_limits(start: int, own: int = 0, key: str = "") -> Deployment:
    """A stack with as many grants as its config allows. Another `start` changes all those that have a limit.

    Args:
        key: the start of the KMS key of each secret that someone else owns, before two digits.
    """
    region = "ap-northeast-1"
    arns = [shared(start + number) for number in range(MOST_SECRETS - own)]
    models = [f"anthropic.claude-sonnet-4-2026{start + number:04}-v1:0" for number in range(MOST_OTHERS)]
    answers = FakeAws(
        region=region,
        secret_keys={arn: f"arn:aws:kms:{region}:{ACCOUNT}:{key}{arn[-9:-7]}" for arn in arns},
        models={**bedrock.MODELS, **{model: [bedrock.BY_ID] for model in models}},
    )
    return run(
        f"prod-{region}",
        image=False,  # the grants are the same
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


def test_grants_at_their_limits_fit_a_role_beside_those_of_another_config() -> None:
    """During an update, a role has the grants of both. A grant that both have is one policy."""
    configs = (
        at_the_limits(10, key="key/01234567-89ab-cdef-0123-456789abcd"),
        at_the_limits(40, key="alias/shared/application/credentials-"),
        at_the_limits(70, own=MOST_SECRETS),
    )
    for roles in zip(*(policies_by_role(config).values() for config in configs), strict=True):
        in_all = set[str].intersection(*roles)
        for policies in roles:
            assert policies != in_all
            assert sum(map(len, in_all)) + 2 * sum(map(len, policies - in_all)) <= CHARACTERS_OF_A_ROLE


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
