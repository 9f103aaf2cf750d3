"""A full log of generated cases holds nothing personal that went in; what is erased leaves proofs, and no link.

The log is what anyone enrolled may read: the entries of its tiles, and the payloads inside them. Looked for is every
generated name, number, phone, address, charge and brief, plain and in the encodings that software uses, and the digest
of each without a salt, which is as good as the datum itself when there are few possibilities.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from evidence import marks as rules
from evidence.canonical import canonical
from evidence.log import tiles
from evidence.log.tiles import Tile
from hub.log import proofs, serving
from hub.store import marks as mark_store
from hub.store.tables import log_tiles, marks
from tests.flows.test_at_rest import forms
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.worked import Copy, Ground, worked
from tests.scene.world import World

SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈", "伟芳娜秀英敏静丽强磊军洋"
STREETS, WORDS = ("示例路", "虚构巷", "样本街"), ("窃取电动车", "入户盗窃现金", "诈骗钱款", "毁坏车辆")


@dataclass(frozen=True)
class Person:
    """One generated person, invented as a whole."""

    name: str
    number: str
    phone: str
    address: str
    brief: str
    case_number: str
    case_name: str

    def data(self) -> list[str]:
        """Everything that says something of the person."""
        return list(vars(self).values())


def person(chance: random.Random, number: int) -> Person:
    name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2))
    seventeen = f"350102{chance.randint(1950, 2000)}{chance.randint(1, 12):02}{chance.randint(10, 28)}{number:03}"
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    rest = sum(int(digit) * weight for digit, weight in zip(seventeen, weights, strict=True)) % 11
    return Person(
        name=f"{name}（示例）",
        number=seventeen + "10X98765432"[rest],
        phone=f"1380000{chance.randint(1000, 9999)}",
        address=f"{chance.choice(STREETS)}{chance.randint(100, 999)}号{chance.randint(1, 30)}栋",
        brief=f"示例：{name}在某小区{chance.choice(WORDS)}，价值 {chance.randint(1000, 90000)} 元。",
        case_number=f"A350102000000202603{chance.randint(100, 999)}{number}",
        case_name=f"{name}（示例）{chance.choice(WORDS)}案",
    )


def put_into(case: Path, one: Person) -> None:
    """Write the person into the sample case's export."""
    path = case / "case.xml"
    told = path.read_text("utf-8")
    for old, new in (
        ("陈某甲（示例）等人盗窃案", one.case_name),
        ("陈某甲（示例）", one.name),
        ("350102199001020118", one.number),
        ("19900102", one.number[6:14]),
        ("示例：陈某甲三次入户窃取财物，林某乙明知系赃物而代为销售。", f"{one.brief}电话 {one.phone}"),
        ("示例街 1 号", one.address),
        ("A3501020000002026030012", one.case_number),
    ):
        assert old in told
        told = told.replace(old, new)
    path.write_text(told, "utf-8")


@dataclass(frozen=True)
class Full:
    """A log of generated cases, and who they are about."""

    here: World
    people: list[Person]
    entries: list[bytes]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    chance = random.Random(20261122)
    people = [person(chance, number) for number in range(5)]
    with World(tmp_path_factory.mktemp("privacy"), POLICE, PROCURATORATE) as here:
        police = here[POLICE]
        for number, one in enumerate(people):
            case = here.case_dir(name=f"case-{number}")
            put_into(case, one)
            police.push(case, node="N-ARR-001", to=PROCURATORATE)
            here[PROCURATORATE].station.client.get("/v1/cases", ref=one.case_number)
        here[PROCURATORATE].pull(here.root / "bags")
        here.hub.log.step()
        with here.hub.database.transaction(write=False) as connection:
            newest = proofs.latest(connection)
            assert newest is not None
            entries = []
            for index in range(0, newest.size, 256):
                bundle = Tile(None, index // 256, min(256, newest.size - index))
                entries += tiles.read_bundle(bundle, serving.resource(connection, bundle.path))
        yield Full(here, people, entries)


def payloads(entries: list[bytes]) -> list[bytes]:
    return [base64.b64decode(json.loads(entry)["payload"]) for entry in entries]


def digests(text: str) -> Iterator[bytes]:
    """The datum's unsalted digests as they may be written."""
    for name, plain in itertools.product(("sha256", "sha1", "md5", "sha512", "sha3_256"), {text, json.dumps(text)}):
        raw = hashlib.new(name, plain.encode(), usedforsecurity=False).digest()
        yield from (raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"="))


def test_the_generated_cases_went_in(full: Full) -> None:
    """Found by: the test itself, if it looked for what was never sent."""
    assert len(full.entries) > 30
    bags = b"".join(path.read_bytes() for path in (full.here.root / "bags").rglob("record.json"))
    for one in full.people:
        for datum in (one.name, one.number, one.address, one.case_number, one.phone):
            assert datum.encode() in bags or json.dumps(datum)[1:-1].encode() in bags, datum


def test_no_personal_datum_stands_in_the_log(full: Full) -> None:
    """Found by: this scan of what every enrolled agency may read."""
    whole = b"\n".join([*full.entries, *payloads(full.entries)])
    for one in full.people:
        for datum in [*one.data(), one.name.removesuffix("（示例）")]:
            assert not any(form in whole for form in forms(datum)), datum


def test_no_unsalted_digest_of_a_datum_stands_in_the_log(full: Full) -> None:
    """Found by: this scan; a digest of one of a few million numbers tells the number."""
    whole = b"\n".join([*full.entries, *payloads(full.entries)])
    with full.here.hub.database.transaction(write=False) as connection:
        whole += b"".join(connection.execute(select(log_tiles.c.hashes)).scalars())
    for one in full.people:
        for datum in one.data():
            assert not any(form in whole for form in digests(datum)), datum


def test_no_commitment_can_be_guessed_without_its_salt(full: Full) -> None:
    """Found by: whoever guesses the whole private part rightly, and still cannot tell without the salt."""
    guessed = 0
    with full.here.hub.database.transaction(write=False) as connection:
        for mark_id in connection.execute(select(marks.c.mark_id).where(marks.c.salt.is_not(None))).scalars().all():
            query = select(marks.c.leaf_hash).where(marks.c.mark_id == mark_id)
            hashed = "sha256:" + bytes(connection.execute(query).scalar_one()).hex()
            mark = mark_store.by_leaf_hash(connection, full.here.hub.vault, hashed)
            assert mark is not None
            assert mark.private is not None
            assert mark.salt is not None
            told = mark.statement.unverified_body["commitment"]
            assert told == rules.commit(mark.private, mark.salt)
            plain = canonical(mark.private)
            guesses = [hashlib.sha256(plain).hexdigest(), rules.commit(mark.private, bytes(32))[7:]]
            assert told[7:] not in guesses
            guessed += 1
    assert guessed > 5


# --- erasure ----------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    with pytest.MonkeyPatch.context() as patched, worked(tmp_path, patched) as ground:
        made: Ground = ground
        yield made.copy(tmp_path / "copy")


def test_erasing_salts_leaves_proofs_and_cuts_the_link(copy: Copy) -> None:
    """Found by: nobody any more, which is the point. The log, its audit and every bundle stay as they were."""
    with copy.hub() as hub:
        with hub.database.transaction() as connection:
            ids = connection.execute(select(marks.c.mark_id).where(marks.c.salt.is_not(None))).scalars().all()
            assert len(ids) > 3
            before = connection.execute(select(marks.c.leaf).order_by(marks.c.leaf_index)).all()
            assert all(mark_store.erase_private(connection, mark_id) for mark_id in ids)
            assert not any(mark_store.erase_private(connection, mark_id) for mark_id in ids)
        with hub.database.transaction(write=False) as connection:
            assert connection.execute(select(marks.c.leaf).order_by(marks.c.leaf_index)).all() == before
            assert connection.execute(select(marks.c.salt, marks.c.private).distinct()).all() == [(None, None)]
    assert copy.audit() == ""
    assert copy.verify() == ""


def test_a_salt_deleted_and_its_private_part_left_is_named(copy: Copy) -> None:
    """Found by: the audit; half an erasure leaves a person's data without a use."""
    with copy.hub() as hub, hub.database.transaction() as connection:
        connection.execute(update(marks).values(salt=None))
    assert "leaf-private" in copy.audit()
