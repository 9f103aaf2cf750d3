"""Which test file looks at which module: the mirrored one, or the one that `mirror.toml` names, or none.

`python -m tests.mirror` lists the modules that lack a test file.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("digests", "messages", "standards", "codebooks", "evidence", "dossier", "serving", "hub", "adapters")
_CODE = re.compile(r"^(def|class|async def|@)", re.MULTILINE)
TABLE = Path(__file__).with_name("mirror.toml")


def modules() -> Iterator[Path]:
    """Every module of the product that holds code, as a path from the root; a package is its `__init__.py`."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "versions" not in path.parts and _CODE.search(path.read_text("utf-8")):
                yield path.relative_to(ROOT)


def mirrored(module: Path) -> Path:
    """Where the tests of a module stand by the plan: `hub/store/marks.py` in `tests/hub/store/test_marks.py`."""
    name = module.parent.name if module.name == "__init__.py" else module.stem
    return Path("tests", module.parent, f"test_{name}.py")


def elsewhere() -> dict[str, str]:
    """The test files that look at modules beside their own, by module."""
    found: dict[str, str] = tomllib.loads(TABLE.read_text("utf-8"))["elsewhere"]
    return found


def lacking() -> list[str]:
    """The modules that have no test file, neither where the plan has it nor in the table."""
    named = elsewhere()
    return [str(each) for each in modules() if not (ROOT / mirrored(each)).exists() and str(each) not in named]


if __name__ == "__main__":
    print("\n".join(lacking()) or "none")
