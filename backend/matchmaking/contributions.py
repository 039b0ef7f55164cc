"""What makes the score, in words: the one place where each contribution of the engine has a name people read."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from backend.matchmaking import engine

# What each contribution is called, and when it gives its points.
LABELS = {
    "need": (
        _("Réponse au besoin"),
        _("Le dispositif est fait pour ce que l’entreprise demande."),
    ),
    "words": (
        _("Mots de l’entreprise"),
        _("Ce qu’elle écrit ressemble à ce que disent les entreprises à qui ce dispositif convient."),
    ),
    "near": (
        _("Proximité"),
        _("Il se décide près de l’entreprise : le local d’abord, puis le national, puis l’européen."),
    ),
    "target": (
        _("Secteur visé"),
        _("Son porteur vise cette activité. S’il en vise d’autres, autant de points sont retirés."),
    ),
    "certain": (
        _("Certitude"),
        _("Rien ne reste à demander. Chaque réponse qui manque en ôte une part."),
    ),
    "guide": (
        _("Qui oriente"),
        _("Un interlocuteur qui sait vers qui se tourner, quel que soit le besoin."),
    ),
    "deadline": (
        _("Date limite"),
        _("Elle approche et laisse le temps de se préparer. S’il est trop tard, autant de points sont retirés."),
    ),
    "verified": (
        _("Fiche vérifiée"),
        _("Tout ce que dit sa fiche a été lu à la source."),
    ),
    "applicant": (
        _("Qui fait la demande"),
        _("Points retirés si l’entreprise ne peut pas demander elle-même ; la moitié si c’est un salarié."),
    ),
    "diversity": (
        _("Variété"),
        _("Points retirés pour chaque dispositif de même forme déjà cité au même besoin : pas dix prêts de suite."),
    ),
    "preference": (
        _("Contre son souhait"),
        _("Points retirés à ce que l’entreprise dit ne pas vouloir, comme un prêt. Cela n’exclut rien."),
    ),
    "trade": (
        _("Contre son métier"),
        _("Points retirés à ce que le métier dont elle parle exclurait, tant que son activité n’est pas connue."),
    ),
    "asks": (
        _("Question ouverte"),
        _("Points retirés tant que l’entreprise n’a pas répondu à une condition qu’elle seule connaît."),
    ),
    "sure": (
        _("Besoin sûr"),
        _("Probabilité d’un besoin, en %, à partir de laquelle nous y répondons sans rien demander."),
    ),
    "likely": (
        _("Besoin à confirmer"),
        _("Probabilité, en %, à partir de laquelle nous demandons ; en dessous, rien ne répond et nous appelons."),
    ),
}

# What a score is made of: what people give points to, and what was learnt, to which nobody gives any.
PARTS = {**{name: label for name, (label, _meaning) in LABELS.items()}, "learnt": _("Appris des avis")}


def contributions() -> list[tuple[str, str, str]]:
    """Return what makes the score, in the order of the engine: name, label, when it gives its points."""
    return [(name, str(LABELS[name][0]), str(LABELS[name][1])) for name in engine.POINTS]


def named(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the parts of a score that count for something, each with its label; what counts most first."""
    ordered = sorted(parts.items(), key=lambda item: -abs(item[1]))
    return [(str(PARTS.get(name, name)), points) for name, points in ordered if points]
