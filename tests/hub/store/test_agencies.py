"""Agencies and their keys: chains in order, revocations remembered, handlers that come and go."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import Connection, select

from evidence.identifiers import timestamp
from evidence.statements import sign
from hub.store import agencies
from hub.store.database import Database
from hub.store.tables import handlers
from messages.problems import Problem
from tests.scene.agencies import COURT, POLICE
from tests.scene.clocks import NOW, after
from tests.scene.keys import HUB_KEY, POLICE_KEY, hpke, identity, key
from tests.scene.stored import VAULT

AGENCY = {"type": "police", "code": "350102000000", "name": "示例县公安局"}
NEXT_KEY = key("police, next")


FIRST, READER = identity(POLICE, POLICE_KEY), hpke(POLICE, POLICE_KEY, public=b"\x07" * 1216)
SECOND = identity(POLICE, NEXT_KEY, signer=POLICE_KEY, replaces=POLICE_KEY.key_id)


def admit(connection: Connection, **changes: object) -> str:
    request = sign("enrolment", {"agency": AGENCY, "created_at": timestamp(NOW)}, POLICE_KEY)
    answer = sign("admission", {"agency": AGENCY, "admitted_at": timestamp(NOW)}, HUB_KEY)
    given = {"agency": AGENCY, "keys": [FIRST, READER], "enrolment": request, "admission": answer, "now": NOW}
    return agencies.admit(connection, **{**given, **changes})  # type: ignore[arg-type]


def test_an_admitted_agency_is_known_by_its_short_name(database: Database) -> None:
    with database.transaction() as connection:
        assert admit(connection) == POLICE
        known = agencies.get(connection, POLICE)
        assert known is not None
        assert (known.fingerprint, known.role, known.to_json()) == (POLICE_KEY.key_id, "agency", AGENCY)
        assert agencies.every(connection) == [known]
        assert agencies.get(connection, COURT) is None
        admission = agencies.admission(connection, POLICE)
        assert admission is not None
        assert admission.keyid == HUB_KEY.key_id
        assert agencies.admission(connection, COURT) is None


def test_an_agency_is_admitted_once(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
    with pytest.raises(Problem, match=r"agency\.already-admitted"), database.transaction() as connection:
        admit(connection)


def test_key_statements_are_carried_verbatim_in_their_order(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        assert agencies.add_key(connection, POLICE, SECOND, after(minutes=1))
        assert agencies.key_statements(connection, POLICE) == [FIRST, READER, SECOND]
        assert agencies.key_statements(connection, COURT) == []


def test_the_same_key_again_changes_nothing_and_another_claim_to_it_is_refused(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        assert not agencies.add_key(connection, POLICE, FIRST, after(minutes=1))
        with pytest.raises(Problem, match=r"agency\.key-taken"):
            agencies.add_key(connection, POLICE, identity(POLICE, POLICE_KEY, signer=NEXT_KEY), after(minutes=1))


def test_only_identity_keys_answer_for_requests(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        entry = agencies.identity_key(connection, POLICE_KEY.key_id)
        assert entry is not None
        assert (entry.owner, entry.public) == (POLICE, POLICE_KEY.public)
        assert agencies.identity_key(connection, READER.unverified_body["key_id"]) is None
        assert agencies.identity_key(connection, NEXT_KEY.key_id) is None


def test_a_revoked_key_carries_its_revocation_everywhere(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        assert agencies.revoke_key(connection, POLICE, POLICE_KEY.key_id, after(minutes=5))
        assert not agencies.revoke_key(connection, POLICE, POLICE_KEY.key_id, after(minutes=1))
        assert not agencies.revoke_key(connection, COURT, POLICE_KEY.key_id, after(minutes=1))
        entry = agencies.identity_key(connection, POLICE_KEY.key_id)
        trusted = agencies.trusted_keys(connection).find(POLICE_KEY.key_id)
        assert entry is not None
        assert entry == trusted
        assert entry.counts_at(after(minutes=4))
        assert not entry.counts_at(after(minutes=5))
        assert agencies.revocations(connection, POLICE) == {POLICE_KEY.key_id: after(minutes=5)}


def test_revoking_an_agency_revokes_all_its_keys(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        agencies.revoke_key(connection, POLICE, READER.unverified_body["key_id"], after(minutes=1))
        assert agencies.revoke(connection, POLICE, after(minutes=9))
        assert not agencies.revoke(connection, POLICE, after(minutes=10))
        assert sorted(agencies.revocations(connection, POLICE).values()) == [after(minutes=1), after(minutes=9)]


def test_trusted_keys_can_be_narrowed_to_agencies(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        assert len(agencies.trusted_keys(connection)) == 2
        assert len(agencies.trusted_keys(connection, [POLICE])) == 2
        assert len(agencies.trusted_keys(connection, [COURT])) == 0
        assert len(agencies.trusted_keys(connection, [])) == 0


def test_public_keys_survive_the_way_through_the_database(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        public = agencies.key_statements(connection, POLICE)[1].unverified_body["public"]
    assert base64.b64decode(public) == b"\x07" * 1216


def test_handlers_have_a_role_until_they_are_removed(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        agencies.put_handler(connection, VAULT, POLICE, "h1", role="handler", name="李某示例", now=NOW)
        assert agencies.handler_role(connection, POLICE, "h1") == "handler"
        agencies.put_handler(connection, VAULT, POLICE, "h1", role="intake", name="李某示例", now=after(minutes=1))
        assert agencies.handler_role(connection, POLICE, "h1") == "intake"
        assert agencies.remove_handler(connection, POLICE, "h1", after(minutes=2))
        assert not agencies.remove_handler(connection, POLICE, "h1", after(minutes=3))
        assert agencies.handler_role(connection, POLICE, "h1") is None
        assert agencies.handler_role(connection, COURT, "h1") is None
        (listed,) = agencies.handlers_of(connection, VAULT, POLICE)
        assert (listed.name, listed.role, listed.removed_at) == ("李某示例", "intake", timestamp(after(minutes=2)))
        agencies.put_handler(connection, VAULT, POLICE, "h1", role="handler", name=None, now=after(minutes=4))
        assert agencies.handler_role(connection, POLICE, "h1") == "handler"


def test_a_handlers_name_is_sealed(database: Database) -> None:
    with database.transaction() as connection:
        admit(connection)
        agencies.put_handler(connection, VAULT, POLICE, "h1", role="handler", name="李某示例", now=NOW)
        sealed = connection.execute(select(handlers.c.name)).scalar_one()
    assert "李某示例".encode() not in sealed
