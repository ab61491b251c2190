"""From folders, archives and downloads to films in the catalogue, and on to data sets."""
