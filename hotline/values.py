"""Values that nobody changes: `dataclass` as the standard library has it, but for what every start waits for.

Whether a frozen value is written to is the type checker's to see, and it does. A class that refuses at run time, too,
takes twice as long to be made, and there are two hundred; each of its values takes three times as long.
"""

import dataclasses
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls: type | None = None, /, *, frozen: bool = False, repr: bool = True, **how: Any) -> Any:
        """The standard library's; what is to be frozen is compared and hashed by its fields, and not guarded."""

        def made(cls: type) -> type:
            if repr and "__repr__" not in vars(cls):
                cls.__repr__ = _told
            return dataclasses.dataclass(cls, repr=False, unsafe_hash=frozen, **how)

        return made if cls is None else made(cls)


def _told(value: Any) -> str:
    """As a dataclass says it; one for all of them, where each would compile its own."""
    said = (f"{each.name}={getattr(value, each.name)!r}" for each in dataclasses.fields(value) if each.repr)
    return f"{type(value).__qualname__}({', '.join(said)})"
