"""Nothing that we use, in the tests neither, is under a copyleft licence that would reach us (CONTRIBUTING.md).

A distribution says its licence in `License-Expression`, `License` or its classifiers. What names the GNU licences, or
says nothing, has a row below with the reason why it may stay. Entries of the lock that this machine does not install
(colorama and tzdata on Windows, releases for another Python) are not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from importlib import metadata

import pytest

from tests.requirements.wheels import ROOT, locked, name_of

GNU = re.compile(r"GPL|General Public License|Affero", re.IGNORECASE)
ALONE_OR_AFFERO = re.compile(r"(?<!L)GPL|(?<!Lesser )(?<!Library )General Public License|Affero", re.IGNORECASE)
"""GPL and AGPL; what only the lesser licence is called by is not found."""

EXCEPTIONS = {
    "docutils": "public domain and BSD; the GPL is that of an Emacs mode, which is in no wheel. Development only",
    "psycopg": "LGPL-3.0-only: a library that we call and do not change, replaceable by whoever runs the hub",
    "psycopg-binary": "LGPL-3.0-only: as psycopg, of which it is the compiled half",
    "python-stdnum": "LGPL-2.1-or-later: a library that we call and do not change, in source form beside ours",
    "sigstore-models": "its metadata name no licence; the text that it carries is the MIT licence. Tests only",
}
"""Name and reason."""
ALSO_FREE = {"docutils"}
"""Those of them that name the GPL or AGPL, for a part that does not reach us. What is under it alone never does."""


def said(told: metadata.PackageMetadata | Message) -> list[str]:
    """All that the metadata of a distribution say of its licence; the SPDX expression alone, where there is one."""
    expression = told.get_all("License-Expression", [])
    if expression:
        return list(expression)
    classifiers = [each for each in told.get_all("Classifier", []) if each.startswith("License ::")]
    # Some put the whole text there: its first line names it.
    return [text.strip().splitlines()[0] for text in [*told.get_all("License", []), *classifiers] if text.strip()]


def in_doubt(texts: list[str]) -> bool:
    """Whether a licence needs a reason: one of the GNU family without an alternative, or none named."""
    return not texts or any(all(GNU.search(choice) for choice in text.split(" OR ")) for text in texts)


def installed() -> Iterator[tuple[str, list[str]]]:
    for name in sorted({name_of(entry) for entry in locked(ROOT / "requirements" / "dev.txt")}):
        try:
            yield name, said(metadata.metadata(name))
        except metadata.PackageNotFoundError:
            continue  # of another platform or Python


def test_no_licence_is_in_doubt_without_a_reason() -> None:
    # A release for another Python may say its licence better than the one here: a row more is no fault.
    assert {name for name, texts in installed() if in_doubt(texts)} <= set(EXCEPTIONS)


def test_every_exception_is_in_the_lock() -> None:
    assert set(EXCEPTIONS) <= {name_of(entry) for entry in locked(ROOT / "requirements" / "dev.txt")}


def test_no_exception_is_under_the_gpl_or_agpl_alone() -> None:
    strict = {name for name, texts in installed() if any(ALONE_OR_AFFERO.search(text) for text in texts)}
    assert strict <= ALSO_FREE


@pytest.mark.parametrize(
    ("lines", "doubt"),
    [
        ({"License-Expression": "MIT"}, False),
        ({"License-Expression": "LGPL-3.0-only"}, True),
        ({"License-Expression": "GPL-2.0-or-later OR Apache-2.0"}, False),
        ({"License": "GNU AFFERO GENERAL PUBLIC LICENSE\n\nVersion 3"}, True),
        ({"License": "Apache-2.0\n\n... compatible with the GPL"}, False),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)"}, True),
        ({"Classifier": "Programming Language :: Python"}, True),
        ({}, True),
    ],
)
def test_what_is_in_doubt(lines: dict[str, str], doubt: bool) -> None:
    told = Message()
    for name, value in lines.items():
        told[name] = value
    assert in_doubt(said(told)) is doubt


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ("GPLv3", True),
        ("AGPL-3.0-only", True),
        ("LGPL", False),
        ("LGPL-3.0-only", False),
        ("License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)", False),
        ("License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)", True),
        ("License :: OSI Approved :: GNU Affero General Public License v3", True),
    ],
)
def test_the_lesser_licence_is_told_from_the_others(text: str, strict: bool) -> None:
    assert bool(ALONE_OR_AFFERO.search(text)) is strict
