"""What the handlers find in the application: the system, the hub, the health, and the open sockets."""

from weakref import WeakSet

from aiohttp import web

from hotline.health import Health
from hotline.live.hub import Hub
from hotline.system import System

SYSTEM: web.AppKey[System] = web.AppKey("system", System)
HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)
HEALTH: web.AppKey[Health] = web.AppKey("health", Health)
Sockets = WeakSet[web.WebSocketResponse]
SOCKETS: web.AppKey[Sockets] = web.AppKey("sockets", WeakSet)
