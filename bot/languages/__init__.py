"""The languages people read us in: a catalogue of messages each, under their English text."""
