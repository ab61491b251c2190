"""What a training will take before it begins, and what it took once it is over: each training is
the measurement for the next one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from core.datasets.training_data import TrainingData
from core.models.network import Network
from core.runs.clock import Clock
from core.runs.devices import CPU
from core.runs.estimate import FINE_TUNING, TRAINING, PlannedTraining, stages
from core.runs.pace import Pace, device_key, keep_pace, kept_paces
from core.runs.time_left import Forecast
from core.specs import SPLITS
from core.store import Run, Store

log = logging.getLogger("thoraxlens.training")


@dataclass(frozen=True)
class Measuring:
    """One training. ``size``: pixels a side."""

    store: Store
    run: Run
    network: Network
    data: TrainingData
    size: int

    @property
    def _device(self) -> str:
        return self.store.runs.get(self.run.run_id).device  # not the one it was queued with

    def forecast(self) -> Forecast:
        """For how long each of its stages will go on, from earlier trainings."""
        films = {split: len(self.data.rows(split)) for split in SPLITS}
        device = self._device
        work = PlannedTraining(
            self.run.spec,
            self.network,
            films,
            self.size,
            device_key(device),
            on_gpu=not device.lower().startswith(CPU),
        )
        return Forecast(stages(work, kept_paces(self.store.workspace).entries))

    def keep(
        self,
        clock: Clock,
        epochs: Mapping[str, int],
        seconds: Mapping[str, float],
        *,
        decoded: int,
        seen: int,
        arithmetic: str,
    ) -> None:
        """Keep what it took. ``epochs`` and ``seconds`` (of one epoch): by phase. ``decoded``: so
        many films were decoded just now; ``seen``: so many went through the frozen part."""
        if not clock.is_first_session:
            return  # a resumed one prepared twice, and its epochs were not all its own
        spent, spec = clock.spent(), self.run.spec
        learnt_from = len(self.data.rows("train"))
        trained = sum(epochs[phase] * seconds[phase] for phase in epochs)
        counted = trained + sum(
            spent[stage]
            for stage, fresh in (("decode", True), ("features", bool(seen)), ("evaluate", True))
            if fresh
        )
        tuned = seconds.get(FINE_TUNING)
        pace = Pace(
            network=self.network.name,
            size=self.size,
            device=device_key(self._device),
            arithmetic=arithmetic,
            blocks=0 if tuned is None else spec.fine_tune,
            films=len(self.data.films),
            preparation=max(spent["total"] - counted, 0.0),
            decode=spent["decode"] / decoded if decoded else None,
            features=spent["features"] / seen if seen else None,
            training=seconds[TRAINING] / learnt_from,
            fine_tuning=None if tuned is None else tuned / learnt_from,
            evaluation=spent["evaluate"],
        )
        try:
            keep_pace(self.store.workspace, pace)
        except OSError as error:  # the next estimate is a wider one, and nothing else is lost
            log.info("what this training took could not be kept (%s)", error)
