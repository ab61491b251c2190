"""A run tested on a source that it has not learnt from: what is chosen, what came out."""
