"""Transfers of several cases, made from one caught submission: the same people under other numbers, or others under
the same."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from evidence.identifiers import uuid7
from hub.store.marks import StoredMark
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.drafts import Draft, Json
from tests.scene.stage import Stage

Change = Callable[[Json], None]
NODE = "N-ARR-001"


@dataclass
class Case:
    """One case that was sent: its record as the sender told it."""

    record: Json
    draft: Draft

    @property
    def case_uid(self) -> str:
        return str(self.record["case"]["case_uid"])

    def person(self, index: int = 0) -> Json:
        found: Json = self.record["persons"][index]
        return found


@dataclass
class Crosswalk:
    """A stage on which cases are sent and identities asked for."""

    at: Stage
    base: Draft
    count: int = 0
    numbers: list[str] = field(default_factory=list)
    """Everything personal that was ever sent: no file, log or address may hold it."""

    def case(self, change: Change = lambda record: None, *, to: str = PROCURATORATE) -> Case:
        """Send another case like the first, with ids and numbers of its own, once `change` has been at its record."""
        self.count += 1
        record = self.fresh(self.base.record)
        change(record)
        return self.send(record, to=to)

    def fresh(self, base: Json) -> Json:
        """The record with other ids and other numbers; persons keep what they are, certificates included."""
        text = json.dumps(base)
        ids = [base["case"]["case_uid"], *(person["person_uid"] for person in base["persons"])]
        for old in ids:
            text = text.replace(old, uuid7())
        record: Json = json.loads(text)
        record["case"]["refs"] = [{"agency": POLICE, "kind": "AJBH", "value": f"A35010200000020260900{self.count:02}"}]
        for index, person in enumerate(record["persons"]):
            person["refs"][0]["value"] = f"R3501020000002026{self.count:03}{index:03}"
        return record

    def send(self, record: Json, *, to: str = PROCURATORATE, sender: str = POLICE, node: str = NODE) -> Case:
        """Send a record with the base's volumes."""
        volumes = {
            body["number"]: {item["doc_type"]: item["pages"] for item in body["documents"]}
            for body in self.base.descriptors
        }
        draft = self.at.package(record, node, volumes, sender=sender, receiver=to)
        answer = self.at.submit(draft.wire(), sender)
        assert answer.status_code == 201, answer.text
        for person in record["persons"]:
            self.numbers += [person["name"], *(item["number"] for item in person.get("certificates", ()))]
        return Case(copy.deepcopy(record), draft)

    def ask(self, agency: str, path: str, body: Any = None, *, handler: str | None = None) -> Any:
        """One request in the agency's name; the answer's JSON with its status under `status_code` when it failed."""
        answer = self.at.send(agency, "GET" if body is None else "POST", f"/v1/identities{path}", body, handler=handler)
        found = answer.json()
        return found if answer.status_code == 200 else {"failed": (answer.status_code, found["code"])}

    def resolve(self, agency: str, value: str, **options: Any) -> list[Json]:
        """The identities that a number leads the agency to."""
        found: list[Json] = self.ask(agency, "/resolve", {"value": value, **options})["identities"]
        return found

    def cases_of(self, agency: str, value: str) -> list[set[str]]:
        """For each identity found, the cases of its members."""
        return [{member["case_uid"] for member in item["members"]} for item in self.resolve(agency, value)]

    def member(self, case: Case, index: int = 0, agency: str = POLICE) -> str:
        """The member that stands for a person of a case."""
        uid = case.person(index)["person_uid"]
        shown = self.resolve(agency, uid)
        return next(
            str(member["member"])
            for item in shown
            for member in item["members"]
            if (member.get("person_uid"), member["case_uid"]) == (uid, case.case_uid)
        )

    def propose(self, agency: str, handler: str | None = None, **body: Any) -> Any:
        return self.ask(agency, "/proposals", body, handler=handler)

    def confirm(self, agency: str, proposal: str, handler: str | None = None) -> Any:
        return self.ask(agency, f"/proposals/{proposal}/confirmation", {"why": "已复核"}, handler=handler)

    def reject(self, agency: str, proposal: str) -> Any:
        return self.ask(agency, f"/proposals/{proposal}/rejection", {"why": "不是同一人"})

    def merged(self, one: str, other: str) -> Json:
        """Two members made one by the police and the procuratorate."""
        made = self.propose(POLICE, action="merge", members=[one, other])
        confirmed: Json = self.confirm(PROCURATORATE, made["proposal"])
        return confirmed

    def marks(self) -> list[StoredMark]:
        """The marks since this was last asked that speak of identities."""
        words = ("person-", "persons-", "case-", "cases-", "identity-", "viewed")
        return [mark for mark in self.at.new_marks() if mark.action.startswith(words)]


def number(case: Case, index: int = 0) -> str:
    """A person's certificate number."""
    return str(case.person(index)["certificates"][0]["number"])
