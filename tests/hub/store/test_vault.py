"""The vault opens a value only where it was sealed, and equal values only have equal indexes under one key and kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.vault import Vault
from messages.problems import Problem

PLACE = ("transfers", "record", "row-1")
OLD, NEW = {1: b"a" * 32}, {1: b"a" * 32, 2: b"b" * 32}


@given(value=st.binary(max_size=300))
def test_what_is_sealed_opens_in_its_place(value: bytes) -> None:
    vault = Vault(OLD)
    assert vault.open(*PLACE, vault.seal(*PLACE, value)) == value


def test_the_same_value_is_never_sealed_to_the_same_bytes() -> None:
    vault = Vault(OLD)
    assert len({vault.seal(*PLACE, b"value") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(("cases", "record", "row-1"), id="another table"),
        pytest.param(("transfers", "annex", "row-1"), id="another column"),
        pytest.param(("transfers", "record", "row-2"), id="another row"),
        pytest.param(("transfer", "srecord", "row-1"), id="a border moved"),
    ],
)
def test_a_moved_value_does_not_open(elsewhere: tuple[str, str, str]) -> None:
    vault = Vault(OLD)
    with pytest.raises(Problem, match=r"hub\.sealed-value-damaged"):
        vault.open(*elsewhere, vault.seal(*PLACE, b"value"))


@given(flipped=st.integers(min_value=0))
def test_no_byte_can_be_changed(flipped: int) -> None:
    vault = Vault(OLD)
    sealed = bytearray(vault.seal(*PLACE, b"a value"))
    sealed[flipped % len(sealed)] ^= 1
    with pytest.raises(Problem, match=r"hub\.sealed-value-damaged"):
        vault.open(*PLACE, bytes(sealed))


@pytest.mark.parametrize("length", [0, 1, 5, 17, 32])
def test_short_values_do_not_open(length: int) -> None:
    vault = Vault(OLD)
    with pytest.raises(Problem, match=r"hub\.sealed-value-damaged"):
        vault.open(*PLACE, vault.seal(*PLACE, b"")[:length])


def test_rotation_seals_with_the_new_key_and_reads_the_old() -> None:
    before, after = Vault(OLD), Vault(NEW)
    assert after.open(*PLACE, before.seal(*PLACE, b"value")) == b"value"
    with pytest.raises(Problem):
        before.open(*PLACE, after.seal(*PLACE, b"value"))


def test_rotation_keeps_blind_indexes() -> None:
    assert Vault(OLD).blind_index("case-ref", "A1") == Vault(NEW).blind_index("case-ref", "A1")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((Vault(OLD), "case-ref", "A2"), id="another value"),
        pytest.param((Vault(OLD), "person-ref", "A1"), id="another kind"),
        pytest.param((Vault({1: b"c" * 32}), "case-ref", "A1"), id="another key"),
        pytest.param((Vault(OLD), "case-refA", "1"), id="a border moved"),
    ],
)
def test_blind_indexes_differ(other: tuple[Vault, str, str]) -> None:
    vault, kind, value = other
    assert vault.blind_index(kind, value) != Vault(OLD).blind_index("case-ref", "A1")


@pytest.mark.parametrize("masters", [{}, {1: b"short"}])
def test_bad_master_keys_are_refused(masters: dict[int, bytes]) -> None:
    with pytest.raises(Problem, match=r"hub\.master-key-invalid"):
        Vault(masters)


def test_a_vault_does_not_show_its_keys() -> None:
    assert "aaaa" not in repr(Vault(OLD))


def test_a_key_that_another_process_made_is_taken_up() -> None:
    here, there = Vault(OLD, lambda: NEW), Vault(NEW)
    assert here.open(*PLACE, there.seal(*PLACE, b"value")) == b"value"
    # … and used from then on
    with pytest.raises(Problem, match=r"hub\.sealed-value-damaged"):
        Vault(OLD).open(*PLACE, here.seal(*PLACE, b"value"))


def test_a_damaged_number_has_no_key_file_read() -> None:
    def read() -> dict[int, bytes]:
        raise AssertionError

    vault = Vault(OLD, read)
    sealed = vault.seal(*PLACE, b"value")
    with pytest.raises(Problem, match=r"hub\.sealed-value-damaged"):
        vault.open(*PLACE, sealed[:1] + (0x7FFF_FFFF).to_bytes(4, "big") + sealed[5:])
