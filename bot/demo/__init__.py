"""The demonstration: a first run of the real bot on sample sources that come with the package."""
