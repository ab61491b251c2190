"""An explanation that is asked for in the background, so that a page can say how far it is. No
Keras here.

A thread of the server asks; it ends with the answer, when somebody stops it, and when nobody holds
the job any more, as when a viewer has left.
"""

from __future__ import annotations

import threading
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import Cancelled, ThoraxLensError
from core.prediction.explanations import Explanations
from core.progress import NamedProgress

STOPPED = "Stopped."
FAILED = "The networks could not be asked. Try again."

Explain = Callable[[NamedProgress], Explanations]


@dataclass(frozen=True)
class ExplainState:
    """``done`` of ``total`` looks of networks at the film; ``doing``: what goes on, to show."""

    done: int = 0
    total: int = 0
    doing: str = "Asking the network"


class ExplainJob:
    """Begins at once. ``explain`` is ``PredictionClient.explain`` with all that is asked for, but
    without who is told how far it is."""

    def __init__(self, explain: Explain) -> None:
        self._work = _Work(explain)
        # The thread holds the work and not this, so that it ends when nobody looks any more.
        weakref.finalize(self, self._work.stop)
        threading.Thread(target=self._work.run, daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, but no longer than that; whether it has come."""
        return self._work.ended.wait(seconds)

    def stop(self) -> None:
        """Give it up; it ends with ``STOPPED`` as its problem."""
        self._work.stop()

    @property
    def state(self) -> ExplainState:
        """How far it is."""
        return self._work.state

    @property
    def result(self) -> Explanations:
        """What was found, nothing before the end or with a ``problem``."""
        return self._work.result

    @property
    def problem(self) -> str:
        """Why nothing was found: a sentence, empty where nothing is wrong."""
        return self._work.problem


class _Work:
    def __init__(self, explain: Explain) -> None:
        self._explain = explain
        self._stopped = False
        self.ended = threading.Event()
        self.state = ExplainState()
        self.result = Explanations()
        self.problem = ""

    def stop(self) -> None:
        self._stopped = True

    def run(self) -> None:
        try:
            self.result = self._explain(self._told)
        except Cancelled:
            self.problem = STOPPED
        except ThoraxLensError as error:
            self.problem = str(error)
        except Exception:  # noqa: BLE001 - the border of the thread
            traceback.print_exc()
            self.problem = FAILED
        finally:
            self.ended.set()

    def _told(self, done: int, total: int, doing: str) -> None:
        if self._stopped:
            raise Cancelled(STOPPED)
        self.state = ExplainState(done, total, doing)
