"""Parameters of an address: a name that means nothing is refused, since a filter left out answers something else."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from backend.api.errors import Error, Refused


def check_parameters(request: Request, *, once: Collection[str] = (), several: Collection[str] = ()) -> None:
    """Refuse a parameter that is unknown, empty, or given twice where once is meant; all of them at once."""
    known = sorted({*once, *several})
    errors = []
    for name, values in request.query_params.lists():
        if name not in known:
            accepted = ", ".join(known) or _("aucun paramètre")
            errors.append(Error(_("Paramètre inconnu ; attendu : %s.") % accepted, parameter=name))
        elif "" in values:
            errors.append(Error(_("Valeur vide ; donnez une valeur ou retirez le paramètre."), parameter=name))
        elif len(values) > 1 and name not in several:
            errors.append(Error(_("Donné %d fois ; attendu : une seule fois.") % len(values), parameter=name))
    if errors:
        raise Refused("parametre-refuse", errors)


def sentence(given: Any, accepted: str) -> str:
    """Say what was given and what is accepted."""
    return _("La valeur est « %(given)s » ; attendu : %(accepted)s.") % {"given": given, "accepted": accepted}
