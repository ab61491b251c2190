"""Classify with two finished runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from core.prediction.client import FilmResult
from core.store import Run, Store
from pages.components.classify import asking
from tests.pages.classify_page.answering_client import (
    Client,
)
from tests.pages.runs import RESULT, make_dataset, make_run


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(asking, "get_client", lambda: client)
    return client


@pytest.fixture
def ready(phantom_store: Store) -> tuple[Store, Run, Run]:
    """Phantoms, a data set, and two finished runs on it."""
    make_dataset(phantom_store)
    first = make_run(phantom_store, "done", result=RESULT)
    second = make_run(phantom_store, "done", result=RESULT, spec={"model": "vgg16"})
    return phantom_store, first, second


@pytest.fixture
def answering(client: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, FilmResult]:
    """By file name, what the worker shall say instead."""
    told: dict[str, FilmResult] = {}
    original = client.classify

    def instead(run_ids: Sequence[str], films: Any, **options: Any) -> list[FilmResult]:
        client.lateral = options["lateral"]
        return [
            replace(told.get(one.file, one), run_id=one.run_id)
            for one in original(run_ids, films, **options)
        ]

    monkeypatch.setattr(client, "classify", instead)
    return told
