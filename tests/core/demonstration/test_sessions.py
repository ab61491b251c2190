"""Takes: one at a time, each with people of its own, and never in the user's data."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from core.demonstration import worker
from core.demonstration.sessions import BEGUN, CONTROL, LEFT, READY, SHORTCUT, Demonstration
from core.runs.reporter import Reporter
from core.store import Store
from tests.core.demonstration.made_up import finished, give, shortcut_answers, stand
from tests.core.runs.jobs_at_hand import no_dispatcher, noted


class _Silent:
    """Hears how far the work is."""

    def stage(self, name: str) -> None:
        assert name == "Ready to begin"

    def check(self) -> None:
        pass


Started = list[tuple[Path, str, dict[str, str]]]


@pytest.fixture
def demonstration(store: Store) -> Demonstration:
    return Demonstration(store)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What would have been started; nothing is."""
    return noted(monkeypatch)


def test_before_the_first_take_nothing_is_on_disk(demonstration: Demonstration) -> None:
    session = demonstration.latest()
    assert (session.number, session.status().state) == (1, None)
    assert [session.answers(SHORTCUT), session.run(SHORTCUT), session.store()] == [None, None, None]
    assert not demonstration.folder.exists()


def test_a_take_is_started_with_its_folder_and_number(
    demonstration: Demonstration, started: Started
) -> None:
    session = demonstration.start()
    assert started == [(session.folder, "demonstration", {"session": "1"})]


@pytest.mark.parametrize("state", ["working", "done"])
def test_a_second_browser_joins_the_take_that_there_is(
    demonstration: Demonstration,
    started: Started,
    state: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_dispatcher(monkeypatch)
    finished(demonstration.latest())
    stand(demonstration.latest(), state)
    assert demonstration.start().number == 1
    assert started == []


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted", "done"])
def test_after_a_failure_another_take_begins(
    demonstration: Demonstration, started: Started, state: str
) -> None:
    stand(demonstration.latest(), state)
    assert demonstration.start().number == 2
    assert [arguments for _, _, arguments in started] == [{"session": "2"}]


def test_start_again_leaves_the_answers_behind_and_brings_other_people(
    demonstration: Demonstration,
) -> None:
    finished(demonstration.latest())
    before = demonstration.latest()
    session = demonstration.next()
    assert demonstration.latest() == session
    assert session.status().state is None
    assert session.answers(SHORTCUT) is None
    assert before.cohort.people("test")[0].seed != session.cohort.people("test")[0].seed


def test_answers_and_runs_are_found_by_network(demonstration: Demonstration) -> None:
    session = demonstration.latest()
    give(session, SHORTCUT)
    shortcut_answers().save(session.answers_file(SHORTCUT))
    found = session.answers(SHORTCUT)
    assert found is not None
    assert found.correct("covid-like") == (40, 40)
    run = session.run(SHORTCUT)
    assert run is not None
    assert run.spec.dataset == SHORTCUT
    assert [session.answers(CONTROL), session.run(CONTROL)] == [None, None]


def test_answers_written_anew_are_read_anew(demonstration: Demonstration) -> None:
    session = demonstration.latest()
    session.folder.mkdir(parents=True)
    for slips, expected in ((1, 1), (3, 3)):
        shortcut_answers(slips).save(session.answers_file(SHORTCUT))
        found = session.answers(SHORTCUT)
        assert found is not None
        assert found.correct("healthy") == (expected, 40)


def test_the_user_s_own_data_stay_as_they_are(store: Store) -> None:
    demonstration = Demonstration(store)
    version = store.catalogue.version()
    finished(demonstration.latest())
    assert store.catalogue.version() == version
    assert store.runs.all() == []
    assert store.datasets.all() == []


def test_other_folders_are_no_sessions(demonstration: Demonstration, tmp_path: Path) -> None:
    for name in ("take-", "take-x", "notes", "take-0007"):
        (demonstration.folder / name).mkdir(parents=True)
    assert demonstration.latest().number == 7


def test_a_take_that_is_whole_is_over_though_the_store_was_lost(store: Store) -> None:
    take = Demonstration(store).latest()
    finished(take)
    store.queue.remove(take.job.job_id)
    assert take.status().state == "done"
    assert Demonstration(store).start().number == 1


WAITING = {"session": "1", "waits": "yes"}


def test_a_process_is_started_ahead_once_and_nothing_has_begun(
    demonstration: Demonstration, started: Started
) -> None:
    demonstration.make_ready()
    demonstration.make_ready()
    session = demonstration.latest()
    assert started == [(session.folder, "demonstration", WAITING)]
    assert session.status().state is None


def test_a_process_that_waits_begins_and_no_other_is_started(
    demonstration: Demonstration, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_dispatcher(monkeypatch)
    demonstration.make_ready()
    stand(demonstration.latest(), "working", "Ready to begin")
    session = demonstration.start()
    assert session.has(BEGUN)
    assert session.status().stage == "Ready to begin"
    assert len(started) == 1
    demonstration.make_ready()  # somebody opens the page: it has begun
    assert len(started) == 1


@pytest.mark.parametrize("left", [READY, LEFT])
def test_where_the_process_has_gone_the_same_people_are_shown_and_another_begins(
    demonstration: Demonstration, started: Started, left: str
) -> None:
    demonstration.make_ready()
    session = demonstration.latest()
    stand(session, "interrupted" if left == READY else "done")
    if left == LEFT:
        assert session.renamed(READY, LEFT)
        assert not session.renamed(READY, BEGUN)  # too late for that process
        assert session.status().state is None
    assert demonstration.start().number == 1
    assert [arguments for _, _, arguments in started] == [WAITING, {"session": "1"}]


def test_one_that_has_left_is_started_again_when_the_page_is_opened(
    demonstration: Demonstration, started: Started
) -> None:
    demonstration.make_ready()
    demonstration.latest().renamed(READY, LEFT)
    demonstration.make_ready()
    assert [arguments for _, _, arguments in started] == [WAITING, WAITING]
    assert demonstration.latest().has(READY)
    assert not demonstration.latest().has(LEFT)


def test_nothing_is_made_ready_beside_a_take_that_is_there(
    demonstration: Demonstration, started: Started
) -> None:
    finished(demonstration.latest())
    demonstration.make_ready()
    assert started == []


def test_nobody_begins_and_the_process_leaves(
    demonstration: Demonstration, monkeypatch: pytest.MonkeyPatch, started: Started
) -> None:
    demonstration.make_ready()
    session = demonstration.latest()
    monkeypatch.setattr(worker, "PATIENCE_SECONDS", 0)
    assert not worker._may_begin(session, cast("Reporter", _Silent()))
    assert session.has(LEFT)
