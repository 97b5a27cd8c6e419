"""How messages leave: the life of a delivery, pace, and one sender per platform."""
