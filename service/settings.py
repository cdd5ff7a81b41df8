"""Read the settings: each field is one GATEPOST_* variable, and nothing else reads the environment."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from platformdirs import user_data_path

from service.errors import SettingsError

Network: TypeAlias = IPv4Network | IPv6Network
MAX_WORKERS = 64
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Allow `count` events in `seconds`."""

    count: int
    seconds: int


DEFAULT_RATE_LIMITS = {"address": Rate(count=30, seconds=60), "site": Rate(count=600, seconds=60)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold what an operator may choose.

    `database_url` is empty when the embedded Postgres in `data_dir` is used; `read_database_url` when what is
    published is read from there, too. `workers` is the number of processes, 1 to 64. `rate_limits` has the keys
    `address` and `site`, and none where limits are off. `public_url` has no trailing slash.
    """

    data_dir: Path
    database_url: str = field(default="", repr=False)
    owner_database_url: str = field(default="", repr=False)
    read_database_url: str = field(default="", repr=False)
    database_pooling: Literal["session", "transaction"] = "session"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: tuple[Network, ...] = ()
    webhook_networks: tuple[Network, ...] = ()
    rate_limits: Mapping[str, Rate] = field(default_factory=lambda: dict(DEFAULT_RATE_LIMITS))
    log_level: str = "info"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that the GATEPOST_* variables of `environ` say; an empty variable counts as unset.

    Raises:
        SettingsError: a variable cannot be read; its name is in the message.
    """
    given = {name: value.strip() for name, value in environ.items() if name.startswith("GATEPOST_") and value.strip()}
    host = given.get("GATEPOST_HOST", "127.0.0.1")
    port = _port(given.get("GATEPOST_PORT", "8000"))
    for name in ("GATEPOST_OWNER_DATABASE_URL", "GATEPOST_READ_DATABASE_URL"):
        if name in given and "GATEPOST_DATABASE_URL" not in given:
            raise SettingsError(f"{name} needs GATEPOST_DATABASE_URL beside it, the URL the service uses.")
    return Settings(
        data_dir=_data_dir(given.get("GATEPOST_DATA_DIR", "")),
        database_url=_dsn("GATEPOST_DATABASE_URL", given),
        owner_database_url=_dsn("GATEPOST_OWNER_DATABASE_URL", given),
        read_database_url=_dsn("GATEPOST_READ_DATABASE_URL", given),
        database_pooling=_pooling(given.get("GATEPOST_DATABASE_POOLING", "session")),
        host=host,
        port=port,
        workers=_workers(given.get("GATEPOST_WORKERS", "1")),
        public_url=_public_url(given.get("GATEPOST_PUBLIC_URL", "")) or local_url(host, port),
        trusted_proxies=_networks("GATEPOST_TRUSTED_PROXIES", given),
        webhook_networks=_networks("GATEPOST_WEBHOOK_NETWORKS", given),
        rate_limits=_rate_limits(given.get("GATEPOST_RATE_LIMITS", "on")),
        log_level=_log_level(given.get("GATEPOST_LOG_LEVEL", "info")),
    )


def variable(field_name: str) -> str:
    """Return the name of the environment variable that a field of Settings is read from."""
    return "GATEPOST_" + field_name.upper()


def local_url(host: str, port: int) -> str:
    """Return the address under which a service listening on `host` is reached from the same machine."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _data_dir(text: str) -> Path:
    # Absolute, because Postgres changes its working directory.
    return Path(text).expanduser().absolute() if text else user_data_path("gatepost", appauthor=False)


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise SettingsError(f"GATEPOST_PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _dsn(name: str, given: Mapping[str, str]) -> str:
    dsn = given.get(name, "")
    if dsn and not dsn.startswith(("postgresql://", "postgres://")):
        # The value is left out of the message: it may hold a password.
        raise SettingsError(f"{name} must look like postgresql://user:password@host:5432/database.")
    return dsn


def _pooling(text: str) -> Literal["session", "transaction"]:
    known: dict[str, Literal["session", "transaction"]] = {"session": "session", "transaction": "transaction"}
    if text not in known:
        raise SettingsError(f"GATEPOST_DATABASE_POOLING must be session or transaction, not {text!r}.")
    return known[text]


def _workers(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= MAX_WORKERS:
        raise SettingsError(f"GATEPOST_WORKERS must be a number from 1 to {MAX_WORKERS}, not {text!r}.")
    return int(text)


def _public_url(text: str) -> str:
    url = urlsplit(text)
    beyond = url.path.strip("/") or url.query or url.fragment
    if text and (url.scheme not in ("http", "https") or not url.hostname or beyond):
        raise SettingsError(f"GATEPOST_PUBLIC_URL must look like https://comments.example.org, not {text!r}.")
    return text.rstrip("/")


def _networks(name: str, given: Mapping[str, str]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in given.get(name, "").split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(
            f"{name} must be addresses or networks separated by commas, as in 10.0.0.0/8,127.0.0.1: {error}."
        ) from error


def _rate_limits(text: str) -> dict[str, Rate]:
    if text == "on":
        return dict(DEFAULT_RATE_LIMITS)
    if text == "off":
        return {}
    limits = dict(DEFAULT_RATE_LIMITS)
    for part in text.split(","):
        match = re.fullmatch(r"(address|site)=([1-9][0-9]{0,8})/([1-9][0-9]{0,5})", part.strip())
        if match is None:
            raise SettingsError(
                "GATEPOST_RATE_LIMITS must be on, off, or counts per seconds such as "
                f"address=30/60,site=600/60, not {text!r}."
            )
        limits[match[1]] = Rate(count=int(match[2]), seconds=int(match[3]))
    return limits


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise SettingsError(f"GATEPOST_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {text!r}.")
    return text.lower()
