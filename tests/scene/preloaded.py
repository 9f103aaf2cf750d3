"""Imported by the process from which the others are forked: programs and tables, read once for all of them."""

from __future__ import annotations

import uvicorn

import codebooks
import hub.app
import hub.cli
from adapters import native
from adapters.program import cli, running
from standards import documents, nodes

LOADED = (
    codebooks.load(),
    nodes.catalogue(),
    documents.document_types(),
    hub.app,
    hub.cli,
    cli,
    native,
    running,
    uvicorn,
)
