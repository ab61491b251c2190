"""A map of the films: each where a network that knows photographs puts it."""
