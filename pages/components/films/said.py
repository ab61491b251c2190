"""What people here have said of a film, for the table of what is known of it."""

from __future__ import annotations

from core.store import Film, Store
from pages.components.run_labels import when


def said_of(store: Store, film: Film) -> dict[str, str]:
    """Label → words; nothing where nobody has said anything."""
    found = {}
    history = store.corrections.history(film.film_id)
    if film.source_finding and history:
        last = history[-1]
        found["Corrected"] = (
            f"by {last.who}, {when(last.at)}; the source says “{film.source_finding}”"
        )
    elif history and not history[-1].finding:
        last = history[-1]
        found["Corrected"] = f"“{last.before}”, taken back by {last.who}, {when(last.at)}"
    if tags := store.tags.of(film.film_id):
        found["Tags"] = ", ".join(tags)
    return found
