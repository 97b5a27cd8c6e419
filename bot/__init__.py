"""What Regwatch knows: words, sources, items, watchlists, cards, delivery, memory."""
