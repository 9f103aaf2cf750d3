"""The node catalogue (协同节点目录): who sends what to whom, what it needs, what it answers. Nodes are data.

One TOML file of `standards/<domain>/nodes/` holds one category; a change that adds nodes adds data only. The form:

    category = "审查逮捕"              the category's name
    category_en = "Arrest review"
    code = "ARR"                      the letters in its node ids

    [N-ARR-011]
    zh = "批准逮捕决定"                name
    en = "Arrest approved"
    stage = "arrest_review"           one of standards/criminal/stages.toml
    from = "procuratorate"            a type of standards/agencies.toml
    to = "police"
    kind = "feedback"                 transfer | feedback | notice
    level = "higher"                  optional; who decides: higher 上一级 | provincial 省级 | supreme 最高
    replies_to = "N-ARR-001"          optional; alternatives joined by "/"; each goes the other way
    dossier = "full"                  full | delta | none: which case volumes travel (V00 always may)
    documents = "F0302;F0305?"        ";" and, "/" either, trailing "?" conditional; if all are, one is needed
    volumes = "V10/V20"               optional; at least one volume of these kinds ("案卷材料", "证据")
    preconditions = "N-ARR-001"       optional; ";" and, "/" or; tokens of standards/judging/conditions.py
    persons = "each"                  optional; state tokens must hold for each person (default: for any)
    deadline = "P7D | P15D extendable P5D"    optional; the grammar of standards/terms/deadlines.py
    deadline_starts = "收到提请批准逮捕书"       optional
    basis = "刑诉法第90条;刑诉法第91条"     may be absent where confidence is low
    confidence = "high"               high | medium | low
    core = true                       optional; the core set needs nothing outside of itself
    notes = "…"                       optional
    effects = { case_stage = "…", case_status = "…", person_gains = […], person_loses = […], person_role = "…" }

Stages and states of a case stand in standards/criminal/stages.toml, states of persons in
standards/criminal/rules/states.toml. `effects` are what is said of every case that passes the node: a decision that may
go either way says only that it was taken.
"""

from __future__ import annotations

from functools import cache

from standards.domains import texts, with_nodes
from standards.nodes.checking import item_faults, mentioned
from standards.nodes.model import Effects, Node, NodeCatalogue, Requirement
from standards.nodes.reading import inconsistent, read, refuse

__all__ = ["Effects", "Node", "NodeCatalogue", "Requirement", "catalogue", "read"]


@cache
def catalogue() -> NodeCatalogue:
    """The nodes of this release, of all domains. Raises `ProblemList` `node.catalogue-inconsistent` when the files
    contradict each other."""
    found = NodeCatalogue({})
    for domain in with_nodes():
        try:
            found = found.with_others(read(texts("nodes", domain=domain), domain=domain))
        except ValueError as error:
            refuse([inconsistent(domain, f"in two domains: {error}")])
    wrong = [
        *((f"items.toml/{path}", reason) for path, reason in item_faults(found)),
        *(
            (f"{domain}/rules/{name}", reason)
            for domain in with_nodes()
            for name, reason in mentioned(found, texts("rules", domain=domain))
        ),
    ]
    refuse([inconsistent(place, reason) for place, reason in wrong])
    return found
