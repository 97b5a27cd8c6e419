"""Where news comes from: the catalogue, the one door out, and the parsers."""
