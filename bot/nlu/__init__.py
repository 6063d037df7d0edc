"""NLU components of the Rasa server."""
