"""What an entry becomes: an item with versions."""
