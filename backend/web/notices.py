"""What a form says at its top when it was not taken for a reason that is in none of its fields."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from backend.web.throttles import minutes


@dataclass(frozen=True, slots=True)
class Notice:
    title: Any
    text: Any
    call: bool = False  # give the telephone number too


def duration(seconds: int) -> str:
    """Say how long, rounded up: in minutes, or in hours from one on."""
    n = minutes(seconds)
    if n < 60:
        return _("une minute") if n == 1 else _("%(n)s minutes") % {"n": n}
    hours = -(-n // 60)
    return _("une heure") if hours == 1 else _("%(n)s heures") % {"n": hours}


def too_many(wait: int) -> Notice:
    return Notice(
        _("Trop d’envois en peu de temps"),
        _(
            "Rien n’est parti : trop de formulaires sont venus de cette connexion. Vos réponses sont gardées ici."
            " Appuyez à nouveau dans %(when)s."
        )
        % {"when": duration(wait)},
        call=True,
    )


def too_long(*, given: int, most: int) -> Notice:
    return Notice(
        _("Vos réponses sont trop longues"),
        _(
            "Rien n’a été pris : vos réponses font %(given)s octets en tout ; accepté : %(most)s au plus. Elles sont"
            " encore là : raccourcissez celles de cette page."
        )
        % {"given": given, "most": most},
    )


def begun_here(*, stays: bool) -> Notice:
    """Say that a draft stands beside what was typed on another site; ``stays``: it is kept for its contact too."""
    after = (
        _("« Continuer » commence une autre demande, avec le texte ci-dessous ; l’ancienne reste dans « Mon espace ».")
        if stays
        else _("« Continuer » la remplace par une autre, avec le texte ci-dessous.")
    )
    return Notice(
        _("Une demande est déjà commencée dans ce navigateur"),
        _("Rien n’a été changé : elle est encore là. %(after)s") % {"after": after},
    )


def press_again() -> Notice:
    return Notice(
        _("Appuyez encore une fois"),
        _(
            "Votre demande n’est pas encore partie : elle a été remplie si vite que nous vérifions que ce n’est pas un"
            " robot. Relisez vos réponses, puis appuyez à nouveau sur le bouton."
        ),
    )


def no_cookie() -> Notice:
    return Notice(
        _("Le formulaire n’a pas été envoyé"),
        _(
            "Par sécurité, nous refusons un formulaire ouvert depuis trop longtemps ou sans cookie. Vos réponses sont"
            " encore là : appuyez à nouveau. Si cela recommence, autorisez les cookies de ce site dans votre"
            " navigateur."
        ),
        call=True,
    )
