"""Loads the configuration of the running stack: `Settings`, or one `ConfigError` with all mistakes."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from config import source as config_source
from config.checks import check_across_keys, check_grants
from config.key import Declaration, declarations
from config.lookups import Lookups, check_certificate, check_evacuation, check_models, check_zone
from config.mistakes import ConfigError, Mistakes, nearest, path
from config.settings import Settings
from config.source import Source, decode
from config.stack_name import REGIONS

_KEYS: Final = {declaration.name: declaration for declaration in declarations(Settings)}


def load(lookups: Lookups) -> Settings:
    """Returns the checked configuration of the running stack.

    What a key names is looked up if the key, the region and the stack's name are valid. The stack's network and its
    service are looked up if everything else is valid.

    Raises `ConfigError` with every mistake.
    """
    source = config_source.read()
    mistakes = Mistakes(source)
    settings = parse(source, mistakes)
    check_across_keys(settings, source, mistakes)
    if mistakes.all_right("stack name", "aws:region"):
        if settings.image_tag:
            settings = _with_image(settings, lookups, mistakes)
        for check in (check_certificate, check_zone):
            for mistake in check(settings, lookups):
                mistakes.add(mistake.path, mistake.rule, mistake.value)
        if mistakes.all_right("hostedZoneId", "domainName", "evacuated"):
            for mistake in check_evacuation(settings, lookups):
                mistakes.add(mistake.path, mistake.rule, mistake.value)
        if mistakes.all_right("bedrockModelId", "extraModelIds"):
            settings = _with_profiles(settings, lookups, mistakes)
    check_grants(settings, source, mistakes)
    _refuse_other_keys(source, mistakes)
    if not mistakes:
        _check_network(settings, lookups, mistakes)
        _check_zones(settings, lookups, mistakes)
        settings = _with_key(settings, lookups, mistakes)
        if settings.image:  # else the update deletes the service
            settings = _with_service(settings, lookups, mistakes)
    if mistakes:
        raise ConfigError(settings.stack, mistakes.lines)
    return settings


def parse(source: Source, mistakes: Mistakes) -> Settings:
    """Returns the settings, with a default in place of each wrong value, and adds what is wrong to `mistakes`."""
    values = _values(source, mistakes)
    # ARNs have to be in the stack's region. While that is wrong, they may be in any.
    region = values.get("aws:region")
    context = {"region": region if region in REGIONS else None}
    try:
        return _validated(values, source.stack, context)
    except ValidationError as error:
        mistakes.add_all(error, _KEYS)
    # Defaults stand in for the wrong values, so that the rules between keys can check the others.
    right = {key: value for key, value in values.items() if mistakes.all_right(key)}
    return _validated({"aws:region": REGIONS[0], **right}, source.stack, context)


def _validated(values: Mapping[str, Any], stack: str, context: Mapping[str, str | None]) -> Settings:
    return Settings.model_validate({"stack": stack, **values}, context=dict(context))


def _values(source: Source, mistakes: Mistakes) -> dict[str, Any]:
    """Returns the values of the declared keys, and adds which of them should be encrypted or should not."""
    values: dict[str, Any] = {}
    for key, declaration in _KEYS.items():
        if not source.is_set(key):
            continue
        if key in source.encrypted and not declaration.key.secret:
            rule = (
                "is encrypted, but its value goes into resources and the state in the clear: set it without --secret, "
                "and what is sensitive under secrets"
            )
            mistakes.add(key, rule)
            continue
        if key not in source.encrypted and declaration.key.secret:
            _refuse_unencrypted(key, declaration, source, mistakes)
        values[key] = source.texts[key] if declaration.is_text else decode(source.texts[key])
    return values


def _refuse_unencrypted(key: str, declaration: Declaration, source: Source, mistakes: Mistakes) -> None:
    rule = "is not encrypted in the stack file: set it again with"
    if declaration.is_text:
        mistakes.add(key, f"{rule} `pulumi config set --secret {key}`")
    for name in source.names(key):
        mistakes.add(path(key, name), f"{rule} `pulumi config set --secret --path '{path(key, name)}'`")


def _refuse_other_keys(source: Source, mistakes: Mistakes) -> None:
    """Adds keys that are not declared, and keys of Pulumi's default AWS provider, which the program does not use.

    A message shows no value, as an undeclared key may hold anything.
    """
    for key in sorted(source.texts.keys() - _KEYS.keys()):
        if ":" not in key:
            names = [name for name in _KEYS if ":" not in name]
            mistakes.add(key, f"is not a key of this program; the nearest one is {nearest(key, names)}")
        elif key.startswith("aws:"):
            rule = (
                "has no effect, as the program configures its AWS provider itself: it takes aws:region from here and "
                f"the rest from the environment (AWS_PROFILE and the like). Remove it with `pulumi config rm {key}`"
            )
            mistakes.add(key, rule)


def _with_image(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    tag = settings.image_tag
    image = lookups.image(settings.provider, tag) if tag else None
    if image:
        return settings.model_copy(update={"image": image})
    rule = (
        f"names no tagged image in this stack's registry in the account {lookups.account_id(settings.provider)}, "
        f"{settings.region}: push it, or log in to the stack's account. If there is no registry yet, "
        "unset the key (`pulumi config rm imageTag`), `pulumi up`, push the image, and set the key again"
    )
    mistakes.add("imageTag", rule, tag)
    return settings


def _with_profiles(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    profiles, wrong = check_models(settings, lookups)
    for mistake in wrong:
        mistakes.add(mistake.path, mistake.rule, mistake.value)
    return settings.model_copy(update={"inference_profiles": profiles})


def _check_network(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> None:
    present = lookups.network(settings.provider)
    if present not in (None, settings.vpc_cidr):
        rule = (
            f"must stay {present} while the stack is up: AWS does not move resources that are in use to another "
            "network. Deploy another stack, or destroy this one first"
        )
        mistakes.add("vpcCidr", rule, settings.vpc_cidr)


def _check_zones(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> None:
    """The cache is there whether the stack has a service or not."""
    if settings.redis and lookups.zones(settings.provider) > settings.availability_zones:
        rule = (
            "takes a zone away in which Redis may have a node, and ElastiCache does not move nodes. Turn Redis off "
            "(`pulumi config set redisEnabled false`), which deletes its data, run `pulumi up` until the zone is gone, "
            "and turn Redis on again"
        )
        mistakes.add("availabilityZones", rule, settings.availability_zones)


def _with_key(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    key = lookups.data_key(settings.provider)
    if settings.customer_key and key and not key.is_usable:
        rule = (
            f"needs the KMS key {key.alias}, which is in the state {key.state}, so nobody can read what it encrypts. "
            f"Restore it: `KEY=$(aws kms describe-key --key-id {key.alias} --query KeyMetadata.KeyId --output text)`; "
            "if its deletion is scheduled, `aws kms cancel-key-deletion --key-id $KEY`; "
            "then `aws kms enable-key --key-id $KEY`"
        )
        mistakes.add("customerKey", rule, settings.customer_key)
    return settings.model_copy(update={"existing_key": key})


def _with_service(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    service = lookups.service(settings.provider)
    if service is None:
        return settings
    if service.alternate_in_use and not settings.strategy.shifts_traffic:
        rule = (
            "deletes the alternate target group, which has tasks or connections. Set the former strategy again; if the "
            f"tasks are in that group, deploy once more (`make redeploy STACK={settings.stack}`, which changes the "
            f"groups' places); wait for the end of the deployment (`make verify STACK={settings.stack} WAIT=3600`) "
            "and of the deregistration delay; then set it to rolling"
        )
        mistakes.add("deploymentStrategy", rule, settings.deployment_strategy)
    return settings.model_copy(update={"running_service": service})
