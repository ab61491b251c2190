"""A finished run on films from a source that it has not learnt from."""
