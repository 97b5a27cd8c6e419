"""How messages look, on every platform; pure."""
