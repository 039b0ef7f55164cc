"""The fields of a form that most readers only pass by, blank."""

from functools import lru_cache

from django import template
from django.forms import Form
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def fields_of(form: Form, fields: str) -> SafeString:
    """Render a form by the template of its ``fields``; a blank one, in which nothing is of anybody, only once."""
    if form.is_bound or form.initial:
        return render_to_string(fields, {"form": form})
    return _blank(type(form), form.prefix, fields)


@lru_cache(maxsize=8)
def _blank(form: type[Form], prefix: str | None, fields: str) -> SafeString:
    return render_to_string(fields, {"form": form(prefix=prefix)})
