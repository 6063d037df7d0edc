"""The Rasa server process: quiet, patched, on loopback, without Rasa's HTTP API. Started by bot.serve, or
alone in a container.

Usage: python -m bot.server [MODEL]      (the trained model when left out)
"""

from __future__ import annotations

import sys

from bot.quiet import hush

hush()

import logging

from hypnic.settings import Settings
from hypnic.yamlfile import ROOT


def main(model: str, enable_api: bool = False) -> None:
    """Serve the model until the process is ended. Rasa's HTTP API, which lets anybody read and change conversations, is
    switched on only for the benchmark of /model/parse."""
    import rasa.utils.common
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    from bot import logs, metrics, patches

    settings = Settings.from_environment()
    patches.apply()
    if settings.metrics:
        metrics.serve(settings.metrics)
    # Rasa resets the level of its servers' loggers when it starts; ours is set afterwards and before.
    rasa.utils.common.update_sanic_log_level = lambda *args, **kwargs: None
    logs.configure(logging.WARNING)
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    endpoints.action.url = f"{settings.actions or f'http://127.0.0.1:{settings.action_port}'}/webhook"
    serve_application(
        model_path=model,
        credentials=str(ROOT / "credentials.yml"),
        endpoints=endpoints,
        enable_api=enable_api,
        cors=list(settings.origins),
        interface=settings.host,
        port=settings.port,
        # Rasa's is an hour; no turn takes so long.
        response_timeout=int(max(30, settings.turn_seconds + 10)),
    )


if __name__ == "__main__":
    from bot.train import trained_model

    model = sys.argv[1] if len(sys.argv) > 1 else trained_model()
    if model is None:
        sys.exit("There is no trained model in models/; run `make train`")
    main(str(model))
