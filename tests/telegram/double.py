"""A strict stand-in for Telegram's Bot API on this machine: the server that bots call, and the people who write to them.

It refuses what the real one refuses (lengths, markup, buttons, chats, conflicts, floods, old queries) and keeps a record of
every call. test_double.py drives it with a client that was not written for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import aiohttp
from aiohttp import web

TOKEN = "123456789:TEST-token_abcdefghijklmnopqrstuvwxyz12"
ME = {"id": 123456789, "is_bot": True, "first_name": "Hypnic", "username": "hypnic_test_bot", "can_join_groups": True,
      "can_read_all_group_messages": False, "supports_inline_queries": False}  # fmt: skip
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
ENTITIES = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "s": "strikethrough", "code": "code",
            "pre": "pre", "a": "text_link", "blockquote": "blockquote"}  # fmt: skip
ACTIONS = {"typing", "upload_photo", "upload_document", "upload_video", "record_voice", "find_location"}
PORTS = {None, 443, 80, 88, 8443}

Json = dict[str, Any]


class Refusal(Exception):
    """An error answer of the API."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(text: str) -> Refusal:
    return Refusal(400, f"Bad Request: {text}")


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Markup(HTMLParser):
    """Reads Telegram's HTML as strictly as Telegram."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.entities = "", list[Json]()
        self._open: list[tuple[str, int, Json]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ENTITIES:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {len(self.text.encode())}')
        extra = {"url": dict(attrs).get("href") or ""} if tag == "a" else {}
        self._open.append((tag, units(self.text), {"type": ENTITIES[tag], **extra}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise bad(f'can\'t parse entities: Unmatched end tag at byte offset {len(self.text.encode())}, expected "</...>", found "</{tag}>"')
        _, start, entity = self._open.pop()
        if units(self.text) > start:
            self.entities.append({**entity, "offset": start, "length": units(self.text) - start})

    def handle_data(self, data: str) -> None:
        self.text += data

    def read(self, source: str) -> tuple[str, list[Json]]:
        if stray := re.search(r"<(?!/?[a-zA-Z])", source):
            raise bad(f'can\'t parse entities: Unsupported start tag "" at byte offset {stray.start()}')
        if unknown := re.search(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)", source):
            raise bad(f"can't parse entities: unescaped & at byte offset {unknown.start()}")  # stricter than the real one
        self.feed(source)
        self.close()
        if self._open:
            raise bad(f'can\'t parse entities: Can\'t find end tag corresponding to start tag "{self._open[-1][0]}"')
        return self.text, sorted(self.entities, key=lambda entity: entity["offset"])


@dataclass
class Call:
    """One call of a bot. begun and ended: seconds, monotonic; error: None when it went well."""

    method: str
    data: Json
    begun: float
    ended: float = 0.0
    error: str | None = None

    @property
    def chat(self) -> int:
        return int(self.data.get("chat_id") or 0)


@dataclass
class Webhook:
    url: str = ""
    secret: str | None = None
    allowed: list[str] | None = None
    connections: int = 40
    last_error: tuple[int, str] | None = None


@dataclass
class Double:
    """The API and its people.

    Args:
        allow_http: whether a webhook may have any address, as with a Bot API server of one's own.
        query_seconds: how long a pressed button can be answered.
        delivery_retry: seconds before a delivery that failed is tried again.
    """

    allow_http: bool = True
    query_seconds: float = 15.0
    delivery_retry: float = 0.3
    token: str = TOKEN
    calls: list[Call] = field(default_factory=list)
    deliveries: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._updates: dict[int, Json] = {}  # not taken yet, by the order of their coming
        self._order = itertools.count()
        self._numbers, self._queries = itertools.count(500_001), dict[str, tuple[float, bool]]()
        self._messages: dict[int, dict[int, Json]] = defaultdict(dict)
        self._kinds: dict[int, str] = {}
        self._blocked: set[int] = set()
        self._left: set[int] = set()
        self._webhook, self._commands = Webhook(), list[Json]()
        self._flooded_until = 0.0
        self._faults: list[tuple[str, int]] = []
        self._slow: dict[str, float] = {}
        self._poller: asyncio.Future[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self._deliverers: set[asyncio.Task[None]] = set()
        self.port = 0

    # -- running ------------------------------------------------------------------------------------------------

    def start(self) -> Double:
        """Serve on a free port, or on the one of before."""
        if not self._thread.is_alive():
            self._thread.start()
        self._do(self._up())
        return self

    def down(self) -> None:
        """Telegram cannot be reached until start()."""
        self._do(self._stop_serving())

    def close(self) -> None:
        """End."""
        self._do(self._stop_serving())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _up(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30), connector=aiohttp.TCPConnector(limit=0))
        self._wake = asyncio.Event()
        self._gate = asyncio.Semaphore(self._webhook.connections)
        app = web.Application(client_max_size=60 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._api)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def _stop_serving(self) -> None:
        for task in list(self._deliverers):
            task.cancel()
        if self._poller and not self._poller.done():
            self._poller.cancel()
        if self._runner:
            await self._runner.cleanup()
            await self._session.close()
            self._runner = None

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def _now(self, work: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return work()

        return self._do(run())

    # -- what people do -----------------------------------------------------------------------------------------

    def say(self, chat: int, text: str, **more: Any) -> int:
        """A private message; gives its number."""
        return int(self._now(lambda: self._said(chat, {"text": text, **more})))

    def send(self, chat: int, **content: Any) -> int:
        """A private message of another kind, such as voice={...}."""
        return int(self._now(lambda: self._said(chat, content)))

    def edit(self, chat: int, message: int, text: str) -> None:
        """Change a message that was sent."""

        def change() -> None:
            old = self._messages[chat][message]
            old.update(text=text, edit_date=int(time.time()) + next(self._numbers))
            self._queue({"edited_message": dict(old)})

        self._now(change)

    def press(self, chat: int, title: str, message: int | None = None) -> str:
        """Press a button of the bot's last message that has it; gives the number of the query."""

        def find() -> str:
            numbers = [message] if message else reversed(self._messages[chat])
            for number in list(numbers):
                whole = self._messages[chat][number]
                for row in whole.get("reply_markup", {}).get("inline_keyboard", []):
                    for cell in row:
                        if cell["text"].removeprefix("✓ ") == title:
                            return self.pressed(chat, whole, cell["callback_data"])
            raise AssertionError(f"no button {title!r}: {self.buttons(chat)}")

        return str(self._now(find))

    def pressed(self, chat: int, message: Json | None, data: str) -> str:
        """Any press; runs inside the double."""
        query = str(next(self._numbers))
        self._queries[query] = (time.monotonic(), False)
        body = {"id": query, "from": _person(chat), "chat_instance": "1", "data": data}
        self._queue({"callback_query": {**body, **({"message": dict(message)} if message else {})}})
        return query

    def forge(self, chat: int, data: str) -> str:
        """Press a button that nobody offered."""
        self._kinds.setdefault(chat, "private")
        message = {"message_id": 1, "date": 0, "chat": {"id": chat, "type": "private", "first_name": "Ann"}}
        return str(self._now(lambda: self.pressed(chat, message, data)))

    def update(self, content: Json) -> int:
        """Any update; gives its number."""
        return int(self._now(lambda: self._queue(content)))

    def updates(self, contents: list[Json]) -> None:
        """Many updates with their numbers, in exactly this order; the same number may come again."""

        def add() -> None:
            for content in contents:
                self._offer(content)

        self._now(add)

    def block(self, chat: int) -> None:
        """The person blocks the bot."""
        self._now(lambda: self._blocked.add(chat))

    def unblock(self, chat: int) -> None:
        self._now(lambda: self._blocked.discard(chat))

    def forget_queries(self) -> None:
        """All queries become too old."""
        self._now(self._queries.clear)

    def flood(self, seconds: float) -> None:
        """Answer 429 to whatever sends, for so long."""
        self._now(lambda: setattr(self, "_flooded_until", time.monotonic() + seconds))

    def fail(self, method: str, *codes: int) -> None:
        """The next calls of a method get these statuses with a page that is no JSON."""
        self._now(lambda: self._faults.extend((method.lower(), code) for code in codes))

    def slow(self, method: str, seconds: float) -> None:
        """Every call of a method takes so long."""
        self._now(lambda: self._slow.update({method.lower(): seconds}))

    # -- what can be seen ---------------------------------------------------------------------------------------

    def sent(self, chat: int) -> list[Json]:
        """What the bot sent to a chat, in order."""
        return list(self._now(lambda: [dict(m) for m in self._messages[chat].values() if m["from"]["is_bot"]]))

    def texts(self, chat: int) -> list[str]:
        """The texts and captions among them."""
        return [str(message.get("text") or message.get("caption") or "") for message in self.sent(chat)]

    def buttons(self, chat: int) -> list[str]:
        """The titles under the bot's last message with buttons."""
        for message in reversed(list(self._messages[chat].values())):
            rows = message.get("reply_markup", {}).get("inline_keyboard")
            if rows:
                return [cell["text"] for row in rows for cell in row]
        return []

    def called(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of one method."""
        return [c for c in list(self.calls) if c.method == method.lower() and (chat is None or c.chat == chat)]

    def refused(self) -> list[Call]:
        """The calls that were refused."""
        return [call for call in list(self.calls) if call.error]

    def answered(self, query: str) -> bool:
        """Whether a query was answered in time."""
        return bool(self._now(lambda: self._queries.get(query, (0, False))[1]))

    @property
    def waiting(self) -> int:
        """Updates that no bot has taken yet."""
        return len(self._updates)

    @property
    def webhook(self) -> Webhook:
        return self._webhook

    @property
    def commands(self) -> list[str]:
        return [command["command"] for command in self._commands]

    def left(self, chat: int) -> bool:
        """Whether the bot has left a group."""
        return chat in self._left

    def group(self, chat: int, **content: Any) -> None:
        """Something happens in a group."""

        def happen() -> None:
            self._kinds[chat] = "supergroup"
            about = {"id": chat, "type": "supergroup", "title": "Family"}
            if content:
                body = {"message_id": 7, "date": int(time.time()), "chat": about, "from": _person(99), **content}
                self._queue({"message": body})
            else:
                member = {"user": ME, "status": "member"}
                old = {"user": ME, "status": "left"}
                change = {"chat": about, "from": _person(99), "date": 1, "old_chat_member": old, "new_chat_member": member}
                self._queue({"my_chat_member": change})

        self._now(happen)

    # -- updates ------------------------------------------------------------------------------------------------

    def _said(self, chat: int, content: Json) -> int:
        message = self._keep(chat, {"from": _person(chat), **content})
        self._queue({"message": dict(message)})
        return int(message["message_id"])

    def _keep(self, chat: int, content: Json) -> Json:
        kind = self._kinds.setdefault(chat, "private" if chat > 0 else "supergroup")
        number = max(self._messages[chat], default=100) + 1
        about = {"id": chat, "type": kind, **({"first_name": "Ann"} if kind == "private" else {"title": "Family"})}
        message = {"message_id": number, "date": int(time.time()), "chat": about, **content}
        self._messages[chat][number] = message
        return message

    def _queue(self, content: Json) -> int:
        number = next(self._numbers)
        self._offer({"update_id": number, **content})
        return number

    def _offer(self, update: Json) -> None:
        kind = next(key for key in update if key != "update_id")
        chat = update[kind].get("chat") if isinstance(update[kind], dict) else None
        if isinstance(chat, dict):
            self._kinds.setdefault(chat["id"], chat["type"])
        if self._webhook.allowed and kind not in self._webhook.allowed:
            return
        place = next(self._order)
        self._updates[place] = update
        self._wake.set()
        if self._webhook.url:
            self._deliver_later(place)

    def _deliver_later(self, place: int) -> None:
        task = self._loop.create_task(self._deliver(place))
        self._deliverers.add(task)
        task.add_done_callback(self._deliverers.discard)

    async def _deliver(self, place: int) -> None:
        """Post an update until it is taken, as Telegram does."""
        while (update := self._updates.get(place)) and self._webhook.url:
            async with self._gate:
                hook = self._webhook
                headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
                try:
                    async with self._session.post(hook.url, json=update, headers=headers) as response:
                        status = response.status
                        await response.read()
                except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                    status, hook.last_error = 0, (int(time.time()), f"Connection failed: {type(error).__name__}")
            self.deliveries.append((update["update_id"], status))
            if 200 <= status < 300:
                self._updates.pop(place, None)
                return
            if status:
                hook.last_error = (int(time.time()), f"Wrong response from the webhook: {status}")
            await asyncio.sleep(self.delivery_retry)

    # -- the API ------------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        data: Json = dict(request.query)
        if request.method == "POST" and request.content_type == "application/json":
            data.update(await request.json())
        elif request.method == "POST":
            for name, value in (await request.post()).items():
                data[name] = value if isinstance(value, str) else {"name": value.filename, "kind": value.content_type, "content": value.file.read()}  # type: ignore[union-attr]
        for name in ("reply_markup", "commands", "allowed_updates", "link_preview_options", "reply_parameters", "scope"):
            if isinstance(data.get(name), str):
                data[name] = _json_of(data[name])
        call = Call(method, data, time.monotonic())
        self.calls.append(call)
        try:
            await asyncio.sleep(self._slow.get(method, 0))
            if fault := next((fault for fault in self._faults if fault[0] == method), None):
                self._faults.remove(fault)
                call.error = str(fault[1])
                return web.Response(status=fault[1], text="<html>Bad Gateway</html>", content_type="text/html")
            if request.match_info["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            handler = getattr(self, f"m_{method}", None)
            if handler is None:
                raise Refusal(404, "Not Found: method not found")
            if method.startswith("send") and time.monotonic() < self._flooded_until:
                seconds = max(1, round(self._flooded_until - time.monotonic() + 0.5))
                raise Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
            result = handler(data)
            if asyncio.iscoroutine(result):
                result = await result
            return web.json_response({"ok": True, "result": result})
        except Refusal as refusal:
            call.error = f"{refusal.code} {refusal.description}"
            body: Json = {"ok": False, "error_code": refusal.code, "description": refusal.description}
            if refusal.parameters:
                body["parameters"] = refusal.parameters
            return web.json_response(body, status=refusal.code)
        finally:
            call.ended = time.monotonic()

    def m_getme(self, _: Json) -> Json:
        return ME

    def m_setmycommands(self, data: Json) -> bool:
        commands = data.get("commands")
        if not isinstance(commands, list) or len(commands) > 100:
            raise bad("can't parse commands")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command.get("command", "")):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command.get("description", "")) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self._commands = commands
        return True

    def m_setwebhook(self, data: Json) -> bool:
        url, secret = data.get("url") or "", data.get("secret_token")
        if url and not self.allow_http and not url.startswith("https://"):
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("secret token contains unallowed characters")
        if url and not 1 <= int(data.get("max_connections") or 40) <= 100:
            raise bad("max_connections must be between 1 and 100")
        self._webhook = Webhook(url, secret, data.get("allowed_updates") or None, int(data.get("max_connections") or 40))
        self._gate = asyncio.Semaphore(self._webhook.connections)
        if str(data.get("drop_pending_updates")).lower() == "true":
            self._updates.clear()
        if url:
            for place in self._updates:
                self._deliver_later(place)
        return True

    def m_deletewebhook(self, data: Json) -> bool:
        return self.m_setwebhook({**data, "url": ""})

    def m_getwebhookinfo(self, _: Json) -> Json:
        hook = self._webhook
        info: Json = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": len(self._updates)}
        if hook.last_error:
            info.update(last_error_date=hook.last_error[0], last_error_message=hook.last_error[1])
        return info

    async def m_getupdates(self, data: Json) -> list[Json]:
        if self._webhook.url:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
        if self._poller and not self._poller.done():
            self._poller.set_exception(
                Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
            )
        mine: asyncio.Future[None] = self._loop.create_future()
        mine.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._poller = mine
        self._webhook.allowed = data.get("allowed_updates") or self._webhook.allowed
        offset = int(data.get("offset") or 0)
        self._updates = {place: update for place, update in self._updates.items() if update["update_id"] >= offset}
        end = time.monotonic() + min(float(data.get("timeout") or 0), 50)
        limit = int(data.get("limit") or 100)
        if not 1 <= limit <= 100:
            limit = 100
        try:
            while not self._updates and time.monotonic() < end:
                self._wake.clear()
                woken = self._loop.create_task(self._wake.wait())
                await asyncio.wait({woken, mine}, timeout=max(0.01, end - time.monotonic()), return_when=asyncio.FIRST_COMPLETED)
                woken.cancel()
                if mine.done():
                    mine.result()
            return list(self._updates.values())[:limit]
        finally:
            if self._poller is mine:
                self._poller = None

    def m_sendmessage(self, data: Json) -> Json:
        chat = self._chat(data)
        text, entities = self._text(data.get("text"), data.get("parse_mode"))
        if not text.strip():
            raise bad("message text is empty")
        if units(text) > 4096:
            raise bad("message is too long")
        options = data.get("link_preview_options")
        if options is not None and not isinstance(options, dict):
            raise bad("can't parse link preview options JSON object")
        more: Json = {"text": text, **({"entities": entities} if entities else {})}
        return self._send(chat, data, more)

    def m_senddocument(self, data: Json) -> Json:
        chat, document = self._chat(data), data.get("document")
        if not isinstance(document, dict) or not document.get("content"):
            raise bad("file must be non-empty")
        if len(document["content"]) > 50 * 2**20:
            raise Refusal(413, "Request Entity Too Large")
        caption, entities = self._text(data.get("caption") or "", data.get("parse_mode"))
        if units(caption) > 1024:
            raise bad("message caption is too long")
        file = {"file_id": "f1", "file_unique_id": "f1", "file_name": document["name"], "mime_type": document["kind"],
                "file_size": len(document["content"])}  # fmt: skip
        more: Json = {"document": file, **({"caption": caption} if caption else {}), **({"caption_entities": entities} if entities else {})}
        return self._send(chat, data, more)

    def m_sendchataction(self, data: Json) -> bool:
        self._chat(data)
        if data.get("action") not in ACTIONS:
            raise bad("wrong parameter action in request")
        return True

    def m_answercallbackquery(self, data: Json) -> bool:
        query = str(data.get("callback_query_id"))
        begun, _ = self._queries.get(query, (-1e9, False))
        if time.monotonic() - begun > self.query_seconds:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(data.get("text") or "") > 200:
            raise bad("MESSAGE_TOO_LONG")
        self._queries[query] = (begun, True)
        return True

    def m_editmessagereplymarkup(self, data: Json) -> Json:
        chat = self._chat(data)
        message = self._messages[chat].get(int(data.get("message_id") or 0))
        if message is None or not message["from"]["is_bot"]:
            raise bad("message to edit not found")
        rows = _markup(data.get("reply_markup"))
        if rows == message.get("reply_markup", {}).get("inline_keyboard", []):
            raise bad("message is not modified: specified new message content and reply markup are exactly the same")
        message["reply_markup"] = {"inline_keyboard": rows}
        return message

    def m_leavechat(self, data: Json) -> bool:
        chat = self._chat(data)
        if self._kinds[chat] == "private":
            raise bad("chat member status can't be changed in private chats")
        self._left.add(chat)
        return True

    def _chat(self, data: Json) -> int:
        try:
            chat = int(data["chat_id"])
        except (KeyError, TypeError, ValueError):
            raise bad("chat_id is empty") from None
        if chat not in self._kinds:
            raise bad("chat not found")
        if chat in self._blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat in self._left:
            raise Refusal(403, "Forbidden: bot is not a member of the supergroup chat")
        return chat

    def _text(self, text: Any, mode: str | None) -> tuple[str, list[Json]]:
        if not isinstance(text, str):
            raise bad("message text is empty")
        if not mode:
            return text, []
        if mode.lower() != "html":
            raise bad("unsupported parse_mode")
        return Markup().read(text)

    def _send(self, chat: int, data: Json, more: Json) -> Json:
        rows = _markup(data.get("reply_markup"))
        reply = data.get("reply_parameters")
        if reply:
            if int(reply["message_id"]) not in self._messages[chat] and not reply.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            more = {**more, "replied_to": reply["message_id"]}
        return self._keep(chat, {"from": ME, **more, **({"reply_markup": {"inline_keyboard": rows}} if rows else {})})


def _markup(markup: Any) -> list[list[Json]]:
    if markup in (None, "", {}):
        return []
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list):
        raise bad("can't parse inline keyboard markup JSON object")
    for row in rows:
        if not isinstance(row, list) or len(row) > 8:
            raise bad("inline keyboard rows must be arrays of at most 8 buttons")
        for cell in row:
            if not str(cell.get("text", "")).strip():
                raise bad("text buttons are unallowed in the inline keyboard")
            kinds = set(cell) - {"text", "style", "icon_custom_emoji_id"}
            if kinds not in ({"callback_data"}, {"url"}):
                raise bad("inline keyboard button must have exactly one action")
            if "callback_data" in cell and not 1 <= len(cell["callback_data"].encode()) <= 64:
                raise bad("BUTTON_DATA_INVALID")
    if sum(map(len, rows)) > 100:
        raise bad("reply markup is too long")
    return [row for row in rows if row]


def _person(chat: int) -> Json:
    """Somebody with everything that Telegram tells about people."""
    return {"id": chat, "is_bot": False, "first_name": "Anncanary", "last_name": "Namecanary", "username": "usercanary", "language_code": "en-GB"}


def _json_of(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@contextlib.contextmanager
def running(**options: Any) -> Iterator[Double]:
    """A double that serves."""
    double = Double(**options).start()
    try:
        yield double
    finally:
        double.close()
