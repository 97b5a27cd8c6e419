"""What the bot can show an auditor: exports that verify themselves, and reports."""
