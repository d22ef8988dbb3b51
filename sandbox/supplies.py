"""What a stack needs from outside, supplied for the sandbox's own copy of its stack file: a certificate, a hosted zone,
secrets that someone else owns, secret values, and an image. Only what is missing is supplied."""

import datetime
import re
from typing import Any

from sandbox import stand_in
from sandbox.account.process import Account
from sandbox.layout import SandboxError
from sandbox.process import say
from sandbox.stack_file import StackFile
from sandbox.stand_in import Fault
from sandbox.wants import FILE as WANTS_FILE
from sandbox.wants import wants

STAND_IN_TAG = "stand-in"
# Tags that mark the sandbox's own objects, so that `down` finds them.
OWNER_TAG = "voiceter-sandbox"
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/.+")
_SECRET = re.compile(r"arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):(\d{12}):secret:(.+?)(-\w{6})?")
# Amazon ECR, PutImage: imageTag.
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
# AWS Certificate Manager: an imported certificate may be self-signed.
_VALID_DAYS = 395


def environment_of(stack: str, region: str) -> str:
    """The environment of a stack: its name without a trailing region."""
    return stack.removesuffix(f"-{region}")


def supply_config(account: Account, stack: str, region: str, copy: StackFile) -> bool:
    """Supply what the program wants to find in the account, and set it in the copy; True when the copy changed."""
    return any(
        [
            _domain(account, stack, region, copy),
            _certificate(account, stack, region, copy),
            _hosted_zone(account, stack, region, copy),
            _foreign_secrets(account, stack, region, copy),
        ]
    )


def _edge_is_open(copy: StackFile) -> bool:
    """Whether a stack file says nothing of how clients reach the stack."""
    want = wants()
    if want.open_edge_key and copy.get(want.open_edge_key) == "true":
        return False
    return not any(copy.get(key) for key in (want.certificate_key, want.domain_key, want.zone_key) if key)


def _domain(account: Account, stack: str, region: str, copy: StackFile) -> bool:
    """A domain: unlike a certificate it serves every region, as does a stack file that is copied with it."""
    want = wants()
    if environment_of(stack, region) not in want.domain_for or not _edge_is_open(copy):
        return False
    copy.set(want.domain_key, want.domain)
    copy.set(want.zone_key, _zone(account.client("route53", region), want.domain))
    keys = f"{want.domain_key} and {want.zone_key}"
    say(f"Supplied: the domain {want.domain} and its hosted zone, as {keys} of the sandbox's copy")
    return True


def _certificate(account: Account, stack: str, region: str, copy: StackFile) -> bool:
    want = wants()
    current = copy.get(want.certificate_key) if want.certificate_key else None
    if current is None:
        if environment_of(stack, region) not in want.certificate_for or not _edge_is_open(copy):
            return False
    else:
        form = _CERTIFICATE.fullmatch(current)
        # What is no certificate's ARN, or another region's, is for the program to refuse; but not one that the sandbox
        # supplied for the stack that this one was copied from.
        if form is None or (form[1] != region and current not in own_certificates(account, None, form[1])):
            return False
        if form[1] == region and _certificate_exists(account, current, region):
            return False
    arn = next(iter(own_certificates(account, stack, region)), "") or _import_certificate(account, stack, region)
    copy.set(want.certificate_key, arn)
    reason = "the stack wants one" if current is None else f"{current} is not in its account and region"
    say(f"Supplied: a certificate, as {want.certificate_key} of the sandbox's copy ({reason})")
    return True


def own_certificates(account: Account, stack: str | None, region: str) -> list[str]:
    """The certificates that the sandbox made in a region, for one stack or for any."""
    acm = account.client("acm", region)
    found: list[str] = []
    for page in acm.get_paginator("list_certificates").paginate():
        for certificate in page["CertificateSummaryList"]:
            arn: str = certificate["CertificateArn"]
            tags = {tag["Key"]: tag["Value"] for tag in acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]}
            if OWNER_TAG in tags and stack in (None, tags[OWNER_TAG]):
                found.append(arn)
    return found


def _certificate_exists(account: Account, arn: str, region: str) -> bool:
    pages = account.client("acm", region).get_paginator("list_certificates").paginate()
    return any(entry["CertificateArn"] == arn for page in pages for entry in page["CertificateSummaryList"])


def _import_certificate(account: Account, stack: str, region: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    name = f"{stack}.sandbox.test"[:64]
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    answer = account.client("acm", region).import_certificate(
        Certificate=certificate.public_bytes(pem), PrivateKey=private, Tags=[{"Key": OWNER_TAG, "Value": stack}]
    )
    return str(answer["CertificateArn"])


def withdraw(account: Account, stack: str, region: str) -> None:
    """Remove the certificate that was supplied for a stack, and supplied hosted zones with no record of any stack."""
    for arn in own_certificates(account, stack, region):
        account.client("acm", region).delete_certificate(CertificateArn=arn)
    route53 = account.client("route53", region)
    for zone in _zones(route53):
        own = zone["CallerReference"].startswith(OWNER_TAG)
        # A zone is born with two records, NS and SOA, which go with it.
        if own and route53.get_hosted_zone(Id=zone["Id"])["HostedZone"]["ResourceRecordSetCount"] <= 2:
            route53.delete_hosted_zone(Id=zone["Id"])


def _hosted_zone(account: Account, stack: str, region: str, copy: StackFile) -> bool:
    """A hosted zone for a domain whose zone the account lacks; the regions of one environment share it."""
    want = wants()
    domain, zone = (copy.get(key) if key else None for key in (want.domain_key, want.zone_key))
    if not domain or not zone or "." not in domain.strip("."):
        return False
    route53 = account.client("route53", region)
    if any(entry["Id"].rpartition("/")[2] == zone for entry in _zones(route53)):
        return False
    copy.set(want.zone_key, _zone(route53, domain))
    reason = f"{zone} is not in its account"
    say(f"Supplied: a hosted zone for {domain}, as {want.zone_key} of the sandbox's copy ({reason})")
    return True


def _zones(route53: Any) -> list[Any]:
    pages = route53.get_paginator("list_hosted_zones").paginate()
    return [zone for page in pages for zone in page["HostedZones"]]


def _zone(route53: Any, domain: str) -> str:
    """The id of the hosted zone that a domain's records go to, made where the account has none."""
    parent = domain.strip(".").partition(".")[2] + "."
    made = next((entry for entry in _zones(route53) if entry["Name"] == parent), None)
    if made is None:
        made = route53.create_hosted_zone(Name=parent, CallerReference=f"{OWNER_TAG}-{parent}")["HostedZone"]
    return str(made["Id"]).rpartition("/")[2]


def _foreign_secrets(account: Account, stack: str, region: str, copy: StackFile) -> bool:
    """Secrets of others that the account lacks; the sandbox's account has a number of its own."""
    objects = wants().secret_arns_key
    changed = False
    client = account.client("secretsmanager", region)
    for name, arn in (copy.entries(objects) if objects else {}).items():
        form = _SECRET.fullmatch(arn)
        if form is None or form[1] != region:
            continue
        pages = client.get_paginator("list_secrets").paginate()
        held: list[Any] = [entry for page in pages for entry in page["SecretList"]]
        if any(entry["ARN"] == arn for entry in held):
            continue
        found = next((entry["ARN"] for entry in held if entry["Name"] == form[3]), None)
        found = (
            found
            or client.create_secret(
                Name=form[3], SecretString=stand_in_value(name, region), Tags=[{"Key": OWNER_TAG, "Value": stack}]
            )["ARN"]
        )
        copy.set_entry(objects, name, found)
        say(f"Supplied: a secret for {objects}.{name} of the sandbox's copy ({arn} is not in its account)")
        changed = True
    return changed


def stand_in_value(name: str, region: str) -> str:
    """A made-up secret that has the form of what its name says."""
    forms = [form for part, form in wants().secret_forms.items() if part in name]
    return forms[0].format(region=region) if forms else "sandbox-stand-in-value"


def push_image(account: Account, stack: str, region: str, tag: str, fault: str = "") -> str:
    """Put a stand-in image into the stack's repository.

    Args:
        fault: what its tasks are to suffer from, `unhealthy` or `stuck`; empty for a good image.

    Returns:
        The repository's URI.

    Raises:
        SandboxError: the tag is not one, is there already, there is no such fault, or the stack has no repository.
    """
    if fault and fault not in stand_in.MARKS:
        raise SandboxError(f"FAULT={fault}: {' or '.join(stand_in.MARKS)}, or nothing for a good image.")
    if not is_tag(tag):
        raise SandboxError(
            f"TAG={tag}: not a tag that Amazon ECR takes. It has 1 to 128 letters, digits, underscores, dots and"
            " hyphens, and starts with none of the last two."
        )
    ecr = account.client("ecr", region)
    name = wants().repository(stack)
    if not name:
        raise SandboxError(f"{WANTS_FILE} names no repository for images.")
    try:
        uri = str(ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryUri"])
    except ecr.exceptions.RepositoryNotFoundException:
        raise SandboxError(
            f"The stack {stack} has no repository {name} in {region} yet: bring it up first (`make up STACK={stack}`,"
            f" or `pulumi up -s {stack}` after `source .sandbox/env`)."
        ) from None
    if has_image(account, stack, region, tag):
        raise SandboxError(f"{uri} holds {tag} already, and its tags are immutable: choose another TAG.")
    put_image(ecr, name, tag, stand_in.image(f"{uri}:{tag}", Fault(fault) if fault else None))
    return uri


def put_image(ecr: Any, repository: str, tag: str, image: stand_in.Image) -> str:
    """Upload an image as a container engine would, blobs first; its digest."""
    for blob in image.blobs:
        _push_blob(ecr, repository, blob)
    answer = ecr.put_image(repositoryName=repository, imageTag=tag, imageManifest=image.manifest)
    return str(answer["image"]["imageId"]["imageDigest"])


def _push_blob(ecr: Any, repository: str, blob: bytes) -> None:
    """Upload a blob, unless an earlier image brought it."""
    digest = stand_in.digest(blob)
    asked = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest])
    if any(layer.get("layerAvailability") == "AVAILABLE" for layer in asked["layers"]):
        return
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    part = {"partFirstByte": 0, "partLastByte": len(blob) - 1, "layerPartBlob": blob}
    ecr.upload_layer_part(repositoryName=repository, uploadId=upload, **part)
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])


def is_tag(text: str) -> bool:
    """Whether Amazon ECR takes it for an image's tag."""
    return _TAG.fullmatch(text) is not None


def has_repository(account: Account, stack: str, region: str) -> bool:
    """Whether the stack's repository exists."""
    ecr = account.client("ecr", region)
    try:
        ecr.describe_repositories(repositoryNames=[wants().repository(stack)])
    except ecr.exceptions.RepositoryNotFoundException:
        return False
    return True


def has_image(account: Account, stack: str, region: str, image: str) -> bool:
    """Whether the stack's repository exists and holds an image, named by tag or by digest."""
    ecr = account.client("ecr", region)
    wanted = {"imageDigest": image} if image.startswith("sha256:") else {"imageTag": image}
    try:
        answer = ecr.batch_get_image(repositoryName=wants().repository(stack), imageIds=[wanted])
    except ecr.exceptions.RepositoryNotFoundException:
        return False
    return bool(answer["images"])
