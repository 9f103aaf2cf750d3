"""A cosignature counts for every tree that its tree contains: further checkpoints of a bundle, sound and not."""

from __future__ import annotations

import pytest

from evidence.bundles.bundle import Bundle, BundledCheckpoint, read_bundle
from evidence.bundles.report import Report
from evidence.bundles.verify import verify_bundle
from evidence.keys import SigningKey
from evidence.log import cosignatures, merkle
from evidence.log.checkpoints import Checkpoint, parse_checkpoint, sign_checkpoint
from messages.problems import Problem
from tests.evidence.bundles.test_anchors import NAMES, TRAIL, check_of, cosigned, policy
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.clocks import after
from tests.scene.evidence import as_file
from tests.scene.keys import ORIGIN, key

SIZE = len(TRAIL.leaves)
LEAVES = [merkle.leaf_hash(leaf) for leaf in TRAIL.leaves] + [merkle.leaf_hash(bytes([each])) for each in range(40)]
OTHER = [*LEAVES[:-41], *(merkle.leaf_hash(b"x%d" % each) for each in range(41))]


def root(leaves: list[bytes]) -> bytes:
    return merkle.root_of(leaves)


def path(old: int, new: int, leaves: list[bytes]) -> tuple[bytes, ...]:
    small, large = sorted((old, new))
    nodes = lambda level, at: merkle.root_of(leaves[at << level : (at + 1) << level])  # noqa: E731
    return tuple(merkle.consistency_path(small, large, nodes))


def seen(
    size: int, who: str, *, leaves: list[bytes] = LEAVES, signing: SigningKey | None = None, origin: str = ORIGIN
) -> BundledCheckpoint:
    """A checkpoint of `size` that `who` cosigned, joined to the bundle's."""
    note = sign_checkpoint(Checkpoint(origin, size, root(leaves[:size])), signing or TRAIL.log)
    line = cosignatures.cosign(parse_checkpoint(note)[1].text, who, NAMES[who], after(100 + size))
    return BundledCheckpoint(note + line.line().encode(), path(SIZE, size, leaves))


def verified(*others: BundledCheckpoint, quorum: str = "all") -> Report:
    file = as_file(TRAIL.contents(checkpoint=cosigned(POLICE), cosigned=others))
    return verify_bundle(file, TRAIL.trusted(), brought=policy(quorum))


def test_two_agencies_that_cosigned_different_trees_are_two() -> None:
    assert verified().verdict != "VALID"
    report = verified(seen(SIZE + 7, PROCURATORATE))
    assert report.verdict == "VALID", report.to_json()
    check = check_of(report, "cosignatures")
    assert [fact["witness"] for fact in check.facts] == [POLICE, PROCURATORATE]
    assert check.count == 2


def test_one_agency_many_times_is_one_at_its_earliest() -> None:
    report = verified(*(seen(SIZE + more, POLICE) for more in (9, 3)), quorum="any")
    (fact,) = check_of(report, "cosignatures").facts
    assert fact["at"] == "2026-03-04T01:03:43.000Z"
    assert verified(seen(SIZE + 9, POLICE)).verdict != "VALID"


WRONG = {
    "signed by another key": (seen(SIZE + 7, PROCURATORATE, signing=key("thief")), "evidence.note-unsigned"),
    "of another log": (seen(SIZE + 7, PROCURATORATE, origin="hub.example/other"), "evidence.note-unsigned"),
    "of another history": (seen(SIZE + 7, PROCURATORATE, leaves=OTHER), "evidence.bad-consistency-proof"),
    "without a proof": (
        BundledCheckpoint(seen(SIZE + 7, PROCURATORATE).checkpoint, ()),
        "evidence.bad-consistency-proof",
    ),
    "before the last mark": (seen(SIZE - 1, PROCURATORATE), "evidence.proof-out-of-range"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_contain_these_marks_of_this_log_fails(name: str) -> None:
    other, code = WRONG[name]
    report = verified(other)
    assert report.verdict == "INVALID"
    assert code in {problem.code for problem in check_of(report, "cosignatures").problems}


@pytest.mark.parametrize("left", ["checkpoint", "consistency"])
def test_one_in_part_is_malformed(left: str) -> None:
    read = read_bundle(as_file(TRAIL.contents(cosigned=[seen(SIZE + 7, PROCURATORATE)])))
    names = [name for name in read.members if name.startswith("attachments/cosigned-")]
    assert len(names) == 2
    members = {name: data for name, data in read.members.items() if name != f"attachments/cosigned-000001.{left}"}
    with pytest.raises(Problem, match="bundle-malformed"):
        list(Bundle(read.manifest, members).cosigned())
