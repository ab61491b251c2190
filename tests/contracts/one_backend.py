"""A process of its own on one Keras backend: ``python -m tests.contracts.one_backend DATA RUN…``.

Carries out runs that wait for a worker, as their workers would, lets each classify and explain
one film of its data set, and prints what came of it as one line of JSON. In float32, whatever
is fastest here: else rounding would hide whether the backends agree.
"""

from __future__ import annotations

import json
import sys
from unittest.mock import patch

from core.images.film_array import film_array
from core.runs import worker
from core.store import open_store
from core.training import backend
from core.workspace import open_workspace


def main() -> int:
    data, *run_ids = sys.argv[1:]
    store = open_store(open_workspace(data))
    backend.load_only_the_chosen()
    with patch.object(backend, "fast_policy", return_value=None):
        for run_id in run_ids:
            worker.main(["--data", data, run_id])

    from core.explain.methods import BY_GRADIENT
    from core.prediction.loader import Loader

    loader = Loader(store.workspace)
    answers = {}
    for run_id in run_ids:
        run = store.runs.get(run_id)
        if run.state != "done":
            continue
        loaded = loader.get(run_id)
        film = store.datasets.members(run.spec.dataset).iloc[0]
        pixels = film_array(
            store.workspace, [film["film_id"]], [film["path"]], loaded.card.image_size
        )
        probabilities, heats = loaded.classify(pixels)
        slopes = loaded.slopes(pixels)
        answers[run_id] = {
            "film": film["film_id"],
            "probabilities": probabilities[0].tolist(),
            "heat": heats[0].tolist(),
            "without_heat": loaded.probabilities(pixels)[0].tolist(),
            "methods": {
                method: [one.heats(method).heats[0].tolist() for one in slopes]
                for method in BY_GRADIENT
            },
        }
    libraries = [name for name in ("jax", "tensorflow", "torch") if sys.modules.get(name)]
    print(json.dumps({"libraries": libraries, "answers": answers}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
