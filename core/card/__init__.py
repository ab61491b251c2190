"""The model card: what one run is, what it is worth, and what is not known about it."""
