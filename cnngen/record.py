"""Named tuples that are quick to define.

The compiler defines a hundred of them each time it starts. ``typing.NamedTuple`` compiles every
annotation on the way, which takes as long as all that is done for a small network; nothing here
reads them at run time.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    _LEFT_OUT = frozenset({"__annotations__", "__module__", "__qualname__", "__dict__"})

    class _Definition(type):
        """Makes a named tuple of a class whose annotations are its fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            if not fields:  # so it is from Python 3.14 on in a module without the future import
                raise TypeError(f"{name} has no fields; annotations must be those of __future__")
            defaults = [namespace[field] for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])
            for key, value in namespace.items():
                if key not in _LEFT_OUT and key not in fields:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Definition):
        """See :class:`typing.NamedTuple`."""


__all__ = ["NamedTuple"]
