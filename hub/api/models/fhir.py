"""FHIR R5 resources as far as this service writes and reads them; FHIR itself describes the rest (hl7.org/fhir/R5)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from hub.api.models.shape import Shape


class Resource(Shape):
    """Any member that FHIR R5 has for the resource may stand beside those named."""

    model_config = ConfigDict(extra="allow")


class FhirParameters(Resource):
    """`Parameters`: what an operation takes and answers."""

    resource_type: Literal["Parameters"] = Field(alias="resourceType")
    parameter: list[dict[str, Any]] = Field([])


class FhirCodeSystem(Resource):
    """`CodeSystem`: a code table."""

    resource_type: Literal["CodeSystem"] = Field(alias="resourceType")
    id: str
    url: str
    version: str
    name: str
    title: str
    status: str
    content: str
    concept: list[dict[str, Any]] | None = None


class FhirConceptMap(Resource):
    """`ConceptMap`: a crosswalk."""

    resource_type: Literal["ConceptMap"] = Field(alias="resourceType")
    id: str
    url: str
    version: str
    name: str
    title: str
    status: str
    group: list[dict[str, Any]] | None = None


class FhirLink(Resource):
    """A page of a search, `self` or `next`."""

    relation: str
    url: str


class FhirEntry(Resource):
    """One resource that a search found."""

    full_url: str = Field(alias="fullUrl")
    resource: FhirCodeSystem | FhirConceptMap
    search: dict[str, Any]


class FhirBundle(Resource):
    """`Bundle`: what a search found."""

    resource_type: Literal["Bundle"] = Field(alias="resourceType")
    type: Literal["searchset"]
    total: int
    link: list[FhirLink]
    entry: list[FhirEntry]


class FhirCapabilityStatement(Resource):
    """`CapabilityStatement`, or `TerminologyCapabilities` with `mode=terminology`."""

    resource_type: Literal["CapabilityStatement", "TerminologyCapabilities"] = Field(alias="resourceType")
    status: str
    date: str
    kind: str


class FhirIssue(Resource):
    """One thing that is wrong; `details.coding` has our code."""

    severity: Literal["fatal", "error"]
    code: str
    details: dict[str, Any]
    diagnostics: str
    expression: list[str] | None = None


class FhirOperationOutcome(Resource):
    """`OperationOutcome`: a refusal."""

    resource_type: Literal["OperationOutcome"] = Field(alias="resourceType")
    issue: list[FhirIssue]
