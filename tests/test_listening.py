"""A listener lets in few at once, and when it closes nobody who is on the way in waits for anything."""

import asyncio
import socket
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any

import pytest
from aiohttp import web

from hotline.listening import IN_A_TURN, listening
from tests.servers import HOST, free_port

ASKS = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@pytest.mark.parametrize("turns", range(8))
async def test_who_has_only_just_come_in_is_not_left_waiting(turns: int) -> None:
    """`turns`: of the loop between the knock and the end, so that each step of the way in is met."""
    app, port = web.Application(), free_port()
    began = time.monotonic()
    with socket.socket() as page:
        async with listening(app, HOST, port, "HOTLINE_PORT"):
            page.connect((HOST, port))
            for _ in range(turns):
                await asyncio.sleep(0)
        page.settimeout(5)
        try:
            page.sendall(ASKS)
            answered = await asyncio.to_thread(page.recv, 100)
        except ConnectionError:
            answered = b""
    assert answered == b"" or answered.startswith(b"HTTP/1.1 404")
    assert time.monotonic() - began < 2


async def test_of_many_who_knock_at_once_few_are_let_in_before_others_are_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, port, loop = web.Application(), free_port(), asyncio.get_running_loop()
    knock, let_in, turn = 300, Counter[int](), 0
    make = web.Server.__call__

    def counted(server: web.Server) -> Any:
        let_in[turn] += 1
        return make(server)

    monkeypatch.setattr(web.Server, "__call__", counted)
    with ExitStack() as pages:
        async with listening(app, HOST, port, "HOTLINE_PORT"):
            for _ in range(knock):  # nobody is sent away, though the loop does not turn meanwhile
                page = pages.enter_context(socket.socket())
                page.settimeout(2)
                page.connect((HOST, port))
            until = loop.time() + 20
            while let_in.total() < knock and loop.time() < until:
                turn += 1
                await asyncio.sleep(0)
    assert let_in.total() == knock
    assert max(let_in.values()) <= IN_A_TURN + 1  # later versions of Python take one more
