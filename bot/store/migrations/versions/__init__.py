"""One file per step of the schema, named by its revision."""
