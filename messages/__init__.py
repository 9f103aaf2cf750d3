"""The message catalogue: every text that a user reads, in zh-CN and English.

The texts are in the TOML files of `catalogue/`, one file per part of the product. Each entry is a table named by its
stable code:

    ["dossier.part-altered"]
    zh = "卷 {volume} 第 {part} 段密文与封装清单不符。"
    en = "Part {part} of volume {volume} does not match its descriptor."
    remedy_zh = "请重新拉取；若仍不符，请联系移送单位重新移送。"
    remedy_en = "Pull again. If it happens again, ask the sender to send the transfer again."
    fault = "sender"        # sender | hub | receiver | caller: whose fault it is (problems only)
    status = 422            # HTTP status when the hub answers with it (problems only)

Codes are unique across all files; otherwise loading fails. Parameters are filled with `str.format`; a missing parameter
shows as `{name}` rather than failing while an error is being reported. A time in Beijing (`2026-03-02T08:30+08:00`) is
shown as people write it: `2026-03-02 08:30`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

Lang = Literal["zh", "en"]
Fault = Literal["sender", "hub", "receiver", "caller"]


@dataclass(frozen=True)
class Message:
    """One catalogue entry."""

    code: str
    zh: str
    en: str
    remedy_zh: str = ""
    remedy_en: str = ""
    fault: Fault = "caller"
    status: int = 400

    def text(self, lang: Lang, params: Mapping[str, Any] | None = None) -> str:
        """The sentence in `lang`, its braces filled from `params`."""
        return _fill(self.zh if lang == "zh" else self.en, params)

    def remedy(self, lang: Lang, params: Mapping[str, Any] | None = None) -> str:
        """What the reader can do about it; empty when there is nothing to say."""
        return _fill(self.remedy_zh if lang == "zh" else self.remedy_en, params)


class _Shown(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _fill(template: str, params: Mapping[str, Any] | None) -> str:
    return template.format_map(_Shown({name: _readable(value) for name, value in (params or {}).items()}))


_BEIJING = "+08:00"


def _readable(value: Any) -> Any:
    if isinstance(value, str) and value.endswith(_BEIJING) and value[10:11] == "T":
        return f"{value[:10]} {value[11:16]}"
    return value


@cache
def catalogue() -> Mapping[str, Message]:
    """All messages by code. Raises `ValueError` with code and file if a code is in two files."""
    found: dict[str, Message] = {}
    for entry in sorted(resources.files(__package__).joinpath("catalogue").iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        for code, body in tomllib.loads(entry.read_text("utf-8")).items():
            if code in found:
                msg = f"message code {code!r} stands twice, the second time in {entry.name}"
                raise ValueError(msg)
            found[code] = Message(code=code, **body)
    return found


def message(code: str) -> Message:
    """The entry for `code`; an unknown code gives an entry that shows the code itself."""
    return catalogue().get(code) or Message(code=code, zh=code, en=code)


def text(code: str, /, lang: Lang = "zh", **params: Any) -> str:
    """The sentence of `code` in `lang`."""
    return message(code).text(lang, params)


def listed(name: str, zh: Iterable[str], en: Iterable[str] | None = None) -> dict[str, str]:
    """A list as parameters `<name>_zh` and `<name>_en`, joined as each language does; `en` where its words differ."""
    words = list(zh)
    return {f"{name}_zh": "、".join(words), f"{name}_en": ", ".join(words if en is None else en)}
