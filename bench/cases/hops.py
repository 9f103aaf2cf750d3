"""The sample case's hops: arrest, prosecution, one return for supplementary investigation, indictment, judgment."""

from __future__ import annotations

from datetime import date, timedelta

from bench.cases import story
from bench.cases.folder import Sheet
from bench.cases.story import COURT, POLICE, PROCURATORATE, Calendar, Hop, Json, Paper, coding, organ
from evidence.identifiers import uuid7


def hops() -> list[Hop]:
    """All hops in order. Volumes that depend on the number of pages are added by `volumes`."""
    accepted = Paper("F0801", "接收案件通知书", "鼓检接收〔{year}〕21号")
    return [
        Hop("N-ARR-001", receiver=PROCURATORATE, day=story.REQUESTED, tell=nothing, sender=POLICE,
            papers=(Paper("F0301", "提请批准逮捕书", "鼓公提捕字〔{year}〕00012号"),)),
        Hop("N-ARR-002", receiver=POLICE, day=story.ACCEPTED_ARREST, tell=accept("审查逮捕", story.ACCEPTED_ARREST),
            papers=(accepted,), answers="N-ARR-001", sender=PROCURATORATE),
        Hop("N-ARR-011", receiver=POLICE, day=story.APPROVED, tell=approve, answers="N-ARR-001", sender=PROCURATORATE,
            papers=(Paper("F0302", "批准逮捕决定书", "鼓检捕〔{year}〕15号"),), reuses=("N-ARR-001",)),
        Hop("N-ARR-014", receiver=PROCURATORATE, day=story.EXECUTED, tell=arrest, answers="N-ARR-011", sender=POLICE,
            papers=(Paper("F0306", "批准逮捕决定书回执", "鼓公捕回〔{year}〕15号"),)),
        Hop("N-PRO-001", receiver=PROCURATORATE, day=story.TRANSFERRED, tell=close_investigation, sender=POLICE,
            papers=(Paper("F0401", "起诉意见书", "鼓公诉字〔{year}〕00031号"),), reuses=("N-ARR-001",)),
        Hop("N-PRO-002", receiver=POLICE, day=story.ACCEPTED_PROSECUTION, answers="N-PRO-001", sender=PROCURATORATE,
            tell=accept("审查起诉", story.ACCEPTED_PROSECUTION), papers=(accepted,)),
        Hop("N-SPI-001", receiver=POLICE, day=story.RETURNED, tell=send_back, answers="N-PRO-001", sender=PROCURATORATE,
            papers=(Paper("F0402", "补充侦查决定书", "鼓检补侦〔{year}〕3号"), Paper("F0403", "补充侦查提纲", "")),
            reuses=("N-PRO-001",)),
        Hop("N-SPI-002", receiver=PROCURATORATE, day=story.RESENT, tell=nothing, answers="N-SPI-001", sender=POLICE,
            papers=(Paper("F0404", "补充侦查报告书", "鼓公补侦〔{year}〕2号"),), reuses=("N-PRO-001",)),
        Hop("N-SPI-011", receiver=POLICE, day=story.ACCEPTED_AGAIN, answers="N-SPI-002", sender=PROCURATORATE,
            tell=accept("审查起诉", story.ACCEPTED_AGAIN), papers=(accepted,)),
        Hop("N-IND-001", receiver=COURT, day=story.INDICTED, tell=indict, sender=PROCURATORATE,
            papers=(Paper("F0501", "起诉书", "鼓检刑诉〔{year}〕87号"), Paper("F0502", "量刑建议书", ""),
                    Paper("F0503", "认罪认罚具结书", "")),
            reuses=("N-SPI-002",)),
        Hop("N-IND-004", receiver=PROCURATORATE, day=story.ACCEPTED_COURT, answers="N-IND-001", sender=COURT,
            tell=accept("一审", story.ACCEPTED_COURT), papers=(Paper("F0802", "受理案件通知书", ""),)),
        Hop("N-TRI-032", receiver=PROCURATORATE, day=story.SERVED, tell=judge, answers="N-IND-001", sender=COURT,
            papers=(Paper("F0601", "刑事判决书", "（{year}）闽0102刑初123号"),)),
        Hop("N-TRI-034", receiver=POLICE, day=story.TOLD, tell=take_effect, sender=COURT,
            papers=(Paper("F0601", "刑事判决书", "（{year}）闽0102刑初123号"),)),
    ]  # fmt: skip


def nothing(_record: Json, _days: Calendar) -> None:
    """The papers say it all."""


def accept(business: str, offset: int) -> story.Tell:
    """The sender has accepted the case for this business."""

    def tell(record: Json, days: Calendar) -> None:
        agency = COURT if business == "一审" else PROCURATORATE
        entry = {"agency": agency, "business": business, "accepted_at": days.at(offset, "10:00")}
        record["case"].setdefault("acceptances", []).append(entry)

    return tell


def approve(record: Json, days: Calendar) -> None:
    """Arrest is approved for both."""
    record["decisions"] = [
        *record.get("decisions", []),
        *(
            {
                "decision_uid": uuid7(),
                "node": "N-ARR-011",
                "kind": "arrest-approved",
                "person_uid": person["person_uid"],
                "result": "批准逮捕",
                "decided_at": days.at(story.APPROVED, "16:00"),
            }
            for person in record["persons"]
        ),
    ]


def arrest(record: Json, days: Calendar) -> None:
    """The police carry out the arrest; detention ends with it."""
    for measure in record["measures"]:
        measure["ended_at"] = days.at(story.ARRESTED, "09:20")
    for number, person in enumerate(record["persons"], 1):
        record["measures"].append(
            {
                "measure_uid": uuid7(),
                "person_uid": person["person_uid"],
                "measure": coding("police.coercive-measure", "301"),
                "decided_by": organ(POLICE),
                "approved_by": organ(PROCURATORATE),
                "executed_by": organ(POLICE),
                "decided_at": days.at(story.APPROVED, "16:00"),
                "executed_at": days.at(story.ARRESTED, "09:20"),
                "document_no": f"鼓公捕字〔{days.day(story.ARRESTED).year}〕{number:05}号",
            }
        )


def close_investigation(record: Json, days: Calendar) -> None:
    """Investigation is closed; the charges go on as those of the transfer."""
    record["case"]["investigation_closed_date"] = days.text(story.TRANSFERRED - 1)
    record["case"]["transfer_organ"] = organ(POLICE)
    record["case"]["stage"] = "prosecution_review"
    carry_charges(record, "transfer")


def carry_charges(record: Json, stage: str) -> None:
    """The newest charge of each person once more, at the next stage; earlier ones are never overwritten."""
    newest = {charge["person_uid"]: charge for charge in record["charges"]}
    record["charges"] += [{**charge, "charge_uid": uuid7(), "stage": stage} for charge in newest.values()]


def send_back(record: Json, _days: Calendar) -> None:
    """First return for supplementary investigation."""
    record["case"]["return_count"] = 1


def indict(record: Json, days: Calendar) -> None:
    """Suspects become defendants, charged in the procuratorate's own codes."""
    record["case"]["procedure"] = coding("unified.procedure", "CX01")
    record["case"]["stage"] = "first_instance"
    carry_charges(record, "indictment")
    for charge, code in zip(record["charges"][-2:], ("AY05002640010", "AY06023120020"), strict=True):
        charge["crime"] = coding("procuratorate.crime", code)
    for person in record["persons"]:
        person["roles"] = [*person["roles"], {"role": "defendant", "since": days.text(story.INDICTED)}]


def judge(record: Json, days: Calendar) -> None:
    """Judgment in court: fixed terms and fines, in the court's own causes."""
    carry_charges(record, "judgment")
    for item in record["property"]:
        item["disposition"] = "发还被害人"
    for charge, code in zip(record["charges"][-2:], ("201", "4188"), strict=True):
        charge["crime"] = coding("court.cause", code)
    for charge, months in zip(record["charges"][-2:], (14, 8), strict=True):
        record["decisions"].append(
            {
                "decision_uid": uuid7(),
                "node": "N-TRI-032",
                "kind": "judgment",
                "person_uid": charge["person_uid"],
                "charge_uid": charge["charge_uid"],
                "result": "有罪",
                "decided_at": days.at(story.JUDGED, "15:00"),
                "terms": {"penalty": "fixed-term", "months": months, "fine": "5000.00"},
            }
        )


def take_effect(record: Json, days: Calendar) -> None:
    """No appeal, no protest: the judgment takes effect, and the defendants are convicts."""
    for decision in record["decisions"]:
        if decision["kind"] == "judgment":
            decision["effective_date"] = days.effective()
    for person in record["persons"]:
        person["roles"] = [*person["roles"], {"role": "convict", "since": days.effective()}]
    record["case"]["stage"] = "execution"


def volumes(node: str, pages: int, days: Calendar) -> dict[str, list[Sheet]]:
    """The new volumes that a hop brings: nearly all pages with the first, a few later."""
    if node == "N-ARR-001":
        return _investigation(pages, days)
    if node == "N-PRO-001":
        day = days.day(story.ARRESTED)
        return {"V10-02": [Sheet("F0204", "逮捕证", 2, day=day), Sheet("F0205", "逮捕通知书", 2, day=day)]}
    if node == "N-SPI-002":
        return {"V30-01": [Sheet("E0501", "补充讯问笔录", 4, day=days.day(story.RESENT - 5))]}
    if node == "N-IND-001":
        return {"V40-01": [Sheet("E0501", "检察讯问笔录", 3, day=days.day(story.INDICTED - 4))]}
    return {}


def _investigation(pages: int, days: Calendar) -> dict[str, list[Sheet]]:
    held = days.day(story.DETAINED)
    warrants = [
        Sheet("F0101", "受案登记表", 1, day=days.day(story.FILED)),
        Sheet("F0102", "立案决定书", 1, day=days.day(story.FILED)),
        Sheet("F0201", "拘留证", 2, day=held),
        Sheet("F0202", "拘留通知书", 2, day=held),
    ]
    exhibits = [
        Sheet("E0203", "到案经过", 2, day=held),
        Sheet("E0201", "户籍证明", 2, form="tiff", day=held),
        Sheet("E0101", "物证照片", 1, form="jpeg", day=held),
        Sheet("E0207", "社会危险性说明", 1, form="text", day=held, lines=("示例：多次作案，可能毁灭证据。",)),
        Sheet("E0802", "讯问录音录像节选", 0, form="wav", day=held),
    ]
    settled = sum(sheet.pages for sheet in (*warrants, *exhibits))
    return {"V10-01": warrants, "V20-01": [*exhibits, *_interviews(max(1, pages - settled), held)]}


def _interviews(pages: int, held: date) -> list[Sheet]:
    """Statements of six pages each until the pages are used up."""
    sheets = []
    for number in range(1, -(-pages // 6) + 1):
        kind, title = (("E0501", "讯问笔录"), ("E0301", "询问笔录"))[number % 2]
        count = min(6, pages - 6 * (number - 1))
        day = held + timedelta(days=number % 3)
        lines = ("问：以上笔录是否属实？", "答：属实。（示例文字，非真实案件）")
        sheets.append(Sheet(kind, f"第{number}次{title}", count, day=day, responsible="示例民警", lines=lines))
    return sheets
