"""Whom to name for a film, and under which licence it is shown."""

from __future__ import annotations

from collections.abc import Mapping

SAMPLE_SOURCE = "Real sample films"  # what ``core.datasets.sample_films`` imports


def credit_of(metadata: Mapping[str, str]) -> str:
    """“Theranostics 2020. CC BY 4.0”, of a film whose source says both; else empty."""
    credit, licence = metadata.get("credit", ""), metadata.get("license", "")
    return f"{credit}. {licence}" if credit and licence else ""
