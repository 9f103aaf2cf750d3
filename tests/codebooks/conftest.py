"""The small release of `tests.codebooks.small`, and the shipped one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import codebooks
from codebooks import Release
from tests.codebooks.small import FILES

Build = Callable[..., Release]


@pytest.fixture
def build() -> Build:
    """Builds the small release with some files replaced."""

    def made(**changed: bytes) -> Release:
        names = {
            name.replace("/", "_").replace("--", "_").rsplit(".", 1)[0] + "_" + name.rsplit(".", 1)[1]: name
            for name in FILES
        }
        return codebooks.build({**FILES, **{names[key]: value for key, value in changed.items()}})

    return made


@pytest.fixture
def small(build: Build) -> Release:
    return build()


@pytest.fixture(scope="session")
def shipped() -> Release:
    return codebooks.load()
