"""Taking sources and data sets out of the store; the films themselves stay where they lie."""

from __future__ import annotations

from core.people.asking import asks
from core.people.roles import Deed
from core.store import Store
from core.text import count


@asks(Deed.IMPORT)
def remove_source(store: Store, name: str) -> int:
    """Forget a source and its films; returns how many. Raises NotFoundError."""
    films = store.catalogue.remove_source(name)
    store.deeds.note(f"removed source “{name}” with {count(films, 'film')}")
    return films


@asks(Deed.PREPARE)
def delete_dataset(store: Store, name: str) -> None:
    """Forget a data set; films and finished runs stay. Raises NotFoundError."""
    store.datasets.delete(name)
    store.deeds.note(f"deleted data set “{name}”")
