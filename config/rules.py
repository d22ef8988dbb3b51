"""The rules for single values: what AWS and the app accept. Each names the document that it comes from."""

import functools
import importlib.resources
import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final

from pydantic import Field, StrictBool, StrictInt

from components.access.models import model_of
from components.data.tables import TABLES
from components.lib.provider import DEFAULT_TAGS, PROGRAM_TAGS
from config.rule import Rule, TextRule, arn_of, matching, text_matching
from config.yaml_values import LARGEST_WHOLE_NUMBER, is_date

# CPU units -> MiB of memory. Amazon ECS Developer Guide, "Task definition parameters for Fargate", task size. The API
# Reference lacks the last row.
FARGATE_MEMORY: Final[Mapping[int, Collection[int]]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
    32768: (61440, 122880, 249856),
}

# Days. Amazon CloudWatch Logs API Reference, PutRetentionPolicy.
# fmt: off
LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)
# fmt: on

# Environment variables that Fargate sets in every task (Amazon ECS Developer Guide, "Amazon ECS environment
# variables"), and those that an AWS SDK would use instead of the task role (AWS SDKs and Tools Reference Guide,
# "Environment variables").
SET_BY_PLATFORM: Final = frozenset(
    {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "ECS_AGENT_URI",
        "ECS_CONTAINER_METADATA_URI",
        "ECS_CONTAINER_METADATA_URI_V4",
        "AWS_ACCESS_KEY_ID",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    }
)

_PRIVATE_BLOCKS: Final = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LONGEST_PREFIX: Final = 255 - max(map(len, TABLES))  # what a table's name leaves of its limit
_SECRET_BYTES: Final = 65536

# Types that several keys share.
Flag = StrictBool
Percent = Annotated[StrictInt, Field(ge=1, le=100)]
Count = Annotated[StrictInt, Field(ge=0)]
Positive = Annotated[StrictInt, Field(ge=1)]

# OCI Distribution Specification, "Pulling manifests": the characters of a tag, and at most 128. Amazon ECR's API takes
# 300 (PutImage), but Docker pushes no such tag. A digest is `sha256:` and 64 hexadecimal digits.
IMAGE_TAG: Final = text_matching(
    r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|sha256:[0-9a-f]{64}",
    "an ECR tag (up to 128 letters, digits, '_', '.' and '-', the first no '.' or '-'), or sha256: and 64 hex digits",
    "If the image really has this tag, set its digest, sha256:…",
)

# Amazon DynamoDB API Reference, CreateTable: a table name has 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.'.
# The app treats an empty DYNAMODB_TABLE_PREFIX as unset, so the prefix has at least one character.
TABLE_PREFIX: Final = text_matching(
    rf"[a-zA-Z0-9_.-]{{1,{_LONGEST_PREFIX}}}",
    f"1 to {_LONGEST_PREFIX} letters, digits, '_', '.' and '-': the start of a DynamoDB table name",
    "A prefix that is a number is not supported: add a letter or a hyphen",
)

# AWS Certificate Manager API Reference, RequestCertificate: at most 64 characters. Labels as in RFC 1123. Lower case:
# Route 53 stores names in lower case, and another spelling would show a change on every run.
DOMAIN_NAME: Final = matching(
    rf"(?=.{{4,64}}\Z)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])",
    "a DNS name in lower case of at most 64 characters, such as voice.example.com: no scheme, wildcard or final dot",
)

# Amazon Route 53 API Reference, HostedZone: an id has at most 32 characters.
HOSTED_ZONE_ID: Final = text_matching(
    r"[A-Z0-9]{1,32}",
    "the id of a Route 53 hosted zone, such as Z1D633PJN98FT9, without /hostedzone/",
    "`aws route53 list-hosted-zones` shows the ids",
)

# A list of origins has at least one.
ORIGINS: Final = Rule("a list or a comma-separated text of at least one origin", bool)

# Amazon Bedrock API Reference, FoundationModelSummary. An inference profile's id is that of its model with a prefix.
_MODEL_ID: Final = r"[a-z0-9-]{1,63}\.(?:[a-z0-9-]{1,63}\.){0,2}[a-z0-9-]{1,63}(?::[a-z0-9-]{1,63}){0,2}"
_LIST_MODELS: Final = "`aws bedrock list-foundation-models` shows the ids"

# The bidirectional stream of a speech model is not known to take an inference profile.
SPEECH_MODEL_ID: Final = TextRule(
    "the id of a foundation model, such as amazon.nova-2-sonic-v1:0: no ARN, and no inference profile (us.…, global.…)",
    lambda text: re.fullmatch(_MODEL_ID, text) is not None and model_of(text) is None,
    _LIST_MODELS,
)

# The lookup at preview says whether the region has such a model or profile.
MODEL_ID: Final = TextRule(
    "the id of a foundation model, such as amazon.nova-lite-v1:0, or of an inference profile, such as "
    "us.amazon.nova-lite-v1:0: no ARN",
    lambda text: re.fullmatch(_MODEL_ID, model_of(text) or text) is not None,
    _LIST_MODELS,
)

# RFC 6454: scheme, host and port. Browsers send it in lower case, without a final slash. `*` stands for every origin.
ORIGIN: Final = matching(
    rf"\*|https?://(?:{_LABEL}\.)*{_LABEL}(?::[1-9][0-9]{{0,4}})?",
    "an http or https origin in lower case, such as https://app.example.com or http://localhost:3000, without a path",
)

# RFC 5321, without quoted names.
EMAIL_ADDRESS: Final = matching(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]",
    "an e-mail address, such as oncall@example.com",
)

# ITU-T E.164: a plus sign, the country code, and at most 15 digits in all. No number has fewer than 7.
PHONE_NUMBER: Final = matching(
    r"\+[1-9][0-9]{6,14}",
    "a phone number in E.164 without spaces or hyphens, in quotes, such as '+358401234567' (on the command line with "
    "`--type string`; as a number it loses its plus sign)",
)

# Amazon ElastiCache User Guide, "Authenticating with the Valkey and Redis OSS AUTH command".
REDIS_AUTH_TOKEN: Final = matching(r"[A-Za-z0-9!&#$^<>-]{16,128}", "16 to 128 letters, digits and ! & # $ ^ < > -")

# Amazon ElastiCache User Guide, "Supported node types" and "ElastiCache in-transit encryption (TLS)": the current
# generations, without r6gd, which needs data tiering. Some of the previous generations have no TLS.
REDIS_NODE_TYPE: Final = matching(
    r"cache\.(?:(?:t2|t3|t4g)\.(?:micro|small|medium)|(?:[mr][45]|[mr][6-9]g|c[7-9]gn)\.(?:large|(?:[1-9][0-9]?)?xlarge))",
    "a current ElastiCache node type that supports TLS, such as cache.t4g.small or cache.r7g.large",
)

# Application Auto Scaling API Reference, PutScheduledAction: 1 to 256 characters, without control characters, ':', '/'
# and '|', and without a space at either end.
SCHEDULE_NAME: Final = matching(
    r"(?! )[^\x00-\x1f\x7f-\x9f:/|]{1,256}(?<! )",
    "named with 1 to 256 characters, without ':', '/' and '|', and without a space at either end",
)
# Application Auto Scaling User Guide, "Quotas": scheduled actions of a scalable target. AWS does not raise it.
MOST_SCHEDULES: Final = 200


@functools.cache
def _time_zones() -> frozenset[str]:
    """Returns the names of the IANA time zone database in the package tzdata: the same on every machine.

    AWS takes those that Joda-Time knows (Application Auto Scaling API Reference, PutScheduledAction), which are fewer:
    it may refuse the newest.
    """
    return frozenset(importlib.resources.files("tzdata").joinpath("zones").read_text().split())


TIME_ZONE: Final = Rule("an IANA time zone, such as Europe/Helsinki or UTC", lambda text: text in _time_zones())

ENVIRONMENT_TEXT: Final = Rule("a string, a whole number or a boolean", lambda _text: True)

# POSIX.1-2017, "Environment Variable Definition": names that a shell accepts.
ENVIRONMENT_NAME: Final = matching(
    r"[A-Za-z_][A-Za-z0-9_]*", "named with letters, digits and '_', not starting with a digit"
)

# Amazon Budgets.
DOLLARS: Final = Rule(
    "an amount of US dollars above 0, such as 250 or 99.50",
    lambda amount: 0 < amount < 1e9 and round(amount, 2) == amount,
)


def _is_vpc_cidr(text: str) -> bool:
    try:
        block = ipaddress.IPv4Network(text)
    except ValueError:
        return False
    # The comparison refuses other spellings that IPv4Network accepts, such as 10.0.0.0/255.255.0.0.
    return (
        str(block) == text
        and 16 <= block.prefixlen <= 22
        and any(block.subnet_of(private) for private in _PRIVATE_BLOCKS)
    )


# Amazon VPC User Guide, "VPC CIDR blocks": at most a /16, private ranges recommended. A /22 still leaves each of three
# zones a public and a private subnet of a useful size.
VPC_CIDR: Final = Rule(
    "a private IPv4 block (in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16) from /16 to /22, written with its first "
    "address",
    _is_vpc_cidr,
)

# AWS Secrets Manager API Reference, CreateSecret.
SECRET_VALUE: Final = Rule(
    f"a string of 1 to {_SECRET_BYTES} bytes",
    lambda text: 1 <= len(text.encode()) <= _SECRET_BYTES,
)

# A load balancer uses certificates of its region only (Elastic Load Balancing, "SSL certificates").
CERTIFICATE_ARN: Final = arn_of(
    "acm",
    r"certificate/[A-Za-z0-9-]+",
    "certificate/<id>",
    "request or import the certificate in {region} and set its ARN; with hostedZoneId you can leave that to the "
    "program: `pulumi config rm certificateArn`",
)

# IAM User Guide, "IAM identifiers": policies belong to no region, and those that AWS manages to the account `aws`.
POLICY_ARN: Final = matching(
    r"arn:aws:iam::(?:[0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]{1,640}",
    "an ARN like arn:aws:iam::<account>:policy/<name>",
)

# IAM User Guide, "AWS account identifiers". A number would lose the zeros that it starts with.
ACCOUNT_ID: Final = matching(r"[0-9]{12}", "the 12 digits of an AWS account, in quotes")

# AWS General Reference, "Tag naming limits and requirements": the characters that every service accepts. The
# prefix `aws:` is AWS's own. Names that differ in case only are one name to IAM (IAM User Guide, "Tags for IAM
# resources").
TAG_NAME: Final = Rule(
    "a tag name (1 to 128 letters, digits, spaces and + - = . _ : / @, not starting with aws:) that the program does "
    f"not set itself ({', '.join(PROGRAM_TAGS)})",
    lambda text: (
        re.fullmatch(r"[A-Za-z0-9 +=._:/@-]{1,128}", text) is not None
        and not text.lower().startswith("aws:")
        and text.lower() not in [name.lower() for name in PROGRAM_TAGS]
    ),
)
TAG_VALUE: Final = matching(
    r"[A-Za-z0-9 +=._:/@-]{1,256}", "a text of 1 to 256 letters, digits, spaces and + - = . _ : / @"
)
# The same document: 50 tags a resource.
MOST_EXTRA_TAGS: Final = 50 - len(PROGRAM_TAGS)
# Amazon Route 53 API Reference, ChangeTagsForResource: 10 tags a health check. The program's has a Name.
MOST_EXTRA_TAGS_WITH_ZONE: Final = 10 - len((*DEFAULT_TAGS, "Name"))

# AWS Secrets Manager User Guide: the full ARN, with the six characters that Secrets Manager appends. A secret that
# another service of AWS manages has a `!` in its name ("Secrets managed by other services"). ECS also accepts suffixes
# for a JSON key or a version. They are not part of the ARN, and IAM would not match them.
SECRET_ARN: Final = arn_of(
    "secretsmanager",
    r"secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6}",
    "secret:<name>-<6 characters>",
    "replicate the secret to {region} and set the replica's ARN",
)

# Amazon Bedrock API Reference, GetGuardrail.
GUARDRAIL_ARN: Final = arn_of(
    "bedrock",
    r"guardrail/[a-z0-9]+",
    "guardrail/<id>",
    "create the guardrail in {region} and set its ARN, or remove this one",
)

# Agents for Amazon Bedrock API Reference, GetPrompt. A version is optional.
PROMPT_ARN: Final = arn_of(
    "bedrock",
    r"prompt/[0-9a-zA-Z]{10}(?::[0-9]{1,5})?",
    "prompt/<id>",
    "create the prompt in {region} and set its ARN, or remove this one",
)

# Service Authorization Reference, Amazon SES: an e-mail address or a domain. Identities are regional.
SES_IDENTITY_ARN: Final = arn_of(
    "ses",
    r"identity/(?:[A-Za-z0-9._%+=-]+@)?(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+",
    "identity/<address or domain>",
    "verify the identity in {region} and set its ARN, or remove this one",
)


def split_commas(value: Any) -> Any:
    """Returns the items of a comma-separated text; a list as it is."""
    return [item.strip() for item in value.split(",")] if isinstance(value, str) and value[:1] != "[" else value


def environment_text(value: Any) -> Any:
    """Returns the text of an environment variable.

    `pulumi config set --path` stores `5` and `true` as a number and a boolean. Each of those has one spelling, so they
    are accepted beside strings. A fraction has several, and is not.

    Raises `ValueError` for a whole number or a date that YAML changed.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) <= LARGEST_WHOLE_NUMBER:
        return str(value)
    if isinstance(value, int) or (isinstance(value, str) and is_date(value)):
        raise ValueError(
            "may not be what the stack file says, as YAML rounds large numbers and rewrites dates: put it in quotes "
            "there, or set it with `pulumi config set --path 'environment.<NAME>' <value> --type string`"
        )
    return value


def quoted_text(value: Any) -> Any:
    """Returns a text inside an object or a list.

    Raises `ValueError` for a number, a boolean or a date, which YAML read from a text without quotes.
    """
    if not isinstance(value, str) or is_date(value):
        raise ValueError(
            "must be a text in quotes, as YAML reads it without quotes as a number, a boolean or a date (1.10 as 1.1, "
            "007 as 7): put it in quotes in the stack file, or set it with `pulumi config set --path … --type string`"
        )
    return value
