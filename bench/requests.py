"""What signing and verifying a request costs beside the bare Ed25519 in it: `python -m bench.requests`.

Every request to the hub is signed and verified once. The floor, one bare signature and its verification, is taken in
the same run, so that the ratio holds on any machine. In time of the processor; the best of several rounds.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.codebooks import ROUNDS, timed
from evidence.keys import SigningKey, TrustedKeys, accept_key_chain, key_statement
from evidence.requests import content_digest, sign_request, verify_request
from messages import terminal
from messages.columns import table

REQUESTS = 500
OWNER, URL, BODY = "police:350102000000", "http://127.0.0.1:8440/v1/inbox?after=7&wait=30", b'{"a":1}'


def main() -> int:
    """Measure and print a table, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.requests", description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    terminal.force_utf8(sys.stdout, sys.stderr)
    found = measure()
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        rows = [(name, f"{value:.1f}") for name, value in found.items()]
        print(table(["what", "figure"], rows, right=[1]))
    return 0


def measure() -> dict[str, float]:
    """Microseconds for one request and for the floor, and their ratio."""
    key, now = SigningKey.generate(), datetime.now(UTC)
    announced = key_statement(
        owner=OWNER, kty="ed25519", public=key.public, purpose="identity", valid_from=now, signer=key
    )
    trusted, bound = TrustedKeys(accept_key_chain([announced])), content_digest(BODY)
    bare, message = Ed25519PrivateKey.generate(), secrets.token_bytes(300)
    public = bare.public_key()

    def floor() -> None:
        for _ in range(REQUESTS):
            public.verify(bare.sign(message), message)

    def whole() -> None:
        for _ in range(REQUESTS):
            headers = sign_request("POST", URL, {}, bound, key, now, secrets.token_urlsafe(18))
            verify_request(method="POST", url=URL, headers=headers, resolve_key=trusted.find, now=now)

    request_us, floor_us = (timed(work, ROUNDS) / REQUESTS * 1e6 for work in (whole, floor))
    return {"request_us": request_us, "ed25519_us": floor_us, "ratio": request_us / floor_us}


if __name__ == "__main__":
    sys.exit(main())
