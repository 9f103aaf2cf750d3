"""Codebooks (码表): code systems, crosswalks and the conversion between them.

    release = codebooks.load()
    release.translate("police.case-class", "050200", "unified.crime", date(2024, 3, 4)).outcome   # "equivalent"
    release.find("unified.crime", "偷税罪", date(2024, 3, 4))                                       # 逃税罪

Tables are CSV files that maintainers edit (`tables/`, `crosswalks/`); a release consists of all of them, checked, with
a digest. The package is pure: no network, no database, no clock.
"""

from codebooks.answers import OUTCOMES, SAFE_OUTCOMES, Match, Outcome, Translation
from codebooks.concepts import OPEN_END, OPEN_START, CodeSystem, Concept, Header
from codebooks.errors import CodebookError, CodebookErrors
from codebooks.release import Release, build, load, load_folder
from codebooks.validation import Validation

__all__ = [
    "OPEN_END", "OPEN_START", "OUTCOMES", "SAFE_OUTCOMES", "CodeSystem", "CodebookError", "CodebookErrors", "Concept",
    "Header", "Match", "Outcome", "Release", "Translation", "Validation", "build", "load", "load_folder",
]  # fmt: skip
