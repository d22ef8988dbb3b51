"""The rules that hold between keys. Each runs only if every key that it compares is right by itself."""

from collections.abc import Mapping
from typing import Final

from components.edge.rules import MIN_BAKE_MINUTES
from config import rules
from config.app_environment import set_by_program
from config.mistakes import Mistakes, path
from config.rule import listed
from config.schedule import FROM_ZERO
from config.settings import Settings
from config.source import Source
from config.stack_name import STACK_NAME, region_of

_USER_POOL = "COGNITO_USER_POOL_ID"
_SET_USER_POOL = f"`pulumi config set --secret --path 'secrets.{_USER_POOL}'`"
_SET_REDIS_TOKEN = "`openssl rand -hex 32 | pulumi config set --secret redisAuthToken`"  # noqa: S105 - a command
# The inline policies of a role have at most 10,240 characters in all (IAM User Guide, "IAM and AWS STS quotas"). During
# an update, old and new policies exist side by side, so the grants of one config get half of them.
MOST_GRANTS: Final[Mapping[tuple[str, ...], int]] = {
    ("secrets", "secretArns"): 20,  # to the execution role
    ("extraModelIds", "guardrailArns", "promptArns", "sesIdentityArns"): 25,  # to the task role
}
_VARIABLES = ("environment", "secrets", "secretArns")  # the keys that hold environment variables by name


def check_across_keys(settings: Settings, source: Source, mistakes: Mistakes) -> None:
    """Adds to `mistakes` which keys break a rule together. In `settings` a default stands in for each wrong value."""
    _check_stack(settings, mistakes)
    _check_tasks(settings, source, mistakes)
    _check_strategy(settings, mistakes)
    _check_edge(settings, source, mistakes)
    _check_app(settings, source, mistakes)
    _check_variables(source, mistakes)
    _check_redis(settings, source, mistakes)
    _check_subscribers(source, mistakes)
    _check_tags(source, mistakes)


def _check_stack(settings: Settings, mistakes: Mistakes) -> None:
    if not STACK_NAME.fullmatch(settings.stack):
        mistakes.add("stack name", "must match ^[a-z][a-z0-9-]*$: `pulumi stack rename <name>`", settings.stack)
    # A stack in another region than its name says would take the table names of the stack that belongs there.
    named = region_of(settings.stack)
    if named and mistakes.all_right("aws:region") and named != settings.region:
        rule = f"must be {named}, as the name of the stack {settings.stack} says"
        mistakes.add("aws:region", rule, settings.region)


def _check_tasks(settings: Settings, source: Source, mistakes: Mistakes) -> None:
    sizes = rules.FARGATE_MEMORY[settings.cpu]
    if mistakes.all_right("cpu", "memory") and settings.memory not in sizes:
        rule = f"with that cpu, Fargate sells a memory of {listed(sizes)} MiB"
        mistakes.add_together(rule, cpu=settings.cpu, memory=settings.memory)
    counts = {
        "minCount": settings.min_count,
        "desiredCount": settings.desired_count,
        "maxCount": settings.max_count,
    }
    if mistakes.all_right(*counts) and list(counts.values()) != sorted(counts.values()):
        mistakes.add_together("must be in this order: minCount <= desiredCount <= maxCount", **counts)
    if mistakes.all_right("minCount", "maxCount") and settings.min_count == 0 < settings.max_count:
        rule = f"{FROM_ZERO}: `pulumi config set minCount 1`, or set desiredCount and maxCount to 0 as well"
        mistakes.add_together(rule, minCount=settings.min_count, maxCount=settings.max_count)
    if (
        source.is_set("onDemandBase")
        and mistakes.all_right("onDemandBase", "maxCount")
        and settings.on_demand_base > settings.max_count
    ):
        rule = "onDemandBase must not exceed maxCount"
        mistakes.add_together(rule, onDemandBase=settings.on_demand_base, maxCount=settings.max_count)
    schedules = len(source.names("scalingSchedule"))
    if schedules > rules.MOST_SCHEDULES:
        rule = f"has {schedules} schedules: Application Auto Scaling takes {rules.MOST_SCHEDULES}"
        mistakes.add("scalingSchedule", rule)


def _check_strategy(settings: Settings, mistakes: Mistakes) -> None:
    bake = settings.bake_time_minutes
    if (
        mistakes.all_right("deploymentStrategy", "bakeTimeMinutes")
        and settings.strategy.shifts_traffic
        and bake < MIN_BAKE_MINUTES
    ):
        rule = (
            f"where traffic shifts, the old tasks must stay for {MIN_BAKE_MINUTES} minute or more, as long as a "
            "client's cookie names them: `pulumi config set bakeTimeMinutes 10`"
        )
        mistakes.add_together(rule, deploymentStrategy=settings.deployment_strategy, bakeTimeMinutes=bake)


def _check_edge(settings: Settings, source: Source, mistakes: Mistakes) -> None:
    https = {"hostedZoneId": settings.hosted_zone_id, "certificateArn": settings.certificate_arn}
    for key, value in https.items():
        if source.is_set(key) and not source.is_set("domainName"):
            rule = "needs domainName, the name that clients use: `pulumi config set domainName <name>`"
            mistakes.add(key, rule, *([value] if value else []))
    if source.is_set("domainName") and not source.is_set(*https):
        rule = (
            "needs hostedZoneId (`aws route53 list-hosted-zones`), certificateArn (`aws acm list-certificates`) or both"
        )
        mistakes.add("domainName", rule, *([settings.domain_name] if settings.domain_name else []))
    if settings.evacuated and not source.is_set("hostedZoneId"):
        rule = "needs hostedZoneId, as no other region shares the name without it: `pulumi config rm evacuated`"
        mistakes.add("evacuated", rule, "true")
    if (
        settings.environment_name == "prod"
        and not source.is_set("domainName", *https)
        and mistakes.all_right("allowPlainHttp")
        and not settings.allow_plain_http
    ):
        rule = (
            "is not set, and prod needs HTTPS: `pulumi config set domainName <name>`, and hostedZoneId or "
            "certificateArn; or do without by `pulumi config set allowPlainHttp true`"
        )
        mistakes.add("domainName", rule)


def _check_app(settings: Settings, source: Source, mistakes: Mistakes) -> None:
    origins = settings.cors_origins or ()
    if source.is_set("corsOrigins") and "*" in origins and (settings.environment_name != "dev" or len(origins) > 1):
        mistakes.add("corsOrigins", "may be * in the environment dev only, and then nothing else", list(origins))
    if settings.enable_auth and _USER_POOL not in source.names("secrets") + source.names("secretArns"):
        mistakes.add("enableAuth", f"needs {_USER_POOL} under secrets or secretArns: {_SET_USER_POOL}", "true")


def _check_variables(source: Source, mistakes: Mistakes) -> None:
    """Checks names of environment variables. A message shows no value: it may be sensitive under a wrong name."""
    program = set_by_program()
    holders: dict[str, list[str]] = {}
    for key in _VARIABLES:
        for name in source.names(key):
            if name in rules.SET_BY_PLATFORM:
                rule = "is set by AWS in every task, or would take the place of the task role"
                mistakes.add(path(key, name), f"{rule}: {_remove(key, name)}")
            elif name in program:
                remedy = f"use the key {program[name]}" if program[name] else _remove(key, name)
                mistakes.add(path(key, name), f"is set by the program: {remedy}")
            else:
                holders.setdefault(name, []).append(key)
    for name, (first, *others) in sorted(holders.items()):
        if others:
            mistakes.add(path(first, name), f"is set under {listed(others)} too: keep one of them")
    if "environment" in holders.get(_USER_POOL, []):
        mistakes.add(
            f"environment.{_USER_POOL}", f"is sensitive: {_SET_USER_POOL}, and {_remove('environment', _USER_POOL)}"
        )


def _remove(key: str, name: str) -> str:
    """Returns the command that removes a member of an object."""
    return f"`pulumi config rm --path '{path(key, name)}'`"


def _check_redis(settings: Settings, source: Source, mistakes: Mistakes) -> None:
    # The other keys may stay in the stack file while Redis is off.
    if settings.redis_enabled and not source.is_set("redisAuthToken"):
        mistakes.add("redisAuthToken", f"is not set, and redisEnabled needs it: {_SET_REDIS_TOKEN}")


def _check_subscribers(source: Source, mistakes: Mistakes) -> None:
    for key in ("alarmEmails", "alarmPhones"):
        subscribers = source.items(key)
        for index, subscriber in enumerate(subscribers):
            place = f"{key}[{index}]"
            if subscriber in subscribers[:index] and not mistakes.has(place):
                mistakes.add(place, "is in the list already: remove one of them", subscriber)


def _check_tags(source: Source, mistakes: Mistakes) -> None:
    names = source.names("extraTags")
    if source.is_set("hostedZoneId"):
        most, limit = rules.MOST_EXTRA_TAGS_WITH_ZONE, "Route 53's limit for the health check of hostedZoneId"
    else:
        most, limit = rules.MOST_EXTRA_TAGS, "AWS's limit for one resource"
    if len(names) > most:
        mistakes.add("extraTags", f"has {len(names)} tags: {limit} allows {most} beside the program's")
    lower = [name.lower() for name in names]
    for name in names:
        if lower.count(name.lower()) > 1:
            rule = "differs from another name in upper and lower case only, which is one tag to IAM: remove one of them"
            mistakes.add(path("extraTags", name), rule)


def check_grants(settings: Settings, source: Source, mistakes: Mistakes) -> None:
    """Checks that the policies of the two roles fit into IAM's limit. Runs after the lookups.

    An inference profile has an ARN in a condition, and one for each destination region.
    """
    more = {"extraModelIds": sum(1 + len(profile.model_arns) for profile in settings.inference_profiles.values())}
    for keys, most in MOST_GRANTS.items():
        counts = {key: len(source.names(key) or source.items(key)) + more.get(key, 0) for key in keys}
        if sum(counts.values()) > most:
            entries = ", ".join(f"{key} {count}" for key, count in counts.items() if count)
            rule = f"has too many entries together ({entries}): IAM's limit for one role allows {most} in all"
            if any(more[key] for key in keys if key in more):
                rule += ". An inference profile counts for each destination region, and two more"
            mistakes.add(next(key for key, count in counts.items() if count), rule)
