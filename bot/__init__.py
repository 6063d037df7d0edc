"""Loaded by the Rasa server only: channels, NLU components, stores, patches, supervisor."""
