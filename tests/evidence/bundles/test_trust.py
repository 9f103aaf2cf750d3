"""Several KEYS files as one, and a policy made of keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evidence.bundles.trust import joined, make_policy
from evidence.keys import TrustedKeys
from evidence.log.policy import parse_policy
from messages.problems import Problem
from tests.scene.agencies import HUB, POLICE, PROCURATORATE
from tests.scene.clocks import after
from tests.scene.evidence import walked

TRAIL = walked()


def test_a_key_in_two_files_ends_at_the_earliest_end_that_one_tells() -> None:
    (entry,) = TRAIL.trusted(POLICE).of(POLICE, "identity")
    ended, revoked = replace(entry, valid_to=after(9)), entry.revoked(after(7))
    for order in ([entry, ended, revoked], [revoked, ended, entry]):
        (found,) = joined(TrustedKeys([each]) for each in order)
        assert (found.valid_to, found.revoked_at) == (after(9), after(7))


def test_two_files_that_say_different_things_of_one_key_are_refused() -> None:
    (entry,) = TRAIL.trusted(POLICE).of(POLICE, "identity")
    other = replace(entry, owner=PROCURATORATE)
    with pytest.raises(Problem, match=r"evidence\.key-twice"):
        joined([TrustedKeys([entry]), TrustedKeys([other])])


def test_a_policy_names_log_and_agencies_and_never_the_hub() -> None:
    policy = parse_policy(make_policy(TRAIL.trusted(), 2).encode())
    assert set(policy.witnesses) == {POLICE, PROCURATORATE}
    assert policy.holds(list(policy.witnesses.values()))
    assert not policy.holds([policy.witnesses[POLICE]])
    assert [log.public for log in policy.logs] == [TRAIL.log.public]


@pytest.mark.parametrize("needed", [-1, 0, 3])
def test_a_policy_that_nobody_or_too_many_must_fulfil_is_refused(needed: int) -> None:
    with pytest.raises(Problem, match=r"evidence\.too-few-witnesses"):
        make_policy(TRAIL.trusted(), needed)


def test_a_key_that_was_revoked_is_no_witness() -> None:
    keys = TRAIL.trusted()
    revoked = keys.with_entries(entry.revoked(after(1)) for entry in keys.of(POLICE))
    assert list(parse_policy(make_policy(revoked, 1).encode()).witnesses) == [PROCURATORATE]
    with pytest.raises(Problem, match=r"evidence\.too-few-witnesses"):
        make_policy(TRAIL.trusted(HUB), 1)
