"""The one migration tree for SQLite and PostgreSQL; env.py runs it on a connection that bot.store.migrate gives."""
