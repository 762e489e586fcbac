"""Clients that register batches as fast as they are answered: python -m bench.ledger_costs.web_clients
BASE_URL CLIENTS SECONDS PASSWORD. Says "ready", begins when it is told a line, prints one JSON object.
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import threading
import time
from datetime import date
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

WARM_UP = 5
# gunicorn closes a connection that nobody used for two seconds.
IDLE_S = 1.0


class Client:
    """One firm's browser: keeps its connection, its cookies and its anti-forgery token."""

    def __init__(self, base_url: str, login: str, password: str) -> None:
        parts = urlsplit(base_url)
        self._host = parts.netloc
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        self._cookies: dict[str, str] = {}
        self._asked_at = 0.0
        token = self._token("/sign-in")
        form = urlencode({"login": login, "password": password, "csrf_token": token})
        status, text = self._ask(
            "POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        assert status == 302, text[:500]
        self._token_sent = self._token("/account")

    def _token(self, path: str) -> str:
        _, text = self._ask("GET", path, None, {})
        found = re.search(r'name="csrf-token" content="([^"]+)"', text)
        assert found, text[:500]
        return found.group(1)

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, str]:
        if time.monotonic() - self._asked_at > IDLE_S:
            self._connection.close()  # the server has, or will soon; the next request opens it again
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, path, body, headers | {"Cookie": cookies})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self._asked_at = time.monotonic()
        for line in answer.headers.get_all("Set-Cookie") or ():
            self._cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return answer.status, text

    def register(self) -> None:
        """One batch with one container of one gram, so that no store fills up."""
        batch: dict[str, Any] = {
            "waste_code": "900-249-08",
            "form": "liquid",
            "produced_on": date.today().isoformat(),
            "internal_name": "示例",
            "containers": [{"container_type": "STEEL200", "mass_g": 1}],
        }
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._token_sent}
        status, text = self._ask("POST", "/api/v1/batches", json.dumps({"batches": [batch]}), headers)
        assert status == 201, text[:500]


def work(client: Client, until: float, took_s: list[float]) -> None:
    while (begun := time.perf_counter()) < until:
        client.register()
        took_s.append(time.perf_counter() - begun)


def main(base_url: str, clients: str, seconds: str, password: str) -> None:
    made = [Client(base_url, f"bench-{at}", password) for at in range(int(clients))]
    for client in made:
        for _ in range(WARM_UP):
            client.register()
    print("ready", flush=True)
    sys.stdin.readline()
    took: list[list[float]] = [[] for _ in made]
    begun = time.perf_counter()
    threads = [
        threading.Thread(target=work, args=(client, begun + int(seconds), mine))
        for client, mine in zip(made, took, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lasted = time.perf_counter() - begun
    everything = sorted(each for mine in took for each in mine)
    assert all(took), "a client got no answer at all"
    told = {
        "answered": len(everything),
        "seconds": lasted,
        "p50_ms": everything[len(everything) // 2] * 1e3,
        "p99_ms": everything[len(everything) * 99 // 100] * 1e3,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
