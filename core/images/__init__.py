"""From a file's bytes to 8-bit grey pixels, and from pixels to what is shown or trained on."""
