"""The application on a port of 127.0.0.1 that is quiet once it was stopped.

Werkzeug's own server leaves the threads of unanswered requests behind: one of them could still have the
database of its test open when the next test got it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler


class Handler(WSGIRequestHandler):
    server: Quiet

    def parse_request(self) -> bool:
        self.server.waiting.discard(self.connection)
        return super().parse_request()


class Quiet(ThreadedWSGIServer):
    """Answers what it was asked before it was stopped, and nothing after."""

    daemon_threads = False  # server_close() waits for them

    def __init__(self, port: int, app: Any) -> None:
        super().__init__("127.0.0.1", port, app, Handler)
        # Connections without a request: browsers open some in advance.
        self.waiting: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.waiting.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.waiting.discard(request)
        super().shutdown_request(request)


class Server:
    """An application that can be switched off and on again at the same address."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._server: Quiet | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._server = Quiet(self._port, self._app)
        self._port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        if self._server is None:
            return
        self._server.shutdown()
        for connection in list(self._server.waiting):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        self._thread.join()  # it ends when the last request was answered
        self._server = None
