"""What a stack needs from outside, made in the account and named in the sandbox's copy of the stack file.

These are a certificate, a hosted zone, secrets of another owner and an image. Only what is missing is made.
"""

import re
from typing import Any

from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from sandbox import stand_in
from sandbox.account.process import Account
from sandbox.cli.stack_file import StackFile
from sandbox.layout import SandboxError
from sandbox.process import say
from sandbox.stand_in import Fault

# Config keys of the program.
IMAGE_TAG = "imageTag"
_CPU_ARCHITECTURE = "cpuArchitecture"
_ALLOWED_ACCOUNTS = "allowedAccountIds"
_CERTIFICATE = "certificateArn"
_DOMAIN = "domainName"
_ZONE = "hostedZoneId"
_PLAIN_HTTP = "allowPlainHttp"
_SECRET_ARNS = "secretArns"  # noqa: S105 - a config key

STAND_IN_TAG = "stand-in"
# Marks the objects that the sandbox made, so that `down` finds them.
OWNER_TAG = "voiceter-sandbox"
# The environments that need HTTPS and whose committed files cannot name a certificate or a domain of the account.
_CERTIFICATE_FOR = "staging"
_DOMAIN_FOR = "prod"
# RFC 2606 reserves the top-level domain for tests.
_SANDBOX_DOMAIN = "voiceter.sandbox.test"

_CERTIFICATE_ARN = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/.+")
_SECRET_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:(.+?)(-\w{6})?")
# Amazon ECR, PutImage: imageTag.
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def supply_config(account: Account, stack: str, region: str, file: StackFile) -> None:
    """Makes what the stack file needs and the account lacks, and names it in the file."""
    _supply_domain(account, stack, region, file)
    _supply_certificate(account, stack, region, file)
    _supply_hosted_zone(account, region, file)
    _supply_secrets(account, stack, region, file)
    _supply_account_id(account, region, file)


def stand_in_value(name: str, region: str) -> str:
    """Returns a made-up value for a secret, in the form that the app expects of it."""
    return f"{region}_Sandbox01" if "USER_POOL_ID" in name else "sandbox-stand-in-value"


def _environment(stack: str, region: str) -> str:
    return stack.removesuffix(f"-{region}")


def _needs_https(file: StackFile) -> bool:
    """Whether the file neither allows plain HTTP nor says how to reach the stack by HTTPS."""
    allowed = str(file.get(_PLAIN_HTTP)).lower() == "true"
    return not allowed and not any(file.get(key) for key in (_CERTIFICATE, _DOMAIN, _ZONE))


def _supply_domain(account: Account, stack: str, region: str, file: StackFile) -> None:
    """Supplies a domain, which unlike a certificate serves every region of an environment."""
    if _environment(stack, region) == _DOMAIN_FOR and _needs_https(file):
        file.set(_DOMAIN, _SANDBOX_DOMAIN)
        file.set(_ZONE, _zone_for(account.client("route53", region), _SANDBOX_DOMAIN))
        say(f"Supplied: the domain {_SANDBOX_DOMAIN} and its hosted zone, as {_DOMAIN} and {_ZONE}")


def _supply_certificate(account: Account, stack: str, region: str, file: StackFile) -> None:
    current: Any = file.get(_CERTIFICATE)
    if current is None:
        if _environment(stack, region) != _CERTIFICATE_FOR or not _needs_https(file):
            return
        file.set(_DOMAIN, f"{_CERTIFICATE_FOR}.sandbox.test")
        say(f"Supplied: the domain {file.get(_DOMAIN)}, as {_DOMAIN}")
    else:
        form = _CERTIFICATE_ARN.fullmatch(str(current))
        # The program refuses an invalid ARN and one of another region, unless the sandbox made that certificate for the
        # stack whose config was copied.
        if form is None or (form[1] != region and current not in made_certificates(account, None, form[1])):
            return
        if form[1] == region and current in [entry["CertificateArn"] for entry in _certificates(account, region)]:
            return
    file.set(_CERTIFICATE, _certificate_for(account, stack, region, str(file.get(_DOMAIN) or _SANDBOX_DOMAIN)))
    say(f"Supplied: a certificate, as {_CERTIFICATE}")


def _supply_account_id(account: Account, region: str, file: StackFile) -> None:
    """Allows the sandbox's account in place of the accounts that the committed file allows."""
    if file.get(_ALLOWED_ACCOUNTS):
        number = str(account.client("sts", region).get_caller_identity()["Account"])
        file.set(_ALLOWED_ACCOUNTS, [DoubleQuotedScalarString(number)])
        say(f"Supplied: the sandbox's account {number}, as {_ALLOWED_ACCOUNTS}")


def made_certificates(account: Account, stack: str | None, region: str) -> list[str]:
    """Returns the certificates that the sandbox made in a region for one stack, or for any if `stack` is None."""
    acm = account.client("acm", region)
    found: list[str] = []
    for entry in _certificates(account, region):
        arn: str = entry["CertificateArn"]
        tags = {tag["Key"]: tag["Value"] for tag in acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]}
        if OWNER_TAG in tags and stack in (None, tags[OWNER_TAG]):
            found.append(arn)
    return found


def _certificates(account: Account, region: str) -> list[Any]:
    pages = account.client("acm", region).get_paginator("list_certificates").paginate()
    return list(pages.search("CertificateSummaryList"))


def _certificate_for(account: Account, stack: str, region: str, domain: str) -> str:
    """Returns the ARN of a certificate for a domain, which the sandbox has made for the stack or makes now."""
    acm = account.client("acm", region)
    for arn in made_certificates(account, stack, region):
        if acm.describe_certificate(CertificateArn=arn)["Certificate"]["SubjectAlternativeNames"] == [domain]:
            return arn
    return import_certificate(acm, domain, Tags=[{"Key": OWNER_TAG, "Value": stack}])


def import_certificate(acm: Any, domain: str, **more: Any) -> str:
    """Imports a self-signed certificate, which needs no validation. Returns its ARN."""
    import trustme  # slow to import, and most commands make no certificate

    authority = trustme.CA()
    certificate = authority.issue_cert(domain)
    answer = acm.import_certificate(
        Certificate=certificate.cert_chain_pems[0].bytes(),
        PrivateKey=certificate.private_key_pem.bytes(),
        CertificateChain=authority.cert_pem.bytes(),
        **more,
    )
    return str(answer["CertificateArn"])


def _supply_hosted_zone(account: Account, region: str, file: StackFile) -> None:
    """Supplies the hosted zone of a domain whose committed zone is not in the account."""
    domain, zone = file.get(_DOMAIN), file.get(_ZONE)
    if not isinstance(domain, str) or not zone or "." not in domain.strip("."):
        return
    route53 = account.client("route53", region)
    if all(entry["Id"].rpartition("/")[2] != zone for entry in _zones(route53)):
        file.set(_ZONE, _zone_for(route53, domain))
        say(f"Supplied: a hosted zone for {domain}, as {_ZONE} ({zone} is not in the sandbox's account)")


def _zones(route53: Any) -> list[Any]:
    return list(route53.get_paginator("list_hosted_zones").paginate().search("HostedZones"))


def _zone_for(route53: Any, domain: str) -> str:
    """Returns the id of the hosted zone of a domain's parent, which the regions of an environment share."""
    parent = domain.strip(".").partition(".")[2] + "."
    zone = next((entry for entry in _zones(route53) if entry["Name"] == parent), None)
    if zone is None:
        zone = route53.create_hosted_zone(Name=parent, CallerReference=f"{OWNER_TAG}-{parent}")["HostedZone"]
    return str(zone["Id"]).rpartition("/")[2]


def _supply_secrets(account: Account, stack: str, region: str, file: StackFile) -> None:
    """Supplies the secrets of another owner that the account lacks. An ARN of another region is left to the program."""
    client = account.client("secretsmanager", region)
    arns = file.entries(_SECRET_ARNS)
    for name, arn in list(arns.items()):
        form = _SECRET_ARN.fullmatch(str(arn))
        if form is None or form[1] != region:
            continue
        held: list[Any] = list(client.get_paginator("list_secrets").paginate().search("SecretList"))
        if any(entry["ARN"] == arn for entry in held):
            continue
        found = next((entry["ARN"] for entry in held if entry["Name"] == form[3]), None)
        if found is None:
            tags = [{"Key": OWNER_TAG, "Value": stack}]
            found = client.create_secret(Name=form[3], SecretString=stand_in_value(name, region), Tags=tags)["ARN"]
        arns[name] = str(found)
        file.set(_SECRET_ARNS, arns)
        say(f"Supplied: a secret, as {_SECRET_ARNS}.{name} ({arn} is not in the sandbox's account)")


def withdraw(account: Account, stack: str, region: str) -> None:
    """Deletes the certificates made for a stack, and the hosted zones made for any stack that hold no record."""
    for arn in made_certificates(account, stack, region):
        account.client("acm", region).delete_certificate(CertificateArn=arn)
    route53 = account.client("route53", region)
    for zone in _zones(route53):
        made = zone["CallerReference"].startswith(OWNER_TAG)
        # A new zone has two records, NS and SOA, which are deleted with it.
        if made and route53.get_hosted_zone(Id=zone["Id"])["HostedZone"]["ResourceRecordSetCount"] <= 2:
            route53.delete_hosted_zone(Id=zone["Id"])


def repository_name(stack: str) -> str:
    """Returns the name of a stack's image repository."""
    return "voiceter-backend" if stack == "prod" else f"voiceter-backend-{stack}"


def is_tag(text: object) -> bool:
    """Whether Amazon ECR accepts a value as an image's tag."""
    return isinstance(text, str) and _TAG.fullmatch(text) is not None


def repository_uri(account: Account, stack: str, region: str) -> str | None:
    """Returns the URI of the stack's repository, None if there is none yet."""
    ecr = account.client("ecr", region)
    try:
        answer = ecr.describe_repositories(repositoryNames=[repository_name(stack)])
    except ecr.exceptions.RepositoryNotFoundException:
        return None
    return str(answer["repositories"][0]["repositoryUri"])


def has_image(account: Account, stack: str, region: str, tag: str) -> bool:
    """Whether the stack's repository, which exists, has a tag."""
    ecr = account.client("ecr", region)
    answer = ecr.batch_get_image(repositoryName=repository_name(stack), imageIds=[{"imageTag": tag}])
    return bool(answer["images"])


def architecture(file: StackFile) -> str:
    """Returns the architecture of the stack's images, in the words of an image's configuration."""
    return "arm64" if file.get(_CPU_ARCHITECTURE) == "ARM64" else "amd64"


def push_image(
    account: Account, stack: str, region: str, tag: str, fault: str = "", architecture: str = "amd64"
) -> str:
    """Pushes a stand-in image to the stack's repository.

    Args:
        fault: what is wrong with the image's tasks, one of `stand_in.MARKS`; empty for a good image.
        architecture: amd64 or arm64.

    Returns:
        The repository's URI.

    Raises:
        SandboxError: the tag is invalid or in use, the fault is unknown, or the stack has no repository.
    """
    if fault and fault not in stand_in.MARKS:
        raise SandboxError(f"FAULT={fault}: use {', '.join(stand_in.MARKS)}, or leave FAULT out for a good image.")
    if not is_tag(tag):
        raise SandboxError(
            f"TAG={tag}: not a valid tag for Amazon ECR. A tag has 1 to 128 letters, digits, underscores, dots and"
            " hyphens, and starts with a letter, a digit or an underscore."
        )
    name = repository_name(stack)
    uri = repository_uri(account, stack, region)
    if uri is None:
        raise SandboxError(
            f"The stack {stack} has no repository {name} in {region} yet. Bring the stack up: `make up STACK={stack}`."
        )
    if has_image(account, stack, region, tag):
        raise SandboxError(f"{uri} already has the tag {tag}, and its tags are immutable. Choose another TAG.")
    image = stand_in.image(f"{uri}:{tag}", Fault(fault) if fault else None, architecture)
    put_image(account.client("ecr", region), name, tag, image)
    return uri


def put_image(ecr: Any, repository: str, tag: str, image: stand_in.Image) -> str:
    """Uploads an image as a container engine does, layers first, and returns its digest."""
    for blob in image.blobs:
        put_blob(ecr, repository, blob)
    answer = ecr.put_image(repositoryName=repository, imageTag=tag, imageManifest=image.manifest)
    return str(answer["image"]["imageId"]["imageDigest"])


def put_blob(ecr: Any, repository: str, blob: bytes) -> None:
    """Uploads a layer or an image's configuration, unless the repository has it."""
    digest = stand_in.digest(blob)
    checked = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest])
    if any(layer.get("layerAvailability") == "AVAILABLE" for layer in checked["layers"]):
        return
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    part = {"partFirstByte": 0, "partLastByte": len(blob) - 1, "layerPartBlob": blob}
    ecr.upload_layer_part(repositoryName=repository, uploadId=upload, **part)
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
