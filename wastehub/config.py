"""Settings: read once from the environment, then frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

# Number, Chinese and English name; a region whose numbers differ says so in WASTEHUB_EMERGENCY_CALLS.
EMERGENCY_CALLS = "119,火警,Fire;120,急救,Ambulance;110,公安,Police;12369,生态环境热线,Environment hotline"


@dataclass(frozen=True)
class Settings:
    """What an installation decides. Every name stands in docs/configuration.md."""

    var_dir: Path
    database_url: str
    queue_url: str
    region: str
    base_url: str
    host: str
    port: int
    secret_key: str
    signing_key_path: Path
    log_key_paths: tuple[Path, ...]
    label_key_path: Path
    log_origin: str
    anchor_dir: str
    witnesses_path: Path | None
    blob_url: str
    max_upload_bytes: int
    session_hours: int
    device_hours: int
    device_lock_minutes: int
    demo_lan: bool
    devices_per_person: int = 3
    emergency_calls: str = EMERGENCY_CALLS

    @property
    def anchor_path(self) -> Path:
        """Where the anchor of this database lies: unless decided otherwise, apart for each database."""
        if self.anchor_dir:
            return Path(self.anchor_dir).absolute()
        return self.var_dir / "anchor" / sha256(self.database_url.encode()).hexdigest()[:12]

    @property
    def secure_cookies(self) -> bool:
        return self.base_url.startswith("https://")


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Unset variables get a default that works on one machine."""
    env = os.environ if environ is None else environ
    var_dir = Path(env.get("WASTEHUB_VAR", "var")).absolute()
    host = env.get("WASTEHUB_HOST", "127.0.0.1")
    port = int(env.get("WASTEHUB_PORT", "8000"))
    region = env.get("WASTEHUB_REGION", "jiaxing")
    log_keys = env.get("WASTEHUB_LOG_KEY") or str(var_dir / "ledger-log.key")
    witnesses = env.get("WASTEHUB_WITNESSES", "")
    return Settings(
        var_dir=var_dir,
        database_url=env.get("WASTEHUB_DATABASE_URL", f"sqlite:///{var_dir / 'wastehub.db'}"),
        queue_url=env.get("WASTEHUB_QUEUE_URL", f"sqlite:///{var_dir / 'queue.db'}"),
        region=region,
        base_url=env.get("WASTEHUB_BASE_URL", f"http://{host}:{port}"),
        host=host,
        port=port,
        secret_key=env.get("WASTEHUB_SECRET_KEY", ""),
        signing_key_path=Path(env.get("WASTEHUB_SIGNING_KEY", str(var_dir / "ledger-signing.key"))),
        log_key_paths=tuple(Path(path) for path in log_keys.split(os.pathsep) if path),
        label_key_path=Path(env.get("WASTEHUB_LABEL_KEY", str(var_dir / "label-sealing.key"))),
        log_origin=env.get("WASTEHUB_LOG_ORIGIN") or f"wastehub.{region}/ledger",
        anchor_dir=env.get("WASTEHUB_ANCHOR", ""),
        witnesses_path=Path(witnesses) if witnesses else None,
        blob_url=env.get("WASTEHUB_BLOB_URL", (var_dir / "blobs").as_uri()),
        max_upload_bytes=int(env.get("WASTEHUB_MAX_UPLOAD_BYTES", str(8 * 1024 * 1024))),
        session_hours=int(env.get("WASTEHUB_SESSION_HOURS", "12")),
        device_hours=int(env.get("WASTEHUB_DEVICE_HOURS", "72")),
        device_lock_minutes=int(env.get("WASTEHUB_DEVICE_LOCK_MINUTES", "30")),
        demo_lan=env.get("WASTEHUB_DEMO_LAN", "") == "1",
        devices_per_person=int(env.get("WASTEHUB_DEVICES_PER_PERSON", "3")),
        emergency_calls=env.get("WASTEHUB_EMERGENCY_CALLS") or EMERGENCY_CALLS,
    )
