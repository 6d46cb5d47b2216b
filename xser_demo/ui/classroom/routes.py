"""The addresses of a class: ``/join`` and its messages for phones, ``/class`` and its messages for the lecturer.

A phone names its class and its token, a lecturer the class and its secret, in headers: an address contains neither, and
no page of another site can set them.
"""

import asyncio
import datetime as dt
import functools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from xser_demo.classroom import report, view
from xser_demo.classroom.refused import Refused
from xser_demo.classroom.room import Room
from xser_demo.classroom.rules import ENDED
from xser_demo.classroom.takes import MAX_BYTES
from xser_demo.ui.classroom import access, media, pages
from xser_demo.ui.classroom.service import Service
from xser_demo.ui.server.middleware import LARGE, sender
from xser_demo.utils.errors import UserError

MAX_MESSAGE = 4096  # bytes of a message that is no recording
TICK_S = 0.2  # between two looks at a class
SILENCE_S = 10.0  # after which a stream says that it is alive
CODE, TOKEN, SECRET, OWNER = "x-class", "x-device", "x-lecturer", "x-owner"  # headers
NO_JSON = "Send a JSON object."
PHONE_ACTIONS = ("vote", "forecast", "consent", "delete", "leave")

Handler = Callable[[Request], Awaitable[Response]]


def phone_routes(service: Service) -> list[Route]:
    """For phones; also served over plain http where the page is served over https."""

    async def page(request: Request) -> Response:
        return pages.respond(pages.join(service))

    async def join(request: Request) -> Response:
        address = sender(_client(request), dict(request.scope["headers"]))
        return JSONResponse(service.join(await _json(request), address))

    def action(what: str) -> Handler:
        async def act(request: Request) -> Response:
            code, token = _phone(request)
            return JSONResponse(service.phone(code, token, await _json(request), what))

        return act

    async def take(request: Request) -> Response:
        code, token = _phone(request)
        emotion, name = request.headers.get("x-emotion", ""), request.headers.get("x-take", "")
        room = service.may_record(code, token, emotion, name)
        sound = await _body(request, MAX_BYTES)
        return JSONResponse(await service.record(room, token, emotion, name, sound))

    async def stream(request: Request) -> Response:
        code, token = _phone(request)
        room, device = service.register.member(code, token)
        # A device that left is a stranger: ``room.device`` ends its stream.
        return _stream(service, token, room, lambda: view.phone(room, room.device(device.token)))

    posts = [Route(f"/join/api/{what}", _guarded(action(what)), methods=["POST"]) for what in PHONE_ACTIONS]
    return [
        Route("/join", page),
        Route("/join/api/join", _guarded(join), methods=["POST"]),
        Route("/join/api/take", _guarded(take), methods=["POST"]),
        Route("/join/api/stream", _guarded(stream)),
        *posts,
    ]


def lecturer_routes(service: Service) -> list[Route]:
    """For the lecturer and the projector."""

    def room_of(request: Request) -> Room:
        return service.register.led_by(request.headers.get(CODE, ""), request.headers.get(SECRET, ""))

    async def page(request: Request) -> Response:
        return pages.respond(pages.lecturer(service))

    async def notes(request: Request) -> Response:
        return pages.respond(pages.notes())

    async def opened(request: Request) -> Response:
        client = (_client(request) or ("",))[0]
        access.may_open(request.headers, client, request.url.scheme, request.headers.get(OWNER, ""))
        return JSONResponse(service.begin())

    async def invitation(request: Request) -> Response:
        room, own = room_of(request), str(request.base_url).rstrip("/")
        return JSONResponse(service.invitation(room, own))

    async def stream(request: Request) -> Response:
        room = room_of(request)
        return _stream(service, room.secret, room, lambda: service.screen(room))

    async def command(request: Request) -> Response:
        room, body = room_of(request), await _json(request)
        here = access.at_this_computer(request.headers, (_client(request) or ("",))[0])
        await run_in_threadpool(service.command, room, body, here)
        return JSONResponse({} if room.ended else service.screen(room))

    def clip_of(request: Request):
        room, number = room_of(request), request.path_params["number"]
        if not 0 <= number < len(room.clips):
            raise Refused("There is no such clip.", 404)
        return room.clips[number]

    async def picture(request: Request) -> Response:
        return Response(await run_in_threadpool(media.picture, clip_of(request)), media_type="image/png")

    async def sound(request: Request) -> Response:
        return Response(await run_in_threadpool(media.sound, clip_of(request)), media_type="audio/wav")

    async def as_html(request: Request) -> Response:
        return Response(report.as_html(room_of(request), dt.date.today()), media_type="text/html")

    async def as_csv(request: Request) -> Response:
        return Response(report.as_csv(room_of(request)), media_type="text/csv")

    return [
        Route("/class", page),
        Route("/class/notes", notes),
        Route("/class/api/open", _guarded(opened), methods=["POST"]),
        Route("/class/api/invitation", _guarded(invitation)),
        Route("/class/api/stream", _guarded(stream)),
        Route("/class/api/do", _guarded(command), methods=["POST"]),
        Route("/class/api/picture/{number:int}", _guarded(picture)),
        Route("/class/api/sound/{number:int}", _guarded(sound)),
        Route("/class/api/report.html", _guarded(as_html)),
        Route("/class/api/report.csv", _guarded(as_csv)),
    ]


def _guarded(handler: Handler) -> Handler:
    """Refusals as JSON with one sentence; nothing is cached."""

    @functools.wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            access.same_site(request.headers)
            response = await handler(request)
        except Refused as error:
            response = JSONResponse({"detail": str(error)}, error.status)
        except UserError as error:
            response = JSONResponse({"detail": str(error)}, 422)
        except ClientDisconnect:
            response = Response(status_code=499)
        response.headers["cache-control"] = "no-store"
        return response

    return guarded


def _client(request: Request) -> tuple[str, int] | None:
    return request.scope.get("client")


def _phone(request: Request) -> tuple[str, str]:
    return request.headers.get(CODE, ""), request.headers.get(TOKEN, "")


async def _body(request: Request, most: int) -> bytes:
    """The bytes that arrive, whatever the header says. Refused beyond ``most``."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Refused(LARGE, 413)
        parts.append(part)
    return b"".join(parts)


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        value = json.loads(await _body(request, MAX_MESSAGE) or b"{}")
    except (ValueError, RecursionError):
        raise Refused(NO_JSON) from None
    if not isinstance(value, dict):
        raise Refused(NO_JSON)
    return value


def _stream(service: Service, key: str, room: Room, look: Callable[[], dict]) -> StreamingResponse:
    headers = {"x-accel-buffering": "no"}
    return StreamingResponse(_events(service, key, room, look), media_type="text/event-stream", headers=headers)


async def _events(service: Service, key: str, room: Room, look: Callable[[], dict]) -> AsyncIterator[str]:
    """What a page shows, whenever it has changed, as server-sent events; the last one says that the class has ended."""
    seen, last, said_at = -1, "", time.monotonic()
    with service.stream(key) as holds:
        while holds():
            if room.version != seen:
                seen = room.version
                try:
                    now = json.dumps(look())
                except Refused as error:
                    yield f"event: gone\ndata: {json.dumps({'detail': str(error)})}\n\n"
                    return
                if room.ended:
                    yield f"event: gone\ndata: {json.dumps({'detail': ENDED})}\n\n"
                    return
                if now != last:
                    last, said_at = now, time.monotonic()
                    yield f"data: {now}\n\n"
            if time.monotonic() - said_at > SILENCE_S:
                said_at = time.monotonic()
                yield ": here\n\n"
            await asyncio.sleep(TICK_S)
