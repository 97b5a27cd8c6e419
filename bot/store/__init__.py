"""The one memory, and the only place with SQL."""
