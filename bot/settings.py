"""Every environment variable: its type, default and one sentence of help; checked before anything starts."""

import re
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.errors import SettingsError

DEFAULT_DATABASE = "sqlite:///regwatch.db"


_PREFIX = "regwatch_"
_FOR_SOURCES = ("rsshub_url", "pink_sheet_feed", "data_go_kr_key", "law_go_kr_key", "regulations_gov_key")
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
_BLANK_IS_UNSET = (
    "slack_bot_token",
    "slack_app_token",
    "slack_signing_secret",
    "slack_client_secret",
    "secret_key",
    "teams_client_secret",
    "teams_workflows",
    "catalogue_dir",
    "metrics_token",
    "translate_key",
    *_FOR_SOURCES[1:],
)


PUBLIC_URL = "must be like https://regwatch.example.org, with no path"


def is_origin(address: str) -> bool:
    """Whether an address is a scheme and a host, with a port or without, and nothing more."""
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path in ("", "/") and not (parts.query or parts.fragment)


class Settings(BaseSettings):
    """The settings of one process, read from `REGWATCH_*` variables, a `.env` file, and files that hold one secret each."""

    model_config = SettingsConfigDict(env_prefix="REGWATCH_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        DEFAULT_DATABASE, description="Where everything is kept: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
    )
    slack_bot_token: SecretStr | None = Field(None, description="Slack bot token (xoxb-…); with it the bot posts to Slack.")
    slack_app_token: SecretStr | None = Field(None, description="Slack app-level token (xapp-…); with it commands arrive over Socket Mode.")
    slack_signing_secret: SecretStr | None = Field(
        None, description="Slack signing secret; with it commands arrive over HTTP at /slack/events."
    )
    slack_client_id: str = Field(
        "", description="Slack client id; with it any workspace can install the bot at /slack/install, and needs no token here."
    )
    slack_client_secret: SecretStr | None = Field(None, validate_default=True, description="Slack client secret, beside the client id.")
    secret_key: SecretStr | None = Field(
        None,
        validate_default=True,
        description="Key that seals the tokens of installed workspaces in the database; several with commas, the newest first.",
    )
    public_url: str = Field(
        "", description="Where the web server is reached from outside, such as https://regwatch.example.org; unset, as the browser asks."
    )
    slack_api_url: str = Field("https://slack.com/api/", description="Address of the Slack Web API; change it only for an emulator.")
    teams_client_id: str = Field(
        "", description="Client id of the Teams bot's registration in Microsoft Entra; with it the bot posts to Teams."
    )
    teams_client_secret: SecretStr | None = Field(None, description="Client secret of that registration.")
    teams_tenant_id: str = Field(
        "", validate_default=True, description="Directory (tenant) id of that registration, which is of a single tenant."
    )
    teams_tenants: str = Field(
        "", description="Comma-separated tenant ids that are heard beside REGWATCH_TEAMS_TENANT_ID, such as those of subsidiaries."
    )
    teams_targeted: bool = Field(
        True, description="0 gives private answers of Teams in the personal chat, where tenants do not allow messages that one person sees."
    )
    teams_workflows: SecretStr | None = Field(
        None, description="Addresses of Teams workflows that post alerts without a bot, as name=https://… pairs with blanks between them."
    )
    teams_service_url: str = Field(
        "https://smba.trafficmanager.net/teams", description="Where Teams takes messages for places that named no address of their own."
    )
    teams_anonymous: bool = Field(
        False, description="1 talks to Teams without a token: for a test client on this machine only, refused anywhere else."
    )
    catalogue_dir: Path | None = Field(
        None, description="Folder of your own source files (*.toml), which add to or override the shipped ones."
    )
    catalogue_only: bool = Field(False, description="1 leaves the shipped sources out and uses only those of REGWATCH_CATALOGUE_DIR.")
    fetch_allow: str = Field(
        "", description="Comma-separated host:port pairs that may be fetched although they are not public, as written in the address."
    )
    rsshub_url: str = Field("", description="Address of your own RSSHub; with it the sources of kind rsshub are read.")
    pink_sheet_feed: SecretStr | None = Field(None, description="Address of your own Pink Sheet feed, as subscribers get it.")
    data_go_kr_key: SecretStr | None = Field(None, description="Service key of data.go.kr (free after registering), for the MFDS APIs.")
    law_go_kr_key: SecretStr | None = Field(
        None, description="OC of open.law.go.kr (free after registering, for a registered address), for Korean law."
    )
    regulations_gov_key: SecretStr | None = Field(None, description="API key of api.data.gov (free), for Regulations.gov.")
    translate_url: str = Field(
        "",
        description="Address of your own translation service; with it titles and summaries of alerts are sent there (docs/translation.md).",
    )
    translate_kind: str = Field("", validate_default=True, description="What that service is: deepl, libretranslate or openai.")
    translate_key: SecretStr | None = Field(None, description="Key of that service, if it wants one.")
    translate_model: str = Field("", validate_default=True, description="Model to ask, for a service of the kind openai.")
    translate_to: str = Field("en", description="Language that titles and summaries are translated into, such as en, ko or pt-BR.")
    translate_daily: int = Field(
        16000, ge=0, description="How many characters a day are given to that service at most; 16000 keeps to the free plan of DeepL."
    )
    web_host: str = Field("127.0.0.1", description="Address the web server listens on (Slack over HTTP, Teams, health).")
    web_port: int = Field(8080, ge=0, le=65535, description="Port the web server listens on.")
    health_port: int = Field(
        0, ge=0, le=65535, description="Port that answers /healthz, /readyz and /metrics alone, also of `run --only schedules`; 0 for none."
    )
    metrics_token: SecretStr | None = Field(
        None, description="What a reader of /metrics shows as its bearer token, 16 characters at least; unset, there are no metrics."
    )
    tick_seconds: float = Field(5.0, gt=0, le=3600, description="How often the scheduler looks for work, in seconds.")
    log_format: str = Field("text", description="text for people, json for log collectors.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A secret may also be the content of the file that `REGWATCH_…_FILE` names."""
        return init_settings, InitSettingsSource(settings_cls, _read()), env_settings, dotenv_settings, file_secret_settings

    @field_validator("log_format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if value not in ("text", "json"):
            raise ValueError("must be text or json")
        return value

    @field_validator("translate_url")
    @classmethod
    def _asked_over_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment):
            raise ValueError("must be like https://api-free.deepl.com, without a login or a key in it")
        return value

    @field_validator("translate_kind")
    @classmethod
    def _known_kind(cls, value: str, info: ValidationInfo) -> str:
        if (value or info.data.get("translate_url")) and value not in ("deepl", "libretranslate", "openai"):
            raise ValueError("must be deepl, libretranslate or openai, beside REGWATCH_TRANSLATE_URL")
        return value

    @field_validator("translate_model")
    @classmethod
    def _named_model(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("translate_kind") == "openai" and not value.strip():
            raise ValueError("a service of the kind openai wants the name of a model")
        return value

    @field_validator("translate_to")
    @classmethod
    def _language(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z]{2})?", value):
            raise ValueError("must be a language such as en, ko, zh-Hant or pt-BR")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[!-~]{16,}", value.get_secret_value()):
            raise ValueError("must have 16 characters at least, letters, digits and signs without blanks")
        return value

    @field_validator("secret_key")
    @classmethod
    def _whole_app(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if info.data.get("slack_client_id") and not (value and info.data.get("slack_client_secret")):
            raise ValueError("REGWATCH_SLACK_CLIENT_ID wants REGWATCH_SLACK_CLIENT_SECRET and REGWATCH_SECRET_KEY beside it")
        return value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if value and not is_origin(value):
            raise ValueError(PUBLIC_URL)
        return value

    @field_validator("teams_tenant_id")
    @classmethod
    def _whole_registration(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("teams_client_id") and not (value and info.data.get("teams_client_secret")):
            raise ValueError("REGWATCH_TEAMS_CLIENT_ID wants REGWATCH_TEAMS_CLIENT_SECRET and REGWATCH_TEAMS_TENANT_ID beside it")
        return value

    @field_validator("teams_anonymous")
    @classmethod
    def _only_on_this_machine(cls, value: bool, info: ValidationInfo) -> bool:
        host = urlsplit(str(info.data.get("teams_service_url"))).hostname
        if value and host not in _THIS_MACHINE:
            raise ValueError("it is for test clients on 127.0.0.1; REGWATCH_TEAMS_SERVICE_URL leads elsewhere")
        return value

    @field_validator("web_host")
    @classmethod
    def _strangers_show_tokens(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("teams_anonymous") and value not in _THIS_MACHINE:
            raise ValueError("REGWATCH_TEAMS_ANONYMOUS believes whoever reaches it, so it has to be 127.0.0.1")
        return value

    @field_validator(*_BLANK_IS_UNSET, mode="before")
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def web_url(self) -> str:
        """Where others reach the web server: as it is set, else where it listens."""
        host = f"[{self.web_host}]" if ":" in self.web_host else self.web_host
        return self.public_url.rstrip("/") or f"http://{host}:{self.web_port}"


# The settings that hold a secret: each may be read from the file that the same name with _FILE at its end names.
BY_FILE = ("database_url", *(name for name, field in Settings.model_fields.items() if SecretStr in get_args(field.annotation)))


def _said() -> dict[str, str]:
    """Every variable of ours in the environment or the `.env` file, by its name in small letters without the prefix."""
    said = {**DotEnvSettingsSource(Settings).env_vars, **EnvSettingsSource(Settings).env_vars}
    return {name.lower().removeprefix(_PREFIX): value or "" for name, value in said.items() if name.lower().startswith(_PREFIX)}


def files_of_secrets() -> dict[str, Path]:
    """The files that hold secrets, by the name of the setting."""
    said = _said()
    return {name: Path(said[f"{name}_file"]) for name in BY_FILE if said.get(f"{name}_file")}


def _read() -> dict[str, Any]:
    """The content of these files, without the line end that editors add. SettingsError where there is none, or two of a setting."""
    said, found = _said(), {}
    for name, file in files_of_secrets().items():
        variable = f"REGWATCH_{name.upper()}"
        if said.get(name):
            raise SettingsError(f"{variable} and {variable}_FILE are both set.", hint="Take one of them out.")
        try:
            found[name] = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
            raise SettingsError(f"The file of {variable}_FILE cannot be read: {reason}.", hint="Let this account read it.") from None
    return found


def for_sources(settings: Settings) -> dict[str, str]:
    """What sources of the catalogue may name, by its name without REGWATCH_: the settings above and any of your own.

    Tokens of chat platforms and the database are not among them.
    """
    taken = {*Settings.model_fields, *(f"{name}_file" for name in BY_FILE)}
    found = {name.upper(): value for name, value in _said().items() if name not in taken}
    for name in _FOR_SOURCES:
        value = getattr(settings, name)
        found[name.upper()] = value.get_secret_value() if isinstance(value, SecretStr) else value
    return {name: value.strip() for name, value in found.items() if value and value.strip()}


def load() -> Settings:
    """The settings of this process; SettingsError names the first variable that is wrong and what it should be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "REGWATCH_" + str(first["loc"][0]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        help_text = Settings.model_fields[str(first["loc"][0])].description or ""
        raise SettingsError(f"{name} is not usable: {reason}.", hint=f"What it is for: {help_text}") from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not text in UTF-8.", hint="Save it as UTF-8; .env.example shows its form.") from None
    except OSError as error:
        raise SettingsError(f"The file .env cannot be read: {error.strerror}.", hint="Let this account read it, or remove it.") from None
