"""A release small enough to see through, for tests that spoil one line of it."""

from __future__ import annotations

from collections.abc import Mapping

from codebooks.crosswalks import COLUMNS as ROW
from codebooks.tables import COLUMNS as CONCEPT


def header(system: str, unified: str = "", pattern: str = "[A-Z][0-9]+") -> bytes:
    return (
        f'id = "{system}"\ntitle_zh = "试验表"\ntitle_en = "Trial table"\npublisher = "Casehub"\ninstrument = "试验"\n'
        f'version = "1"\nsource = "自编"\ncode_pattern = \'{pattern}\'\nunified = "{unified}"\n'
    ).encode()


def table(*rows: str) -> bytes:
    """Rows of code,display,parent,selectable,valid_from,valid_to,successors; the other cells are empty."""
    return "\n".join(
        [",".join(CONCEPT), *(row + "," * (len(CONCEPT) - 1 - row.count(",")) for row in rows), ""]
    ).encode()


def walk(*rows: str) -> bytes:
    """Rows of source,relationship,target,from,to,condition; justification and maker are filled in."""
    return "\n".join([",".join(ROW), *(f"{row}{',' * (5 - row.count(','))},试验,maker" for row in rows), ""]).encode()


FILES: Mapping[str, bytes] = {
    "release.toml": b'id = "trial"\n',
    "targets.csv": b"unified,police,procuratorate,court,justice,detention,prison\nu,p,u,c,u,u,u\n",
    "tables/u.toml": header("u", "u"),
    "tables/u.csv": table(
        "U0,章,,no",
        "U1,甲罪,U0,yes,2000-01-01,2010-01-01,U2",
        "U2,乙罪,U0,yes,2010-01-01,,",
        "U3,丙罪,U0,yes",
        "U4,丁罪,U0,yes,,2005-01-01,",
        "U5,戊罪,U0,yes,2020-01-01",
        "U6,己罪,U0,yes",
    ),
    "tables/p.toml": header("p", "u"),
    "tables/p.csv": table(
        "P1,甲案,,yes",
        "P2,乙案,,yes",
        "P3,丙案,,yes",
        "P4,丁案,,yes",
        "P5,无案,,yes",
        "P6,缺案,,yes",
        "P7,总案,,no",
        "P8,甲乙案,,yes",
        "P9,近丙案,,yes",
        "P10,金额案,,yes",
        "P11,未来案,,yes",
        "P12,半缺案,,yes",
        "P13,老案,,yes",
    ),
    "tables/c.toml": header("c", "u"),
    "tables/c.csv": table("C1,甲乙罪,,yes", "C3,丙罪,,yes", "C4,丙罪之一,,yes"),
    "tables/lone.toml": header("lone"),
    "tables/lone.csv": table("L1,孤,,yes"),
    "crosswalks/p--u.csv": walk(
        "P1,equivalent,U1,,2010-01-01",
        "P1,narrower,U2,2010-01-01",
        "P2,equivalent,U2",
        "P3,equivalent,U3",
        "P4,equivalent,U4",
        "P5,no-equivalent,",
        "P8,broader,U1",
        "P8,broader,U2",
        "P8,broader,U3",
        "P9,related,U3",
        "P10,narrower,U3,,,amount<1000",
        "P10,narrower,U6,,,amount>=1000",
        "P11,equivalent,U5",
        "P12,related,U3",
        "P12,related,U6",
        "P13,narrower,U3,,2001-01-01",
    ),
    "crosswalks/u--c.csv": walk(
        "U1,equivalent,C1", "U2,narrower,C1", "U3,broader,C3", "U3,broader,C4", "U4,equivalent,C3", "U5,no-equivalent,"
    ),
}
