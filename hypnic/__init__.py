"""The core of Hypnic: knowledge, danger screen, dialogue decisions and replies. Knows no Rasa and no network."""
