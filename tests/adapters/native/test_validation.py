"""Every violation of an agency's XSD is named, with line and path, in zh and en; and what the tables refuse beyond."""

from __future__ import annotations

import re

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
        assert not re.search(r"\{[a-z_]+\}", words.text("zh", problem.params) + words.text("en", problem.params))


def test_no_long_value_is_repeated() -> None:
    """A wrong value can be a person's number; it is told by its length."""
    text = text_of(POLICE).replace("<CSRQ>19900102<", "<CSRQ>350102199001021234<")
    with pytest.raises(ProblemList) as caught:
        native.read("police", text.encode())
    (problem,) = caught.value.problems
    assert (
        "350102199001021234" not in f"{problem.place}{problem.params}{message(problem.code).text('zh', problem.params)}"
    )
    assert "填了 18 个字符" in message(problem.code).text("zh", problem.params)


# name: (sample, what is replaced, by what, what the first problem says in zh, and in en)
RIGHT: dict[str, tuple[str, str, str, str, str]] = {
    "form of a date": (
        POLICE,
        "<LARQ>20240304<",
        "<LARQ>2024-03-04<",
        "立案日期（LARQ）填为“2024-03-04”，填写形式不符合规定。填 8 位日期，年月日相连，如 20260302。",
        (
            "立案日期 (LARQ) is “2024-03-04”, which does not have the required format. "
            "Write the date as eight digits, such as 20260302."
        ),
    ),
    "code with its table": (
        POLICE,
        "<XB>1<",
        "<XB>男<",
        (
            "性别（XB）填为“男”，填写形式不符合规定。填代码表 gb.sex 中的代码（形式 [0129]；"
            "`casehub-adapter format show XB` 列出全部代码）。"
        ),
        (
            "性别 (XB) is “男”, which does not have the required format. Write a code of the table gb.sex (form "
            "[0129]; `casehub-adapter format show XB` lists all codes)."
        ),
    ),
    "words with their list": (
        POLICE,
        "<SSDWDM>01<",
        "<SSDWDM>77<",
        "（SSDWDM）填为“77”，不在可选值之内。可填：",
        "(SSDWDM) is “77”, which is not one of the allowed values. Allowed: 01, ",
    ),
    "amount": (
        "court/one-defendant",
        "<FJ>2,000.00<",
        "<FJ>2,000,00<",
        "填为“2,000,00”，填写形式不符合规定。填以元为单位的金额，如 120,000.00 或者 120000。",
        "is “2,000,00”, which does not have the required format. Write the amount in yuan, such as 120,000.00",
    ),
    "nearest name": (
        POLICE,
        "<JYAQ>",
        "<JYBQ>甲</JYBQ><JYAQ>",
        "格式中此处没有元素 JYBQ。是否为 JYAQ（简要案情）",
        "The format has no element JYBQ here. Is JYAQ (简要案情)",
    ),
    "name of another place": (
        POLICE,
        "<JYAQ>",
        "<XYRXM>张某示例</XYRXM><JYAQ>",
        "格式中此处没有元素 XYRXM。该名称应在 /GAAJ/RYLB/RY/XYRXM",
        "The format has no element XYRXM here. The name belongs at /GAAJ/RYLB/RY/XYRXM",
    ),
    "where it should stand": (
        POLICE,
        "<XB>1</XB><CSRQ>19900102</CSRQ>",
        "<CSRQ>19900102</CSRQ><XB>1</XB>",
        "元素 XB（性别）的位置不对。应在 SSDW 之后、CSRQ 之前。",
        "The element XB (性别) is in the wrong place. It belongs after SSDW and before CSRQ.",
    ),
    "what is missing, its form and its place": (
        POLICE,
        "<BADW_GAJGJGDM>350102000000</BADW_GAJGJGDM>",
        "",
        "缺少必填元素 BADW_GAJGJGDM（办案单位公安机关机构代码）。填本单位编号，形式 ",
        "The required element BADW_GAJGJGDM (办案单位公安机关机构代码) is missing. Write your agency's number, form ",
    ),
    "attribute": (
        POLICE,
        '<RY XH="1">',
        '<RY XX="1" XH="1">',
        "格式中此处没有属性 XX。",
        "The format has no attribute XX here.",
    ),
    "missing attribute": (
        POLICE,
        '<RY XH="1">',
        "<RY>",
        "缺少必填属性 XH（人员序号（按到案顺序））。填序号：从 1 开始的整数，不超过 6 位。",
        "The required attribute XH (人员序号（按到案顺序）) is missing. Write a sequence number: a whole number from 1",
    ),
    "a day that does not exist": (
        POLICE,
        "<CSRQ>19900102<",
        "<CSRQ>19900230<",
        "填为“19900230”，不是有效的值（例如不存在的日期）。填 8 位日期，年月日相连，如 20260302。",
        "is “19900230”, which is not a valid value (for example a date that does not exist). Write the date as",
    ),
    "charge without code": (
        POLICE,
        "<AJLBDM>050200</AJLBDM>",
        "",
        "（AJLBDM）没有代码。填代码表 police.case-class 中的代码",
        "(AJLBDM) has no code. Write a code of the table police.case-class",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "zh", "en"), RIGHT.values(), ids=RIGHT)
def test_a_problem_says_what_is_right(name: str, old: str, new: str, zh: str, en: str) -> None:
    text = "".join(line.strip() for line in text_of(name).split("\n"))
    assert old in text
    with pytest.raises(ProblemList) as caught:
        native.read(name.partition("/")[0], text.replace(old, new, 1).encode())
    first = caught.value.problems[0]
    assert zh in message(first.code).text("zh", first.params)
    assert en in message(first.code).text("en", first.params)


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
