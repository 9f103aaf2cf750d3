"""Install one of the locks into a virtual environment: exactly what it lists, nothing resolved, every hash checked.

    python3 requirements/install.py demo --venv .venv     what the programs and the demo need
    python3 requirements/install.py dev --venv .venv      and what the tests, checks and the book need

The lock is complete, so pip gets `--no-deps`: a release that appears tomorrow changes nothing (decision 0041). Works
with the pip of Python 3.11 to 3.14 and with nothing but the standard library. Prints one line before and one after;
what pip says stands in `VENV/install.log`, and of a failure the cause and the remedy are shown.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from messages import Lang, message, text  # noqa: E402

CAUSES = (
    ("install.wrong-hash", ("DO NOT MATCH THE HASHES", "do not match the hashes")),
    ("install.disk-full", ("No space left on device",)),
    (
        "install.index-away",
        ("Connection", "Temporary failure in name resolution", "timed out", "ProxyError", "SSLError"),
    ),
    ("install.not-offered", ("No matching distribution", "Could not find a version")),
    ("install.no-compiler", ("Failed building wheel", "error: command", "metadata-generation-failed")),
)
"""Message code and the words of pip that mean it, the most telling first."""


class InstallError(Exception):
    """The installation failed; `code` names the cause, `said` is what pip said of it."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code, said)
        self.code = code
        self.said = said


def main(arguments: list[str] | None = None) -> int:
    """Install. Returns 0, or 1 with cause and remedy on standard error."""
    parser = argparse.ArgumentParser(prog="requirements/install.py", description=__doc__.splitlines()[0])
    parser.add_argument("lock", choices=["demo", "dev"])
    parser.add_argument("--venv", type=Path, default=Path(".venv"))
    parser.add_argument("--locks", type=Path, default=ROOT / "requirements", help=argparse.SUPPRESS)
    parser.add_argument("--project", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    lang: Lang = "en" if os.environ.get("CASEHUB_LANG", "").lower().startswith("en") else "zh"
    lock = options.locks / f"{options.lock}.txt"
    began = time.monotonic()
    what = text(f"install.{options.lock}", lang)
    print(text("install.begins", lang, count=count(lock), what=what, venv=options.venv), flush=True)
    try:
        install(lock, options.venv, options.project)
    except InstallError as error:
        log = options.venv / "install.log"
        print(text(error.code, lang), *error.said.splitlines(), sep="\n  ", file=sys.stderr)
        print(message(error.code).remedy(lang), text("install.log", lang, log=log), sep="\n", file=sys.stderr)
        return 1
    print(text("install.done", lang, seconds=round(time.monotonic() - began)), flush=True)
    return 0


def count(lock: Path) -> int:
    """How many packages a lock holds."""
    return sum("==" in line and not line.startswith((" ", "#")) for line in lock.read_text("utf-8").splitlines())


def install(lock: Path, venv: Path, project: Path) -> None:
    """Make `venv` hold what `lock` lists and `project` itself, editable. Raises `InstallError`.

    Where a package has no wheel it is built by the tools of `build.txt`, which are installed first: pip's own way would
    fetch the newest ones.
    """
    make_environment(venv)
    python = venv / "bin" / "python"
    log = venv / "install.log"
    log.write_text("", "utf-8")
    pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    as_locked = [*pip, "install", "--no-deps", "--no-build-isolation", "--require-hashes"]
    run([*as_locked, "-r", str(lock.with_name("build.txt"))], log)
    run([*as_locked, "-r", str(lock)], log)
    run([*pip, "install", "--no-deps", "--no-build-isolation", "--no-index", "-e", str(project)], log)
    run([*pip, "check"], log, otherwise="install.inconsistent")


def make_environment(venv: Path) -> None:
    """A virtual environment at `venv`: the one that is there if it works, else a new one."""
    if _works(venv / "bin" / "python"):
        return
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(venv)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise InstallError("install.no-venv", told(made.stdout + made.stderr))


def run(command: list[str], log: Path, otherwise: str = "install.failed") -> None:
    """Run one pip command, its output to `log`. Raises `InstallError` with its cause, or else `otherwise`."""
    begins = log.stat().st_size
    with log.open("ab") as output:
        status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, env=environment(), check=False)
    if status.returncode:
        said = log.read_bytes()[begins:].decode("utf-8", "replace")
        code = next((code for code, words in CAUSES if any(word in said for word in words)), otherwise)
        raise InstallError(code, told(said))


def environment() -> dict[str, str]:
    """The caller's environment, index and proxy included, without what would lead pip past the lock or elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in _LEADS_AWAY}
    return {**kept, "PIP_CONSTRAINT": os.devnull, "PIP_USER": "0", "PIP_PROGRESS_BAR": "off"}


_LEADS_AWAY = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_REQUIREMENT"}


def told(said: str) -> str:
    """What a person needs of pip's output: its errors, or where there are none its last lines."""
    lines = [line.rstrip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR") or "No space left" in line]
    return "\n".join(shortened(errors or lines))


def shortened(lines: Iterable[str]) -> list[str]:
    """The last six lines, each cut to the width of a page."""
    return [line[:300] for line in lines][-6:]


def _works(python: Path) -> bool:
    try:
        return not subprocess.run([python, "-I", "-m", "pip", "--version"], capture_output=True, check=False).returncode
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
