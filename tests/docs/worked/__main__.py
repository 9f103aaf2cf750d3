"""Write the worked bytes of docs/protocol.md and docs/protocol-vectors.json anew."""

from __future__ import annotations

from tests.docs.worked import page, volume
from tests.docs.worked.example import values


def main() -> None:
    """Keep the wrapped keys that still open, make the others."""
    wrapped = volume.opening(page.wrapped_keys())
    found = values(wrapped)
    page.write(found, wrapped)


if __name__ == "__main__":
    main()
