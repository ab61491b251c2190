"""Tables as people write them: what each says, and what it does not."""

from __future__ import annotations

from pathlib import Path

from tests.core.datasets.conftest import write
from tests.core.datasets.test_table_layouts import read


def test_files_that_were_converted_keep_the_ending_of_what_they_were(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("train/a.dicom.png", "train/b.dcm.jpg", "train/c.png.png"), b""))
    table = b"image_id,rad_id,Mass,No finding\na,R1,1,0\nb.dcm,R1,0,1\nc.png,R1,1,0\n"
    write(tmp_path, {"image_labels_train.csv": table})
    assert {name: one.finding for name, one in read(tmp_path, "vindr").items()} == {
        "train/a.dicom.png": "Mass",
        "train/b.dcm.jpg": "No finding",
        "train/c.png.png": "Mass",
    }
