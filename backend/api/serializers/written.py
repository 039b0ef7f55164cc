"""Serializers that only write, for answers of some thousand values: what a field does is worked out once a class.

REST framework walks its fields again for each value, over copies made for each request: a quarter of the time.
"""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers

type Writer = Callable[["WrittenSerializer[Any]", Any], Any]


class WrittenSerializer[T](serializers.Serializer[T]):
    # Writes what REST framework would, of objects with attributes. A docstring would be that of each in the document.

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parts: dict[type[WrittenSerializer[Any]], WrittenSerializer[Any]] = {}

    def to_representation(self, instance: T) -> dict[str, Any]:
        return {name: write(self, instance) for name, write in _writers(type(self))}

    def part(self, kind: type["WrittenSerializer[Any]"]) -> "WrittenSerializer[Any]":
        """Return the one serializer of a kind that writes parts of this answer."""
        if kind not in self._parts:
            self._parts[kind] = kind(context=self.context)
        return self._parts[kind]


@cache
def _writers(kind: type[WrittenSerializer[Any]]) -> tuple[tuple[str, Writer], ...]:
    return tuple((name, _writer(kind, field)) for name, field in kind().fields.items())


def _writer(kind: type[WrittenSerializer[Any]], field: serializers.Field[Any, Any, Any, Any]) -> Writer:
    if isinstance(field, serializers.SerializerMethodField):
        method: Writer = getattr(kind, str(field.method_name))
        return method
    read = attrgetter(str(field.source))
    if isinstance(field, serializers.ListSerializer):
        several = _kind_of(field.child)
        return lambda whole, instance: [*map(whole.part(several).to_representation, read(instance))]
    if isinstance(field, WrittenSerializer):
        single = _kind_of(field)

        def write_part(whole: WrittenSerializer[Any], instance: Any) -> Any:
            value = read(instance)
            return None if value is None else whole.part(single).to_representation(value)

        return write_part
    convert = _convert(field)

    def write(_whole: WrittenSerializer[Any], instance: Any) -> Any:
        value = read(instance)
        return None if value is None else convert(value)

    return write


def _convert(field: serializers.Field[Any, Any, Any, Any]) -> Callable[[Any], Any]:
    """Return how a field writes a value: the builtin that it ends in, or its own method."""
    if type(field) is serializers.ListField and type(field.child) in _BUILTINS:
        each = _BUILTINS[type(field.child)]
        return lambda values: [*map(each, values)]
    return _BUILTINS.get(type(field), field.to_representation)


_BUILTINS: dict[type[Any], Callable[[Any], Any]] = {
    serializers.BooleanField: bool,
    serializers.CharField: str,
    serializers.FloatField: float,
    serializers.IntegerField: int,
}


def _kind_of(field: Any) -> type[WrittenSerializer[Any]]:
    if not isinstance(field, WrittenSerializer):
        raise TypeError(f"{field!r} is no WrittenSerializer; expected one, for all parts are written the same way.")
    return type(field)
