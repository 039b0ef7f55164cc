"""Shortening what a page quotes or tells in a line; a builtin of every template."""

import re

from django import template

from backend.schemes import typography
from backend.schemes.catalogue.criteria.base import lower
from backend.schemes.typography import NBSP, unbroken

register = template.Library()
register.filter("lower_first", lambda text: lower(str(text)))  # « Émettre moins de CO2 » keeps its CO2
register.filter("unbroken", lambda text: unbroken(str(text)))  # what is said late, too
_BRACKET = re.compile(r" ?\([^)]*\)?")
MAX_NAME = 56  # characters
ENOUGH = 0.6  # of the room, for a whole sentence or clause to be what is kept
# Words that announce another one: a text that is cut does not end with them.
_ANNOUNCE = re.compile(
    r"(?:\s+(?:à|au|aux|avec|avant|ce|ces|chez|dans|de|des|dont|du|en|et|est|il|la|le|les|leurs?"
    r"|mais|ne|ni|on|ou|où|par|pas|pour|puis|qui|que|sa|sans|ses|si|son|sont|sous|sur|un|une|vers|vos|votre))+$"
)


@register.filter
def shortened(text: object, limit: int) -> str:
    """Cut a text of more than ``limit`` characters where a sentence or a clause ends, else between two words.

    >>> shortened("Signez le contrat, six mois au plus après sa conclusion ; l’ASP verse ensuite l’aide.", 70)
    'Signez le contrat, six mois au plus après sa conclusion\xa0…'
    >>> shortened("Jusqu’à 600 € par an et par salarié exonérés (900 € avec un abonnement)", 60)
    'Jusqu’à 600\xa0€ par an et par salarié exonérés\xa0…'
    >>> shortened("Appelez le service développement économique et la Région", 48)
    'Appelez le service développement économique\xa0…'
    """
    whole = unbroken(str(text))
    if len(whole) <= limit:
        return whole
    room = whole[: limit - 2]
    ends = max(room.rfind(". ") + 1, room.rfind(f"{NBSP};")), _clause(room)
    end = next((last for last in ends if last >= ENOUGH * limit), room.rfind(" "))
    kept = room[:end] if end > 0 else room
    return f"{(_ANNOUNCE.sub('', kept) or kept).rstrip(f'{NBSP} ,;:–(')}{NBSP}…"


def _clause(text: str) -> int:
    """Return where the last clause ends: at a comma that no bracket holds, or where a bracket opens that is cut."""
    opens = text.rfind(" (")
    outside = _BRACKET.sub(lambda found: "-" * len(found[0]), text)
    return max(outside.rfind(", "), -1 if ")" in text[opens:] else opens)


@register.filter
def brief_name(name: object) -> str:
    """Return a name without what it has in brackets, cut where even that is longer than two lines of a phone.

    >>> brief_name("Votre Opco (par exemple Opco 2i), puis l'ASP")
    "Votre Opco, puis l'ASP"
    >>> brief_name("DDFiP (service des impôts des entreprises)"), brief_name("École de production O'Tech (Compiègne)")
    ('DDFiP', "École de production O'Tech")
    """
    return shortened(" ".join(_BRACKET.sub("", str(name)).split()) or name, MAX_NAME)


@register.filter
def first_sentence(text: object, limit: int) -> str:
    """Keep what a sheet says first, whole: cut where even that is of more than ``limit`` characters.

    >>> first_sentence("Signez le contrat, sous six mois. L’ASP verse ensuite l’aide.", 70)
    'Signez le contrat, sous six mois.'
    """
    return shortened(typography.first_sentence(str(text)), limit)
