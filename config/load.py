"""Loads the configuration of the running stack: `Settings`, or one `ConfigError` with all mistakes."""

from typing import Any, Final

from pydantic import ValidationError

from components.lookups import Lookups
from config import source as config_source
from config.aws_checks import with_existing_stack, with_prerequisites
from config.checks import check_across_keys, check_grants
from config.key import Declaration, declarations
from config.mistakes import ConfigError, Mistakes, nearest, path
from config.settings import Settings
from config.source import Source, decode
from config.stack_name import REGIONS

_KEYS: Final = {declaration.name: declaration for declaration in declarations(Settings)}


def load() -> tuple[Settings, Lookups]:
    """Returns the checked configuration of the running stack, and the lookups with which it was checked.

    What a key names is looked up if the key, the region and the stack's name are valid. The stack's network and its
    service are looked up if everything else is valid.

    Raises:
        ConfigError: with every mistake.
    """
    source = config_source.read()
    settings, mistakes = parse(source)
    check_across_keys(settings, source, mistakes)
    lookups = Lookups(settings.provider) if mistakes.all_right("stack name", "aws:region") else None
    if lookups:
        settings = with_prerequisites(settings, lookups, mistakes)
    check_grants(settings, source, mistakes)
    _refuse_other_keys(source, mistakes)
    if lookups and not mistakes:
        settings = with_existing_stack(settings, lookups, mistakes)
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
        return Settings.model_validate({"stack": source.stack, **values}, context=context), mistakes
    except ValidationError as error:
        mistakes.add_all(error, _KEYS)
    # Defaults stand in for the wrong values, so that the rules between keys can check the others.
    right = {key: value for key, value in values.items() if mistakes.all_right(key)}
    stand_in = {"stack": source.stack, "aws:region": REGIONS[0], **right}
    return Settings.model_validate(stand_in, context=context), mistakes


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
