"""Both ends of help from node to node: the training's, which lends shards of its films, and that of
the work which computes them. No Ray here: what a loan travels by is given.

Nothing of it passes through the head, which only says who helps whom (``core.cluster.helping``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.errors import TrainingError
from core.features.loans import Lending, Loan, LoanBox, PassesUnderWay
from core.runs.files import RunFiles
from core.store import Store

LOOK_SECONDS = 0.1
AGAIN_SECONDS = 0.5  # between two looks at whether a shard is free


class Lender:
    """For the training ``run_id`` on this node. ``is_over``: whether it has ended."""

    def __init__(self, store: Store, run_id: str, is_over: Callable[[], bool]) -> None:
        self._store, self._run_id, self._is_over = store, run_id, is_over
        self._threads: dict[str, threading.Thread] = {}
        self._making = threading.Lock()
        self._lending: tuple[PassesUnderWay, Lending] | None = None

    def lend_to(self, name: str, compute: Callable[[Loan | None], np.ndarray]) -> None:
        """Lend shards to work of that name, in a thread of its own, until there are none left or
        it fails; safe to repeat, and begins again after a failure. ``compute``: asks it; None says
        that there will be no more."""
        thread = self._threads.get(name)
        if thread is None or not thread.is_alive():
            named = f"lends to {name}"
            thread = threading.Thread(target=self._lend, args=[compute], name=named, daemon=True)
            self._threads[name] = thread
            thread.start()

    def _lend(self, compute: Callable[[Loan | None], np.ndarray]) -> None:
        has_proved = False
        try:
            while self._is_passing():
                lending = self._now()
                if lending is not None and lending.is_over:
                    break
                if lending is None or not lending.lend(compute, prove=not has_proved):
                    time.sleep(AGAIN_SECONDS)
                else:
                    has_proved = True
            compute(None)
        except Exception as error:  # noqa: BLE001 - whatever it was, the shard is free again
            print(f"Help has ended: {type(error).__name__}: {error}", flush=True)

    def _is_passing(self) -> bool:
        """Whether films still go through the frozen network of the training."""
        row = None if self._is_over() else self._store.queue.find(self._run_id)
        return row is not None and row.is_active and row.progress.stage == "features"

    def _now(self) -> Lending | None:
        """One for all who help, as long as the training says the same of its films."""
        file = RunFiles(self._store.workspace.run_folder(self._run_id)).passes
        said = PassesUnderWay.load_if_readable(file)
        with self._making:
            if said is None:
                return None
            if self._lending is None or self._lending[0] != said:
                self._lending = said, Lending(self._store.workspace.feature_cache, said)
            return self._lending[1]


class Borrower:
    """For work on this node that helps a training on another. ``folder``: of the work, None while
    it is not there yet; ``is_over``: whether the work has ended."""

    def __init__(self, folder: Callable[[], Path | None], is_over: Callable[[], bool]) -> None:
        self._folder, self._is_over = folder, is_over
        self._box: LoanBox | None = None
        self._asking = threading.Lock()

    def compute(self, loan: Loan | None) -> np.ndarray:
        """What the worker here makes of a loan, records. None: it will get no more. Raises
        TrainingError when it ends before it has answered."""
        with self._asking:
            box = self._its_box()
            box.put(loan)
            while loan is not None:
                if (found := box.answer()) is not None:
                    return found
                self._wait()
            return np.empty(0)

    def _its_box(self) -> LoanBox:
        while self._box is None:
            folder = self._folder()
            if folder is None:
                self._wait()
            else:
                self._box = LoanBox(folder)
        return self._box

    def _wait(self) -> None:
        if self._is_over():
            raise TrainingError("The work that should have helped is over.")
        time.sleep(LOOK_SECONDS)
