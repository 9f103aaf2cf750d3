"""Drafts of codebooks, their checks, review and release."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/v1/codebook-drafts", tags=["codebook-drafts"])
