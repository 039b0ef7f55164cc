"""Shortening what a page quotes or tells in a line; a builtin of every template."""

from django import template

from backend.schemes.typography import NBSP, unbroken

register = template.Library()
register.filter("unbroken", unbroken)
ENOUGH = 0.6  # of the room, for a whole sentence or clause to be what is kept


@register.filter
def shortened(text: object, limit: int) -> str:
    """Cut a text of more than ``limit`` characters where a sentence or a clause ends, else between two words.

    >>> shortened("Signez le contrat, six mois au plus après sa conclusion ; l’ASP verse ensuite l’aide.", 70)
    'Signez le contrat, six mois au plus après sa conclusion\xa0…'
    >>> shortened("Appelez le service développement économique", 25)
    'Appelez le service\xa0…'
    """
    whole = unbroken(str(text))
    if len(whole) <= limit:
        return whole
    room = whole[: limit - 2]
    end = max(room.rfind(". ") + 1, room.rfind(f"{NBSP};"))
    if end < ENOUGH * limit:
        end = room.rfind(" ")
    return f"{(room[:end] if end > 0 else room).rstrip(f'{NBSP} ,;:–(')}{NBSP}…"
