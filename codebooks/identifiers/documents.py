"""Passports and permits.

China's forms are known; of a foreign passport only the limits of the machine-readable zone can be checked.
"""

from __future__ import annotations

import re

from codebooks.identifiers.references import normalize_reference
from codebooks.identifiers.verdict import IdentifierCheck
from codebooks.release import Release

_PASSPORT_RULE = "2012"
_PERMIT_RULE = "2013"
_CHINESE = (
    ("ordinary", re.compile(r"(?:E[0-9]|E[A-HJ-NP-Z]|G[0-9])[0-9]{7}")),
    ("public-affairs", re.compile(r"(?:PE[0-9]{7}|P[0-9]{7,8})")),
    ("service", re.compile(r"(?:SE[0-9]{7}|S[0-9]{7,8})")),
    ("diplomatic", re.compile(r"(?:DE[0-9]{7}|D[0-9]{7,8})")),
    ("hong-kong", re.compile(r"(?:K[0-9]{8}|KJ[0-9]{7}|H[0-9]{8})")),
    ("macao", re.compile(r"M(?:A|B)[0-9]{7}")),
)
_PERMITS = (
    ("hong-kong-macao-resident", re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?")),
    ("taiwan-resident", re.compile(r"[0-9]{8}(?:[0-9]{2})?(?:\([A-Z]\))?")),
    ("to-hong-kong-macao", re.compile(r"(?:C[0-9]{8}|C[A-HJ-NP-Z][0-9]{7}|W[0-9]{8})")),
    ("to-taiwan", re.compile(r"(?:L[0-9]{8}|T[0-9]{8})")),
    ("permanent-resident", re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{17}")),
)


def passport(value: str, release: Release) -> IdentifierCheck:
    """A passport number. One in no Chinese form passes with the warning `issuer-unknown` when it has the 5 to 9 signs
    that a passport can carry (ICAO Doc 9303-4); fails by `length` or `characters`."""
    del release  # a passport names no division
    text = normalize_reference(value)
    for issuer, form in _CHINESE:
        if form.fullmatch(text):
            return IdentifierCheck("passport", _PASSPORT_RULE, text, parts={"issuer": issuer})
    if not 5 <= len(text) <= 9:
        return IdentifierCheck("passport", _PASSPORT_RULE, failed=("length",))
    if not re.fullmatch(r"[A-Z0-9]*[0-9][A-Z0-9]*", text):
        return IdentifierCheck("passport", _PASSPORT_RULE, failed=("characters",))
    return IdentifierCheck("passport", _PASSPORT_RULE, text, warnings=("issuer-unknown",))


def permit(value: str, release: Release) -> IdentifierCheck:
    """A travel or residence permit of residents of Hong Kong, Macao, Taiwan, of citizens going there, or of foreign
    permanent residents. Fails by `form`, since lengths differ by kind."""
    del release
    text = normalize_reference(value)
    for kind, form in _PERMITS:
        if form.fullmatch(text):
            return IdentifierCheck("permit", _PERMIT_RULE, text, parts={"permit": kind})
    return IdentifierCheck("permit", _PERMIT_RULE, failed=("form",))
