"""Loads the configuration of the running stack: `Settings`, or one `ConfigError` with all mistakes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from components.lib.provider import ProviderArgs
from components.lookups import Lookups
from components.service.running import NOT_RUNNING
from config import source as config_source
from config.checks import check_across_keys, check_grants
from config.key import Declaration, declarations
from config.lookups import check_certificate, check_evacuation, check_models, check_zone
from config.mistakes import ConfigError, Mistakes, nearest, path
from config.settings import Settings
from config.source import Source, decode
from config.stack_name import REGIONS

_KEYS: Final = {declaration.name: declaration for declaration in declarations(Settings)}


def load(connect: Callable[[ProviderArgs], Lookups]) -> tuple[Settings, Lookups]:
    """Returns the checked configuration of the running stack, and the lookups with which it was checked.

    What a key names is looked up if the key, the region and the stack's name are valid. The stack's network and its
    service are looked up if everything else is valid.

    Args:
        connect: returns the lookups in an account and region, which are settings.

    Raises:
        ConfigError: with every mistake.
    """
    source = config_source.read()
    settings, mistakes = parse(source)
    check_across_keys(settings, source, mistakes)
    lookups = connect(settings.provider) if mistakes.all_right("stack name", "aws:region") else None
    if lookups:
        settings = _with_what_is_named(settings, lookups, mistakes)
    check_grants(settings, source, mistakes)
    _refuse_other_keys(source, mistakes)
    if lookups and not mistakes:
        settings = _with_what_is_up(settings, lookups, mistakes)
    if mistakes or not lookups:
        raise ConfigError(settings.stack, mistakes.lines)
    return settings, lookups


def parse(source: Source) -> tuple[Settings, Mistakes]:
    """Returns the settings, with a default in place of each wrong value, and what is wrong with single values."""
    mistakes = Mistakes(source)
    values = _values(source, mistakes)
    # ARNs have to be in the stack's region. While that is wrong, they may be in any.
    region = values.get("aws:region")
    context = {"region": region if region in REGIONS else None}
    try:
        return _validated(values, source.stack, context), mistakes
    except ValidationError as error:
        mistakes.add_all(error, _KEYS)
    # Defaults stand in for the wrong values, so that the rules between keys can check the others.
    right = {key: value for key, value in values.items() if mistakes.all_right(key)}
    return _validated({"aws:region": REGIONS[0], **right}, source.stack, context), mistakes


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
            rule = f"is not a key of this program; the nearest one is {nearest(key, names)}"
            mistakes.add(key, f"{rule}. Remove it with `pulumi config rm {key}`")
        elif key.startswith("aws:"):
            rule = (
                "has no effect, as the program configures its AWS provider itself: it takes aws:region from here and "
                f"the rest from the environment (AWS_PROFILE and the like). Remove it with `pulumi config rm {key}`"
            )
            mistakes.add(key, rule)


def _with_what_is_named(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    """Looks up what the keys name, and adds what does not exist or does not suit the stack."""
    if settings.image_tag:
        settings = _with_image(settings, settings.image_tag, lookups, mistakes)
    mistakes.add_found(check_certificate(settings, lookups))
    mistakes.add_found(check_zone(settings, lookups))
    if mistakes.all_right("hostedZoneId", "domainName", "evacuated"):
        mistakes.add_found(check_evacuation(settings, lookups))
    if mistakes.all_right("bedrockModelId", "extraModelIds"):
        profiles, wrong = check_models(settings, lookups)
        mistakes.add_found(wrong)
        settings = settings.model_copy(update={"inference_profiles": profiles})
    return settings


def _with_what_is_up(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    """Looks up the stack as it is in AWS, and adds what must not change in it."""
    _check_network(settings, lookups, mistakes)
    _check_zones(settings, lookups, mistakes)
    settings = _with_key(settings, lookups, mistakes)
    if settings.image:  # else the update deletes the service
        settings = _with_service(settings, lookups, mistakes)
    return settings


def _with_image(settings: Settings, tag: str, lookups: Lookups, mistakes: Mistakes) -> Settings:
    image = lookups.image(tag)
    if image:
        return settings.model_copy(update={"image": image})
    rule = (
        f"names no tagged image in this stack's registry in the account {lookups.account.id}, "
        f"{settings.region}: push it, or log in to the stack's account. If there is no registry yet, "
        "unset the key (`pulumi config rm imageTag`), `pulumi up`, push the image, and set the key again"
    )
    mistakes.add("imageTag", rule, tag)
    return settings


def _check_network(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> None:
    present = lookups.network()
    if present not in (None, settings.vpc_cidr):
        rule = (
            f"must stay {present} while the stack is up: AWS does not move resources that are in use to another "
            "network. Deploy another stack, or destroy this one first"
        )
        mistakes.add("vpcCidr", rule, settings.vpc_cidr)


def _check_zones(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> None:
    """The cache is there whether the stack has a service or not."""
    if settings.redis and lookups.zones() > settings.availability_zones:
        rule = (
            "takes a zone away in which Redis may have a node, and ElastiCache does not move nodes. Turn Redis off "
            "(`pulumi config set redisEnabled false`), which deletes its data, run `pulumi up` until the zone is gone, "
            "and turn Redis on again"
        )
        mistakes.add("availabilityZones", rule, settings.availability_zones)


def _with_key(settings: Settings, lookups: Lookups, mistakes: Mistakes) -> Settings:
    key = lookups.data_key()
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
    service = lookups.service() or NOT_RUNNING
    if service.alternate_in_use and not settings.strategy.shifts_traffic:
        rule = (
            "deletes the alternate target group, which has tasks or connections. Set the former strategy again; if the "
            f"tasks are in that group, deploy once more (`make redeploy STACK={settings.stack}`, which changes the "
            f"groups' places); wait for the end of the deployment (`make verify STACK={settings.stack} WAIT=3600`) "
            "and of the deregistration delay; then set it to rolling"
        )
        mistakes.add("deploymentStrategy", rule, settings.deployment_strategy)
    return settings.model_copy(update={"running": service})
