"""The Prometheus metrics at `/metrics`. Labels come from closed lists and never name an agency, case or person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The hub's instruments, on a registry of their own so that several hubs can live in one process (tests)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "casehub_requests", "Requests by route and status", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "casehub_request_seconds", "Time to answer", ["method", "route"], registry=self.registry
        )
        self.transfers = Counter(
            "casehub_transfers", "Transfers by outcome", ["node", "outcome"], registry=self.registry
        )
        self.refusals = Counter("casehub_refusals", "Refusals by code", ["code"], registry=self.registry)
        self.unauthenticated = Counter(
            "casehub_unauthenticated",
            "Requests that failed authentication, connections and requests that the guard refused",
            ["reason"],
            registry=self.registry,
        )
        self.quotas = Counter(
            "casehub_quota_refusals", "Requests beyond an agency's quota", ["quota"], registry=self.registry
        )
        self.connections = Gauge("casehub_connections", "Connections open now", registry=self.registry)
        self.part_bytes = Counter("casehub_part_bytes", "Ciphertext moved", ["direction"], registry=self.registry)
        self.log_size = Gauge("casehub_log_size", "Marks that the last checkpoint covers", registry=self.registry)
        self.log_waiting = Gauge("casehub_log_waiting", "Marks not yet numbered", registry=self.registry)
        self.log_alarm = Gauge(
            "casehub_log_alarm", "1 while the log contradicts what was signed", registry=self.registry
        )
        self.cosignatures = Counter(
            "casehub_cosignatures",
            "Cosignatures handed in or asked for, by outcome",
            ["outcome"],
            registry=self.registry,
        )
        self.witnessed_lag = Gauge(
            "casehub_witnessed_lag_seconds",
            "How long the oldest checkpoint waits that the witness policy does not cover yet",
            registry=self.registry,
        )
        self.time_stamps = Counter(
            "casehub_time_stamps", "Time stamps asked for, by outcome", ["outcome"], registry=self.registry
        )
        self.time_stamp_age = Gauge(
            "casehub_time_stamp_age_seconds",
            "Age of the newest time stamp; -1 before the first",
            registry=self.registry,
        )
