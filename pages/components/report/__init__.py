"""What the report on one run is made of."""
