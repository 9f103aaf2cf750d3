"""Every data item of the record has a name, and no name stands for an item that is not there."""

from __future__ import annotations

from standards.record.names import names
from standards.schemas import schema


def test_names_and_schema_hold_the_same_items() -> None:
    record = schema("record-v1.1")
    objects = {"record": record, **record["$defs"]}
    assert {name: set(body["properties"]) for name, body in objects.items()} == {
        name: set(members) for name, members in names().items()
    }


def test_names_are_in_both_languages() -> None:
    for members in names().values():
        for zh, en in members.values():
            assert not zh.isascii()
            assert en.isascii()
