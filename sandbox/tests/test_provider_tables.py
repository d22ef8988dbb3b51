"""How the provider's tables are written: entries and calls in words."""

from typing import Any

import pytest

from sandbox.provider.spec import Call, Resource, Tags, fill, nested, pairs, table
from sandbox.provider.types import TABLE


def test_pairs_are_texts_numbers_booleans_and_lists() -> None:
    assert pairs("name=TableName days=30 force=true keep=false ids=[{id},b] none=[] arn==arn:{id} own=. gone=") == {
        "name": "TableName",
        "days": 30,
        "force": True,
        "keep": False,
        "ids": ["{id}", "b"],
        "none": [],
        "arn": "=arn:{id}",
        "own": ".",
        "gone": "",
    }
    assert pairs("description='Managed by Pulumi' limit=3") == {"description": "Managed by Pulumi", "limit": 3}
    assert nested(pairs("a.b=1 a.c=x d=2")) == {"a": {"b": 1, "c": "x"}, "d": 2}


def test_a_call_says_its_operation_properties_parameters_and_place() -> None:
    call = Call("ModifyThing size shape:Form ThingName={name} Setting.Mode=on Setting.Owner={owner} -> Thing.Id")
    assert call.operation == "ModifyThing"
    assert call.carries == ("size", "shape")
    assert call.names == {"shape": "Form"}
    assert call.at == "Thing.Id"
    assert fill(call.fixed, {"name": "a"}) == {"ThingName": "a", "Setting": {"Mode": "on"}}


def test_a_call_of_an_operation_alone_carries_nothing() -> None:
    call = Call("ListThings")
    assert (call.operation, call.carries, call.fixed, call.at, call.only) == ("ListThings", (), {}, "", {})
    assert (call.hook, call.absent) == (None, None)


def test_a_call_filters_chooses_and_has_another_one_for_nothing() -> None:
    call = Call("ListThings ?vpc-id={id} ?main=true -> Things.Parts[Name={name},Kind=big]")
    filters = [{"Name": "vpc-id", "Values": ["vpc-1"]}, {"Name": "main", "Values": ["true"]}]
    assert fill(call.fixed, {"id": "vpc-1"}) == {"Filters": filters}
    assert (call.at, call.only) == ("Things.Parts", {"Name": "{name}", "Kind": "big"})
    other = Call("PutThing size Id={id} else DeleteThing Id={id}").absent
    assert other is not None
    assert (other.operation, other.fixed) == ("DeleteThing", {"Id": "{id}"})


def test_tags_name_the_operations_and_the_object() -> None:
    tags = Tags("TagThing UntagThing ListTags ThingArn={arn} kind=thing path=Tagging.TagSet -> TagList")
    assert (tags.tag, tags.untag, tags.target) == ("TagThing", "UntagThing", {"ThingArn": "{arn}"})
    assert (tags.kind, tags.path) == ("thing", "Tagging.TagSet")
    assert tags.read is not None
    assert (tags.read.operation, tags.read.at) == ("ListTags", "TagList")
    assert Tags("TagThing UntagThing").read is None


def _grown(values: Any, _: Any) -> Any:
    return values


def _one(text: str) -> Resource:
    (entry,) = table({"grown": _grown, "lower": str.lower}, text).values()
    return entry()


THING = """
    aws:things/thing:Thing shed
      create    CreateThing name place (size
                colour @grown) -> {place}/{name}
      # Things are shown by name.
      read      GetThing Name={name}
      put       ChangeThing () Name={name}
      then      PaintThing paint Name={name}
      delete    DeleteThing Name={name}
      reads     size=Measures.Size
      outputs   arn=ThingArn label==the-{name} parts=Parts[].Name weight
      defaults  colour=red paint.coat=2
      keeps     size
      clear     paint.coat=0
      gone      State=lost,broken
      named     name 12 nameStart @lower
      replaces  paint
"""


def test_an_entry_tells_calls_and_what_follows_from_them() -> None:
    thing = _one(THING)
    assert (thing.token, thing.service, thing.regional) == ("aws:things/thing:Thing", "shed", True)
    assert [(call.operation, call.carries, call.whole) for call in thing.calls] == [
        ("CreateThing", ("name", "place", "size", "colour"), False),
        ("ChangeThing", ("size", "colour"), True),
        ("PaintThing", ("paint",), False),
    ]
    assert [call.hook for call in thing.calls] == [_grown, _grown, None]
    assert [call.operation for call in (*thing.read, *thing.delete)] == ["GetThing", "DeleteThing"]
    assert thing.inputs == {"name", "nameStart", "place", "size", "colour", "paint", "region"}
    assert thing.replacing == {"name", "nameStart", "place", "paint", "region"}
    assert (thing.name, thing.limit, thing.prefix, thing.spell) == ("name", 12, "nameStart", str.lower)
    assert thing.gone == ("State", ["lost", "broken"])
    assert thing.computed == ["arn", "label", "parts", "weight"]
    places = {"arn": "ThingArn", "label": "=the-{name}", "parts": "Parts[].Name", "size": "Measures.Size"}
    assert thing.reads == places
    assert thing.clear == {"paint": {"coat": 0}}
    assert (thing.defaults, thing.inner_defaults) == ({"colour": "red"}, {"paint.coat": 2})
    assert thing.kept == {*thing.computed, "size"}
    assert (thing.in_id, thing.delete_first) == (["place", "name"], False)
    assert thing.parse_id("shelf/hammer") == {"id": "shelf/hammer", "place": "shelf", "name": "hammer"}


def test_an_entry_may_say_more_of_its_id_and_of_its_replacement() -> None:
    more = "      delete-first there is one\n      id        (?P<name>[a-z]+)@(?P<place>.*)\n"
    other = _one(THING.replace(" shed", " global").replace("replaces  paint", "replaces  @grown") + more)
    assert (other.service, other.regional) == ("things", False)
    assert other.delete_first
    assert (other.replacing, other.replacing_by_value) == ({"name", "nameStart", "place"}, _grown)
    assert other.parse_id("hammer@shelf") == {"id": "hammer@shelf", "place": "shelf", "name": "hammer"}


def test_a_line_that_no_entry_has_is_refused() -> None:
    with pytest.raises(ValueError, match="aws:things/thing:Thing: a table has no naems"):
        _one(THING + "      naems     size=Size\n")


def test_a_service_is_the_tokens_own_unless_it_is_named() -> None:
    assert TABLE["aws:kms/key:Key"].service == "kms"
    assert TABLE["aws:lb/listener:Listener"].service == "elbv2"
