"""Every violation of an agency's XSD is named, with line and path, in zh and en; and what the tables refuse beyond."""

from __future__ import annotations

import pytest
from lxml import etree

from adapters import native
from adapters.native.formats import load_format
from adapters.native.parser import parse
from adapters.native.validation import violations
from messages import message
from messages.problems import ProblemList
from tests.adapters.native.samples import FIRST, text_of

POLICE = "police/one-suspect"

# name: (sample, what is replaced, by what, the expected codes with the end of their places)
BROKEN: dict[str, tuple[str, list[tuple[str, str]], list[tuple[str, str]]]] = {
    "wrong date form": (
        POLICE,
        [("<LARQ>20240304<", "<LARQ>2024-03-04<")],
        [("native.xsd-pattern", "/GAAJ/JBXX/LARQ")],
    ),
    "two values and one unknown element": (
        POLICE,
        [("<LARQ>20240304<", "<LARQ>x<"), ("<XB>1<", "<XB>男<"), ("<JYAQ>", "<JYBQ>甲</JYBQ><JYAQ>")],
        [
            ("native.xsd-pattern", "/GAAJ/JBXX/LARQ"),
            ("native.xsd-element-unknown", "/GAAJ/JBXX/JYBQ"),
            ("native.xsd-pattern", "/GAAJ/RYLB/RY[1]/XB"),
        ],
    ),
    "required element missing, and what follows it is still looked at": (
        POLICE,
        [("<BADW_GAJGJGDM>350102000000</BADW_GAJGJGDM>", ""), ("<CS>1</CS>", "<CS>一</CS>")],
        [
            ("native.xsd-element-missing", "/GAAJ/JBXX/BADW_GAJGJGDM"),
            ("native.xsd-pattern", "/GAAJ/SALB/SA[2]/CS"),
        ],
    ),
    "misplaced": (
        POLICE,
        [("<XB>1</XB>", ""), ("<CSRQ>19900102</CSRQ>", "<CSRQ>19900102</CSRQ><XB>1</XB>")],
        [("native.xsd-element-misplaced", "/GAAJ/RYLB/RY[1]/XB")],
    ),
    "repeated": (
        POLICE,
        [("<LARQ>20240304</LARQ>", "<LARQ>20240304</LARQ><LARQ>20240305</LARQ>")],
        [("native.xsd-element-repeated", "/GAAJ/JBXX/LARQ[2]")],
    ),
    "unknown word": (
        POLICE,
        [("<SSDWDM>01<", "<SSDWDM>77<")],
        [("native.xsd-enumeration", "/GAAJ/RYLB/RY[1]/SSDW/SSDWDM")],
    ),
    "attributes": (
        POLICE,
        [('<RY XH="1">', '<RY XX="1">'), ('<RY XH="2">', '<RY XH="zwei">')],
        [
            ("native.xsd-attribute-unknown", "/GAAJ/RYLB/RY[1]/@XX"),
            ("native.xsd-attribute-missing", "/GAAJ/RYLB/RY[1]/@XH"),
            ("native.xsd-pattern", "/GAAJ/RYLB/RY[2]/@XH"),
        ],
    ),
    "text where elements belong": (
        POLICE,
        [("<JBXX>", "<JBXX>散落的文字")],
        [("native.xsd-text-not-allowed", "/GAAJ/JBXX")],
    ),
    "elements where text belongs": (
        POLICE,
        [("<MZ>01</MZ>", "<MZ><DM>01</DM></MZ>")],
        [("native.xsd-text-only", "/GAAJ/RYLB/RY[1]/MZ")],
    ),
    "namespace": (
        "procuratorate/one-suspect",
        [("<AJZY>", '<AJZY xmlns="urn:other">')],
        [("native.xsd-element-unknown", "/TYYW/AJ/AJZY")],
    ),
    "nested persons": (
        "procuratorate/several-suspects",
        [("<SAJE_WY>1.2<", "<SAJE_WY>1.2万元<")],
        [("native.xsd-pattern", f"/TYYW/XYRLB/XYR[1]/AYLB/YSAY[{place}]/SAJE_WY") for place in (1, 2, 3)],
    ),
    "court penalty and code attribute": (
        "court/one-defendant",
        [('DM="09_00003-1"', 'DM="男"'), ("<FJ>2,000.00<", "<FJ>2,000,00<")],
        [
            ("native.xsd-pattern", "/XSAJ/DSRLB/DSR[1]/JBQK/XB/@DM"),
            ("native.xsd-pattern", "/XSAJ/DSRLB/DSR[1]/CPJG[2]/FJ"),
            ("native.xsd-pattern", "/XSAJ/DSRLB/DSR[1]/CPJG[4]/FJ"),
        ],
    ),
}


@pytest.mark.parametrize(("name", "changes", "expected"), BROKEN.values(), ids=BROKEN)
def test_violations(name: str, changes: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    text = text_of(name)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    with pytest.raises(ProblemList) as caught:
        native.read(name.partition("/")[0], text.encode())
    assert caught.value.code == "native.xsd-violations"
    found = [(problem.code, problem.place) for problem in caught.value.problems]
    assert [code for code, _ in found] == [code for code, _ in expected], found
    assert all(place.endswith(end) for (_, place), (_, end) in zip(found, expected, strict=True)), found
    for problem in caught.value.problems:
        line = int(problem.place.split()[1])
        assert 1 <= line <= text.count("\n")
        words = message(problem.code)
        assert "{" not in words.text("zh", problem.params) + words.text("en", problem.params)


def test_no_value_is_repeated() -> None:
    """A wrong value can be a person's number; it stands in no problem."""
    text = text_of(POLICE).replace("<CSRQ>19900102<", "<CSRQ>350102199001021234<")
    with pytest.raises(ProblemList) as caught:
        native.read("police", text.encode())
    (problem,) = caught.value.problems
    assert (
        "350102199001021234" not in f"{problem.place}{problem.params}{message(problem.code).text('zh', problem.params)}"
    )


def test_line_is_that_of_the_file() -> None:
    text = text_of(POLICE).replace("<LARQ>20240304<", "<LARQ>x<")
    line = next(number for number, words in enumerate(text.split("\n"), 1) if "<LARQ>" in words)
    with pytest.raises(ProblemList) as caught:
        native.read("police", text.encode())
    assert caught.value.problems[0].place == f"line {line} /GAAJ/JBXX/LARQ"


def test_another_agencys_document() -> None:
    with pytest.raises(ProblemList) as caught:
        native.read("court", text_of(POLICE).encode())
    assert [problem.code for problem in caught.value.problems] == ["native.root-unknown"]


def test_many_violations_are_cut_off_at_the_limit() -> None:
    text = text_of(POLICE).replace("<JYAQ>", "<X/>" * 3000 + "<JYAQ>")
    with pytest.raises(ProblemList) as caught:
        native.read("police", text.encode())
    assert len(caught.value.problems) == native.LIMITS.max_reported


@pytest.mark.parametrize("agency_type", native.AGENCY_TYPES)
def test_agrees_with_libxml2(agency_type: str) -> None:
    """No false alarm, and none missed: leaving out any one element is judged as libxml2 judges it."""
    schema = etree.XMLSchema(etree.fromstring(load_format(agency_type).xsd))
    fmt = load_format(agency_type)
    text = text_of(FIRST[agency_type])
    root = parse(text.encode())
    for place in range(1, len(list(root.iter()))):
        changed = parse(text.encode())
        victim = list(changed.iter())[place]
        parent = victim.getparent()
        assert parent is not None
        parent.remove(victim)
        assert bool(violations(fmt, changed)) != schema.validate(changed), victim.tag


UNREADABLE = {
    "a day that does not exist": (POLICE, "<CSRQ>19900102<", "<CSRQ>19900230<", "native.value-wrong", "/CSRQ"),
    "reference to nobody": (POLICE, "<RYXH>1<", "<RYXH>9<", "native.reference-dangling", "/RYXH"),
    "number twice": (POLICE, '<RY XH="2">', '<RY XH="1">', "native.number-twice", "/RY[2]"),
    "charge without code": (
        "police/one-suspect", "<AJLBDM>050200</AJLBDM>", "", "native.code-missing", "/SA[1]",
    ),
    "name without code": (
        "procuratorate/one-suspect", "<XB_DM>1</XB_DM>", "", "native.code-missing", "/XYR[1]",
    ),
    "no such penalty": ("court/one-defendant", "有期徒刑十个月<", "有期徒刑零个月<", "native.value-wrong", "/ZXXF"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "code", "end"), UNREADABLE.values(), ids=UNREADABLE)
def test_valid_under_the_xsd_and_still_refused(name: str, old: str, new: str, code: str, end: str) -> None:
    text = text_of(name)
    assert old in text
    with pytest.raises(ProblemList) as caught:
        native.read(name.partition("/")[0], text.replace(old, new).encode())
    assert caught.value.code == "native.unreadable"
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].place.endswith(end)
