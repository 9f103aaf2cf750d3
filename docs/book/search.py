"""Search in Chinese without a dictionary: runs of Chinese are indexed, and looked up, by pairs of characters."""

from __future__ import annotations

import re

from sphinx.search import languages
from sphinx.search.zh import SearchChinese

_HAN = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[A-Za-z0-9_]+")

SPLITTER = """
function splitQuery(query) {
  const terms = [];
  for (const run of query.match(/[\\u3400-\\u9fff]+|[A-Za-z0-9_]+/g) || []) {
    if (/[A-Za-z0-9_]/.test(run[0]) || run.length === 1) terms.push(run);
    else for (let i = 0; i + 1 < run.length; i++) terms.push(run.slice(i, i + 2));
  }
  return terms;
}
"""


class PairedChinese(SearchChinese):
    """Splits `提请批准` into 提请, 请批, 批准; the page's own script splits a query in the same way."""

    language_name = "English"  # names the stemmer of the page's script: Latin words are stemmed as English
    js_splitter_code = SPLITTER

    def split(self, input: str) -> list[str]:  # noqa: A002 - the name is Sphinx's
        """The terms of a text."""
        terms = _LATIN.findall(input)
        self.latin_terms.update(terms)
        for run in _HAN.findall(input):
            terms += [run] if len(run) == 1 else [run[index : index + 2] for index in range(len(run) - 1)]
        return terms


def register() -> None:
    """Take the place of Sphinx's own class, which splits nothing without the dictionary of another package."""
    languages["zh"] = PairedChinese
