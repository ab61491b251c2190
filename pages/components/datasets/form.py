"""The form that describes a data set; presets fill it, and everything can be changed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.datasets.presets import (
    adult_negatives_spec,
    four_classes_spec,
    recommended_spec,
    study_spec,
)
from core.documents import Json
from core.errors import SpecError
from core.names import name_key
from core.specs import LONGEST_NAME, ClassSpec, DatasetSpec
from core.store import Store
from core.text import listed
from pages.components.datasets.class_row import class_fields, class_row, fill_class
from pages.components.run_labels import escaped
from pages.components.session import catalogue_frame

PRESETS = {
    "study": "The study",
    "recommended": "Recommended",
    "four-classes": "Four classes",
    "adult-negatives": "Adult negatives",
    "custom": "Custom",
}
MAKERS = {
    "study": study_spec,
    "recommended": recommended_spec,
    "four-classes": four_classes_spec,
    "adult-negatives": adult_negatives_spec,
}
ABOUT = {
    "study": "As published: film by film, so one patient can be in training and in test. "
    "Good for repeating the study; as a test of a network it is too optimistic.",
    "recommended": "All films of one patient stay on one side, so the test shows patients "
    "whom the network has never seen, where patients are known. The numbers are lower and truer.",
    "four-classes": "COVID-19, bacterial and viral pneumonia, and healthy, from real films, "
    "patient by patient. Bacterial and viral pneumonia look much alike: expect lower numbers.",
    "adult-negatives": "Covid against everything else, adults of other hospitals included, so "
    "that a network cannot pass by telling adults from children. All films of one patient stay "
    "on one side. Keep another source out to test it on.",
    "custom": "Choose the classes and everything else yourself.",
}
BALANCES = {
    "undersample": "Same number in each class",
    "class_weights": "All films, rare class weighs more",
    "none": "All films as they are",
}
SPLITS = {"patient": "Patient by patient", "study": "Film by film, as in the study"}
PREPROCESSINGS = {"model": "As each network expects", "rescale": "Grey values divided by 255"}
SIZES = (64, 96, 128, 160, 192, 224, 256, 299, 331, 384, 512)

SETTINGS = (
    "balance", "split_by", "test_fraction", "validation_fraction", "image_size", "preprocessing",
    "seed",
)  # fmt: skip


def dataset_form(store: Store) -> DatasetSpec | None:
    """Draw the form. Returns the spec, or None (and says what is missing)."""
    if "prep_ids" not in st.session_state:
        # What can be made of the films that there are.
        possible = [kind for kind in ("study", "recommended") if not _is_reason(store, kind)]
        st.session_state["prep_preset"] = (possible or ["study"])[0]
        _preset_chosen(store)
    start, name = st.columns([2, 1], gap="medium")  # five segments in one line on a desktop
    start.segmented_control(
        "Start from",
        list(PRESETS),
        format_func=PRESETS.__getitem__,
        key="prep_preset",
        on_change=_preset_chosen,
        args=(store,),
        required=True,
        persist_state="session",
    )
    start.caption(ABOUT[st.session_state["prep_preset"]])
    if problem := st.session_state.get("prep_problem"):
        start.warning(escaped(problem), icon=":material/info:")
    name.text_input(
        "Name of the data set", key="prep_name", max_chars=LONGEST_NAME, persist_state="session"
    )
    ids: list[int] = st.session_state["prep_ids"]
    frame = catalogue_frame()
    for position, one in enumerate(ids):
        remove = _remove_class if len(ids) > 2 else None
        class_row(frame, one, position, first=_first, remove=remove)
    st.button("Add a class", icon=":material/add:", on_click=_add_class)
    _settings()
    return _spec(store, ids)


def _settings() -> None:
    first, second, third = st.columns(3)
    first.selectbox(
        "Split",
        list(SPLITS),
        format_func=SPLITS.__getitem__,
        key="prep_split_by",
        persist_state="session",
        help="How films are divided into training, validation and test. Patient by patient: "
        "a network is tested on patients whom it has never seen, where patients are known.",
    )
    second.selectbox(
        "Balance",
        list(BALANCES),
        format_func=BALANCES.__getitem__,
        key="prep_balance",
        persist_state="session",
        help="What to do when one class has many more films than another.",
    )
    third.selectbox(
        "Image size (pixels)",
        sorted({*SIZES, st.session_state["prep_image_size"]}),
        key="prep_image_size",
        persist_state="session",
        help="Films are shrunk to a square of this side. The study used 224.",
    )
    with st.expander("More settings"):
        left, right = st.columns(2)
        left.slider(
            "Share for the test", 0.05, 0.5, step=0.05, key="prep_test_fraction", format="percent",
            persist_state="session", help="Kept aside for the final numbers. The study: 20 %.",
        )  # fmt: skip
        right.slider(
            "Share of the rest for validation", 0.05, 0.5, step=0.05, format="percent",
            key="prep_validation_fraction", persist_state="session",
            help="Watched during the training. The study: 25 % of what the test leaves.",
        )  # fmt: skip
        left.selectbox(
            "Grey values", list(PREPROCESSINGS), format_func=PREPROCESSINGS.__getitem__,
            key="prep_preprocessing", persist_state="session",
            help="Pretrained networks expect grey values in a scale of their own. The study "
            "divided by 255 for all of them.",
        )  # fmt: skip
        right.number_input(
            "Seed", 0, 2**31 - 1, step=1, key="prep_seed", persist_state="session",
            help="Starts the shuffling. The same seed divides the films in the same way.",
        )  # fmt: skip


def _spec(store: Store, ids: Sequence[int]) -> DatasetSpec | None:
    state = st.session_state
    fields = [class_fields(one) for one in ids]
    open_ = [at for at, one in enumerate(fields, 1) if not (one["findings"] or one["without"])]
    if open_:
        st.info(f"Choose at least one finding for class {listed(open_)}.", icon=":material/info:")
        return None
    try:
        classes = tuple(
            ClassSpec.build(name=state[f"prep_class_{one}_name"], **chosen)
            for one, chosen in zip(ids, fields, strict=True)
        )
        spec = DatasetSpec.build(
            name=state["prep_name"],
            classes=classes,
            **{name: state[f"prep_{name}"] for name in SETTINGS},
        )
    except SpecError as error:
        st.error(escaped(error), icon=":material/error:")
        return None
    return spec.changed(preset=_kind(store, spec))


def _kind(store: Store, spec: DatasetSpec) -> str:
    """Which preset the form still is; "custom" once anything but name and seed differs."""
    for kind in MAKERS:
        original = _preset(store, kind)
        if not isinstance(original, str):
            same = original.changed(name=spec.name, seed=spec.seed, preset="custom")
            if same == spec.changed(preset="custom"):
                return kind
    return "custom"


def _preset(store: Store, kind: str) -> DatasetSpec | str:
    """The preset for the films there are, or why there is none."""
    return _cached_preset(str(store.workspace.root), store.catalogue.version(), kind, store)


def _is_reason(store: Store, kind: str) -> bool:
    return isinstance(_preset(store, kind), str)


@st.cache_resource(show_spinner=False, max_entries=8)
def _cached_preset(root: str, version: int, kind: str, _store: Store) -> DatasetSpec | str:
    # The reason is returned, not raised: a cache keeps no exceptions, and looking through
    # a large catalogue at every rerun would be felt.
    try:
        return MAKERS[kind](_store.catalogue)
    except SpecError as error:
        return str(error)


def _preset_chosen(store: Store) -> None:
    """Fill the form from the chosen preset; keep it, and say why, when that is impossible."""
    kind = st.session_state["prep_preset"]
    st.session_state["prep_problem"] = ""
    if kind == "custom" and "prep_ids" in st.session_state:
        return
    spec = _preset(store, "study" if kind == "custom" else kind)
    if isinstance(spec, str):
        st.session_state["prep_problem"] = spec
        if "prep_ids" not in st.session_state:
            _fill(_bare(), [])
        return
    values = {name: getattr(spec, name) for name in SETTINGS}
    _fill({"name": _free_name(store, spec.name), **values}, spec.classes)


def _free_name(store: Store, wanted: str) -> str:
    taken = {name_key(one.name) for one in store.datasets.all()}
    names = (wanted if n == 1 else f"{wanted} {n}" for n in range(1, len(taken) + 2))
    return next(name for name in names if name_key(name) not in taken)


def _bare() -> Json:
    defaults = {name: DatasetSpec.model_fields[name].default for name in SETTINGS}
    return {"name": "my data set", **defaults}


def _fill(values: Json, classes: Sequence[ClassSpec]) -> None:
    state = st.session_state
    for name, value in values.items():
        state[f"prep_{name}"] = value
    start = max(state.get("prep_ids", [0])) + 1
    state["prep_ids"] = list(range(start, start + max(2, len(classes))))
    for position, one in enumerate(state["prep_ids"]):
        known = classes[position] if position < len(classes) else None
        fill_class(one, known.name if known else f"class {position + 1}", known)


def _add_class() -> None:
    state = st.session_state
    new = max(state["prep_ids"]) + 1
    state["prep_ids"] = [*state["prep_ids"], new]
    fill_class(new, f"class {len(state['prep_ids'])}", None)


def _remove_class(one: int) -> None:
    st.session_state["prep_ids"] = [i for i in st.session_state["prep_ids"] if i != one]


def _first(one: int) -> None:
    others = [i for i in st.session_state["prep_ids"] if i != one]
    st.session_state["prep_ids"] = [one, *others]
