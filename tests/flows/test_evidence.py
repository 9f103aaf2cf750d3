"""What an auditor gets: the bundle of a real transfer, with time stamps, and the delivered folder held against it."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evidence.bundles.openings import read_opening
from evidence.bundles.report import Check, Report
from evidence.bundles.verify import Brought, verify_bundle
from evidence.keys import TrustedKeys
from evidence.log import timestamps
from evidence.log.cosignatures import Witness
from evidence.log.policy import parse_policy
from hub.access import directory_desk
from hub.exchange import exporting
from hub.log.stamping import Authority as Where
from hub.log.stamping import Stamper
from hub.runtime import Hub
from hub.store import agencies
from hub.store.tables import checkpoints, time_stamps
from tests.scene import tsa
from tests.scene.agencies import AGENCIES, POLICE, PROCURATORATE
from tests.scene.folders import case_dir, jpeg
from tests.scene.tsa import Authority
from tests.scene.world import World


@dataclass
class Evidence:
    """A transfer that went through, its delivered folder, and an authority that stamped the log afterwards."""

    world: World
    hub: Hub
    transfer_id: str
    case_uid: str
    bag: Path
    authority: Authority

    def trusted(self) -> TrustedKeys:
        with self.hub.database.transaction(write=False) as connection:
            return self.hub.keys.trusted.with_entries(agencies.trusted_keys(connection))

    def export(self, *, private: bool = False) -> Path:
        target = self.world.root / "case.zip"
        exporting.export(self.hub, self.case_uid, [self.transfer_id], target, private=private)
        return target

    def verify(self, bundle: Path, bag: Path | None = None, *, ca: Path | None = None) -> Report:
        roots = timestamps.read_authorities(ca.read_bytes()) if ca else []
        with bundle.open("rb") as source:
            return verify_bundle(source, self.trusted(), brought=Brought(authorities=roots, bag=bag))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    folder = tmp_path_factory.mktemp("evidence")
    authority = Authority(folder / "tsa")
    with World(folder, *AGENCIES) as world:
        sent = world[POLICE].push(
            case_dir(folder / "case", volumes={"V20-01": 3, "V20-02": 2}), node="N-ARR-001", to=PROCURATORATE
        )
        world[PROCURATORATE].pull(folder / "in")
        hub = world.hub
        hub.log.step()
        with tsa.served(authority.answer) as served:
            where = Where(served.url, authority.ca)
            assert Stamper(hub.database, where, interval=1, clock=hub.clock, metrics=hub.metrics).step()
        yield Evidence(world, hub, sent.transfer_id, sent.case_uid, folder / "in" / sent.transfer_id / "bag", authority)


def named(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.name == name)


def test_everything_holds(evidence: Evidence) -> None:
    report = evidence.verify(evidence.export(), evidence.bag, ca=evidence.authority.ca)
    assert (report.level != "none", report.unbound, report.warnings) == (True, (), ()), report.to_json()
    outcomes = {check.name: (check.outcome, check.reason) for check in report.checks[8:]}
    assert outcomes == {
        "cosignatures": ("not-checked", "no-policy"),
        "time": ("passed", ""),
        "bag": ("passed", ""),
    }
    (stamped,) = named(report, "time").facts
    assert stamped["marks"] == len(report.marks) > 5
    *volumes, transfer = named(report, "bag").facts
    assert transfer == {"transfer_id": evidence.transfer_id, "volumes": len(volumes)}
    assert {volume["number"]: volume["files"] for volume in volumes}["V20-01"] == 3
    assert {(volume["sealed_by"], volume["marked_by"]) for volume in volumes} == {(POLICE, POLICE)}


def test_what_nobody_asked_for_is_not_checked(evidence: Evidence) -> None:
    report = evidence.verify(evidence.export())
    assert (report.level != "none", report.unbound, report.warnings) == (True, (), ()), report.to_json()
    assert [check.reason for check in report.checks[8:]] == ["no-policy", "no-authorities", "no-bag"]


def test_private_parts_open_and_agree(evidence: Evidence) -> None:
    public, whole = evidence.verify(evidence.export()), evidence.verify(evidence.export(private=True))
    assert (whole.level != "none", whole.unbound, whole.warnings) == (True, (), ()), whole.to_json()
    assert named(public, "private").count == 0
    assert named(whole, "private").count > 3
    assert named(whole, "statements").count > named(public, "statements").count


def resealed(bag: Path, changed: Path, text: bytes) -> None:
    """Write a file and mend the manifests, as somebody does who knows what a bag is."""
    old = hashlib.sha256(changed.read_bytes()).hexdigest() if changed.exists() else None
    changed.write_bytes(text)
    new, name = hashlib.sha256(text).hexdigest(), changed.relative_to(bag).as_posix()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        path = bag / manifest
        before = path.read_bytes()
        after = before if old is None else before.replace(f"{old}  {name}\n".encode(), f"{new}  {name}\n".encode())
        if old is None and manifest.startswith("manifest"):
            after += f"{new}  {name}\n".encode()
        if manifest.startswith("manifest"):
            tags = bag / "tagmanifest-sha256.txt"
            was, now = hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest()
            tags.write_bytes(tags.read_bytes().replace(was.encode(), now.encode()))
        path.write_bytes(after)


def picture(bag: Path) -> Path:
    return min((bag / "data/V20-01").glob("*.jpg"))


def without_volume(bag: Path) -> None:
    shutil.rmtree(bag / "data/V20-02")
    manifest = bag / "manifest-sha256.txt"
    before = manifest.read_bytes()
    after = b"".join(line for line in before.splitlines(keepends=True) if b" data/V20-02/" not in line)
    manifest.write_bytes(after)
    tags = bag / "tagmanifest-sha256.txt"
    was, now = hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest()
    tags.write_bytes(tags.read_bytes().replace(was.encode(), now.encode()))


def opening_with(bag: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = bag / "casehub/V20-01.json"
    body = json.loads(path.read_bytes())
    change(body)
    resealed(bag, path, json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


def other_key(body: dict[str, Any]) -> None:
    body["volume_key"] = base64.b64encode(bytes(32)).decode()


def other_catalogue(body: dict[str, Any]) -> None:
    body["catalogue"] = [base64.b64encode(base64.b64decode(body["catalogue"][0])[:-1] + b"\0").decode()]


def swapped_opening(bag: Path) -> None:
    resealed(bag, bag / "casehub/V20-01.json", (bag / "casehub/V20-02.json").read_bytes())


def retitled(bag: Path) -> None:
    path = bag / "data/V20-01/catalogue.json"
    resealed(bag, path, path.read_bytes().replace(b'"book": 1', b'"book": 2', 1))


def linked(bag: Path) -> None:
    path = picture(bag)
    path.rename(bag.parent / "elsewhere.jpg")
    path.symlink_to(bag.parent / "elsewhere.jpg")


ATTACKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a page altered": (lambda bag: picture(bag).write_bytes(b"x"), "bag-altered"),
    "a page altered and the manifests with it": (lambda bag: resealed(bag, picture(bag), b"x"), "bag-altered"),
    "a page taken out": (lambda bag: picture(bag).unlink(), "bag-missing"),
    "a page put in": (lambda bag: (bag / "data/V20-01/V20-01-99.jpg").write_bytes(b"x"), "bag-extra"),
    "a page put in and listed": (lambda bag: resealed(bag, bag / "data/V20-01/V20-01-99.jpg", b"x"), "bag-extra"),
    "a file beside the volumes": (lambda bag: resealed(bag, bag / "data/more.txt", b"x"), "bag-extra"),
    "two pages swapped by a link": (linked, "bag-altered"),
    "a volume taken out and the manifests mended": (without_volume, "bag-volumes"),
    "no opening": (lambda bag: (bag / "casehub/V20-01.json").unlink(), "bag-missing"),
    "the opening of another volume": (swapped_opening, "bag-other-volume"),
    "another key": (lambda bag: opening_with(bag, other_key), "bad-opening"),
    "another catalogue": (lambda bag: opening_with(bag, other_catalogue), "opening-altered"),
    "an opening that is none": (lambda bag: resealed(bag, bag / "casehub/V20-01.json", b"{}"), "bad-opening"),
    "a title altered in the readable catalogue": (retitled, "bag-altered"),
    "no manifest": (lambda bag: (bag / "manifest-sha256.txt").unlink(), "bag-missing"),
    "a manifest that leaves the bag": (
        lambda bag: (bag / "manifest-sha256.txt").write_text(f"{'0' * 64}  data/../../x\n"),
        "bag-malformed",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_on_the_folder(name: str, evidence: Evidence, tmp_path: Path) -> None:
    bag = tmp_path / "bag"
    shutil.copytree(evidence.bag, bag)
    attack, code = ATTACKS[name]
    attack(bag)
    report = evidence.verify(evidence.export(), bag)
    assert report.failed is not None
    assert report.failed.name == "bag"
    assert f"evidence.{code}" in {problem.code for problem in report.failed.problems}


def test_the_folder_of_another_transfer(evidence: Evidence, tmp_path: Path) -> None:
    world = evidence.world
    other = world[POLICE].push(case_dir(tmp_path / "case", volumes={"V20-01": 1}), node="N-ARR-001", to=PROCURATORATE)
    world[PROCURATORATE].pull(tmp_path / "in")
    report = evidence.verify(evidence.export(), tmp_path / "in" / other.transfer_id / "bag")
    assert {problem.code for problem in named(report, "bag").problems} >= {"evidence.bag-unsealed"}


def test_an_opening_does_not_show_its_key(evidence: Evidence) -> None:
    opening = read_opening((evidence.bag / "casehub/V20-01.json").read_bytes())
    assert base64.b64encode(opening.volume_key).decode() not in repr(opening)
    assert "key not shown" in repr(opening)


def test_a_case_that_came_back_by_reference(tmp_path: Path) -> None:
    """Volumes that are carried on keep their seal: each bag is that of its own transfer, and of no other."""
    with World(tmp_path, *AGENCIES) as world:
        sent = world[POLICE].push(case_dir(tmp_path / "case"), node="N-ARR-001", to=PROCURATORATE)
        world[PROCURATORATE].pull(tmp_path / "in")
        letter = tmp_path / "letter.jpg"
        letter.write_bytes(jpeg(50_000))
        back = world[PROCURATORATE].reply(
            sent.transfer_id, node="N-ARR-011", documents=[f"F0302={letter}"], reuse=[sent.transfer_id]
        )
        world[POLICE].pull(tmp_path / "back")
        world.hub.log.step()
        bag = tmp_path / "back" / back.transfer_id / "bag"
        evidence = Evidence(world, world.hub, back.transfer_id, sent.case_uid, bag, Authority(tmp_path / "tsa"))
        report = evidence.verify(evidence.export(), bag)
        assert (report.level != "none", report.unbound, report.warnings) == (True, (), ()), report.to_json()
        *volumes, _ = named(report, "bag").facts
        assert {volume["sealed_by"] for volume in volumes} == {POLICE, PROCURATORATE}
        first = evidence.verify(evidence.export(), tmp_path / "in" / sent.transfer_id / "bag")
        assert {problem.code for problem in named(first, "bag").problems} >= {"evidence.bag-volumes"}


def test_an_agency_that_was_revoked_and_enrolled_anew(tmp_path: Path) -> None:
    """What it signed before the revocation still verifies: the bundle holds the chain of each enrolment."""
    with World(tmp_path, *AGENCIES) as world:
        sent = world[POLICE].push(case_dir(tmp_path / "case"), node="N-ARR-001", to=PROCURATORATE)
        world[PROCURATORATE].pull(tmp_path / "in")
        directory_desk.revoke(world.hub, POLICE, None, world.hub.clock())
        world.adapters.pop(POLICE).close()
        shutil.rmtree(world.home(POLICE))
        world.join(POLICE)
        world.hub.log.step()
        with world.hub.database.transaction(write=False) as connection:
            every = agencies.key_histories(connection, POLICE)
            assert every[: len(every) // 2] != agencies.key_statements(connection, POLICE) == every[len(every) // 2 :]
        bag = tmp_path / "in" / sent.transfer_id / "bag"
        evidence = Evidence(world, world.hub, sent.transfer_id, sent.case_uid, bag, Authority(tmp_path / "tsa"))
        report = evidence.verify(evidence.export(), bag)
        assert (report.level != "none", report.unbound, report.warnings) == (True, (), ()), report.to_json()


def test_the_bundle_takes_the_checkpoint_that_witnesses_have_cosigned(evidence: Evidence) -> None:
    """Both agencies cosign as they come by; the log grows on, and the bundle still shows what they have seen."""
    world = evidence.world
    for agency in (POLICE, PROCURATORATE):
        world[agency].pull(world.root / "more")
    lines = []
    for agency in (POLICE, PROCURATORATE):
        key = evidence.trusted().of(agency, "identity")[-1]
        lines.append(f"witness {agency.partition(':')[0]} {Witness(agency, key.public).vkey}")
    policy = parse_policy("\n".join([*lines, "group g any police procuratorate", "quorum g"]).encode())
    for _ in range(2):  # the export itself leaves a mark
        bundle = evidence.export()
        evidence.hub.log.step()
        with bundle.open("rb") as source:
            report = verify_bundle(source, evidence.trusted(), brought=Brought(policy=policy))
        assert (report.verdict, report.level) == ("VALID", "witnessed"), report.to_json()
        assert {fact["witness"] for fact in named(report, "cosignatures").facts} <= {POLICE, PROCURATORATE}
        assert named(report, "cosignatures").count > 0


SPOILED: dict[str, tuple[dict[str, object], str]] = {
    "answer": ({"answer": b"0\x03\x02\x01\x00"}, "evidence.token-malformed"),
    "size": ({"size": 3}, "evidence.token-other"),
}


@pytest.mark.parametrize("column", SPOILED)
def test_a_stored_stamp_that_was_altered(column: str, evidence: Evidence) -> None:
    """Whoever alters the hub's database alters what the auditor gets, and the auditor sees it."""
    changes, code = SPOILED[column]
    database = evidence.hub.database
    evidence.export()
    evidence.hub.log.step()
    with database.transaction() as connection:
        before = connection.execute(time_stamps.select()).mappings().one()
        changed = {**before, **changes}
        if "size" in changes:  # a tree that was signed, but not the one that the token is about
            other = connection.execute(checkpoints.select().order_by(checkpoints.c.size.desc())).mappings().first()
            assert other is not None
            assert other["size"] != before["size"]
            changed["size"] = other["size"]
        connection.execute(time_stamps.update().values(**changed))
    try:
        report = evidence.verify(evidence.export(), ca=evidence.authority.ca)
    finally:
        with database.transaction() as connection:
            connection.execute(time_stamps.update().values(**before))
    assert report.failed is not None
    assert (report.failed.name, [problem.code for problem in report.failed.problems]) == ("time", [code])
