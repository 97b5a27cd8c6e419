"""A translation service on this machine: DeepL, LibreTranslate and an OpenAI-compatible endpoint as documented, with faults on demand."""

import json
from collections import deque
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.translating.client import Translator
from bot.translating.protocols import Service
from tests.faults import FINE, Fault, met

Json = dict[str, Any]
KEY = "very-secret-key"
WORDS = {"의약품 회수": "Recall of medicines", "품질 문제로 회수한다": "Recalled for a quality problem"}


class LoopbackTranslation:
    """Translates by WORDS, anything else as `EN: …`. `asked` keeps the texts of each request, `faults` meet the next ones in order."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = deque(faults)
        self.asked: list[list[str]] = []
        self.bodies: list[Json] = []

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v2/translate", self._deepl)
        app.router.add_post("/translate", self._libre)
        app.router.add_post("/v1/chat/completions", self._openai)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._runner.cleanup()

    def translator(self, kind: str = "deepl", *, key: str = KEY, timeout: float = 5.0, to: str = "en") -> Translator:
        return Translator(Service(kind, self.url, key, "small-model" if kind == "openai" else "", to), timeout=timeout)

    async def _deepl(self, request: web.Request) -> web.Response:
        body = await request.json()
        right = request.headers.get("Authorization") == f"DeepL-Auth-Key {KEY}"
        found = [{"detected_source_language": "KO", "text": text} for text in map(_english, body["text"])]
        return await self._answered(request, body, body["text"], {"translations": found}, right)

    async def _libre(self, request: web.Request) -> web.Response:
        body = await request.json()
        right = body.get("api_key") == KEY and {"q", "source", "target", "format"} <= body.keys()
        return await self._answered(request, body, body["q"], {"translatedText": [*map(_english, body["q"])]}, right)

    async def _openai(self, request: web.Request) -> web.Response:
        body = await request.json()
        texts = json.loads(body["messages"][-1]["content"])
        said = "```json\n" + json.dumps([*map(_english, texts)]) + "\n```"
        answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": said}}]}
        return await self._answered(request, body, texts, answer, request.headers.get("Authorization") == f"Bearer {KEY}")

    async def _answered(self, request: web.Request, body: Json, texts: list[str], answer: Json, right: bool) -> web.Response:
        self.asked.append(texts)
        self.bodies.append(body)
        fault = self.faults.popleft() if self.faults else FINE
        return await met(request, fault, lambda: web.json_response(answer if right else {"error": "no"}, status=200 if right else 403))


def _english(text: str) -> str:
    return WORDS.get(text, f"EN: {text}")
