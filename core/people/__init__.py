"""Who asks, and what they may do: one question, put where work is done (``asking``)."""
