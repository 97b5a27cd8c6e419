"""Every environment variable: its type, default and one sentence of help; checked before anything starts."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from bot.errors import SettingsError

DEFAULT_DATABASE = "sqlite:///regwatch.db"


_PREFIX = "regwatch_"
_FOR_SOURCES = ("rsshub_url", "pink_sheet_feed", "data_go_kr_key", "law_go_kr_key", "regulations_gov_key")
_BLANK_IS_UNSET = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "teams_client_secret", "catalogue_dir", *_FOR_SOURCES[1:])


class Settings(BaseSettings):
    """The settings of one process, read from `REGWATCH_*` variables and a `.env` file."""

    model_config = SettingsConfigDict(env_prefix="REGWATCH_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        DEFAULT_DATABASE, description="Where everything is kept: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
    )
    slack_bot_token: SecretStr | None = Field(None, description="Slack bot token (xoxb-…); with it the bot posts to Slack.")
    slack_app_token: SecretStr | None = Field(None, description="Slack app-level token (xapp-…); with it commands arrive over Socket Mode.")
    slack_signing_secret: SecretStr | None = Field(
        None, description="Slack signing secret; with it commands arrive over HTTP at /slack/events."
    )
    slack_api_url: str = Field("https://slack.com/api/", description="Address of the Slack Web API; change it only for an emulator.")
    teams_client_id: str = Field(
        "", description="Client id of the Teams bot's registration in Microsoft Entra; with it the bot posts to Teams."
    )
    teams_client_secret: SecretStr | None = Field(None, description="Client secret of that registration.")
    teams_tenant_id: str = Field(
        "", validate_default=True, description="Directory (tenant) id of that registration, which is of a single tenant."
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
    web_host: str = Field("127.0.0.1", description="Address the web server listens on (Slack over HTTP, health).")
    web_port: int = Field(8080, ge=0, le=65535, description="Port the web server listens on.")
    tick_seconds: float = Field(5.0, gt=0, le=3600, description="How often the scheduler looks for work, in seconds.")
    log_format: str = Field("text", description="text for people, json for log collectors.")

    @field_validator("log_format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if value not in ("text", "json"):
            raise ValueError("must be text or json")
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
        if value and host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("it is for test clients on 127.0.0.1; REGWATCH_TEAMS_SERVICE_URL leads elsewhere")
        return value

    @field_validator(*_BLANK_IS_UNSET, mode="before")
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if value == "" else value


def for_sources(settings: Settings) -> dict[str, str]:
    """What sources of the catalogue may name, by its name without REGWATCH_: the settings above and any of your own.

    Tokens of chat platforms and the database are not among them.
    """
    said = {**DotEnvSettingsSource(Settings).env_vars, **EnvSettingsSource(Settings).env_vars}
    own = {name.lower().removeprefix(_PREFIX): value for name, value in said.items() if name.lower().startswith(_PREFIX)}
    found = {name.upper(): value for name, value in own.items() if name not in Settings.model_fields}
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
