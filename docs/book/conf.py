"""Sphinx configuration of the standards book. Nothing is loaded from elsewhere: no font, script or image."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

project = "Casehub 统一标准手册"
author = "Casehub"
project_copyright = "Casehub, Apache-2.0"
language = "zh_CN"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 0
html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_extra_path = ["files"]
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
html_show_sphinx = False
html_search_language = "zh"
html_show_search_summary = False  # `excerpts` shows them without fetching pages
nitpicky = True
keep_warnings = False
suppress_warnings = ["misc.highlighting_failure"]  # worked bytes in fences of no known language


def setup(app: object) -> None:
    """Register the search language that can split Chinese without a dictionary."""
    from docs.book.search import register  # noqa: PLC0415 - Sphinx loads this file before the path is set

    register()
