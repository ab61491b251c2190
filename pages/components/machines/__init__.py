"""What the page Machines shows: who works, at what, and what waits."""
