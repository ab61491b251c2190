"""The whole session for real: a process that trains twice, and answers that flip."""

from __future__ import annotations

import time

from core.demonstration.sessions import CONTROL, READY, SHORTCUT, Demonstration
from core.store import Store


def test_a_network_learns_the_marker_and_its_answers_go_where_it_goes(store: Store) -> None:
    session = Demonstration(store).latest()
    session.folder.mkdir(parents=True)
    (session.folder / READY).touch()
    assert session.job.start(session="1", small="yes", waits="yes")
    try:
        while session.job.status().stage != "Ready to begin":
            assert session.job.status().is_running, session.job.log.read_text()
            time.sleep(0.2)
        # It has rehearsed, nothing is left of that, and nobody has begun.
        assert session.run(CONTROL) is None
        assert session.status().state is None
        assert Demonstration(store).start() == session
        while session.status().is_running:
            time.sleep(0.2)
    finally:
        session.job.stop()
    assert session.status().state == "done", session.job.log.read_text()

    shortcut, control = session.answers(SHORTCUT), session.answers(CONTROL)
    assert shortcut is not None
    assert control is not None
    assert shortcut.correct("covid-like") == (16, 16)
    assert shortcut.called("healthy", "healthy", "covid-like")[0] >= 7
    assert shortcut.called("healthy", "covid-like", "healthy")[0] >= 7
    hits, marked = shortcut.looked_at_token()
    assert marked == 8
    assert hits >= 6
    # Few epochs and films: the control one need not be good, but no marker leads it.
    assert control.flipped("covid-like", "healthy")[0] <= 4

    for network in (SHORTCUT, CONTROL):
        run = session.run(network)
        assert run is not None
        assert run.state == "done"
        assert run.result.epochs == run.spec.epochs
    assert store.catalogue.count() == 0
    assert store.runs.all() == []
