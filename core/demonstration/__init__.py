"""The cheating demo: a network that learns a marker instead of a disease, and is caught."""
