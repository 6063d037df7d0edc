"""The action server process: quiet, on loopback unless told otherwise, without the SDK's own logging. Started by bot.serve."""

from __future__ import annotations

from bot.quiet import hush

hush()

import logging

from hypnic.settings import Settings


def main() -> None:
    """Serve the actions until the process is ended."""
    from rasa_sdk.endpoint import create_app

    from actions.base import dialogue, outcomes, region
    from actions.danger import screen
    from bot import logs

    logs.configure(logging.WARNING)
    app = create_app("actions", cors_origins="")
    # Rasa posts the whole talk with every call; only the chat server, which strangers reach, has the small limit.
    app.config.REQUEST_MAX_SIZE = 50_000_000
    # The knowledge base is read before the first person asks.
    for load in (dialogue, outcomes, region, screen):
        load()
    settings = Settings.from_environment()
    app.run(settings.action_host, settings.action_port, access_log=False)


if __name__ == "__main__":
    main()
