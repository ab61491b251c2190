"""What several pages share. Everything here may draw; nothing here computes results."""
