"""Whether a run's result is worth believing: what else tells the classes apart."""
