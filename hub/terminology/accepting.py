"""Settling an item of the work list: a suggestion becomes a row in a draft, which is then reviewed like any other."""

from __future__ import annotations

from codebooks import CodebookError, Release, build
from codebooks.crosswalks import RELATIONSHIPS
from codebooks.rowfiles import keyed, read
from codebooks.worklist import Step, suggestions
from hub.runtime import Hub
from hub.terminology import drafts
from hub.terminology.editing import Edited, RowChange, edit
from messages.problems import Problem

TITLE = "工作清单"


def accept(
    hub: Hub, item: str, by: str, *, code: str = "", relationship: str = "equivalent", draft: str = "", why: str = ""
) -> Edited:
    """Put the row that settles `item` into a draft (a new one unless named): to `code`, or to the best suggestion.

    For an ambiguous code the chosen row stands and the other unconditional rows of the code are taken out; the dry run
    shows what that does. Raises `codebook.no-work-item`, `codebook.no-suggestion`, `codebook.relationship`,
    `codebook.unknown-target-code`, and what editing raises."""
    drafts.person(by)
    with drafts.problems_told():
        step = Step.named(item)
        if relationship not in RELATIONSHIPS:
            raise CodebookError("codebook.relationship", item, code_found=relationship)
        if draft:
            _, files = drafts.contents(hub, draft)
        else:
            files = hub.releases.files(hub.releases.newest()[0])
        release = build(files)
        chosen, reason = _chosen(release, step, code, relationship)
        changes = _changes(files, step, chosen, relationship, why or reason)
    name = draft or drafts.new(hub, by, TITLE).draft
    return edit(hub, name, by, changes)


def _chosen(release: Release, step: Step, code: str, relationship: str) -> tuple[str, str]:
    """The target code and the justification."""
    source = release.lookup(step.source, step.code) if step.source in release.code_systems else None
    if source is None or step.source == step.target or step.target not in release.code_systems:
        raise Problem("codebook.no-suggestion", step.name)
    if relationship == "no-equivalent":
        return "", f"工作清单：确认 {step.target} 中没有对应"
    near = suggestions(release, step)
    wanted = code or (near[0].code if near else "")
    if not wanted:
        raise Problem("codebook.no-suggestion", step.name)
    target = release.lookup(step.target, wanted)
    if target is None:
        raise CodebookError("codebook.unknown-target-code", step.name, code_found=wanted)
    score = next((f"（名称相似度 {item.score:g}）" for item in near if item.code == wanted), "")
    return wanted, f"工作清单：{source.display}→{target.display}{score}"


def _changes(files: dict[str, bytes], step: Step, chosen: str, relationship: str, why: str) -> list[RowChange]:
    table = f"{step.source}--{step.target}"
    file = f"crosswalks/{table}.csv"
    there = keyed(file, read(file, files[file]).rows) if file in files else {}
    of_code = {key: row for key, row in there.items() if row["source_code"] == step.code and not row["condition"]}
    cells = {"relationship": relationship, "justification": why}
    kept = next((key for key, row in of_code.items() if row["target_code"] == chosen), None)
    changes = [RowChange("remove", table, key, {}) for key in of_code if key != kept]
    if kept is None:
        return [*changes, RowChange("add", table, "", {"source_code": step.code, "target_code": chosen, **cells})]
    return [*changes, RowChange("change", table, kept, cells)]
