"""Films, a data set and runs that stand in the store and nowhere else."""

from __future__ import annotations

from core.specs import DatasetSpec, RunSpec
from core.store import Film, Source, Store

SPEC = DatasetSpec.build(
    name="study",
    classes=[
        {"name": "covid", "findings": ["COVID-19"]},
        {"name": "healthy", "findings": ["No finding"]},
    ],
)


def film_numbered(number: int, source: str = "hospital") -> Film:
    return Film(
        film_id=f"{number:032x}",
        source=source,
        path=f"/films/{number}.png",
        patient=f"{source}/{number // 2}",
        finding="COVID-19" if number % 2 else "No finding",
        age=40.0 + number if number else None,
        masks={"lungs": "/masks/1.png"},
        metadata={"location": "Hà Nội"},
    )


def fill_catalogue(store: Store, films: int = 4) -> None:
    source = Source("hospital", "folders", "/films")
    store.catalogue.save_source(source, [film_numbered(number) for number in range(films)])


def queued_run(store: Store) -> str:
    return store.runs.create(RunSpec.build(dataset="study", model="cnn")).run_id
