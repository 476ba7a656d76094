"""What the handlers find in the application: the system, the hub, and the open sockets."""

from weakref import WeakSet

from aiohttp import web

from hotline.live.hub import Hub
from hotline.system import System

SYSTEM: web.AppKey[System] = web.AppKey("system", System)
HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
Sockets = WeakSet[web.WebSocketResponse]
SOCKETS: web.AppKey[Sockets] = web.AppKey("sockets", WeakSet)
