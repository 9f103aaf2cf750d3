"""The port of a server that tests start, stop and start again on the same one."""

from __future__ import annotations

import socket

from bench.hubprocess import free_port


def test_no_outgoing_connection_is_given_the_port() -> None:
    assert all(port < 32_768 for port in (free_port() for _ in range(20)))


def test_a_port_in_use_is_not_offered() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        taken = server.getsockname()[1]
        assert taken not in {free_port() for _ in range(50)}
