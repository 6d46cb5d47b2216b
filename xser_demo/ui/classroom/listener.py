"""The phones' pages over plain http, beside a page that is served over https: a self-signed certificate's warning stops
people who only want to vote. Nothing of the lecturer is served there, since a secret would pass in clear text."""

import socket
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from xser_demo.ui.classroom.routes import phone_routes
from xser_demo.ui.classroom.service import Service


def is_free(host: str, port: int) -> bool:
    """Whether this port can be listened to."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except (OSError, OverflowError):  # the second for a number above 65535
        return False
    return True


def start(service: Service, host: str, port: int, *middleware: Middleware) -> uvicorn.Server:
    """Serve in a thread, for as long as the process lives."""
    app = Starlette(routes=phone_routes(service), middleware=[*middleware, Middleware(GZipMiddleware)])
    server = uvicorn.Server(uvicorn.Config(app, host, port, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, name="class-http", daemon=True).start()
    return server
