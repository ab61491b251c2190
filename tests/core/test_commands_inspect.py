from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.__main__ import main
from core.datasets.phantom import draw
from tests.core.images.dicom_films import dicom, expected, film, written

KEYS = {"file", "kind", "width", "height", "window", "gate", "notes", "png", "error"}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A phantom, a DICOM with a patient and a window beside the film, black, text, nothing."""
    cv2.imwrite(str(tmp_path / "phantom.png"), draw(3, covid_like=False, size=256).pixels)
    odd = dicom(film(), PatientName="Planted^Name", WindowCenter=40, WindowWidth=80)
    (tmp_path / "odd.dcm").write_bytes(written(odd))
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((90, 90), np.uint8))
    (tmp_path / "text.png").write_text("patient,finding")
    os.mkfifo(tmp_path / "pipe.png")
    names = ("phantom.png", "odd.dcm", "black.png", "text.png", "pipe.png", "none.png")
    return [str(tmp_path / name) for name in names]


def test_each_file_in_order_with_what_was_read(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = tmp_path / "pictures"
    assert main(["inspect", *files, "--png", str(pictures), "--json"]) == 3
    printed = capsys.readouterr()
    assert "Planted" not in printed.out + printed.err
    document = json.loads(printed.out)
    assert [one["file"] for one in document] == files
    assert all(set(one) >= KEYS for one in document)
    phantom, odd, black, text, pipe, none = document
    assert (phantom["kind"], phantom["width"], phantom["height"]) == ("PNG", 256, 256)
    assert (phantom["gate"], phantom["notes"], phantom["error"]) == ("frontal", [], None)
    assert phantom["patient_data"] is False
    assert (odd["bits"], odd["photometric"]) == (12, "MONOCHROME2")
    assert odd["window"].startswith("the film's own range, 200 to 3500")
    assert odd["patient_data"] is True
    assert "shows nothing of the film" in odd["notes"][0]
    shown = cv2.imread(odd["png"], cv2.IMREAD_UNCHANGED)
    assert np.abs(shown - expected(film())).max() <= 2
    assert black["notes"] == ["It shows hardly anything. It is black nearly everywhere."]
    assert "is not an image" in text["error"]
    assert "not a regular file" in pipe["error"]
    assert "cannot be opened" in none["error"]
    assert text["kind"] is text["gate"] is text["png"] is None
    assert len(list(pictures.iterdir())) == 3


def test_readable_words_without_json(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", *files[:3]]) == 0
    said = capsys.readouterr().out
    assert "PNG, 256 × 256 pixels, 8 bits" in said
    assert "its header says who the patient is" in said
    assert main(["inspect", files[3]]) == 3
    assert "refused" in capsys.readouterr().out


def test_the_same_name_twice_and_no_data_folder(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    arguments = ["inspect", files[0], files[0], "--png", str(tmp_path / "out"), "--json"]
    assert main([*arguments, "--data", str(data)]) == 0
    pictures = [one["png"] for one in json.loads(capsys.readouterr().out)]
    assert len({Path(one).name for one in pictures}) == 2
    assert not data.exists()


def test_a_folder_that_cannot_be_made_is_said_first(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", files[0], "--png", f"{files[3]}/pictures"]) == 2
    assert "--png" in capsys.readouterr().err
