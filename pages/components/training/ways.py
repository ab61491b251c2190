"""The three ways to train that the form for new runs offers, each with the time it takes here.

A way is nothing but settings: choosing one fills the fields under “More settings”, and which one is
chosen is read from them. Settings that match none are a person's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.documents import Json
from core.models.weight_sources import PUBLISHED
from core.runs.estimate import TimeEstimate
from core.specs import AugmentSpec, RunSpec
from core.store import StoredDataset
from core.text import count, span
from pages.components.run_labels import capital
from pages.components.training.fields import KEEP, PREFIX, get
from pages.components.training.more_fields import FOR_BACKBONES, MORE
from pages.components.training.repeat_fields import FEW, ONCE

QUICK, STUDY, CAREFUL = "quick", "study", "careful"
_TITLES = {QUICK: "Quick look", STUDY: "As in the study", CAREFUL: "Careful"}
QUICK_EPOCHS, QUICK_SIZE = 15, 128  # a third of the study's pixels
_WAY, _KEPT = "way", "way_kept"  # the choice; the last one, with the data set it was made for
# What is not a matter of the way: what learns, from what, and where.
APART = {"dataset", "weights", "weights_path", "device", "seed", "cache"}
_WEIGHED = {"repeat_count": "repeats", "patience": "early"}  # only where that is on


@dataclass(frozen=True)
class Way:
    """``values``: the form's fields. ``about``: what it does and what for. ``times``: trainings a
    network; 0 where this data set does not allow it, and ``about`` says why."""

    name: str
    values: Json
    about: str
    times: int = 1


def form_values(spec: RunSpec) -> Json:
    """The form's fields for a run's settings, except the choice of networks."""
    named = spec.weights in (*PUBLISHED, "random")
    augment = spec.augment or AugmentSpec()
    return {
        "weights": spec.weights if named else "file",
        "weights_path": "" if named else spec.weights,
        "epochs": spec.epochs,
        "batch_size": spec.batch_size,
        "optimizer": spec.optimizer,
        "learning_rate": spec.learning_rate,
        "dropout": spec.dropout,
        "augment": spec.augment is not None,
        **{f"augment_{name}": value for name, value in augment.model_dump().items()},
        "early": spec.early_stopping is not None,
        "patience": spec.early_stopping or 10,
        "class_weighting": spec.class_weighting,
        "device": spec.device,
        "image_size": spec.image_size,
        "preprocessing": spec.preprocessing,
        "seed": spec.seed,
        **{name: getattr(spec, name) for name in (*MORE, *FOR_BACKBONES)},
        # Repeats are not taken over: a duplicate is one new run unless asked otherwise.
        "repeats": ONCE,
    }


def ways(dataset: StoredDataset, folds: int) -> tuple[Way, ...]:
    """Those for a data set, of which so many ``folds`` can be made (0: none)."""
    plain = RunSpec(dataset=dataset.name, model="cnn")
    side = dataset.spec.image_size
    small = QUICK_SIZE if side > QUICK_SIZE else None
    quick = form_values(plain.changed(epochs=QUICK_EPOCHS, image_size=small))
    made = f", made {small} pixels small" if small else ""
    usual = form_values(plain)
    careful = (
        f"{count(folds, 'training')} as in the study, each tested on other patients (folds): "
        "every film is tested once. Says how far the result can be trusted."
        if folds
        else "Not with this data set: it has too few patients to be tested in turns."
    )
    return (
        Way(
            QUICK,
            quick,
            f"Goes {QUICK_EPOCHS} times through the training films{made}. Enough to see whether a "
            "network learns anything.",
        ),
        Way(
            STUDY,
            usual,
            f"Goes {plain.epochs} times through the training films, {side} × {side} pixels, with "
            "the settings of the published study.",
        ),
        Way(
            CAREFUL,
            usual | {"repeats": "folds", "repeat_count": folds or FEW},
            careful,
            folds,
        ),
    )


def way_fields(
    dataset: StoredDataset, offered: tuple[Way, ...], takes: Callable[[Way], TimeEstimate | None]
) -> None:
    """Draw the choice, as cards (browser/look.css). ``takes``: for how long a way goes on here,
    None where nobody can say."""
    _follow(dataset, offered)
    chosen = next((way.name for way in offered if _is_set(way)), None)
    st.session_state[PREFIX + _WAY] = chosen
    st.session_state[PREFIX + _KEPT] = (dataset.name, chosen)
    told = {way.name: takes(way) if way.times else None for way in offered}
    st.radio(
        "How thoroughly",
        [way.name for way in offered],
        index=None,
        format_func=lambda name: f"**{_TITLES[name]}**",
        captions=[_caption(way, told[way.name]) for way in offered],
        key=PREFIX + _WAY,
        horizontal=True,
        width="stretch",
        on_change=_choose,
        args=({way.name: way.values for way in offered},),
        persist_state=KEEP,
    )
    if guessed := _guesses([found for found in told.values() if found is not None]):
        st.caption(f":material/timer: {guessed}")
    if chosen is None:
        st.caption(
            ":material/tune: These are settings of your own (under *More settings*). Choosing one "
            "of the three replaces them."
        )


def _guesses(told: Sequence[TimeEstimate]) -> str:
    """What is to be said of times that were not measured here; empty where all were."""
    measured = [found.measured for found in told]
    if all(measured):
        return ""
    if any(measured):
        return (
            "A time that says “roughly” is a guess: nothing like it has been trained on this "
            "computer yet. The first training measures it."
        )
    return (
        "Nothing like it has been trained on this computer yet, so these times are guesses. The "
        "first training measures them."
    )


def how_long(found: TimeEstimate) -> str:
    """“about 40 s”, “2 to 9 min”; “roughly …” for what was not measured here."""
    words = span(*found.seconds)
    if found.measured:
        return words
    for most in ("under ", "up to "):
        if words.startswith(most):
            return f"roughly {words.removeprefix(most)} or less"
    return f"roughly {words.removeprefix('about ')}"


def _caption(way: Way, found: TimeEstimate | None) -> str:
    return f"**{capital(how_long(found))}.** {way.about}" if found else way.about


def _is_set(way: Way) -> bool:
    return bool(way.times) and all(
        get(name) == value
        for name, value in way.values.items()
        if name not in APART and _counts(name)
    )


def _counts(name: str) -> bool:
    if name.startswith("augment_"):
        return bool(get("augment"))
    switch = _WEIGHED.get(name)
    return switch is None or get(switch) not in (False, ONCE)


def _follow(dataset: StoredDataset, offered: tuple[Way, ...]) -> None:
    """Another data set has another size and other folds: the way stays, its settings follow."""
    before, name = st.session_state.get(PREFIX + _KEPT, ("", None))
    if before and before != dataset.name:
        for way in offered:
            if way.name == name and way.times:
                _set(way.values)


def forget_way() -> None:
    """Somebody else has filled the fields: they stay as they are, whatever the data set."""
    st.session_state.pop(PREFIX + _KEPT, None)


def _choose(values: Mapping[str, Json]) -> None:
    name = st.session_state[PREFIX + _WAY]
    if name in values:
        _set(values[name])


def _set(values: Json) -> None:
    for name, value in values.items():
        if name not in APART:
            st.session_state[PREFIX + name] = value
