"""The smallest dossiers through processes: an empty volume, and files of 0 bytes."""

from __future__ import annotations

from pathlib import Path

from messages.commandline import DONE
from tests.faults import checking
from tests.scene.agencies import POLICE, PROCURATORATE
from tests.scene.folders import case_dir
from tests.scene.sites import Site

HEADER = "seq,book,doc_type,title,page_from,page_to,file\n"


def test_an_empty_volume_and_empty_files_arrive(site: Site, tmp_path: Path) -> None:
    case = case_dir(tmp_path / "case", volumes={"V10-01": 1, "V20-01": 2})
    empty, hollow = case / "dossier" / "V20-02", case / "dossier" / "V20-03"
    for volume in (empty, hollow):
        volume.mkdir()
    (empty / "catalog.csv").write_text(HEADER, "utf-8")
    rows = "1,1,E0501,空白笔录（示例）,1,1,a.jpg\n2,1,E0801,空录音（示例）,,,b.mp3\n"
    (hollow / "catalog.csv").write_text(HEADER + rows, "utf-8")
    for name in ("a.jpg", "b.mp3"):
        (hollow / name).touch()
    sent = site[POLICE].run("push", "--node", "N-ARR-001", "--to", PROCURATORATE, case)
    assert sent.code == DONE, sent
    volumes = {item["number"]: item for item in sent.body["volumes"]}
    assert (volumes["V20-02"]["files"], volumes["V20-02"]["pages"]) == (0, 0)
    assert (volumes["V20-03"]["files"], volumes["V20-03"]["pages"]) == (2, 1)
    pulled = site[PROCURATORATE].run("pull", "--into", tmp_path / "in")
    assert pulled.code == DONE, pulled
    bag = tmp_path / "in" / sent.body["transfer_id"] / "bag"
    assert checking.whole(bag.parent, case)
    assert sorted(path.stat().st_size for path in (bag / "data" / "V20-03").glob("V20-*")) == [0, 0]
    assert (bag / "data" / "V20-02" / "catalogue.json").is_file()
    again = site[PROCURATORATE].run("page", sent.body["transfer_id"], "V20-03", 1, "--out", tmp_path / "page.jpg")
    assert (again.code, (tmp_path / "page.jpg").stat().st_size) == (DONE, 0)
