"""One request on its way to its results, whatever it asks for: turns, progress and errors."""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator

from core.errors import Cancelled, ThoraxLensError
from core.prediction.loader import Loader
from core.prediction.messages import Answer, AnyRequest, ClassifyFailure, ClassifyProgress
from core.runs.config import RunConfig

GIVEN_UP = "The request was given up."
RANDOM = "; the frozen part of this network has random weights and has learnt nothing"

SendAnswer = Callable[[Answer], None]


class Work(ABC):
    """``send`` takes what is said to whoever asked."""

    def __init__(self, loader: Loader, asked: AnyRequest, send: SendAnswer) -> None:
        self._loader = loader
        self._id = asked.id
        self._folder = asked.folder
        self._send = send
        self._done = 0

    def steps(self) -> Iterator[None]:
        """Do what was asked, and say so; stops where another request may have a turn.
        What goes wrong ends this request only."""
        try:
            results = yield from self._results()
            self._send(results)
        except ThoraxLensError as error:
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - the border of the process
            if not self._folder.is_dir():  # taken away in the middle of a step
                self._fail(GIVEN_UP)
                return
            traceback.print_exc()
            self._fail(f"{self._doing()} failed: {type(error).__name__}: {error}.")

    @abstractmethod
    def _results(self) -> Generator[None, None, Answer]:
        """Raises Cancelled when given up."""

    @abstractmethod
    def _doing(self) -> str:
        """What failed, where something did."""

    @abstractmethod
    def _total(self) -> int:
        """How many steps there are, of which ``_done`` are done."""

    def _fail(self, why: str) -> None:
        self._send(ClassifyFailure(id=self._id, error=why))

    def _progress(self, what: str) -> None:
        self._send(ClassifyProgress(id=self._id, done=self._done, total=self._total(), doing=what))

    def _check_wanted(self) -> None:
        if not self._folder.is_dir():
            raise Cancelled(GIVEN_UP)


def blank_because(why: str, card: RunConfig) -> str:
    """Why a heat map has no warm place (empty where it has one), and what the network's weights
    have to do with it."""
    return why + RANDOM if why and _has_random_part(card) else why


def _has_random_part(card: RunConfig) -> bool:
    """Whether the part of the network that never learns was drawn at random."""
    return card.weights == "random" and bool(card.backbone_hash) and not card.fine_tune
