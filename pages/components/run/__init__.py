"""What the page of one run is made of: its header, its tabs, and what stands in them."""
