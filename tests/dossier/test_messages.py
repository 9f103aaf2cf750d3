"""Every code that this package raises has its sentences, and every sentence of ours is raised."""

from __future__ import annotations

import re
from pathlib import Path

import dossier
from messages import catalogue

SOURCES = [path.read_text("utf-8") for path in Path(dossier.__file__).parent.rglob("*.py")]
PROGRAM = "dossier.counter"  # a module, named where its process is started
RAISED = {code for text in SOURCES for code in re.findall(r'"(dossier\.[a-z0-9-]+[a-z0-9])"', text)} - {PROGRAM}
REASONS = {f"dossier.pages-{reason}" for reason in ("encrypted", "damaged", "empty", "unknown-format", "given-up")}
OURS = {code: message for code, message in catalogue().items() if code.startswith("dossier.")}


def test_codes_and_messages_match() -> None:
    assert set(OURS) == RAISED | REASONS


def test_both_languages_say_the_same_things() -> None:
    names = re.compile(r"\{(\w+)\}")
    for code, message in OURS.items():
        in_zh, in_en = set(names.findall(message.zh)), set(names.findall(message.en))
        assert in_zh - {"zh"} == in_en - {"en"}, code
        assert not re.search(r"[,;:?!](?=[\u4e00-\u9fff])", message.zh + message.remedy_zh), code
        assert message.zh.endswith("。"), code
        assert message.en.endswith("."), code
