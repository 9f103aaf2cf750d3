"""Records that a native format can carry, drawn from its own mapping rows: every row, every codec."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from hypothesis import strategies as st

from adapters.native.coding import systems
from adapters.native.formats import Format, Row
from adapters.native.terms import KINDS, encode_term
from standards.times import BEIJING

Values = st.SearchStrategy[Any]

_SIGNS = "张某示例盗窃ABab019 <>&\"'（）〔〕[]·\n\t𠮷"
TEXT = st.text(_SIGNS, min_size=1, max_size=12).map(str.strip).filter(bool)
_WORD = st.text("abcdefghij-", min_size=3, max_size=10)
_DAYS = st.dates(date(1949, 10, 1), date(2030, 12, 31)).map(date.isoformat)
_MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2030, 12, 31)).map(  # noqa: DTZ001 - the zone comes next
    lambda moment: moment.replace(microsecond=0, tzinfo=BEIJING).isoformat()
)
_BIRTHS = st.one_of(_DAYS, _DAYS.map(lambda day: day[:7]), _DAYS.map(lambda day: day[:4]))
_AGENCIES = st.sampled_from(["police:350102000000", "police:350103000000", "procuratorate:350102", "court:350102"])


def _money(amount: Decimal) -> str:
    text = f"{amount:f}"
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"


_MONEY = st.decimals(0, 10**11, places=4, allow_nan=False).map(_money)
_VALUES: dict[str, Values] = {
    "text": TEXT,
    "long": TEXT,
    "int": st.integers(0, 10**9),
    "flag01": st.booleans(),
    "flagyn": st.booleans(),
    "flagzh": st.booleans(),
    "packed-day": _DAYS,
    "packed-birth": _BIRTHS,
    "packed": _DAYS | _MOMENTS,
    "dashed-day": _DAYS,
    "dashed-birth": _BIRTHS,
    "dashed": _DAYS | _MOMENTS,
    "written-day": _DAYS,
    "dotted-birth": _BIRTHS,
    "written": _DAYS | _MOMENTS,
    "yuan": _MONEY,
    "wan": _MONEY,
    "grouped": _MONEY,
}


def _coded(draw: st.DrawFn, fmt: Format, row: Row) -> dict[str, Any]:
    display = {} if fmt.code_style == "plain" else draw(st.fixed_dictionaries({}, optional={"display": TEXT}))
    if draw(st.booleans()):
        system = draw(st.sampled_from(systems(row)))
        code = draw(st.from_regex(fmt.patterns[system].replace(r"\d", "[0-9]"), fullmatch=True))
        return {"codings": [{"system": system, "code": code, **display}]}
    more = draw(st.fixed_dictionaries({}, optional={"display": TEXT, "version": _WORD}))
    return {"codings": [{"system": f"other.{draw(_WORD)}", "code": draw(_WORD), **more}]}


def _organ(draw: st.DrawFn, row: Row) -> dict[str, str]:
    more = draw(st.fixed_dictionaries({}, optional={"code": _WORD, "name": TEXT}).filter(bool))
    return {"type": draw(st.sampled_from([row.arg, "prison"])), **more}


def _refs(draw: st.DrawFn, fmt: Format, rows: tuple[Row, ...], agency: str) -> list[dict[str, str]]:
    found = []
    for row in rows:
        if row.codec in {"ref", "refs"}:
            for _ in range(draw(st.integers(0, 1 if row.codec == "ref" else 3))):
                value = draw(
                    st.from_regex(
                        fmt.numbers[row.arg].replace(r"\d", "[0-9]").replace(r"\S", "[0-9A-Z检受]"), fullmatch=True
                    )
                )
                found.append({"agency": agency, "kind": row.arg, "value": value})
                if draw(st.booleans()):
                    found[-1]["business"] = draw(TEXT)
    if any(row.codec == "refs-rest" for row in rows):
        others = draw(st.lists(_AGENCIES, max_size=2))
        found += [{"agency": other, "kind": "OTHER", "value": draw(TEXT)} for other in others]
    return found


def _terms(draw: st.DrawFn) -> dict[str, Any]:
    terms: dict[str, Any] = draw(
        st.dictionaries(_WORD, TEXT | st.integers(-(10**6), 10**6) | st.booleans(), max_size=2)
    )
    if draw(st.booleans()):
        kind = draw(st.sampled_from(KINDS))
        months = draw(st.integers(1, 300)) if kind in {"fixed-term", "detention", "control"} else None
        assert encode_term(kind, months)
        terms |= {"penalty": kind} | ({"months": months} if months else {})
    if draw(st.booleans()):
        terms["fine"] = draw(_MONEY)
    return terms


class Drawing:
    """One record under construction."""

    def __init__(self, draw: st.DrawFn, fmt: Format, agency: str) -> None:
        self.draw, self.fmt, self.agency = draw, fmt, agency
        self.ids: dict[str, list[str]] = {"person": [], "charge": []}

    def members(self, scope: str, target: dict[str, Any]) -> dict[str, Any]:
        """Members of one object, some of them, by the rows of its scope."""
        rows = self.fmt.scopes[scope]
        for row in rows:
            value = self.value(row, rows)
            if value is not None and value != [] and value != {}:
                self.set(target, row, value)
        return target

    def set(self, target: dict[str, Any], row: Row, value: Any) -> None:
        if row.record == (".",):
            target.update(value)
            return
        for step in row.record[:-1]:
            target = target.setdefault(step, {})
        target.setdefault(row.record[-1], value)

    def value(self, row: Row, rows: tuple[Row, ...]) -> Any:
        if row.occurs == "?" and row.codec != "uid" and not self.draw(st.booleans()):
            return None
        if row.codec in _VALUES and row.record[:1] != ("terms",):
            one = _VALUES[row.codec]
            return self.draw(st.lists(one, max_size=2)) if row.occurs == "*" else self.draw(one)
        making = getattr(self, f"_{row.codec.replace('-', '_')}", None)
        return making(row, rows) if making else None

    def _uid(self, row: Row, _rows: tuple[Row, ...]) -> Any:
        return None if row.record[-1] in {"case_uid", "person_uid", "charge_uid"} else f"u{self.draw(st.uuids())}"

    def _list(self, row: Row, _rows: tuple[Row, ...]) -> Any:
        if row.absolute or row.listing.scope in TOP:
            return None
        return [self.members(row.listing.scope, {}) for _ in range(self.draw(st.integers(0, 2)))]

    def _person(self, row: Row, _rows: tuple[Row, ...]) -> Any:
        if not self.ids[row.codec]:
            return None
        one = st.sampled_from(self.ids[row.codec])
        return self.draw(st.lists(one, max_size=2)) if row.occurs == "*" else self.draw(one)

    _charge = _person

    def _ref(self, _row: Row, rows: tuple[Row, ...]) -> Any:
        return _refs(self.draw, self.fmt, rows, self.agency)

    def _refs_rest(self, _row: Row, rows: tuple[Row, ...]) -> Any:
        return None if any(row.codec == "ref" for row in rows) else _refs(self.draw, self.fmt, rows, self.agency)

    def _word(self, row: Row, _rows: tuple[Row, ...]) -> Any:
        return self.draw(st.sampled_from(sorted(self.fmt.words[row.arg].values())) | _WORD)

    def _coded(self, row: Row, _rows: tuple[Row, ...]) -> Any:
        return _coded(self.draw, self.fmt, row)

    def _organ(self, row: Row, _rows: tuple[Row, ...]) -> Any:
        return _organ(self.draw, row)

    def _terms_rest(self, _row: Row, _rows: tuple[Row, ...]) -> Any:
        return _terms(self.draw)


TOP = {"person", "unit", "charge", "measure", "property", "document", "decision"}


@st.composite
def records(draw: st.DrawFn, fmt: Format, agency: str) -> dict[str, Any]:
    """A record that `fmt` can carry whole, all platform identifiers given."""
    making = Drawing(draw, fmt, agency)
    record: dict[str, Any] = {"schema": "casehub/record/v1", "case": {"case_uid": f"c{draw(st.uuids())}"}}
    making.ids["person"] = [f"p{uid}" for uid in draw(st.lists(st.uuids(), max_size=3, unique=True))]
    making.ids["charge"] = [f"x{uid}" for uid in draw(st.lists(st.uuids(), max_size=3, unique=True))]
    making.members("case", record)
    persons, charges = making.ids["person"], making.ids["charge"]
    kinds = ["natural", "unit"] if "unit" in fmt.scopes or "kind" in fmt.words else ["natural"]
    record["persons"] = []
    for uid in persons:
        kind = draw(st.sampled_from(kinds))
        scope = "unit" if kind == "unit" and "unit" in fmt.scopes else "person"
        record["persons"].append(making.members(scope, {"person_uid": uid, "kind": kind}))
    record["charges"] = [_charge(draw, making, uid) for uid in charges]
    for name, scope in (("measures", "measure"), ("decisions", "decision")):
        if scope not in fmt.scopes:
            continue
        members = [making.members(scope, _owned(draw, persons, name)) for _ in range(draw(st.integers(0, 2)))]
        record[name] = [item for item in members if item.get("person_uid") or name == "decisions"]
    for name, scope in (("property", "property"), ("documents", "document")):
        if scope not in fmt.scopes:
            continue
        record[name] = [making.members(scope, {}) for _ in range(draw(st.integers(0, 2)))]
    return _with_currency({key: value for key, value in record.items() if value != []})


def _charge(draw: st.DrawFn, making: Drawing, uid: str) -> dict[str, Any]:
    owned = _owned(draw, making.ids["person"], "charges")
    main = {"main": draw(st.booleans())} if _tells_main(making.fmt) else {}
    return making.members("charge", {"charge_uid": uid, **main, **owned})


def _tells_main(fmt: Format) -> bool:
    """Whether the format says which charge is the main one, in a row or by an element's name."""
    variants = [variant for row in fmt.rows() if row.codec == "list" for variant in row.listing.variants]
    return any(row.record == ("main",) for row in fmt.rows()) or any(variant.member == "main" for variant in variants)


def _owned(draw: st.DrawFn, persons: list[str], name: str) -> dict[str, Any]:
    if not persons or (name != "measures" and draw(st.booleans())):
        return {}
    return {"person_uid": draw(st.sampled_from(persons))}


def _with_currency(record: dict[str, Any]) -> dict[str, Any]:
    """An amount has a currency, as every amount in a real record does."""
    for item in record.get("property", []):
        if "value" in item:
            item["currency"] = "CNY"
    for charge in record.get("charges", []):
        if "amount" in charge:
            charge["amount"]["currency"] = "USD" if charge.get("count") == 1 else "CNY"
    return record


def in_one_order(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its sets sorted: numbers, and what a nested format groups by person."""
    result = deepcopy(record)
    for name, uid in (("measures", "measure_uid"), ("decisions", "decision_uid")):
        if name in record:
            result[name] = sorted(result[name], key=itemgetter(uid))
    holders = [result["case"], *result.get("persons", []), *result.get("measures", [])]
    for holder in holders:
        if "refs" in holder:
            holder["refs"] = sorted(holder["refs"], key=lambda ref: tuple(sorted(ref.items())))
    if "acceptances" in result["case"]:
        result["case"]["acceptances"].sort(key=lambda entry: tuple(sorted(entry.items())))
    return result
