"""`make chat`: `rasa shell` without the noise, on loopback and a free port, with the action server beside it.

Usage: python -m bot.shell
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from bot.quiet import ENVIRONMENT, hush

hush()

from bot.serve import StartError
from bot.train import ensure_trained
from hypnic.errors import DataError
from hypnic.settings import Settings
from hypnic.yamlfile import ROOT


def free_port() -> int:
    """A port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    """Start the action server, then talk."""
    try:
        model = ensure_trained()
    except (DataError, StartError) as error:
        print(f"Cannot start: {error}", file=sys.stderr)
        return 1
    action_port = free_port()
    env = {**os.environ, **ENVIRONMENT, "HYPNIC_ACTION_PORT": str(action_port)}
    log = Settings.from_environment().var / "shell.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        actions = subprocess.Popen([sys.executable, "-m", "bot.action_server"], cwd=ROOT, env=env, stdout=out, stderr=out)
        try:
            talk(str(model), action_port)
        except (KeyboardInterrupt, EOFError):
            pass
        finally:
            actions.terminate()
            actions.wait()
    return 0


def talk(model: str, action_port: int) -> None:
    """Rasa's own shell over the model; leaves when the person types /stop."""
    import rasa.core.channels.console as console
    import rasa.utils.common
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints

    from bot import logs, patches

    patches.apply()
    rasa.utils.common.update_sanic_log_level = lambda *args, **kwargs: None
    logs.configure()
    endpoints = AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml"))
    endpoints.action.url = f"http://127.0.0.1:{action_port}/webhook"
    # The custom payload is for programs; in the shell it would follow every answer as JSON.
    show = console._print_bot_output

    def without_custom(message: dict[str, object], *args: object, **kwargs: object) -> object:
        return show({key: value for key, value in message.items() if key != "custom"}, *args, **kwargs)

    console._print_bot_output = without_custom
    serve_application(
        model_path=model, channel="cmdline", endpoints=endpoints, enable_api=False,
        interface="127.0.0.1", port=free_port(), request_timeout=60,
    )


if __name__ == "__main__":
    sys.exit(main())
