"""How a data set is described, looked at before it is saved, and listed."""
