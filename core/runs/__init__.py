"""A run, from the queue to its end, without Keras: its files, the processes that do it, and
what they say of themselves. What goes on inside a training's process is in ``core.training``."""
