"""How a run is used from Python, as lines to copy."""

from __future__ import annotations

from core.store import Run, Store
from core.workspace import PROJECT_ROOT

_LINES = """\
import sys
sys.path.insert(0, {project!r})  # the folder of ThoraxLens
from core.prediction.client import PredictionClient
from core.workspace import open_workspace

films = [(name, open(name, "rb").read()) for name in ["film.png"]]
if __name__ == "__main__":
    with PredictionClient(open_workspace({data!r})) as networks:
        for found in networks.classify([{run!r}], films):
            print(found.file, found.error or found.answer, found.probabilities)
"""


def snippet(store: Store, run: Run) -> str:
    """Ten lines of Python that classify ``film.png`` with the run."""
    return _LINES.format(project=str(PROJECT_ROOT), data=str(store.workspace.root), run=run.run_id)
