"""A small time stamping authority for tests: OpenSSL's `ts` behind HTTP on loopback, with keys made for the occasion.

`Authority` makes tokens; `served` answers `application/timestamp-query` over HTTP. `behave` replaces an honest answer
by a slow, broken or refusing one.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from evidence.log.timestamps import RESPONSE_TYPE
from tests.waiting import PATIENCE

_CONFIG = """
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = name
prompt = no
[name]
CN = Test
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """One authority whose files lie in `folder`; `ca` is the certificate to trust."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "ts.cnf").write_text(_CONFIG.format(folder=self.folder))
        (self.folder / "serial").write_text("01\n")
        for name in ("ca", "tsa"):
            self._openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", out=f"{name}.key")
            self._openssl(f"req -new -key {name}.key -subj /CN=Test-{name} -config ts.cnf", out=f"{name}.csr")
        sign = "x509 -req -days 3650 -extfile ts.cnf"
        self._openssl(f"{sign} -in ca.csr -signkey ca.key -extensions ca", out="ca.pem")
        self._openssl(f"{sign} -in tsa.csr -CA ca.pem -CAkey ca.key -extensions leaf -set_serial 7", out="tsa.pem")

    @property
    def ca(self) -> Path:
        """The root certificate, PEM."""
        return self.folder / "ca.pem"

    def answer(self, question: bytes) -> bytes:
        """The answer to a request. OpenSSL tells the time in whole seconds."""
        (self.folder / "query.tsq").write_bytes(question)
        self._openssl("ts -reply -config ts.cnf -queryfile query.tsq", out="reply.tsr")
        return (self.folder / "reply.tsr").read_bytes()

    def _openssl(self, words: str, *, out: str) -> None:
        command = ["openssl", *words.split(), "-out", out]
        assert shutil.which("openssl"), "the tests' time stamping authority needs openssl: apt-get install openssl"
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=PATIENCE)


Behaviour = Callable[[bytes], bytes]


@dataclass
class Served:
    """An authority at `url`. `behave` turns a request into the bytes of an answer; `asked` counts the requests."""

    url: str
    behave: Behaviour
    asked: int = 0
    types: set[str] = field(default_factory=set)


@contextmanager
def served(behave: Behaviour) -> Iterator[Served]:
    """Serve answers on loopback until the context ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("content-length", 0)))
            state.asked += 1
            state.types.add(self.headers.get("content-type", ""))
            try:
                answer = state.behave(asked)
            except Exception:
                self.send_error(500)
                return
            self.send_response(200)
            self.send_header("content-type", RESPONSE_TYPE)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = Served(f"http://127.0.0.1:{server.server_port}/tsa", behave)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
