"""How the provider's tables are written: calls in words."""

from sandbox.provider.resources import TABLE
from sandbox.provider.spec import Call, Tags, fill, pairs


def test_pairs_are_texts_numbers_booleans_and_lists() -> None:
    assert pairs("name=TableName days=30 force=true keep=false ids=[{id},b] none=[] arn==arn:{id} own=.") == {
        "name": "TableName",
        "days": 30,
        "force": True,
        "keep": False,
        "ids": ["{id}", "b"],
        "none": [],
        "arn": "=arn:{id}",
        "own": ".",
    }


def test_a_call_says_its_operation_properties_parameters_and_place() -> None:
    call = Call(
        "ModifyThing size shape ThingName={name} Setting.Mode=on Setting.Owner={owner} -> Thing.Id", {"Extra": []}
    )
    assert call.operation == "ModifyThing"
    assert call.carries == ("size", "shape")
    assert call.at == "Thing.Id"
    assert fill(call.fixed, {"name": "a"}) == {"Extra": [], "ThingName": "a", "Setting": {"Mode": "on"}}
    assert list(call) == [call]


def test_a_call_of_an_operation_alone_carries_nothing() -> None:
    call = Call("ListThings")
    assert (call.operation, call.carries, call.fixed, call.at) == ("ListThings", (), {}, "")


def test_tags_name_both_operations_and_the_object() -> None:
    tags = Tags("TagThing UntagThing ThingArn={arn}", "ListTags -> TagList")
    assert (tags.tag, tags.untag, tags.target) == ("TagThing", "UntagThing", {"ThingArn": "{arn}"})
    assert tags.read == Call("ListTags -> TagList")
    assert Tags("TagThing UntagThing").read is None


def test_a_service_is_the_tokens_own_unless_it_is_named() -> None:
    assert TABLE["aws:kms/key:Key"].service == "kms"
    assert TABLE["aws:lb/listener:Listener"].service == "elbv2"
