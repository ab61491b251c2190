"""What ThoraxLens costs, and against the plain Keras way, both sides in one run: ``make bench``."""
