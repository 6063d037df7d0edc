"""The action server: thin Rasa actions over the core. Everything in this package is imported at start, so nothing heavy."""
