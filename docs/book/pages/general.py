"""Terms, agencies, programs, versions and conformance."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib import resources

import adapters.program.arguments
import codebooks
import evidence.bundles.cli
import hub.cli
from docs.book.markdown import both, code, escape, heading, joined, table
from docs.book.paths import ROOT
from evidence.canonical import digest
from evidence.suites import WRITTEN
from standards import schemas
from standards.documents.volumes import kinds
from standards.nodes import catalogue, wording


def terms(_: str) -> str:
    """The glossary."""
    source = tomllib.loads(resources.files("standards").joinpath("glossary.toml").read_text("utf-8"))
    rows = [
        (escape(body["zh"]), escape(term), escape(body["means_zh"]), escape(body["means_en"]))
        for term, body in source.items()
    ]
    return table([("术语", ""), ("Term", ""), ("含义", ""), ("Meaning", "")], rows)


def versions(_: str) -> str:
    """What is in force: suite, schemas, nodes, codebooks, with digests."""
    release = codebooks.load()
    rows = [("算法套件", "suite", code(WRITTEN), "")]
    rows += [("码表发布版", "codebook release", code(release.id), code(release.digest))]
    rows += [
        (f"数据结构 {name}", f"schema {name}", code(name), code(digest(schemas.source(name))))
        for name in schemas.names()
    ]
    return table([("对象", ""), ("Object", ""), ("版本", "Version"), ("摘要", "Digest")], rows)


def agency(name: str) -> str:
    """One type of agency: what it sends and receives."""
    zh, en = wording.word("agency", name, "zh"), wording.word("agency", name, "en")
    sent = [node for node in catalogue() if node.sender == name]
    received = [node for node in catalogue() if node.receiver == name]
    may = [kind for kind in kinds().values() if kind.everywhere or any(pair[0] == name for pair in kind.flows)]
    return joined(
        heading(4, zh, en),
        both(
            f"`{name}`：发出节点 {len(sent)} 个，接收节点 {len(received)} 个；可以移送的卷："
            + "、".join(f"{escape(kind.zh)} `{kind.code}`" for kind in may),
            f"`{name}`: sends at {len(sent)} nodes, receives at {len(received)}; may send volumes of kind "
            + ", ".join(f"`{kind.code}` {escape(kind.en)}" for kind in may),
        ),
    )


def programs(_: str) -> str:
    """The programs and their commands, from the programs themselves."""
    found = []
    for name, parser in (
        ("casehub", hub.cli.program("zh")),
        ("casehub-adapter", adapters.program.arguments.parser("zh", {})),
        ("casehub-verify", evidence.bundles.cli.program("zh")),
    ):
        rows = [(code(command), escape(about)) for command, about in _commands(parser, name)]
        found.append(joined(heading(4, name), table([("命令", "Command"), ("作用", "What it does")], rows)))
    return joined(*found)


def _commands(parser: argparse.ArgumentParser, prefix: str) -> Iterator[tuple[str, str]]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield prefix, parser.description or ""
    for group in groups:
        for name, child in group.choices.items():
            yield from _commands(child, f"{prefix} {name}")


def conformance(_: str) -> str:
    """The vectors and tests that an implementation is held against."""
    vectors = sorted(path for path in (ROOT / "tests" / "vectors").iterdir() if not path.name.startswith(("_", ".")))
    flows = sorted((ROOT / "tests" / "flows").glob("test_*.py"))
    rows = [("测试向量", "vectors", code(f"tests/vectors/{path.name}"), "") for path in vectors]
    rows += [
        ("业务流程", "flow", code(f"tests/flows/{path.name}"), escape(_about(path.read_text("utf-8"))))
        for path in flows
    ]
    return table([("种类", ""), ("Kind", ""), ("文件", "File"), ("内容", "What it shows")], rows)


def _about(text: str) -> str:
    return text.split('"""', 2)[1].split("\n", 1)[0] if '"""' in text else ""


RENDERERS: Mapping[str, Callable[[str], str]] = {
    "terms": terms,
    "versions": versions,
    "agency": agency,
    "programs": programs,
    "conformance": conformance,
}
