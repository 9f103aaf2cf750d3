"""Run a command beside four busy loops and return its exit code: `python -m tests.busy -- make test`.

What passes alone and fails here depends on the machine's speed.
"""

from __future__ import annotations

import subprocess
import sys

LOOPS = 4


def main(command: list[str]) -> int:
    """Run `command`. The loops are stopped by their ids, whatever happens."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(LOOPS)]
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()


if __name__ == "__main__":
    sys.exit(main([argument for argument in sys.argv[1:] if argument != "--"]))
