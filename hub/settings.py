"""The hub's settings: environment (`CASEHUB_…`) over the file `H/hub.toml` over the defaults.

There are no default secrets. Secrets come from the environment or from files named by `…_file` settings, and
never show in a `repr`. An unknown key in the file is refused by name, so that a typing error is not silently ignored.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, IPvAnyAddress, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from evidence.identifiers import is_agency
from hub.addresses import is_safe
from hub.quotas import Allowance
from messages.problems import Problem
from serving.limits import Limits
from standards.rules.statutory import check_choices

SETTINGS_FILE = "hub.toml"


class Settings(BaseSettings):
    """All settings of one hub. Build it with `load_settings`, which reads the home's file as well."""

    model_config = SettingsConfigDict(env_prefix="CASEHUB_", extra="forbid", frozen=True)

    home: Path
    name: str = Field(default="casehub", pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")
    """The hub's own name; it signs as `hub:<name>`."""
    public_url: str = "http://127.0.0.1:8440"
    """The address under which agencies reach the hub; it stands in admissions and in signed requests."""
    log_origin: str = Field(default="", max_length=200, pattern=r"^[^\s+]*$")
    """The origin line of the log's checkpoints; `<name>/casehub-log` when not set. It must never change."""

    database_url: SecretStr | None = None
    """`postgresql://…` or `sqlite:///…`; SQLite in the home when absent. Secret, since it may hold a password."""
    database_url_file: Path | None = None
    database_pool: int = Field(default=10, ge=1, le=200)

    blob_store: Literal["folder", "s3"] = "folder"
    blob_folder: Path | None = None
    """Where the folder store lies; `blobs` in the home when absent."""
    s3_endpoint: str = ""
    """`http://host:port` or `https://host[:port]` of the S3 store."""
    s3_bucket: str = ""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_secret_key_file: Path | None = None

    key_passphrase: SecretStr | None = None
    """Opens the key files of the home when they were made with a passphrase."""
    key_passphrase_file: Path | None = None

    inclusion_delay_seconds: int = Field(default=60, ge=1, le=86_400)
    """Receipts promise that their mark is in the signed log within this time."""
    log_interval_seconds: float = Field(default=0.2, gt=0, le=60)
    """How often the sequencer and the publisher look for new marks when nothing wakes them."""
    tsa_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """Where time stamps for checkpoints are asked for (RFC 3161 over HTTP); empty: none are."""
    tsa_ca_file: Path | None = None
    """PEM file of the certificates that vouch for the time stamping authority; needed with `tsa_url`."""
    tsa_interval_seconds: float = Field(default=3600.0, ge=1, le=604_800)
    """How often the newest checkpoint is stamped."""
    witness_policy_file: Path | None = None
    """When a checkpoint counts as witnessed (C2SP tlog-policy); without one, any agency's cosignature does."""
    witnesses: dict[str, str] = Field(default={})
    """Agencies that serve a witness, by short name, and its address (C2SP tlog-witness), which new checkpoints are sent
    to; `https://`, or `http://` on this machine."""
    witness_interval_seconds: float = Field(default=10.0, gt=0, le=86_400)
    """How often a new checkpoint is sent to them."""
    witness_round_seconds: int = Field(default=0, ge=0, le=86_400)
    """All witnesses are shown one checkpoint for so long, so that they cosign the same trees; 0: always the newest."""
    witness_lag_seconds: int = Field(default=86_400, ge=1, le=31_536_000)
    """How long a checkpoint may wait for a witness before `casehub status` raises the alarm."""
    calendar_folder: Path | None = None
    """Where the operator adds years of the official calendar as `YEAR.csv`; `calendars` in the home when absent."""
    readings: dict[str, str] = Field(default={})
    """Which reading of the law is followed where texts disagree, by id (`standards/criminal/rules/readings.toml`)."""
    sweep_interval_seconds: float = Field(default=3600.0, gt=0)
    """How often the hub looks for what is late without anybody sending anything."""
    collect_interval_seconds: float = Field(default=3600.0, gt=0)
    """How often parts without lease and claim, leftovers of broken uploads and expired nonces are removed."""

    connections: int = Field(default=4096, ge=16, le=65_536)
    """Open at once; fewer where the system gives the process few file descriptors."""
    connections_per_peer: int = Field(default=128, ge=1, le=65_536)
    """Of one address; `proxies` are not bound by it."""
    proxies: frozenset[IPvAnyAddress] = frozenset()
    """Addresses of the operator's own reverse proxies."""

    quota_requests: int = Field(default=6_000, ge=60)
    """Signed requests of one agency in a minute, on average."""
    quota_parts: int = Field(default=65_536, ge=1)
    """Parts of one agency that wait for their transfer."""
    quota_part_bytes: int = Field(default=2**40, ge=2**24)
    """Bytes of those parts."""

    metrics_address: str = Field(default="127.0.0.1:8441", pattern=r"^$|^\S+:\d{1,5}$")
    """Where `casehub serve` shows `/metrics`; empty: nowhere."""
    log_file: Path | None = None
    """Where the log is written, in files that are rotated; standard error when absent."""

    fhir_open: bool = False
    """Whether `/fhir` answers unsigned requests: code tables only, for clients on the intranet that cannot sign."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was passed by hand first, then the environment, then the home's file."""
        passed = getattr(init_settings, "init_kwargs", {})
        return init_settings, env_settings, InitSettingsSource(settings_cls, _from_file(passed.get("home")))

    @model_validator(mode="before")
    @classmethod
    def _origin_follows_name(cls, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("log_origin"):
            data = {**data, "log_origin": f"{data.get('name', 'casehub')}/casehub-log"}
        return data

    @model_validator(mode="after")
    def _s3_is_complete(self) -> Self:
        if self.blob_store == "s3" and not (self.s3_endpoint and self.s3_bucket):
            msg = "blob_store = 's3' needs s3_endpoint and s3_bucket"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _stamps_can_be_checked(self) -> Self:
        if self.tsa_url and self.tsa_ca_file is None:
            msg = "tsa_url needs tsa_ca_file: a token that nobody can check is none"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _witnesses_can_be_asked(self) -> Self:
        for name, url in self.witnesses.items():
            if not is_agency(name) or not is_safe(url):
                msg = f"{name}: an agency's short name and an https:// address, or an http:// one on this machine"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _readings_exist(self) -> Self:
        check_choices(self.readings)
        return self

    @property
    def owner(self) -> str:
        """The hub as a signer: `hub:<name>`."""
        return f"hub:{self.name}"

    @property
    def database(self) -> str:
        """The database's URL, password included: never log it."""
        given = _secret(self.database_url, self.database_url_file)
        return given or f"sqlite:///{self.home / 'casehub.db'}"

    @property
    def blobs(self) -> Path:
        """The folder of the folder store."""
        return self.blob_folder or self.home / "blobs"

    @property
    def calendars(self) -> Path:
        """The folder of the calendar's years that the operator added."""
        return self.calendar_folder or self.home / "calendars"

    @property
    def serving(self) -> Limits:
        """The limits of connections."""
        return Limits(
            connections=self.connections,
            connections_per_peer=self.connections_per_peer,
            proxies=frozenset(map(str, self.proxies)),
        )

    @property
    def allowance(self) -> Allowance:
        """What one agency may use of the hub at once."""
        return Allowance(requests=self.quota_requests, parts=self.quota_parts, part_bytes=self.quota_part_bytes)

    @property
    def s3_secret(self) -> str | None:
        """The S3 secret key, from the setting or its file."""
        return _secret(self.s3_secret_key, self.s3_secret_key_file)

    @property
    def passphrase(self) -> str | None:
        """The passphrase of the key files, from the setting or its file."""
        return _secret(self.key_passphrase, self.key_passphrase_file)


def load_settings(home: Path, **given: Any) -> Settings:
    """The settings of the hub at `home`; `given` wins over environment and file.

    Raises `Problem("hub.settings-invalid")` whose place names the first wrong setting.
    """
    try:
        return Settings(home=home, **given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise Problem("hub.settings-invalid", place, reason=first["msg"]) from None


def _from_file(home: Path | None) -> dict[str, Any]:
    path = None if home is None else home / SETTINGS_FILE
    if path is None or not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Problem("hub.settings-invalid", str(path.name), reason=str(error)) from None


def _secret(value: SecretStr | None, file: Path | None) -> str | None:
    if value is not None:
        return value.get_secret_value()
    if file is not None:
        return file.read_text("utf-8").strip()
    return None
