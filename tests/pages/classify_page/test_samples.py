"""Films to try, of each finding and each source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.store import Run, Store
from tests.pages.classify_page.answering_client import (
    Client,
    answered,
    rows,
)
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import RESULT, make_run


def offered(app: AppTest) -> list[str]:
    """The ids of the films that one can click on."""
    keys = [str(one.key) for one in app.button if str(one.key).startswith("sample_")]
    return [key.removeprefix("sample_") for key in keys]


def test_films_of_a_source_are_offered_by_each_of_their_findings(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, *_ = ready
    one = store.catalogue.films(store.catalogue.frame()["film_id"].tolist())[0]
    both = replace(one, film_id="b" * 32, finding="Cardiomegaly + COVID-19")
    store.catalogue.save_source(store.catalogue.sources()[0], [both])
    app = open_app("classify")
    pools = app.selectbox("classify_pool")
    pools.set_value(pools.options[-1]).run()
    kinds = app.selectbox("classify_kind")
    assert kinds.options == ["all", "COVID-19", "Cardiomegaly", "No finding"]
    kinds.set_value("Cardiomegaly").run()
    assert offered(app) == [both.film_id]


def test_one_click_on_a_sample_film_answers_it(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    store, _, second = ready
    app = open_app("classify")
    assert app.selectbox("classify_pool").options[0] == "Test films of tiny"
    members = store.datasets.members("tiny")
    tests = members[members["split"] == "test"].set_index("film_id")
    first = offered(app)[0]
    assert set(offered(app)) <= set(tests.index)
    app.button(f"sample_{first}").click()
    answered(app.run())
    assert client.asked[0][1] == [Path(tests.loc[first, "path"]).name]
    truth = tests["class_name"].astype(str)[first]
    assert list(rows(app, second)["Label in the data"]) == [truth]
    assert f"labelled “{truth}” in the data" in everything_said(app)
    app.button("classify_add").click().run()
    app.button(f"sample_{first}").click()
    answered(app.run())
    assert len(rows(app, second)) == 1, "the same film is not listed twice"


def test_samples_of_a_fold_are_its_own_test_films(
    ready: tuple[Store, Run, Run], client: Client
) -> None:
    """Those of the data set were in its training."""
    store, *_ = ready
    members = store.datasets.members("tiny")
    ids = members["film_id"].to_numpy(str)
    of_dataset = (members["split"] == "test").to_numpy()
    own = np.roll(of_dataset, -8)
    assert not (own & of_dataset).any()
    repeat = {"kind": "folds", "index": 1, "count": 2, "group": "20260101-000000-folds-abcd"}
    run = make_run(store, "done", result=RESULT, spec={"repeat": repeat})
    truth = members["class_index"].to_numpy(int)
    shares = np.full((len(ids), 2), 0.5)
    split = np.where(own, "test", "train")
    names = store.datasets.get("tiny").spec.class_names
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    Predictions(names, ids, split, truth, shares).save(files.predictions)
    app = open_app("classify", run=run.run_id)
    pool = app.selectbox("classify_pool").options[0]
    assert pool.startswith("Test films of tiny, fold 2 of 2")
    assert offered(app)
    assert set(offered(app)) <= set(ids[own])
    app.button(f"sample_{offered(app)[0]}").click()
    answered(app.run())
    assert list(rows(app, run)["Split"]) == ["test"]
