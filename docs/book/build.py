"""Building the book: check, write the pages, have Sphinx make the site."""

from __future__ import annotations

import io
import shutil
from importlib import resources
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from docs.book import coverage, excerpts
from docs.book.markdown import both, consecutive, escape, heading, joined, listing, table
from docs.book.model import FOLDER, Book, BookError, Specification, load
from docs.book.pages import render
from docs.book.quoting import resolve
from standards import schemas


def build(out: Path, book: Book | None = None) -> int:
    """Write `out/source` and `out/html`; the number of specifications. Raises `BookError` with every fault."""
    book = load() if book is None else book
    existing = coverage.parts()
    faults = coverage.faults(book, existing)
    pages = {each.number: page(each, book, faults, existing) for each in book.specifications}
    if faults:
        raise BookError(faults)
    source, html = out / "source", out / "html"
    for folder in (source, html):
        shutil.rmtree(folder, ignore_errors=True)
    _write(source, book, pages)
    _sphinx(source, html)
    excerpts.write(html)
    return len(pages)


def page(specification: Specification, book: Book, faults: list[str], existing: list[str]) -> str:
    """The Markdown of one specification; what does not hold goes to `faults`. `existing`: all parts that there are."""

    def quoted(text: str, lang: str) -> str:
        return resolve(text, lang, book, f"specifications.toml: {specification.number}", faults)

    rules = listing(both(quoted(zh, "zh"), quoted(en, "en")).replace("\n", "\n  ") for zh, en in specification.rules)
    parts = [part for claim in specification.parts for part in coverage.matching(claim, existing)]
    text = joined(
        heading(1, f"{specification.number} {specification.zh}"),
        f"*{escape(specification.en)}*",
        heading(2, "范围", "Scope"),
        both(quoted(specification.scope_zh, "zh"), quoted(specification.scope_en, "en")),
        *(
            [
                heading(2, "规范性引用", "Normative references"),
                listing(escape(each) for each in specification.references),
            ]
            if specification.references
            else []
        ),
        *([heading(2, "要求", "Requirements"), rules] if rules.strip() else []),
        heading(2, "内容", "Content"),
        *(_rendered(part, faults) for part in parts),
    )
    return consecutive(text)


def _rendered(part: str, faults: list[str]) -> str:
    try:
        return render(part)
    except KeyError as error:
        faults.append(f"{part}: cannot be rendered, {error} is missing")
        return ""


def _write(source: Path, book: Book, pages: dict[str, str]) -> None:
    source.mkdir(parents=True)
    for number, text in pages.items():
        (source / f"{number}.md").write_text(text, "utf-8")
    (source / "index.md").write_text(_index(book), "utf-8")
    shutil.copy(FOLDER / "conf.py", source / "conf.py")
    shutil.copytree(FOLDER / "static", source / "_static")
    files = source / "files"
    for kind in ("tables", "crosswalks"):
        (files / kind).mkdir(parents=True)
        for entry in resources.files("codebooks").joinpath(kind).iterdir():
            if entry.name.endswith((".csv", ".toml")):
                (files / kind / entry.name).write_bytes(entry.read_bytes())
    (files / "schemas").mkdir()
    for name in schemas.names():
        (files / "schemas" / f"{name}.json").write_bytes(schemas.source(name))


def _index(book: Book) -> str:
    blocks = [
        heading(1, "Casehub 统一标准手册"),
        both(
            "本手册由标准数据直接生成：协同节点、数据项、代码、文书、期限、规则、数据结构和协议。"
            f"共 {len(book.categories)} 类 {len(book.specifications)} 项规范，"
            "为本项目自定标准体系，并非任何省份的正式标准。",
            "This book is generated from the data of the standard. Its eight categories and their specifications are "
            "the project's own; they are no province's official set.",
        ),
    ]
    for category in book.categories:
        names = "\n".join(each.number for each in book.of(category))
        rows = [(f"[{each.number}]({each.number}.md)", escape(each.zh), escape(each.en)) for each in book.of(category)]
        blocks += [
            heading(2, f"{category.letter} {category.zh}", category.en),
            table([("编号", "No."), ("规范", ""), ("Specification", "")], rows),
            f"```{{toctree}}\n:caption: {category.letter} {category.zh}\n:maxdepth: 1\n:hidden:\n\n{names}\n```",
        ]
    return joined(*blocks)


def _sphinx(source: Path, html: Path) -> None:
    status, warnings = io.StringIO(), io.StringIO()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            str(source),
            str(source),
            str(html),
            str(html.parent / "doctrees"),
            "html",
            status=status,
            warning=warnings,
            freshenv=True,
        )
        app.build(force_all=True)
    told = [line for line in warnings.getvalue().splitlines() if line.strip()]
    if told:
        raise BookError(told)
