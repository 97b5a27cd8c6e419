"""Bytes of a source become entries, one pure file per kind."""
