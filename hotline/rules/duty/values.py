"""What a board is made of by the thousand: values that nobody changes, which the type checker sees to.

A dataclass that also refuses at run time takes five times as long to make, and there are thousands in a line-year.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """A dataclass to be treated as frozen: compared and hashed by its fields."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
