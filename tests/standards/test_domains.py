"""The domains: the table, where their data stand, and what names none."""

from __future__ import annotations

import pytest

from messages.problems import Problem, ProblemList
from standards import domains, schemas
from standards.nodes import NodeCatalogue, catalogue, read

TABLE = domains.domains()
FILE = """
category = "示例"
category_en = "Sample"
code = "{code}"

[N-{code}-001]
zh = "示例移送"
en = "Sample transfer"
stage = "investigation"
from = "police"
to = "procuratorate"
kind = "notice"
dossier = "none"
confidence = "low"
"""


def of(domain: str, code: str) -> NodeCatalogue:
    return read({"sample.toml": FILE.format(code=code)}, domain=domain)


def test_the_three_domains_are_rows_and_criminal_has_nodes() -> None:
    assert {"criminal", "civil", "administrative"} <= set(TABLE)
    assert [TABLE["civil"].title("zh"), TABLE["civil"].title("en")] == ["民事", "civil"]
    assert domains.CRIMINAL in domains.with_nodes()
    assert set(domains.with_nodes()) <= set(TABLE)


def test_every_node_is_of_the_domain_whose_folder_holds_it() -> None:
    for domain in domains.with_nodes():
        text = "".join(domains.texts("nodes", domain=domain).values())
        found = [node for node in catalogue() if node.domain == domain]
        assert found
        assert all(f"[{node.id}]" in text for node in found)


@pytest.mark.parametrize(
    "source",
    ['[Civil]\nzh = "民事"\nen = "civil"', '[civil]\nzh = "民事"', 'civil = "民事"', '[c]\nzh = "民事"\nen = "civil"'],
)
def test_a_malformed_row_is_named(source: str) -> None:
    with pytest.raises(Problem, match="table-inconsistent"):
        domains.read(source)


def test_what_is_no_domain() -> None:
    assert not any(map(domains.is_known, ("maritime", "", None, 1)))


def test_catalogues_of_two_domains_become_one() -> None:
    both = of("criminal", "AAA").with_others(of("civil", "BBB"))
    assert {node.id: node.domain for node in both} == {"N-AAA-001": "criminal", "N-BBB-001": "civil"}


def test_a_category_belongs_to_one_domain() -> None:
    with pytest.raises(ValueError, match="N-AAA-001"):
        of("criminal", "AAA").with_others(of("civil", "AAA"))


def test_a_contradiction_between_domains_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standards.nodes.with_nodes", lambda: ("criminal", "civil"))
    monkeypatch.setattr("standards.nodes.texts", lambda *_, domain: {"sample.toml": FILE.format(code="AAA")})
    catalogue.cache_clear()
    with pytest.raises(ProblemList) as caught:
        catalogue()
    catalogue.cache_clear()
    assert [(each.place, each.params["reason"]) for each in caught.value.problems] == [
        ("civil", "in two domains: N-AAA-001")
    ]


@pytest.mark.parametrize("schema", ["record-v1.1", "envelope-v1.1"])
def test_a_domain_has_a_form_and_is_known(schema: str) -> None:
    def told(domain: object) -> list[str]:
        return [each.code for each in schemas.violations(schema, {"domain": domain}) if each.place == "/domain"]

    assert [told(each) for each in ("civil", "maritime", "Civil", 1)] == [
        [],
        ["schema.unknown-domain"],
        ["schema.form"],
        ["schema.type"],
    ]
