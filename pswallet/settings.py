"""Every setting, read once by `cli` from `PSWALLET_*` variables; docs/runbook.md lists them (a test sees to it)."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a process needs to know. Frozen; no secret has a default."""

    model_config = SettingsConfigDict(env_prefix="PSWALLET_", frozen=True, extra="ignore")

    mode: Literal["sandbox", "production"] = Field("sandbox", description="`sandbox` opens /v1/sandbox and play money")
    state: Path = Field(Path("var"), description="folder of the local database, chain, keys and deployment")
    database_url: str = Field("", description="PostgreSQL URL; empty: the embedded one in the state folder")
    rpc_url: str = Field("", description="EVM JSON-RPC URL; empty: a local Anvil with its state in the state folder")
    keys_file: Path = Field(Path("var/keys.json"), description="JSON file (mode 600) of the gateway's keys")
    deployment_file: Path = Field(Path("var/deployment.json"), description="JSON file of the contracts' addresses")
    confirmations: int = Field(1, ge=1, le=1000, description="depth at which a block counts; 1 is the head itself")
    api_host: str = Field("127.0.0.1", description="address the gateway listens on")
    api_port: int = Field(8000, ge=0, le=65535, description="port of the gateway; the next free one when taken")
    anvil_port: int = Field(8545, ge=0, le=65535, description="port of the local chain; the next free one when taken")
    public_url: str = Field("http://localhost:8000", description="the gateway's name for people; domain of sign-in")
    metrics_host: str = Field("127.0.0.1", description="address of the relayer's, indexer's and worker's /metrics")
    metrics_port: int = Field(0, ge=0, le=65535, description="port of that page, one each; 0: none")
    otlp_endpoint: str = Field(
        "",
        validation_alias=AliasChoices("PSWALLET_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="base URL of an OpenTelemetry collector (OTLP over HTTP); empty: no traces",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe line logged")
    block_time_s: int = Field(5, ge=0, le=60, description="local chain: seconds between blocks while idle; 0: none")
    gateway_url: str = Field("http://127.0.0.1:8000", description="`pswallet wallet`, `pos`: where the gateway is")
    wallet: Path = Field(Path("~/.pswallet"), description="`pswallet wallet`, `pos`: folder of key, session, journal")
    wallet_password: SecretStr | None = Field(
        None, description="`pswallet wallet`, `pos`: of the key; asked for if not set"
    )
    api_key: SecretStr | None = Field(
        None, description="`pswallet pos`: a merchant's API key, for a till without a key"
    )
