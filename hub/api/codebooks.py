"""Code tables, crosswalks and their releases, for every enrolled agency."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/v1/codebooks", tags=["codebooks"])
