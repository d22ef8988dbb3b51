"""The rules that a single config value obeys. Pure functions: no Pulumi, no AWS call.

The engine passes every config value as text. A parser takes that text and returns the value, or raises `RuleError`,
whose message says what is allowed and never repeats the value: that is left to the caller, who knows whether it may be
shown. Rules name the document they come from.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, cast

from components.data.tables import TABLES

# The regions that the app accepts in AWS_REGION; it does not start in any other.
REGIONS: Final = ("us-east-1", "us-west-2", "ap-northeast-1", "eu-north-1")

# CPU units -> MiB of memory. Amazon ECS Developer Guide, "Task definition parameters for Fargate", task size.
FARGATE_MEMORY: Final[Mapping[int, Collection[int]]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}

# Days. Amazon CloudWatch Logs API Reference, PutRetentionPolicy.
# fmt: off
LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)
# fmt: on

# Environment variables that the program sets, and the config key that each follows (None: no key changes it).
SET_BY_PROGRAM: Final[Mapping[str, str | None]] = {
    "NODE_ENV": None,
    "PORT": None,
    "AWS_REGION": "aws:region",
    "BEDROCK_MODEL_ID": "bedrockModelId",
    "DYNAMODB_TABLE_PREFIX": "tablePrefix",
    **{table.variable: "tablePrefix" for table in TABLES.values() if table.variable},
    "S3_BUCKET_NAME": None,
    "S3_AUDIO_PREFIX": None,
    "LOG_LEVEL": "logLevel",
    "ENABLE_AUTH": "enableAuth",
    "ENABLE_AUDIO_RECORDING": "enableAudioRecording",
    "ENABLE_SENTIMENT_ANALYSIS": "enableSentimentAnalysis",
    "ENABLE_QUOTA_MANAGEMENT": "enableQuotaManagement",
    "MAX_MESSAGES_PER_SECOND": "maxMessagesPerSecond",
    "MAX_AUDIO_CHUNK_SIZE_MB": "maxAudioChunkSizeMb",
    "SESSION_TIMEOUT_MINUTES": "sessionTimeoutMinutes",
    "CLEANUP_TIMEOUT_SECONDS": "cleanupTimeoutSeconds",
    "DISCONNECT_CLEANUP_TIMEOUT_SECONDS": "disconnectCleanupTimeoutSeconds",
    "CLOUDWATCH_NAMESPACE": None,
    "METRICS_ENABLED": "enableMetrics",
    "DEPLOYMENT_ENV": None,
    "ENABLE_XRAY_TRACING": "enableXrayTracing",
    "CORS_ORIGIN": "corsOrigins",
    "REDIS_URL": "redisEnabled",
    "REDIS_SESSION_TTL": "sessionTimeoutMinutes",
}

# Environment variables that Fargate sets in every task (Amazon ECS Developer Guide, "Amazon ECS environment
# variables"), and those that an AWS SDK would follow in place of the task role (AWS SDKs and Tools Reference Guide,
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
_LONGEST_TABLE: Final = max(TABLES, key=len)
_SECRET_BYTES: Final = 65536


class RuleError(ValueError):
    """A value breaks its rule. The message says what is allowed, and never holds the value."""


def listed(values: Iterable[object]) -> str:
    """`a, b or c`; `a to z in steps of b` for a range."""
    if isinstance(values, range):
        return f"{values[0]} to {values[-1]} in steps of {values.step}"
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last


def whole_number(low: int, high: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers from `low` to `high`, both allowed; digits only, so neither `2.0` nor `1_000`."""

    def parse(text: str) -> int:
        number = int(text) if re.fullmatch(r"0|-?[1-9][0-9]{0,14}", text) else None
        if number is None or number < low or (high is not None and number > high):
            limits = f"of {low} or more" if high is None else f"from {low} to {high}"
            raise RuleError(f"must be a whole number {limits}")
        return number

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of numbers from `low` to `high`, both allowed, with at most one decimal."""

    def parse(text: str) -> float:
        found = float(text) if re.fullmatch(r"(?:0|[1-9][0-9]{0,3})(?:\.[0-9])?", text) else None
        if found is None or not low <= found <= high:
            raise RuleError(f"must be a number from {low:g} to {high:g}, with at most one decimal")
        return found

    return parse


def number_of(allowed: Collection[int]) -> Callable[[str], int]:
    """A parser of exactly the numbers in `allowed`."""

    def parse(text: str) -> int:
        numbers = {str(number): number for number in allowed}
        if text not in numbers:
            raise RuleError(f"must be {listed(allowed)}")
        return numbers[text]

    return parse


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser of exactly the strings in `allowed`."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise RuleError(f"must be {listed(allowed)}")
        return text

    return parse


def boolean(text: str) -> bool:
    """`true` or `false`, which is how the engine writes a YAML boolean."""
    return one_of("true", "false")(text) == "true"


def matching(pattern: str, allowed: str) -> Callable[[str], str]:
    """A parser of strings that `pattern` matches as a whole; `allowed` says so in words."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise RuleError(f"must be {allowed}")
        return text

    return parse


# Amazon ECR API Reference, PutImage: a tag has at most 128 characters; the characters are those of the OCI Distribution
# Specification. A digest is `sha256:` and 64 hexadecimal digits.
image_tag = matching(
    r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|sha256:[0-9a-f]{64}",
    "an ECR tag (up to 128 letters, digits, '_', '.' and '-', the first no '.' or '-'), or sha256: and 64 hex digits",
)

# Amazon DynamoDB API Reference, CreateTable: a table name has 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.'.
# The shortest name after the prefix has 8. An empty prefix would leave DYNAMODB_TABLE_PREFIX empty, as good as unset.
table_prefix = matching(
    rf"[a-zA-Z0-9_.-]{{1,{255 - len(_LONGEST_TABLE)}}}",
    f"1 to {255 - len(_LONGEST_TABLE)} letters, digits, '_', '.' and '-': the start of a DynamoDB table name",
)

# AWS Certificate Manager API Reference, RequestCertificate: at most 64 characters. Labels as in RFC 1123; lower case,
# since Route 53 stores names so and another spelling would be a change on every run.
domain_name = matching(
    rf"(?=.{{4,64}}\Z)(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])",
    "a DNS name in lower case of at most 64 characters, such as voice.example.com: no scheme, wildcard or final dot",
)

# Amazon Route 53 API Reference, HostedZone: an id has at most 32 characters.
hosted_zone_id = matching(
    r"[A-Z0-9]{1,32}", "the id of a Route 53 hosted zone, such as Z1D633PJN98FT9, without /hostedzone/"
)

# The pattern: Amazon Bedrock API Reference, FoundationModelSummary. The prefixes us., eu., apac., global. and so on are
# those of inference profiles (Amazon Bedrock User Guide, "Supported Regions and models for inference profiles"): Nova
# Sonic's bidirectional stream is not known to take one, and the task role grants foundation models only.
model_id = matching(
    r"(?!(?:[a-z]{2}|us-gov|apac|global)\.)"
    r"[a-z0-9-]{1,63}\.(?:[a-z0-9-]{1,63}\.){0,2}[a-z0-9-]{1,63}(?::[a-z0-9-]{1,63}){0,2}",
    "the id of a foundation model, such as amazon.nova-2-sonic-v1:0: no ARN, and no inference profile (us.…, global.…)",
)

# RFC 6454: scheme, host and port. Browsers send it in lower case, without a final slash. `*` stands for every origin.
origin = matching(
    rf"\*|https?://(?:{_LABEL}\.)*{_LABEL}(?::[1-9][0-9]{{0,4}})?",
    "an http or https origin in lower case, such as https://app.example.com or http://localhost:3000, without a path",
)

# Amazon SNS takes what mail servers take. This is the part of RFC 5321 that people use, without quoted names.
email_address = matching(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]",
    "an e-mail address, such as oncall@example.com",
)

# ITU-T E.164: a plus sign, the country code, and at most 15 digits in all. Countries have numbers of 7 digits and more.
phone_number = matching(r"\+[1-9][0-9]{6,14}", "a phone number in E.164, such as +358401234567: no spaces or hyphens")

# Amazon ElastiCache User Guide, "Authenticating with the Valkey and Redis OSS AUTH command".
redis_auth_token = matching(r"[A-Za-z0-9!&#$^<>-]{16,128}", "16 to 128 letters, digits and ! & # $ ^ < > -")

# Amazon ElastiCache User Guide, "Supported node types" and "ElastiCache in-transit encryption (TLS)": those of today,
# without the previous generations, some of which have no TLS, and without r6gd, which needs data tiering.
redis_node_type = matching(
    r"cache\.(?:(?:t2|t3|t4g)\.(?:micro|small|medium)|(?:[mr][45]|[mr][6-9]g|c[7-9]gn)\.(?:large|(?:[1-9][0-9]?)?xlarge))",
    "a current ElastiCache node type that takes TLS, such as cache.t4g.small or cache.r7g.large",
)

# POSIX.1-2017, "Environment Variable Definition": what a shell can name.
environment_name = matching(r"[A-Za-z_][A-Za-z0-9_]*", "named with letters, digits and '_', not starting with a digit")


def dollars(text: str) -> float:
    """An amount of US dollars above zero, with cents or without."""
    amount = float(text) if re.fullmatch(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,2})?", text) else 0
    if amount <= 0:
        raise RuleError("must be an amount of US dollars above 0, such as 250 or 99.50")
    return amount


def vpc_cidr(text: str) -> str:
    """An IPv4 block of RFC 1918, /16 to /22, with no host bits set.

    Amazon VPC User Guide, "VPC CIDR blocks": /16 at most, private ranges recommended. A /22 is the least that leaves
    each of three zones a public and a private subnet of a useful size.
    """
    try:
        block = ipaddress.IPv4Network(text)
    except ValueError:
        block = None
    # The comparison refuses other spellings that IPv4Network takes, such as 10.0.0.0/255.255.0.0.
    if (
        block is None
        or str(block) != text
        or not 16 <= block.prefixlen <= 22
        or not any(block.subnet_of(private) for private in _PRIVATE_BLOCKS)
    ):
        raise RuleError(
            "must be a private IPv4 block (in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16) from /16 to /22, "
            "written with its first address"
        )
    return text


def arn(service: str, resource: str, example: str, region: str | None, remedy: str) -> Callable[[str], str]:
    """A parser of ARNs of `service` in `region` (None: any), whose resource part matches `resource` as a whole.

    AWS General Reference, "Amazon Resource Names"; every region of the app is in the partition `aws`. `example` shows a
    resource part, `remedy` says what to do about an ARN of another region.
    """

    def parse(text: str) -> str:
        parts = re.fullmatch(rf"arn:aws:{service}:([a-z0-9-]+):[0-9]{{12}}:(?:{resource})", text)
        if parts is None:
            raise RuleError(f"must be an ARN like arn:aws:{service}:{region or '<region>'}:<account>:{example}")
        if region is not None and parts[1] != region:
            raise RuleError(f"belongs to {parts[1]}, and the stack is in {region}: {remedy}")
        return text

    return parse


def certificate_arn(region: str | None) -> Callable[[str], str]:
    """AWS Certificate Manager; a load balancer takes certificates of its own region only."""
    remedy = f"request or import the certificate in {region} and set its ARN, or `pulumi config rm certificateArn`"
    return arn("acm", r"certificate/[A-Za-z0-9-]+", "certificate/<id>", region, remedy)


def secret_arn(region: str | None) -> Callable[[str], str]:
    """AWS Secrets Manager User Guide: the full ARN, with the six characters that Secrets Manager appends.

    The suffixes for a JSON key or a version that ECS takes are no part of an ARN, and IAM would not match them.
    """
    remedy = f"replicate the secret to {region} and set the replica's ARN"
    resource = r"secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}"
    return arn("secretsmanager", resource, "secret:<name>-<6 characters>", region, remedy)


def guardrail_arn(region: str | None) -> Callable[[str], str]:
    """Amazon Bedrock API Reference, GetGuardrail."""
    return arn("bedrock", r"guardrail/[a-z0-9]+", "guardrail/<id>", region, _made_again("guardrail", region))


def prompt_arn(region: str | None) -> Callable[[str], str]:
    """Agents for Amazon Bedrock API Reference, GetPrompt; with a version or without."""
    resource = r"prompt/[0-9a-zA-Z]{10}(?::[0-9]{1,5})?"
    return arn("bedrock", resource, "prompt/<id>", region, _made_again("prompt", region))


def ses_identity_arn(region: str | None) -> Callable[[str], str]:
    """Service Authorization Reference, Amazon SES: an e-mail address or a domain; identities are regional."""
    resource = r"identity/(?:[A-Za-z0-9._%+=-]+@)?(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+"
    remedy = f"verify the identity in {region} and set its ARN, or remove this one"
    return arn("ses", resource, "identity/<address or domain>", region, remedy)


def _made_again(what: str, region: str | None) -> str:
    return f"make the {what} in {region} and set its ARN, or remove this one"


def json_list(text: str) -> list[Any]:
    """The items of a JSON list; what the items are is for the caller to check."""
    value = _json(text)
    if not isinstance(value, list):
        raise RuleError("must be a list")
    return cast(list[Any], value)


def phone_list(text: str) -> list[Any]:
    """The items of a JSON list; `pulumi config set --path` takes +358401234567 for a number, and drops its sign."""
    return [f"+{item}" if type(item) is int and item > 0 else item for item in json_list(text)]


def comma_list(text: str) -> list[Any]:
    """One item or more, in a JSON list or separated by commas."""
    items = json_list(text) if text.startswith("[") else [item.strip() for item in text.split(",")]
    if not items:
        raise RuleError("must not be empty")
    return items


def json_object(text: str) -> dict[str, Any]:
    """The members of a JSON object; what the values are is for the caller to check."""
    value = _json(text)
    if not isinstance(value, dict):
        raise RuleError("must be an object of names and values")
    return cast(dict[str, Any], value)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        # The decoder's error holds the text, so it must not become this one's context.
        return None


def environment_value(value: object) -> str:
    """The text of an environment variable.

    `pulumi config set --path` writes `5` and `true` as a number and a boolean. Those have one spelling, so they are
    taken as well as strings; fractions have several, and are not.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise RuleError("must be a string, a whole number or a boolean")


def secret_value(value: object) -> str:
    """AWS Secrets Manager API Reference, CreateSecret: 1 to 65536 bytes."""
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= _SECRET_BYTES:
        raise RuleError(f"must be a string of 1 to {_SECRET_BYTES} bytes")
    return value


def string(parse: Callable[[str], str]) -> Callable[[object], str]:
    """A parser of JSON values that have to be strings and go through `parse`."""

    def parse_string(value: object) -> str:
        if not isinstance(value, str):
            raise RuleError("must be a string")
        return parse(value)

    return parse_string


def free_name(name: str) -> str:
    """The name of an environment variable that the config may set."""
    environment_name(name)
    if name in SET_BY_PLATFORM:
        raise RuleError("is set by AWS in every task, or would take the place of the task role: leave it out")
    if name in SET_BY_PROGRAM:
        key = SET_BY_PROGRAM[name]
        raise RuleError(f"is set by the program: {f'use the key {key}' if key else 'leave it out'}")
    return name
