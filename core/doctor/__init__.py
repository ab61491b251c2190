"""Whether this installation can work, in sentences: what it runs on, and where it keeps things."""
