"""What people want to know: text, queries, matching."""
