"""The clock by hand, for tests that let time pass themselves."""

from hotline.attention import Attention
from hotline.engine import Engine
from hotline.system import System
from tests.factories import leading


class ByHand:
    """An engine that looks when it is told to."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._engine, self._attention = Engine(system), Attention(system)

    async def looks(self) -> None:
        await self._engine.step()
        await self._attention.look(await leading(self._system))
