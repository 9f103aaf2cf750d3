"""Log files that do not grow for ever, also when several processes write to one of them.

A file beyond its size is renamed to `NAME.1`, older ones to `NAME.2` and so on; the oldest is deleted. Each line is
written whole, by one call. A process that finds its file renamed by another goes on in the new one.
"""

from __future__ import annotations

import fcntl
import io
import os
import threading
from pathlib import Path
from typing import Final

LOG_BYTES: Final = 16 * 2**20
"""Of one file."""
LOG_FILES: Final = 10
"""Files that are kept, the newest among them."""
MODE: Final = 0o640


class RotatedFile(io.TextIOBase):
    """A text file to which whole lines are appended. May be used from several threads."""

    def __init__(self, path: Path, size: int = LOG_BYTES, files: int = LOG_FILES) -> None:
        self._path, self._size, self._files = path, size, files
        self._lock = threading.Lock()
        self._file: int | None = None

    def write(self, text: str) -> int:
        """Append a line. Raises `OSError`."""
        data = text.encode("utf-8", "backslashreplace")
        with self._lock:
            file = self._opened()
            if os.fstat(file).st_size + len(data) > self._size:
                self._rotate(file)
                file = self._opened()
            os.write(file, data)
        return len(text)

    def close(self) -> None:
        """Close the file; a further line opens it again."""
        with self._lock:
            self._let_go()

    def _opened(self) -> int:
        if self._file is not None and not self._is_current(self._file):
            self._let_go()
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
        return self._file

    def _is_current(self, file: int) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(file))

    def _rotate(self, file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed: one process renames, the others see that it did
        if self._is_current(file) and os.fstat(file).st_size:
            for number in range(self._files - 1, 0, -1):
                older = self._named(number - 1)
                if older.exists():
                    older.replace(self._named(number))
            if self._files == 1:
                self._path.unlink()
        self._let_go()

    def _named(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
