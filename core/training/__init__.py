"""What goes on inside the process of a training: Keras. Only processes of their own load it;
the queue that starts them is in ``core.runs``."""
