"""Codebook releases and the drafts that they come from. Nothing here is personal: code tables, and who keeps them.

Release zero, the tables that ship with Casehub, has no row. Files are kept once by digest; a release or a draft's base
names its files as JSON `{file: digest}`.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, Table

from hub.store.tables.columns import maybe_text, metadata, number, octets, text

codebook_files = Table(
    "codebook_files",
    metadata,
    text("digest", primary_key=True),
    number("size"),
    octets("packed"),  # zlib
)

codebook_releases = Table(
    "codebook_releases",
    metadata,
    number("number", primary_key=True, autoincrement=False),  # 1, 2, 3 … without a gap
    text("release", unique=True),  # "2026.2+0123456789ab"
    text("digest"),
    text("effective_from"),  # civil day in China
    text("released_at"),
    octets("statement"),  # signed by the hub
    text("files"),
    text("draft"),
    text("author"),
    text("reviewer"),
    text("released_by"),
)

codebook_drafts = Table(
    "codebook_drafts",
    metadata,
    text("draft", primary_key=True),
    text("title"),
    text("base"),  # the release that it started from, or was last brought up to
    text("base_files"),
    text("state"),  # open | approved | released | dropped
    number("start"),  # edits after this version count: those before were made for an earlier base
    number("version"),  # of the last edit
    text("author"),
    text("created_at"),
    text("changed_at"),
    maybe_text("reviewer"),
    maybe_text("reviewed_at"),
    maybe_text("review_note"),
    maybe_text("approved_digest"),  # of the files as they were approved
    maybe_text("released_as"),
    Index(None, "state"),
)

codebook_edits = Table(
    "codebook_edits",
    metadata,
    text("draft", ForeignKey("codebook_drafts.draft")),
    number("version"),  # 1, 2, 3 … in the order of the edits; never rewritten
    text("file"),
    text("key"),  # of the row; empty for a whole file
    maybe_text("before"),
    maybe_text("after"),
    text("editor"),
    text("edited_at"),
    PrimaryKeyConstraint("draft", "version"),
)
