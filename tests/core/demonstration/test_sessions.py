"""Takes: one at a time, each with people of its own, and never in the user's data."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.demonstration.sessions import CONTROL, SHORTCUT, Demonstration
from core.store import Store
from tests.core.demonstration.made_up import finished, give, shortcut_answers, stand
from tests.core.runs.jobs_at_hand import no_dispatcher, noted

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
