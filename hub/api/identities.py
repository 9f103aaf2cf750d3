"""The crosswalk of persons and cases: what ties the numbers of three systems together."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/v1/identities", tags=["identities"])
