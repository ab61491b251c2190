"""One spelling of a finding for the whole catalogue, whoever writes it how."""

from __future__ import annotations

from collections.abc import Iterable

from core.datasets.label_map import UNKNOWN, finding_key, findings_of, join_findings


class Spelling:
    """Keeps to the spelling of a finding that was there first.

    ``effusion`` becomes ``Effusion`` where films with “Effusion” are in the catalogue, or came
    earlier in the same import; the findings that ThoraxLens knows have their own spelling.
    """

    def __init__(self, there: Iterable[str] = ()) -> None:
        """``there``: findings of the catalogue, those to be kept to first."""
        self._shown: dict[str, str] = {}
        for finding in there:
            self.of(finding)

    def of(self, finding: str) -> str:
        """A film's finding, or its several, each in the spelling to show."""
        singles = findings_of(finding)
        if singles == (UNKNOWN,):
            return UNKNOWN
        return join_findings(self._shown.setdefault(finding_key(one), one) for one in singles)
