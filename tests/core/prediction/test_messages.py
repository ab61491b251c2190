"""Lines between client and worker: typed, also torn ones and ones that nobody knows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import PredictionError
from core.prediction.client import PredictionClient
from core.prediction.messages import (
    ClassifyFailure,
    ClassifyProgress,
    ClassifyRequest,
    FilmFile,
    answer_in,
    line_of,
    request_in,
)
from core.workspace import Workspace

ASKED = ClassifyRequest(
    id=3,
    folder=Path("/nowhere"),
    runs=("a", "b"),
    films=(FilmFile(name="\udce4 ä.png", file="0.film"),),
    cam=False,
    heat_class="covid",
)


@pytest.mark.parametrize(
    "answer",
    [
        ClassifyProgress(id=1, done=2, total=3, doing="Reading \udce4"),
        ClassifyFailure(id=1, error="It failed."),
    ],
)
def test_a_line_holds_the_whole_message(answer: ClassifyProgress | ClassifyFailure) -> None:
    assert line_of(answer).count("\n") == 1
    assert answer_in(line_of(answer)) == answer
    assert request_in(line_of(ASKED)) == ASKED


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "{}",
        "[]",
        "7",
        '{"kind": "progress", "id": 1, "done": 2',
        '{"kind": "news", "id": 1}',
        '{"kind": "failure", "id": 1}',
        '{"kind": "failure", "id": "x", "error": ""}',
        '{"kind": "failure", "id": 1, "error": "", "more": 1}',
        '{"id": 1, "progress": [1, 2, "Reading"]}',
    ],
)
def test_what_is_no_message_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        answer_in(line)
    with pytest.raises(ValueError):
        request_in(line)


def test_a_torn_request_does_not_keep_the_worker_alive() -> None:
    """Whoever wrote it has died in the middle: the others are taken, and the process ends."""
    script = "import sys, time\nfrom core.prediction.worker import Requests\n" + (
        "[print(one.id, flush=True) for one in Requests(sys.stdin)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=line_of(ASKED) + line_of(ASKED)[:-9],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0
    assert "A line that is no request" in done.stderr


@pytest.mark.parametrize("line", ["no JSON at all", json.dumps({"id": 1, "news": 1})])
def test_an_answer_that_nobody_understands_is_told_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    odd = tmp_path / "odd"
    odd.write_text(
        f"#!{sys.executable}\nimport sys\ninput()\nprint({line!r}, flush=True)\ninput()\n"
    )
    odd.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(odd))
    with (
        PredictionClient(workspace) as client,
        pytest.raises(PredictionError, match=r"answered something that cannot .*Try again"),
    ):
        client.classify(["a"], [("a.png", b"")])
