"""Loads the configuration of the running stack: `Settings`, or one `ConfigError` with all mistakes."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from components.data.registry import Image
from components.service.running import RunningService
from config import rules
from config import source as config_source
from config.checks import check_across_keys
from config.key import Declaration, declarations
from config.mistakes import ConfigError, Mistakes, nearest, path
from config.settings import Settings
from config.source import Source, decode

_KEYS: Final = {declaration.name: declaration for declaration in declarations(Settings)}


def load(
    find_image: Callable[[str, str], str | None],
    find_network: Callable[[str], str | None],
    find_service: Callable[[str], RunningService | None],
) -> Settings:
    """Returns the checked configuration of the running stack.

    `find_image` takes a region and an `imageTag`, and returns the tag of that image in the stack's registry, or None
    if the registry lacks it. `find_network` takes a region, and returns the IPv4 block of the stack's network there,
    or None if there is none yet. `find_service` takes a region, and returns the service that runs there, or None.
    `find_image` runs if stack name, region and tag are valid; the others if everything else is.

    Raises `ConfigError` with every mistake.
    """
    source = config_source.read()
    mistakes = Mistakes(source)
    settings = parse(source, mistakes)
    check_across_keys(settings, source, mistakes)
    if settings.image_tag and mistakes.all_right("stack name", "aws:region"):
        settings = _with_image(settings, find_image, mistakes)
    _refuse_other_keys(source, mistakes)
    if not mistakes:
        _check_network(settings, find_network, mistakes)
        if settings.image:  # else the update deletes the service
            settings = _with_service(settings, find_service, mistakes)
    if mistakes:
        raise ConfigError(settings.stack, mistakes.lines)
    return settings


def parse(source: Source, mistakes: Mistakes) -> Settings:
    """Returns the settings, with a default in place of each wrong value, and adds what is wrong to `mistakes`."""
    values = _values(source, mistakes)
    # ARNs have to be in the stack's region. While that is wrong, they may be in any.
    region = values.get("aws:region")
    context = {"region": region if region in rules.REGIONS else None}
    try:
        return _validated(values, source.stack, context)
    except ValidationError as error:
        mistakes.add_all(error, _KEYS)
    # Defaults stand in for the wrong values, so that the rules between keys can check the others.
    right = {key: value for key, value in values.items() if mistakes.all_right(key)}
    return _validated({"aws:region": rules.REGIONS[0], **right}, source.stack, context)


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


def _with_image(settings: Settings, find_image: Callable[[str, str], str | None], mistakes: Mistakes) -> Settings:
    tag = settings.image_tag
    version = find_image(settings.region, tag) if tag else None
    if tag and version:
        return settings.model_copy(update={"image": Image(tag, version)})
    rule = (
        f"names no tagged image in this stack's registry in {settings.region}: push it. If there is no registry yet, "
        "unset the key (`pulumi config rm imageTag`), `pulumi up`, push the image, and set the key again"
    )
    mistakes.add("imageTag", rule, tag)
    return settings


def _check_network(settings: Settings, find_network: Callable[[str], str | None], mistakes: Mistakes) -> None:
    present = find_network(settings.region)
    if present not in (None, settings.vpc_cidr):
        rule = (
            f"must stay {present} while the stack is up: AWS does not move resources that are in use to another "
            "network. Deploy another stack, or destroy this one first"
        )
        mistakes.add("vpcCidr", rule, settings.vpc_cidr)


def _with_service(
    settings: Settings, find_service: Callable[[str], RunningService | None], mistakes: Mistakes
) -> Settings:
    service = find_service(settings.region)
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
    if service.zones > settings.availability_zones and settings.redis:
        rule = (
            "takes a zone away in which Redis may have a node, and ElastiCache does not move nodes. Turn Redis off "
            "(`pulumi config set redisEnabled false`), which deletes its data, run `pulumi up` until the zone is gone, "
            "and turn Redis on again"
        )
        mistakes.add("availabilityZones", rule, settings.availability_zones)
    return settings.model_copy(update={"running_service": service})
