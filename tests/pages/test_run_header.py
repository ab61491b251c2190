"""The header of a run's page: what it says of the run, and what people say of it there."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.audit.report import AuditReport, Verdict, audit_folder
from core.audit.status import audit_basis
from core.specs import RepeatSpec
from core.store import Run, Store
from tests.pages.hostile import CLASS
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.runs import make_run

pytestmark = pytest.mark.usefixtures("fresh_caches")


def opened(run: Run) -> AppTest:
    app = open_app("run", run=run.run_id, tab="card")
    assert not app.exception
    return app


def facts(app: AppTest) -> str:
    [line] = [one.proto.body for one in app.get("html") if 'class="run-facts"' in one.proto.body]
    return str(line)


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        ("do_not_believe", ("#d55e00", "✕</span> Do not believe</span>")),
        ("caution", ("#a07d00", "!</span> Be careful</span>")),
        ("no_shortcut_found", ("#00946b", "✓</span> No shortcut found</span>")),
    ],
)
def test_the_verdict_stands_there_in_colour_and_with_a_sign(
    phantom_store: Store, verdict: Verdict, shown: tuple[str, str]
) -> None:
    run = make_run(phantom_store, "done")
    assert "?</span> Not audited</span>" in facts(opened(run))
    AuditReport(
        run=run.run_id, dataset="tiny", verdict=verdict, sentence="So it is.", findings=(),
        basis=audit_basis(phantom_store, run),
    ).save_in(audit_folder(phantom_store.workspace.run_folder(run.run_id)))  # fmt: skip
    line = facts(opened(run))
    assert all(one in line for one in shown)
    assert "CNN (from scratch) · data set tiny" in line


def test_a_run_is_starred_named_and_noted_there(phantom_store: Store) -> None:
    run, other = (make_run(phantom_store, "done") for _ in range(2))
    phantom_store.runs.remark([other.run_id], title="The other", tags=("slow",))
    app = opened(run)
    app.button(key="run_star").click().run()
    assert phantom_store.runs.get(run.run_id).remarks.star
    assert app.button(key="run_star").label == "Starred"
    assert open_app("run").title[0].value == app.title[0].value, "pages begin with it"
    assert app.multiselect(key=f"run_tags_{run.run_id}").options == ["slow"], "known from others"
    app.text_input(key=f"run_title_{run.run_id}").set_value("Mine _only_")
    app.text_area(key=f"run_notes_{run.run_id}").set_value(f"First {CLASS}\nsecond line")
    app.button(key=f"FormSubmitter:run_remarks_{run.run_id}-Keep").click().run()
    assert not app.exception
    assert as_read(app.title[0].value) == "Mine _only_"
    assert f"First {CLASS} …" in as_read(everything_said(app))
    assert CLASS not in everything_said(app), "text, never Markdown"
    kept = phantom_store.runs.get(run.run_id).remarks
    assert (kept.title, kept.notes) == ("Mine _only_", f"First {CLASS}\nsecond line")
    assert kept.star, "what the form does not ask stays"
    # A name that stands for another run is refused in words, and nothing is lost.
    app.text_input(key=f"run_title_{run.run_id}").set_value("the OTHER")
    app.button(key=f"FormSubmitter:run_remarks_{run.run_id}-Keep").click().run()
    assert "Another run is called “The other”" in as_read(app.error[0].value)
    assert phantom_store.runs.get(run.run_id).remarks == kept
    phantom_store.runs.remark([run.run_id], tags=("<b>bold</b>",))
    assert "&lt;b&gt;bold&lt;/b&gt;" in facts(opened(run))


def test_what_others_said_meanwhile_is_not_written_over(phantom_store: Store) -> None:
    run = make_run(phantom_store, "done")
    phantom_store.runs.remark([run.run_id], tags=("slow",))
    app = opened(run)
    phantom_store.runs.remark([run.run_id], tags=("slow", "theirs"), notes="Theirs.")
    app.multiselect(key=f"run_tags_{run.run_id}").set_value(["slow", "mine"])
    keep = f"FormSubmitter:run_remarks_{run.run_id}-Keep"
    app.button(key=keep).click().run()
    assert not app.exception
    kept = phantom_store.runs.get(run.run_id).remarks
    assert (kept.tags, kept.notes) == (("slow", "theirs", "mine"), "Theirs.")
    assert app.text_area(key=f"run_notes_{run.run_id}").value == "Theirs.", "the form begins anew"

    phantom_store.runs.remark([run.run_id], notes="Theirs again.")
    app.text_area(key=f"run_notes_{run.run_id}").set_value("Mine.")
    app.button(key=keep).click().run()
    assert "changed the notes meanwhile" in as_read(app.error[0].value)
    assert phantom_store.runs.get(run.run_id).remarks.notes == "Theirs again."


def test_folds_are_named_alike(phantom_store: Store) -> None:
    folds = [
        make_run(
            phantom_store,
            "done",
            spec={"repeat": RepeatSpec(group="g", kind="folds", index=n, count=2)},
        )
        for n in range(2)
    ]
    app = opened(folds[0])
    assert "Kept for all 2 folds alike." in everything_said(app)
    app.text_input(key=f"run_title_{folds[0].run_id}").set_value("By patient")
    app.button(key=f"FormSubmitter:run_remarks_{folds[0].run_id}-Keep").click().run()
    assert [phantom_store.runs.get(one.run_id).remarks.title for one in folds] == ["By patient"] * 2
    assert app.title[0].value == "By patient · fold 1 of 2"
