"""`python -m docs.book`: build the standards book into build/book/html. Exit code 1 names every fault."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docs.book.build import build
from docs.book.model import BookError
from docs.book.paths import BUILD


def main() -> int:
    """Build, or say what keeps the book from being built."""
    parser = argparse.ArgumentParser(prog="python -m docs.book", description=__doc__)
    parser.add_argument("--out", type=Path, default=BUILD, help="folder for source/ and html/ (default: build/book)")
    out = parser.parse_args().out
    try:
        pages = build(out)
    except BookError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        print(f"{len(error.faults)} faults: the book was not built.", file=sys.stderr)
        return 1
    print(f"{pages} 项规范 specifications: {out / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
