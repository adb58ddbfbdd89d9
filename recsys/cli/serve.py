"""`recsys serve`: serve the dashboard, or another notebook, until it is interrupted."""

from __future__ import annotations

import argparse
import secrets
from pathlib import Path

from recsys.cli.arguments import Commands, command, port, whole


def add(commands: Commands) -> None:
    """Add the command `serve`."""
    text = "Serve the dashboard, or another notebook, with Voilà until Ctrl-C."
    serve = command(commands, _serve, "serve", text)
    serve.add_argument(
        "notebook",
        nargs="?",
        type=Path,
        metavar="NOTEBOOK",
        help="the notebook to serve, such as a copy of the dashboard or a lesson (default: the "
        "dashboard); its cells run in its folder",
    )
    serve.add_argument("--port", type=port, default=8866, help="default: 8866")
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on (default: 127.0.0.1, this machine only; 0.0.0.0: all)",
    )
    serve.add_argument(
        "--token",
        nargs="?",
        const="",
        metavar="WORD",
        help="let in only visitors who have this token; without WORD, one is generated and shown",
    )
    serve.add_argument(
        "--behind-proxy",
        action="store_true",
        help="on 127.0.0.1, accept requests that a proxy forwards under a host name of its own",
    )
    serve.add_argument(
        "--preheat",
        type=whole,
        metavar="N",
        help="how many kernels to keep ready for visitors (default: 1 to 4, as memory allows)",
    )
    serve.add_argument("--no-browser", action="store_true", help="do not open a browser")
    serve.add_argument("--json", action="store_true", help="print the address as a line of JSON")


def _serve(given: argparse.Namespace) -> None:
    from recsys.serving.server import NOTEBOOK, serve

    token = "" if given.token is None else given.token or secrets.token_urlsafe()
    browser = not given.no_browser
    serve(
        given.host,
        given.port,
        notebook=given.notebook or NOTEBOOK,
        preheat=given.preheat,
        open_browser=browser,
        token=token,
        behind_proxy=given.behind_proxy,
        as_json=given.json,
    )
