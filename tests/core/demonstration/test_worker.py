"""The whole take for real: a process that trains twice, and answers that flip."""

from __future__ import annotations

import time

from core.demonstration.takes import CONTROL, SHORTCUT, Demonstration
from core.runs.kinds import DEMONSTRATION
from core.store import Store


def test_a_network_learns_the_marker_and_its_answers_go_where_it_goes(store: Store) -> None:
    take = Demonstration(store.workspace).latest()
    assert take.job.start(DEMONSTRATION, store.workspace, take="1", small="yes")
    try:
        while take.status().is_running:
            time.sleep(0.2)
    finally:
        take.job.stop()
    assert take.status().state == "done", take.job.log.read_text()

    cheat, honest = take.answers(SHORTCUT), take.answers(CONTROL)
    assert cheat is not None
    assert honest is not None
    assert cheat.right("covid-like") == (16, 16)
    assert cheat.called("healthy", "healthy", "covid-like")[0] >= 7
    assert cheat.called("healthy", "covid-like", "healthy")[0] >= 7
    hits, marked = cheat.looked_at_token()
    assert marked == 8
    assert hits >= 6
    # Few epochs and films: the honest one need not be good, but no marker leads it.
    assert honest.flipped("covid-like", "healthy")[0] <= 4

    for network in (SHORTCUT, CONTROL):
        run = take.run(network)
        assert run is not None
        assert run.state == "done"
        assert run.result["epochs"] == run.spec.epochs
    assert store.catalogue.count() == 0
    assert store.runs.all() == []
