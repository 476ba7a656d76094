"""A listener that closes: whoever is on the way in is answered or sent away, and waits for nobody."""

import asyncio
import socket
import time

import pytest
from aiohttp import web

from hotline.listening import listening
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
