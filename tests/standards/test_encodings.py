"""What a Chinese spreadsheet wrote is told from bytes that only look so."""

from __future__ import annotations

import pytest

from standards.encodings import gb18030


@pytest.mark.parametrize("text", ["福州市中级人民法院", "court,1", "", "（2026）闽01号"])
def test_gb18030_is_read(text: str) -> None:
    assert gb18030(text.encode("gb18030")) == text


@pytest.mark.parametrize("raw", ["福州市中级人民法院".encode()[:-1], b"\xff\xff", "Zürich ñ".encode("latin-1")])
def test_what_nobody_wrote_is_refused(raw: bytes) -> None:
    assert gb18030(raw) is None
