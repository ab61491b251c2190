"""Whether a run is to be believed: the verdict, and what lies behind it."""
