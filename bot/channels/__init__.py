"""Channels: they carry text, buttons and the custom payload, and never interpret a question."""
