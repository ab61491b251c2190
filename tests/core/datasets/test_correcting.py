"""A finding that somebody puts right: where it shows, what stays, and how it is taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.card.facts import gather_facts
from core.card.sections import model_card
from core.datasets.correcting import (
    correct_finding,
    corrected_since,
    film_named,
    go_back_to,
    leave_out,
    tag_films,
    take_back,
    untag_films,
)
from core.datasets.ingest import import_folder
from core.datasets.prepare import plan, plan_document, save_dataset
from core.errors import InputError, NotFoundError
from core.evaluation.predictions import Predictions
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.specs import ClassSpec, DatasetSpec
from core.store import Run, Store, open_store
from core.workspace import ENVIRONMENT_VARIABLE
from tests.core.store.old_stores import make_store, write
from tests.pages.runs import RESULT, make_run

CLASSES = (
    ClassSpec(name="covid", findings=("COVID-19",)),
    ClassSpec(name="healthy", findings=("No finding",)),
)
SENTENCE = "1 film goes by a finding that a person corrected: 1 from “COVID-19” to “No finding”."
OUT = "1 film is left out because its finding was corrected: 1 from “COVID-19” to “Effusion”."


def spec(name: str) -> DatasetSpec:
    return DatasetSpec.build(name=name, classes=CLASSES, balance="none", image_size=32)


def films_of(store: Store, finding: str) -> list[str]:
    frame = store.catalogue.frame()
    return sorted(frame.loc[frame["finding"] == finding, "film_id"])


def prepared(store: Store, name: str) -> dict[str, object]:
    made = plan(store.catalogue.frame(), spec(name))
    save_dataset(store, made)
    return plan_document(made)


def trained_on(store: Store, name: str) -> Run:
    """A run that has answered each of the data set's films rightly."""
    counts = {"total_params": 1000, "trainable_params": 100}
    run = make_run(store, "done", spec={"dataset": name}, epochs=3, result=RESULT | counts)
    members = store.datasets.members(name)
    truth = members["class_index"].to_numpy(int)
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    shares = [[0.9, 0.1] if one == 0 else [0.1, 0.9] for one in truth]
    ids, split = (members[column].to_numpy(str) for column in ("film_id", "split"))
    Predictions(("covid", "healthy"), ids, split, truth, shares).save(files.predictions)
    RunConfig(
        run_id=run.run_id, model="cnn", classes=("covid", "healthy"), image_size=32,
        preprocessing="rescale", dropout=0.3, seed=0, weights="random", backbone_hash="",
    ).save(files.config)  # fmt: skip
    return run


def card_of_films(store: Store, run: Run) -> str:
    sections = model_card(gather_facts(store, run.run_id)).sections
    [films] = [one for one in sections if one.title == "The films"]
    return " ".join(one for one in films.parts if isinstance(one, str))


def test_a_correction_is_in_the_next_data_set_and_its_card_and_can_be_undone(
    phantom_store: Store,
) -> None:
    store = phantom_store
    wrong, gone, *_ = films_of(store, "COVID-19")
    before = prepared(store, "before")
    assert before["corrected"] == []
    assert correct_finding(store, [wrong], " healthy ", "A. B.") == 1
    assert correct_finding(store, [gone], "effusion", "A. B.") == 1
    film = store.catalogue.film(wrong)
    assert (film.finding, film.source_finding) == ("No finding", "COVID-19")
    document = prepared(store, "after")
    assert document["counts"] != before["counts"]
    assert document["corrected"] == [
        {"source_finding": "COVID-19", "finding": "No finding", "is_in": True, "films": 1},
        {"source_finding": "COVID-19", "finding": "Effusion", "is_in": False, "films": 1},
    ]
    members = store.datasets.members("after").set_index("film_id")
    assert members.loc[wrong, "class_name"] == "healthy"
    assert gone not in members.index
    kept = {one.film_id: one for one in store.datasets.get("after").corrected}
    assert (kept[wrong].who, kept[wrong].is_in, kept[gone].is_in) == ("A. B.", True, False)
    assert kept[wrong].at > 1e9
    said = card_of_films(store, trained_on(store, "after"))
    assert SENTENCE in said
    assert OUT in said
    assert "corrected" not in card_of_films(store, trained_on(store, "before"))
    # What was saved before goes by what was known then, and says so.
    assert corrected_since(store, store.datasets.get("before")) == 2
    assert corrected_since(store, store.datasets.get("after")) == 0
    assert take_back(store, [wrong, gone], "C. D.") == 2
    assert store.catalogue.film(wrong).finding == "COVID-19"
    assert corrected_since(store, store.datasets.get("before")) == 0
    again = prepared(store, "again")
    assert again["corrected"] == []
    assert again["counts"] == before["counts"]
    assert "corrected" not in card_of_films(store, trained_on(store, "again"))
    told = [(one.before, one.finding, one.who) for one in store.corrections.history(wrong)]
    assert told == [("COVID-19", "No finding", "A. B."), ("No finding", "", "C. D.")]


def test_the_record_of_a_run_keeps_what_its_data_set_corrected(phantom_store: Store) -> None:
    correct_finding(phantom_store, films_of(phantom_store, "COVID-19")[:1], "No finding", "A")
    prepared(phantom_store, "set")
    trained_on(phantom_store, "set")
    kept = phantom_store.datasets.get("set").corrected
    from core.store import keep_records

    keep_records(phantom_store)
    for file in phantom_store.workspace.root.glob("thoraxlens.sqlite3*"):
        file.unlink()
    found = open_store(phantom_store.workspace)
    assert found.datasets.get("set").corrected == kept != ()


def test_an_import_of_the_same_folder_does_not_undo_a_correction(
    store: Store, folder: Path
) -> None:
    import_folder(store, folder)
    film, *_ = films_of(store, "COVID-19")
    correct_finding(store, [film], "Edema", "A")
    import_folder(store, folder)
    again = store.catalogue.film(film)
    assert (again.finding, again.source_finding) == ("Edema", "COVID-19")
    # Nor does it when the source was removed in between.
    store.catalogue.remove_source("My films")
    import_folder(store, folder)
    assert store.catalogue.film(film) == again
    take_back(store, [film], "A")
    store.catalogue.remove_source("My films")
    import_folder(store, folder)
    assert store.catalogue.film(film).finding == "COVID-19"


def test_what_the_source_says_now_lies_below_the_correction(store: Store, folder: Path) -> None:
    import_folder(store, folder)
    film, *_ = films_of(store, "No finding")
    correct_finding(store, [film], "Edema", "A")
    (folder / "Normal").rename(folder / "Viral")
    import_folder(store, folder)
    now = store.catalogue.film(film)
    assert (now.finding, now.source_finding) == ("Edema", "Viral pneumonia")
    take_back(store, [film], "A")
    assert store.catalogue.film(film).finding == "Viral pneumonia"


def test_a_correction_to_what_the_source_says_takes_it_back(phantom_store: Store) -> None:
    film = films_of(phantom_store, "COVID-19")[0]
    version = phantom_store.catalogue.version()
    assert correct_finding(phantom_store, [film], "COVID-19", "A") == 0
    assert phantom_store.catalogue.version() == version
    correct_finding(phantom_store, [film], "Edema + Mass", "A")
    assert phantom_store.catalogue.film(film).finding == "Edema + Mass"
    assert correct_finding(phantom_store, [film], "covid", "A") == 1
    assert phantom_store.catalogue.film(film).source_finding == ""


@pytest.mark.parametrize(
    ("finding", "who", "match"),
    [
        ("", "A", "1 to 120"),
        ("x" * 121, "A", "1 to 120"),
        ("Edema", " ", "Say who"),
        ("Edema", "?", "Say who"),
        ("///", "A", "names no finding"),
    ],
)
def test_a_correction_that_says_too_little_is_refused(
    phantom_store: Store, finding: str, who: str, match: str
) -> None:
    film = films_of(phantom_store, "COVID-19")[0]
    with pytest.raises(InputError, match=match):
        correct_finding(phantom_store, [film], finding, who)
    assert phantom_store.corrections.latest() == {}


def test_a_film_is_left_out_of_data_sets_and_used_again(phantom_store: Store) -> None:
    film = films_of(phantom_store, "COVID-19")[0]
    leave_out(phantom_store, [film], "A. B.")
    assert film not in set(phantom_store.catalogue.frame()["film_id"])
    assert phantom_store.catalogue.set_apart_in() == {film: "Left out by A. B."}
    phantom_store.catalogue.use_again([film])
    assert film in set(phantom_store.catalogue.frame()["film_id"])


def test_tags_are_put_on_and_taken_off(phantom_store: Store) -> None:
    one, two, *_ = films_of(phantom_store, "COVID-19")
    assert tag_films(phantom_store, [one, two], "for the lecture") == 2
    assert tag_films(phantom_store, [two], "For  the Lecture") == 0  # the same tag
    assert phantom_store.tags.all() == {"for the lecture": frozenset({one, two})}
    assert phantom_store.tags.of(one) == ["for the lecture"]
    assert phantom_store.tags.remove([one, "no film"], "for the lecture") == 1
    assert phantom_store.tags.of(one) == []
    with pytest.raises(InputError, match="cannot be a tag"):
        tag_films(phantom_store, [one], "  ")


def test_the_shell_corrects_tells_and_undoes(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(phantom_store.workspace.root))
    film = films_of(phantom_store, "COVID-19")[0]
    assert main(["correct", film[:8], "Edema", "--by", "A. B.", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["film_id"], told["finding"], told["source_finding"]) == (film, "Edema", "COVID-19")
    [word] = told["history"]
    assert (word["before"], word["finding"], word["by"]) == ("COVID-19", "Edema", "A. B.")
    assert main(["correct", film, "--undo"]) == 0  # by this user
    assert f"{film} goes by “COVID-19”." in capsys.readouterr().out
    assert main(["correct", film, "--undo"]) == 2
    assert "nothing to undo" in capsys.readouterr().err
    assert main(["correct", film]) == 0
    assert "“Edema” taken back" in capsys.readouterr().out
    assert main(["correct", film, "Mass", "--undo"]) == 2


def test_a_film_is_named_by_the_beginning_of_its_id(phantom_store: Store) -> None:
    film = films_of(phantom_store, "COVID-19")[0]
    assert film_named(phantom_store, film[:10].upper()).film_id == film
    with pytest.raises(InputError, match="first 6 letters"):
        film_named(phantom_store, film[:3])
    with pytest.raises(NotFoundError, match="No film"):
        film_named(phantom_store, "z" * 32)


def test_films_and_data_sets_of_an_older_store_are_not_corrected(store: Store) -> None:
    workspace = store.workspace
    for file in workspace.root.glob("thoraxlens.sqlite3*"):
        file.unlink()
    make_store(workspace.database, 2)
    write(
        workspace.database,
        "INSERT INTO sources VALUES ('mine', 'folders', '/films', 0, '2025-01-01', '{}')",
        (),
    )
    row = ("f" * 32, "mine", "/films/f", "", "COVID-19", *[""] * 4, None, "", 1, 1, "{}", "{}")
    write(workspace.database, f"INSERT INTO films VALUES ({', '.join('?' * 15)})", row)
    described = DatasetSpec.build(name="old", classes=CLASSES).to_json()
    write(workspace.database, "INSERT INTO datasets VALUES ('old', ?, '2025-01-01')", (described,))
    opened = open_store(workspace)
    assert opened.catalogue.film("f" * 32).source_finding == ""
    assert opened.datasets.get("old").corrected == ()
    assert correct_finding(opened, ["f" * 32], "Edema", "A") == 1
    assert opened.tags.add(["f" * 32], "a") == 1


def test_the_history_tells_of_what_was_changed_alone(phantom_store: Store) -> None:
    [film, *_] = films_of(phantom_store, "COVID-19")
    before = phantom_store.deeds.count()
    for _ in range(2):
        correct_finding(phantom_store, [film], "Effusion", "A")
        tag_films(phantom_store, [film], "odd")
    for _ in range(2):
        take_back(phantom_store, [film], "A")
        untag_films(phantom_store, [film], "odd")
        go_back_to(phantom_store, [film], "COVID-19", "A")
    assert [one.what for one in phantom_store.deeds.latest(9)[: -before or None]] == [
        "took the tag “odd” from 1 film",
        "took back the corrections of 1 film",
        "tagged 1 film “odd”",
        "corrected 1 film to “Effusion”",
    ]
