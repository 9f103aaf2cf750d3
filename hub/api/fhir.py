"""The codebooks as a FHIR R5 terminology service: CodeSystem, ConceptMap and their operations."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/fhir", tags=["fhir"])
