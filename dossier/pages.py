"""How many pages a file has, counted in the file itself, in a process of its own and within limits.

PDF            leaves of the page tree: `dossier.pdf`
OFD            the page lists of its documents: `dossier.ofd`
TIFF           its image file directories: `dossier.tiff`
JPEG, PNG, BMP one
sound, film    none

A structure that readers disagree about has no count: the file is "damaged", and the catalogue's number stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dossier.counting import Allowance, GivenUpError, count_apart
from dossier.formats import HEAD, OFD, PDF, SINGLE_IMAGES, TIFF, ZIP, is_recording, media_type
from dossier.limits import LIMITS, Limits
from dossier.scanning import open_regular

Reason = Literal["counted", "encrypted", "damaged", "given-up", "recording", "empty", "unknown-format"]


@dataclass(frozen=True)
class PageCount:
    """Pages of a file, or None and the reason why they cannot be counted; `recording` has none by nature, `given-up`
    took more time or memory than allowed."""

    pages: int | None
    reason: Reason
    media_type: str


def count_pages(path: Path | str, limits: Limits = LIMITS, allowance: Allowance | None = None) -> PageCount:
    """Count the pages of a regular file; `allowance` is what the transfer's files may still cost together.

    Never raises for its content; raises `OSError` when it cannot be read, or no process can be started.
    """
    with open_regular(path) as file:
        head = file.read(HEAD)
        file.seek(0)
        media = media_type(head)
        if media in (PDF, TIFF, ZIP):
            try:
                found = count_apart(file.fileno(), media, limits, allowance or Allowance(limits))
            except GivenUpError:
                return PageCount(None, "given-up", OFD if media == ZIP else media)
            return PageCount(found.pages, found.reason, found.media_type)
        if media in SINGLE_IMAGES:
            return PageCount(1, "counted", media)
        if is_recording(media):
            return PageCount(None, "recording", media)
        return PageCount(None, "unknown-format" if head else "empty", media)


@dataclass
class Counts:
    """Counts the files of one transfer, within what they may cost together."""

    limits: Limits = LIMITS
    allowance: Allowance = field(default_factory=Allowance)
    _ahead: dict[str, PageCount] = field(default_factory=dict, repr=False)

    def pages(self, path: Path | str) -> PageCount:
        """As `count_pages`; a file that was counted ahead is not counted again."""
        return self._ahead.pop(str(path), None) or count_pages(path, self.limits, self.allowance)

    def ahead(self, path: Path | str) -> int | None:
        """The pages of a file that `pages` will be asked for later; None for one that cannot be counted or read."""
        try:
            count = self._ahead[str(path)] = count_pages(path, self.limits, self.allowance)
        except OSError:  # told when it is asked for
            return None
        return count.pages
