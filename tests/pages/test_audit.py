"""The tab Audit of a run's page over reports written straight into the run's folder."""

from __future__ import annotations

import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.audit.report import AuditReport, Finding, LeakPair, Verdict, audit_folder
from core.audit.status import audit_basis, audit_job
from core.images.decode import decode_file
from core.palette import SURROUNDS
from core.store import Run, Store
from pages.components.audit.checks_table import checks_html
from tests.core.runs.jobs_at_hand import noted, stand
from tests.pages.opening import APP, PATIENCE
from tests.pages.runs import make_dataset, make_run
from tests.pages.shown_films import shown_films

pytestmark = pytest.mark.usefixtures("fresh_caches")


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    app.switch_page("run.py")
    app.query_params["tab"] = "audit"
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.subheader, *app.error, *app.warning, *app.title]
    return "\n".join(str(one.value) for one in shown) + "\n".join(
        str(one.proto.body) for one in app.get("html")
    )


def audited(store: Store, run: Run, verdict: Verdict = "do_not_believe") -> AuditReport:
    films = store.catalogue.frame()["film_id"].tolist()
    counts = {"covid": {"north": 40, "south": 0}, "healthy": {"north": 0, "south": 40}}
    probe = {"what": "the border", "chance": 0.5, "test_films": 20}
    starts = {
        "do_not_believe": "Do not believe this result: each class comes from one source.",
        "caution": "Be careful with this result: few films.",
        "no_shortcut_found": "No shortcut was found: the best gets 54 %.",
    }
    report = AuditReport(
        run=run.run_id,
        dataset="tiny",
        verdict=verdict,
        sentence=starts[verdict],
        findings=(
            Finding(
                check="class_by_source",
                title="Class and source",
                value=1.0,
                interval=(0.97, 1.0),
                level="do_not_believe",
                sentence="Each class comes from one source.",
                clause="each class has one",
                details={"counts": counts},
            ),
            Finding(
                check="border_only",
                title="Border only",
                value=0.55,
                interval=(0.4, 0.7),
                level="no_shortcut_found",
                sentence="Only the border gets 55 %.",
                clause="",
                details=probe,
            ),
            Finding(
                check="class_by_age",
                title="Class and age",
                value=None,
                interval=None,
                level="not_checked",
                sentence="No age is known.",
                details={"counts": {"covid": {"0–17": 3, "unknown": 5}, "healthy": {"0–17": 8}}},
            ),
        ),
        pairs=(
            LeakPair(
                kind="patient",
                test_film=films[0],
                train_film=films[1],
                test_class="covid",
                train_class="covid",
                likeness=0.93,
            ),
        ),
        made_at=time.time(),
        basis=audit_basis(store, run),
    )
    report.save_in(audit_folder(store.workspace.run_folder(run.run_id)))
    return report


def test_without_a_finished_run_the_page_says_what_to_do(phantom_store: Store) -> None:
    assert "No run has finished yet" in texts(opened())


def test_a_run_that_was_never_audited_can_be(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(phantom_store, "done")
    asked = noted(monkeypatch)
    page = opened(run=run.run_id)
    assert "Nobody knows yet" in texts(page)
    page.button(key="audit_start").click().run()
    folder = phantom_store.workspace.run_folder(run.run_id)
    assert asked == [(folder / "audit", "audit", {"run": run.run_id})]


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("do_not_believe", ("Do not believe it", "Each class comes from one source.")),
        ("caution", ("Be careful", "Few films.")),
        ("no_shortcut_found", ("No shortcut found", "The best gets 54\u00a0%.")),
    ],
)
def test_the_verdict_stands_above_its_reasons(
    phantom_store: Store, verdict: Verdict, words: tuple[str, str]
) -> None:
    run = make_run(phantom_store, "done")
    audited(phantom_store, run, verdict)
    page = opened(run=run.run_id)
    large = page.get("html")
    assert any(all(word in one.proto.body for word in words) for one in large)
    said = texts(page)
    assert "Only the border gets 55\u00a0%" in said
    assert "nearly" not in said
    assert "the same patient · covid · likeness 0.93" in said
    assert page.table[0].value.loc["south", "healthy"] == 40
    assert list(page.table[1].value.index) == ["0–17 years", "not recorded"]
    assert page.query_params["run"] in (run.run_id, [run.run_id])


def test_a_film_that_training_has_seen_opens_large(phantom_store: Store) -> None:
    run = make_run(phantom_store, "done")
    [pair] = audited(phantom_store, run, "caution").pairs
    page = opened(run=run.run_id)
    page.button(key="audit_open_0_training").click().run()
    assert not page.exception
    [viewer] = shown_films(page)
    path = phantom_store.catalogue.films([pair.train_film])[0].path
    np.testing.assert_array_equal(viewer["greys"], decode_file(path).pixels)
    assert "Film 2 of 2" in texts(page)


def test_the_verdict_counts_the_rows_of_its_table_that_say_so(phantom_store: Store) -> None:
    run = make_run(phantom_store, "done")
    report = audited(phantom_store, run)
    assert "say so" not in texts(opened(run=run.run_id)), "the one reason stands there already"
    worst = report.findings[0]
    more = [worst.model_copy(update={"check": f"other_{place}"}) for place in range(4)]
    report.model_copy(update={"findings": (*report.findings, *more)}).save_in(
        audit_folder(phantom_store.workspace.run_folder(run.run_id))
    )
    assert "5 of the checks below say so." in texts(opened(run=run.run_id))


def test_an_old_audit_is_told_to_be_old_and_another_offered(phantom_store: Store) -> None:
    run = make_run(phantom_store, "done", result={"test": {"accuracy": 0.9}})
    audited(phantom_store, run, "no_shortcut_found")
    page = opened(run=run.run_id)
    assert "audit is old" not in texts(page)
    assert "It gets 90.0\u00a0% of its test films right" in texts(page)
    make_dataset(phantom_store)
    page = opened(run=run.run_id)
    [told] = page.warning
    assert "have changed.** Its verdict, below, may no longer hold." in told.value
    assert "At that time: No shortcut found" in texts(page)
    assert "It gets 90.0" not in texts(page)
    assert page.button(key="audit_start").label == "Audit again"


def test_a_run_whose_data_set_is_gone_is_not_offered_an_audit(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    run = make_run(phantom_store, "done")
    audited(phantom_store, run, "caution")
    phantom_store.datasets.delete("tiny")
    page = opened(run=run.run_id)
    [told] = page.warning
    assert "so it cannot be audited again" in told.value
    assert "audit_start" not in [one.key for one in page.button]


def test_an_audit_under_way_shows_how_far_it_is(phantom_store: Store) -> None:
    run = make_run(phantom_store, "done")
    stand(audit_job(phantom_store, run.run_id), "working", "Reading films", 20, 80)
    page = opened(run=run.run_id)
    assert "The audit is under way" in texts(page)
    [bar] = page.get("progress")
    assert "Reading films (20 of 80)" in bar.proto.text


def test_a_failed_audit_says_why_and_offers_another(phantom_store: Store) -> None:
    run = make_run(phantom_store, "done")
    stand(audit_job(phantom_store, run.run_id), "failed", reason="The films are gone.")
    page = opened(run=run.run_id)
    assert "The films are gone" in texts(page)
    assert page.button(key="audit_start").label == "Audit this run"


def test_an_audit_that_waits_shows_its_place_and_can_be_stopped(phantom_store: Store) -> None:
    first, second = (make_run(phantom_store, "done") for _ in range(2))
    stand(audit_job(phantom_store, first.run_id), "working", "Reading films", 20, 80)
    job = audit_job(phantom_store, second.run_id)
    stand(job, "queued")
    page = opened(run=second.run_id)
    [bar] = page.get("progress")
    assert "Waiting for its turn: 1 other first" in bar.proto.text
    page.button(key="audit_stop").click().run()
    assert job.status().state == "cancelled"


def test_an_address_of_an_unknown_run_is_told(phantom_store: Store) -> None:
    make_run(phantom_store, "done")
    assert "There is no run nobody." in texts(opened(run="nobody"))


def test_each_check_stands_once_the_gravest_first_with_its_bar(phantom_store: Store) -> None:
    run = make_run(phantom_store, "done")
    audited(phantom_store, run)
    [checks] = [
        one.proto.body for one in opened(run=run.run_id).get("html") if "<table" in one.proto.body
    ]
    assert checks.index("Class and source") < checks.index("Border only")
    assert checks.count("Only the border gets") == 1
    assert 'aria-label="55 %, 95 % interval 40.0–70.0 %; guessing gives 50.0 %"' in checks
    assert '<i class="range" style="left:calc(0.400 * 100%);width:calc(0.300 * 100%)">' in checks
    assert '<i class="guess" style="left:calc(0.500 * 100%)">' in checks
    assert "Cramér&#x27;s V 1.00" in checks
    assert checks.count('class="guess"') == 1, "guessing means nothing for Cramér's V"


def test_what_stands_in_a_finding_is_text_and_a_difference_has_no_bar() -> None:
    hostile = Finding(
        check="leak_inflation",
        title="<b>Leaks</b>",
        value=0.02,
        interval=(0.0, 0.1),
        level="caution",
        sentence="**<script>** 2 %",
    )
    drawn = checks_html([hostile], SURROUNDS["light"])
    assert "&lt;b&gt;Leaks&lt;/b&gt;" in drawn
    assert "**&lt;script&gt;** 2" in drawn
    assert 'class="bar"' not in drawn
