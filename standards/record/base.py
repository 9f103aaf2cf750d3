"""What all parts of a record share: frozen, tolerant of members they do not know, strict about those they know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from standards import formats
from standards.limits import LIMITS


class Part(BaseModel):
    """One object of a record. Members that it does not know survive a read and a write, in their place.

    A known member is either there with a value or absent: `null` is refused.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    @model_validator(mode="before")
    @classmethod
    def _no_null(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and None in data.values():
            for name, field in cls.model_fields.items():
                key = field.alias or name
                if key in data and data[key] is None:
                    msg = f"{key} is null"
                    raise ValueError(msg)
        return data

    def __bool__(self) -> bool:
        """Whether the object has any member at all: `{}` tells nothing."""
        return bool(self.model_fields_set or self.model_extra)

    def to_json(self) -> dict[str, Any]:
        """The object as JSON: exactly the members that it was read from or made with, unknown ones as they came."""
        body: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            value = _plain(getattr(self, name)) if name in self.model_fields_set else None
            if value is not None:
                body[field.alias or name] = value
        return {**body, **(self.model_extra or {})}

    def member(self, name: str) -> Any:
        """The value of a member that data name (a rule, an item), whether the model knows it or not; None without one.

        Code that knows the name itself reads the attribute.
        """
        return getattr(self, name) if name in type(self).model_fields else (self.model_extra or {}).get(name)


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _form(name: str) -> AfterValidator:
    def check(text: str) -> str:
        if not formats.fits(name, text):
            msg = f"not a {name}"
            raise ValueError(msg)
        return text

    return AfterValidator(check)


def _text(most: int) -> StringConstraints:
    return StringConstraints(strict=True, min_length=1, max_length=most)


Text = Annotated[str, _text(LIMITS.text)]
Name = Annotated[str, _text(LIMITS.name)]
Code = Annotated[str, _text(LIMITS.code)]
Uuid7 = Annotated[str, StringConstraints(strict=True), _form("uuid7")]
Uid = Annotated[str, StringConstraints(strict=True), _form("uid")]
Day = Annotated[str, StringConstraints(strict=True), _form("date")]
PartialDay = Annotated[str, StringConstraints(strict=True), _form("partial-date")]
FactTime = Annotated[str, StringConstraints(strict=True), _form("fact-time")]
Money = Annotated[str, StringConstraints(strict=True), _form("money")]
AgencyType = Annotated[str, StringConstraints(strict=True), _form("agency-type")]
AgencyId = Annotated[str, StringConstraints(strict=True), _form("agency")]
DocType = Annotated[str, StringConstraints(strict=True), _form("doc-type")]
Domain = Annotated[str, StringConstraints(strict=True), _form("domain")]
MemberName = Annotated[str, StringConstraints(strict=True), _form("member-name")]
NodeId = Annotated[str, StringConstraints(strict=True), _form("node")]
Count = Annotated[int, Field(strict=True, ge=0, le=LIMITS.count)]
Flag = Annotated[bool, Field(strict=True)]
