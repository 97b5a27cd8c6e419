"""Asks the operator's own translation service: one POST with one deadline, whose answer is bounded; nothing is tried again here."""

import asyncio

import httpx

from bot.translating.protocols import Service, Trouble, read, request

TIMEOUT_SECONDS = 20.0
MOST_BYTES = 1_000_000


class Translator:
    """One service. Its key goes nowhere but into requests to it."""

    def __init__(self, service: Service, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self.service = service
        self._timeout = timeout

    async def ask(self, texts: tuple[str, ...], language: str = "") -> tuple[str, ...] | Trouble:
        """The texts in the wished language, in their order; else why not. Never an exception for what a service or network does."""
        name = self.service.name
        asked = request(self.service, texts, language)
        try:
            async with (
                asyncio.timeout(self._timeout),
                httpx.AsyncClient(timeout=self._timeout) as client,
                client.stream("POST", asked.url, headers=asked.headers, json=asked.body) as answer,
            ):
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > MOST_BYTES:
                        return Trouble(f"{name} answered with more than {MOST_BYTES:,} bytes")
            return read(self.service, texts, answer.status_code, answer.headers.get("Retry-After", ""), body)
        except TimeoutError:
            return Trouble(f"{name} did not answer within {self._timeout:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # Only the kind of the error: its words may quote a header, and so the key.
            return Trouble(f"{name} could not be asked ({type(error).__name__})")
