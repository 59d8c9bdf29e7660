"""Named tuples that are quick to define.

The compiler defines more than a hundred of them each time it starts. ``collections.namedtuple``
compiles a constructor for each and makes every method anew, ``typing.NamedTuple`` compiles every
annotation besides: that takes longer than all that is done for a small network. Here a
constructor is compiled once for each number of fields, and others have its code with their own
names; nothing reads annotations at run time.
"""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    _LEFT_OUT = frozenset({"__annotations__", "__qualname__", "__dict__"})

    class _Methods(tuple):
        """What every named tuple has."""

        __slots__ = ()

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _replace(self, /, **values):
            made = tuple.__new__(type(self), map(values.pop, self._fields, self))
            if values:
                raise TypeError(f"{type(self).__name__} has no fields {', '.join(values)}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join(f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

    @cache
    def _pattern(count: int) -> type:
        """A named tuple of so many fields, whose names mean nothing."""
        return namedtuple("Pattern", [f"item{place}" for place in range(count)])

    class _Definition(type):
        """Makes a named tuple of a class whose annotations are its fields."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            if not fields:  # so it is from Python 3.14 on in a module without the future import
                raise TypeError(f"{name} has no fields; annotations must be those of __future__")
            defaults = {field: namespace[field] for field in fields if field in namespace}
            pattern = _pattern(len(fields))
            made = {key: value for key, value in namespace.items() if key not in _LEFT_OUT}
            made |= {
                "__slots__": (),
                "__match_args__": fields,
                "__new__": _constructor(pattern, name, fields, defaults),
                "_fields": fields,
                "_field_defaults": defaults,
            }
            for field, item in zip(fields, pattern._fields, strict=True):
                made[field] = vars(pattern)[item]
            return type(name, (_Methods,), made)

    def _constructor(pattern, name, fields, defaults):
        of_pattern = pattern.__new__
        code = of_pattern.__code__.replace(co_varnames=("_cls", *fields))
        made = FunctionType(code, of_pattern.__globals__, "__new__", tuple(defaults.values()))
        made.__qualname__ = f"{name}.__new__"
        return made

    class NamedTuple(metaclass=_Definition):
        """See :class:`typing.NamedTuple`."""


__all__ = ["NamedTuple"]
