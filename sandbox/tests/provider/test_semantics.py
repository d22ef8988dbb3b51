"""What the engine relies on: unknowns, secrets, names, differences, drift, and failures that leave an object."""

import json
import re
from typing import Any

import pytest

from sandbox.provider.account import Account, AccountError
from sandbox.provider.stubs import provider
from sandbox.provider.types import TYPES
from sandbox.provider.values import SIGNATURE, UNKNOWN, Values, from_struct, to_struct
from sandbox.tests.provider import samples
from sandbox.tests.provider.harness import Engine, Made, Refused, client
from sandbox.tests.provider.samples import SAMPLES, document
from sandbox.tests.provider.world import World

VALUE = "correct-horse-battery"


@pytest.fixture(scope="module")
def engine(endpoint: str) -> Engine:
    return Engine(endpoint, {"Stack": "dev"})


# Unknown values


def test_unknowns_pass_through_check_and_preview(engine: Engine) -> None:
    news: Values = {
        "attributes": UNKNOWN,
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "id",
        "globalSecondaryIndexes": [UNKNOWN, {"name": "by-kind", "keySchemas": UNKNOWN, "projectionType": "ALL"}],
        "tags": {"Name": UNKNOWN},
        "ttl": {"enabled": UNKNOWN, "attributeName": "ttl"},
    }
    preview = engine.create(samples.TABLE, "table", news, preview=True)
    assert {name: preview.outputs[name] for name in news} == news
    assert preview.outputs["tagsAll"] == {"Stack": "dev", "Name": UNKNOWN}
    assert preview.outputs["arn"] is UNKNOWN


def test_an_unknown_value_is_a_change_and_replaces_if_its_property_does(world: World) -> None:
    made = world.make(samples.TABLE)
    difference = world.engine.diff(made, made.inputs | {"name": UNKNOWN, "ttl": UNKNOWN})
    assert list(difference.diffs) == ["name", "ttl"]
    assert list(difference.replaces) == ["name"]


# Secrets


@pytest.mark.parametrize("secret", [("secretString",), ()])
def test_a_secret_string_comes_back_as_a_secret_even_if_the_program_passes_it_in_plain(
    world: World, secret: tuple[str, ...]
) -> None:
    given = {"secretId": world.make(samples.SECRET).id, "secretString": VALUE}
    made = world.engine.create(samples.VERSION, "token", given, secret=secret)
    for seen in (made, world.engine.seen(made), world.engine.import_(samples.VERSION, made.id)):
        assert seen is not None
        assert seen.outputs["secretString"] == VALUE
        assert "secretString" in seen.secret


def test_a_nested_secret_makes_its_property_secret(engine: Engine) -> None:
    secret_value = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": VALUE}
    nested = to_struct({"tags": {"Key": secret_value}})
    answer = engine.call(
        "Check", provider.CheckRequest(urn=engine.urn(samples.CLUSTER, "c"), news=nested, randomSeed=b"1")
    )
    inputs, secret = from_struct(answer.inputs)
    assert inputs["tagsAll"] == {"Stack": "dev", "Key": VALUE}
    assert secret == {"tags", "tagsAll"}


def test_a_failed_check_does_not_name_a_secret_property(engine: Engine) -> None:
    _, failures = engine.check(samples.ROLE, "r", {"assumeRolePolicy": "", "name": VALUE + "!"}, secret=("name",))
    assert "`name`: must match [\\w+=,.@-]+" in failures
    assert VALUE not in str(failures)


def test_an_error_never_shows_a_secret(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.engine.create(samples.VERSION, "token", {"secretId": VALUE, "secretString": VALUE}, secret=("secretId",))
    assert "ResourceNotFoundException" in str(refused.value)
    assert VALUE not in str(refused.value)


# Names

LONG = "a-rather-long-logical-name-of-forty-chars"


def _named(engine: Engine, token: str, news: Values, olds: Values | None = None, seed: bytes = b"seed") -> Values:
    return engine.check(token, LONG, news, olds, seed=seed)[0]


def test_generated_names_are_recorded_and_stay(engine: Engine) -> None:
    inputs = _named(engine, samples.REPOSITORY, {})
    assert inputs["name"][:-7] == f"{LONG}-"
    assert "name" in inputs["__defaults"]
    assert _named(engine, samples.REPOSITORY, {}, inputs, b"other")["name"] == inputs["name"]
    assert _named(engine, samples.REPOSITORY, {}, seed=b"other")["name"] != inputs["name"]
    named = _named(engine, samples.REPOSITORY, {"name": "mine"}, inputs)
    assert named == _named(engine, samples.REPOSITORY, {"name": "mine"})
    assert named["name"] == "mine"


@pytest.mark.parametrize("token", [token for token, resource in TYPES.items() if resource.name])
def test_generated_name_over_the_limit_is_refused_and_never_shortened(engine: Engine, token: str) -> None:
    """As pulumi-terraform-bridge does, see `checking.py`."""
    name = TYPES[token].name
    assert name
    fits = "n" * (name.max_length - 8 - len(name.transform("n")) + 1)
    refusal = f"plus 7 random chars is longer than maximum length {name.max_length}"
    assert refusal not in str(engine.check(token, fits, {})[1])
    assert len(engine.check(token, fits, {})[0][name.property]) == name.max_length
    assert refusal in str(engine.check(token, f"{fits}n", {})[1])


def test_a_name_begins_with_its_prefix_and_changes_with_it(engine: Engine) -> None:
    inputs = _named(engine, samples.SECRET, {"namePrefix": "app/TOKEN-"})
    assert re.fullmatch("app/TOKEN-[0-9a-f]{26}", inputs["name"])
    assert _named(engine, samples.SECRET, {"namePrefix": "app/TOKEN-"}, inputs, b"other")["name"] == inputs["name"]
    assert _named(engine, samples.SECRET, {"namePrefix": "app/KEY-"}, inputs)["name"].startswith("app/KEY-")


# Differences


@pytest.mark.parametrize(
    ("token", "change", "replaces", "deletes_first"),
    [
        (samples.TABLE, {"name": "other"}, ["name"], True),
        (samples.TARGET_GROUP, {"port": 9090}, ["port"], False),  # its name is generated
        (samples.SECRET, {"namePrefix": "other/"}, ["name", "namePrefix"], False),
        (samples.TASK, {"cpu": "2048"}, ["cpu"], False),  # its family names many revisions
    ],
)
def test_changed_property_that_no_call_changes_replaces_and_deletes_a_named_object_first(
    engine: Engine, token: str, change: Values, replaces: list[str], deletes_first: bool
) -> None:
    """test_replacement.py has the properties of every type."""
    given: Values = {
        name: value for name, value in SAMPLES[token].inputs.items() if isinstance(value, str | int | dict)
    }
    olds, _ = engine.check(token, "object", given)
    news, _ = engine.check(token, "object", given | change, olds)
    difference = engine.diff(Made(token, "object", "id", olds, olds), news)
    assert difference.changes == provider.DiffResponse.DIFF_SOME
    assert (list(difference.replaces), difference.deleteBeforeReplace) == (replaces, deletes_first)
    for name in replaces:
        assert provider.PropertyDiff.Kind.Name(difference.detailedDiff[name].kind).endswith("_REPLACE")


def test_spelling_and_order_are_no_difference(engine: Engine) -> None:
    policy = document()
    olds: Values = {"name": "g", "role": "r", "policy": policy, "__defaults": []}
    made = Made(samples.ROLE_POLICY, "g", "r:g", olds, olds)
    assert engine.diff(made, olds | {"policy": json.dumps(json.loads(policy))}).changes == 1
    assert engine.diff(made, olds | {"policy": document("Deny")}).changes == 2
    lists: Values = {"securityGroups": ["sg-1", "sg-2"], "subnets": ["a"], "__defaults": []}
    balancer = Made(samples.LOAD_BALANCER, "lb", "arn", lists, lists)
    assert engine.diff(balancer, lists | {"securityGroups": ["sg-2", "sg-1"]}).changes == 1
    actions: Values = {"defaultActions": [{"type": "forward"}, {"type": "redirect"}]}
    assert (
        engine.diff(
            Made(samples.LISTENER, "l", "arn", actions, actions), {"defaultActions": actions["defaultActions"][::-1]}
        ).changes
        == 2
    )


# Drift. tests/live/test_drift.py of the program changes an object of every type; these properties have separate calls.


def test_an_update_does_not_send_ignored_properties(world: World, endpoint: str) -> None:
    """The autoscaler owns the count: the engine passes the old input on, and no update may send it."""
    made = world.make(samples.SERVICE)
    ecs = client(endpoint, "ecs")
    ecs.update_service(cluster=made.outputs["cluster"], service=made.id, desiredCount=7)
    news = made.inputs | {"deploymentMaximumPercent": 150}
    updated = world.engine.update(made, news, ignore=("desiredCount",))
    world.engine.update(updated, news | {"healthCheckGracePeriodSeconds": 90}, ignore=("desiredCount",))
    service = ecs.describe_services(cluster=made.outputs["cluster"], services=[made.id])["services"][0]
    assert service["desiredCount"] == 7
    assert service["deploymentConfiguration"]["maximumPercent"] == 150
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}


@pytest.mark.parametrize(
    ("ignore", "differs"),
    [
        ((), ["actions", "tags"]),
        (("actions",), ["tags"]),
        (("actions[0].forward.weight",), ["tags"]),
        (("tags.Gone", "actions"), ["tags"]),
        (("tags.Gone", 'tags["New"]', "actions"), []),
        (("actions[7].order", "conditions.x"), ["actions", "tags"]),
    ],
)
def test_a_refresh_ignores_changes_of_ignored_properties(
    engine: Engine, ignore: tuple[str, ...], differs: list[str]
) -> None:
    """In a refresh the engine does not insert the old values, as it does before an update."""
    seen: Values = {"actions": [{"type": "forward", "forward": {"weight": 0}}], "tags": {"New": "1"}}
    recorded: Values = {"actions": [{"type": "forward", "forward": {"weight": 100}}], "tags": {"Gone": "1"}}
    assert engine.diff(Made(samples.RULE, "rule", "arn", seen, seen), recorded, ignore).diffs == differs


# Failures


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Operations that fail while they are in the set."""
    operations: set[str] = set()
    call = Account.call

    def refuse(self: Account, service: str, operation: str, params: Any) -> Any:
        if operation in operations:
            raise AccountError(operation, "ThrottlingException", "slow down")
        return call(self, service, operation, params)

    monkeypatch.setattr(Account, "call", refuse)
    return operations


def _half_made(refused: pytest.ExceptionInfo[Refused], token: str, inputs: Values) -> Made:
    """Returns what the engine keeps: the object in the error, and `inputs`, those from before the failed call."""
    failed = refused.value.init_failed()
    assert failed is not None
    return Made(token, "half-made", failed.id, inputs, from_struct(failed.properties)[0])


def test_half_failed_create_is_completed_by_a_refresh_and_not_by_the_next_update(
    world: World, failing: set[str]
) -> None:
    """As with the AWS provider, the state says what was asked for."""
    engine = world.engine
    failing.add("UpdateTimeToLive")
    news = SAMPLES[samples.TABLE].inputs
    with pytest.raises(Refused) as refused:
        engine.create(samples.TABLE, "sessions", news)
    assert "aws:dynamodb/table:Table sessions: UpdateTimeToLive: ThrottlingException: slow down" in str(refused.value)
    inputs, _ = engine.check(samples.TABLE, "sessions", news)
    kept = _half_made(refused, samples.TABLE, inputs)
    assert kept.id == "demo-sessions"
    assert kept.outputs["ttl"] == news["ttl"]
    assert kept.outputs["arn"].endswith("table/demo-sessions")

    failing.clear()
    updated = engine.update(kept, inputs)
    assert updated.outputs["ttl"]["enabled"] is False, "it reads what AWS has"

    refreshed = engine.seen(kept)
    assert "ttl" in engine.diff(refreshed, inputs).diffs
    completed = engine.update(refreshed, inputs)
    assert completed.outputs["ttl"] == news["ttl"]
    assert engine.seen(completed).inputs == inputs


def test_a_failed_create_leaves_nothing_in_the_state(world: World, failing: set[str]) -> None:
    failing.add("CreateTable")
    with pytest.raises(Refused) as refused:
        world.engine.create(samples.TABLE, "sessions", SAMPLES[samples.TABLE].inputs)
    assert refused.value.init_failed() is None


def test_half_failed_update_is_completed_by_a_refresh_and_not_by_the_next_update(
    world: World, failing: set[str]
) -> None:
    engine, made = world.engine, world.make(samples.LOG_GROUP)
    changed = made.inputs | {"retentionInDays": 30, "tags": {"A": "1"}}
    del changed["kmsKeyId"]
    news, _ = engine.check(samples.LOG_GROUP, made.name, changed, made.inputs)
    failing |= {"TagResource", "DisassociateKmsKey"}
    with pytest.raises(Refused) as refused:
        engine.update(made, news)
    kept = _half_made(refused, samples.LOG_GROUP, made.inputs)
    assert (kept.outputs["retentionInDays"], kept.outputs["tags"]) == (30, {"A": "1"})

    failing.clear()
    assert not engine.diff(kept, news).diffs
    engine.update(kept, news)
    refreshed = engine.seen(kept)
    assert {"kmsKeyId", "tags"} <= set(engine.diff(refreshed, news).diffs)
    assert engine.update(refreshed, news).outputs["tagsAll"] == {"A": "1", "Stack": "dev"}


def test_half_failed_update_records_no_dropped_tags(world: World, failing: set[str]) -> None:
    engine, plain = world.engine, world.make(samples.LOG_GROUP)
    tagged, _ = engine.check(samples.LOG_GROUP, plain.name, plain.inputs | {"tags": {"A": "1"}}, plain.inputs)
    made = engine.update(plain, tagged)
    failing.add("UntagResource")
    with pytest.raises(Refused) as refused:
        engine.update(made, plain.inputs)
    kept = _half_made(refused, samples.LOG_GROUP, made.inputs)
    assert "tags" not in kept.outputs
    assert not engine.diff(kept, plain.inputs).diffs


def test_delete_of_a_subscription_fails_unless_it_is_pending(world: World, failing: set[str]) -> None:
    made = world.make(samples.SUBSCRIPTION)
    failing.add("Unsubscribe")
    with pytest.raises(Refused, match="Unsubscribe: ThrottlingException"):
        world.engine.delete(made)


def test_a_property_that_the_account_drops_is_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    call = Account.call

    def forget(self: Account, service: str, operation: str, params: Any) -> Any:
        return {} if operation == "PutRetentionPolicy" else call(self, service, operation, params)

    monkeypatch.setattr(Account, "call", forget)
    with pytest.raises(Refused, match="the account accepted retentionInDays and does not show what was sent"):
        world.make(samples.LOG_GROUP)
