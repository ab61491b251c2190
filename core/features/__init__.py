"""What a frozen network says of films, as vectors: kept on disk, and brought to size. No Keras."""
