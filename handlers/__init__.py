"""Where a person's wish is served."""
