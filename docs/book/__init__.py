"""The standards book (标准手册): numbered specifications, each written from the data that it specifies.

`make book` (`python -m docs.book`) writes the pages as Markdown and has Sphinx build a static site of them that works
from a folder. Three things stop the build, so that no page can say what the data do not:

1. prose quotes data only through `{{…}}` (see `quoting`), and a quotation that the data do not bear out is an error;
2. every part of the standard (node category, code table, crosswalk, schema, document, rule, term, message …) belongs to
   exactly one specification (see `coverage`); what belongs to none, or to two, is an error;
3. Sphinx treats every warning as an error.
"""
