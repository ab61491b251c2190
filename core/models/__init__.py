"""The networks: what there is (registry), how they are built, where weights come from."""
