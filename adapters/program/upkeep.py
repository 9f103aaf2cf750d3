"""The administrative commands: handlers, access, keys, trust, reconciliation."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from adapters.adapter import Adapter
from adapters.program.console import Console
from dossier.durable import write_durably
from messages.commandline import DONE, REFUSED, WrongUse


def handler(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`handler`"""
    if options.action == "list":
        found = adapter.handlers()
        rows = [[item["handler"], item.get("role", "")] for item in found if not item.get("removed")]
        console.table(["handler", "role"], rows)
        console.result({"handlers": found})
        return DONE
    if not options.handler:
        raise WrongUse("commandline.required", names="HANDLER", program="casehub-adapter handler")
    if options.action == "add":
        answer = adapter.add_handler(options.handler, options.role)
    else:
        answer = adapter.remove_handler(options.handler)
    console.say("say-handler", handler=options.handler, state=answer.get("role", "removed"))
    console.result(answer)
    return DONE


def grant(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`grant`"""
    answer = adapter.grant(options.case, options.handler)
    console.say("say-granted", case_uid=answer["case_uid"], handlers="、".join(answer["handlers"]))
    console.result(answer)
    return DONE


def revoke(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`revoke`"""
    answer = adapter.revoke(options.case, options.handler)
    console.say("say-granted", case_uid=answer["case_uid"], handlers="、".join(answer["handlers"]))
    console.result(answer)
    return DONE


def key(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`key rotate`"""
    answer = adapter.rotate(options.purpose)
    console.say("say-rotated", **answer)
    console.result(answer)
    return DONE


def trust(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`trust export`, `trust accept`"""
    if options.action == "accept":
        return _accept(adapter, options, console)
    keys = adapter.trust_export()
    data = json.dumps(keys, ensure_ascii=False, indent=1) + "\n"
    if options.out:
        write_durably(Path(options.out), data.encode("utf-8"))
        console.result({"out": options.out, "keys": len(keys["keys"])})
    else:
        console.out.write(data)
    return DONE


def _accept(adapter: Adapter, options: Namespace, console: Console) -> int:
    for given, name in ((options.agency_name, "TYPE:CODE"), (options.fingerprint, "--fingerprint")):
        if not given:
            raise WrongUse("commandline.required", names=name, program="casehub-adapter trust accept")
    answer = adapter.trust_accept(options.agency_name, options.fingerprint)
    console.say("say-accepted", **answer)
    console.result(answer)
    return DONE


def queue(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`queue list`, `queue drop`"""
    if options.action == "drop":
        if not options.transfer:
            raise WrongUse("commandline.required", names="ID", program="casehub-adapter queue drop")
        row = adapter.drop(options.transfer)
        console.say("say-dropped", transfer_id=row.transfer_id)
        console.result({"transfer_id": row.transfer_id, "status": "dropped"})
        return DONE
    found = [
        {
            "transfer_id": row.transfer_id,
            "status": row.status,
            "node": row.request.node,
            "receiver": row.request.receiver,
            "source": row.request.source.get("case_dir") or "",
            "created_at": row.created_at,
        }
        for row in adapter.queue()
    ]
    if found:
        names = ("transfer_id", "node", "receiver", "source", "created_at")
        rows = [[each[name] for name in names] for each in found]
        console.table(["transfer", "node", "receiver", "source", "queued"], rows)
    else:
        console.say("say-nothing-queued")
    console.result({"queued": found})
    return DONE


def agencies(adapter: Adapter, _options: Namespace, console: Console) -> int:
    """`agencies`"""
    found = adapter.agencies()
    rows = [[each["agency"], each["name"]] for each in found if not each["revoked"]]
    console.table(["agency", "name"], rows)
    console.result({"agencies": found})
    return DONE


def reconcile(adapter: Adapter, options: Namespace, console: Console) -> int:
    """`reconcile`"""
    found = adapter.reconcile(options.day)
    if found.differences:
        console.say("say-differs", day=found.day, count=len(found.differences))
        rows = [
            [item["transfer_id"], f"{item['difference']} {item.get('mark', '')}".rstrip()] for item in found.differences
        ]
        console.table(["transfer", "difference"], rows)
    else:
        console.say("say-agrees", day=found.day, sent=found.sent, received=found.received)
    console.result(found.to_json())
    return REFUSED if found.differences else DONE
