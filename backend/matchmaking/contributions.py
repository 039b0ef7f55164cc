"""What makes the score, in words: the one place where each contribution of the engine has a name people read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backend.matchmaking import engine

TOLD = 5.0  # points: what counts for less hardly moves a scheme, and is not told to a firm

type Words = str | Promise


@dataclass(frozen=True, slots=True)
class Contribution:
    """What it is called, when it gives its points, and what a firm reads where it gives or takes some."""

    label: Words
    meaning: Words = ""
    lifts: Words = ""
    lowers: Words = ""


LABELS = {
    "need": Contribution(
        _("Réponse au besoin"),
        _("Le dispositif est fait pour ce que l’entreprise demande."),
        lifts=_("Il répond au besoin « {need} »."),
    ),
    "words": Contribution(
        _("Mots de l’entreprise"),
        _("Ce qu’elle écrit ressemble à ce que disent les entreprises à qui ce dispositif convient."),
        lifts=_("Vos mots ressemblent à ceux des entreprises à qui il convient."),
    ),
    "near": Contribution(
        _("Proximité"),
        _("Il se décide près de l’entreprise : le local d’abord, puis le national, puis l’européen."),
        lifts=_("Le plus proche passe devant ; celui-ci est {level}."),
    ),
    "target": Contribution(
        _("Secteur visé"),
        _("Son porteur vise cette activité. S’il en vise d’autres, autant de points sont retirés."),
        lifts=_("Son porteur vise votre activité."),
        lowers=_("Son porteur vise d’abord d’autres activités que la vôtre."),
    ),
    "certain": Contribution(
        _("Certitude"),
        _("Rien ne reste à demander. Chaque réponse qui manque en ôte une part."),
        lifts=_("Il y reste peu à préciser."),
    ),
    "guide": Contribution(
        _("Qui oriente"),
        _("Un interlocuteur qui sait vers qui se tourner, quel que soit le besoin."),
        lifts=_("C’est un interlocuteur qui sait vers qui se tourner."),
    ),
    "deadline": Contribution(
        _("Date limite"),
        _("Elle approche et laisse le temps de se préparer. S’il est trop tard, autant de points sont retirés."),
        lifts=_("Sa date limite approche et vous laisse le temps de vous préparer."),
        lowers=_("Sa date limite ne laisse plus le temps de se préparer."),
    ),
    "verified": Contribution(
        _("Fiche vérifiée"),
        _("Tout ce que dit sa fiche a été lu à la source."),
        lifts=_("Tout ce que dit sa fiche a été lu à la source."),
    ),
    "applicant": Contribution(
        _("Qui fait la demande"),
        _("Points retirés si l’entreprise ne peut pas demander elle-même ; la moitié si c’est un salarié."),
        lowers=_("Ce n’est pas l’entreprise elle-même qui le demande."),
    ),
    "diversity": Contribution(
        _("Variété"),
        _("Points retirés pour chaque dispositif de même forme déjà cité au même besoin : pas dix prêts de suite."),
        lowers=_("D’autres de même forme sont déjà cités pour ce besoin."),
    ),
    "preference": Contribution(
        _("Contre son souhait"),
        _("Points retirés à ce que l’entreprise dit ne pas vouloir, comme un prêt. Cela n’exclut rien."),
        lowers=_("Il va contre ce que vous avez dit ne pas vouloir."),
    ),
    "trade": Contribution(
        _("Contre son métier"),
        _("Points retirés à ce que le métier dont elle parle exclurait, tant que son activité n’est pas connue."),
        lowers=_("Le métier dont vous parlez semble en être exclu : donnez votre activité pour le savoir."),
    ),
    "asks": Contribution(
        _("Question ouverte"),
        _("Points retirés tant que l’entreprise n’a pas répondu à une condition qu’elle seule connaît."),
        lowers=_("Une de ses conditions attend votre réponse."),
    ),
    "sure": Contribution(
        _("Besoin sûr"),
        _("Probabilité d’un besoin, en %, à partir de laquelle nous y répondons sans rien demander."),
    ),
    "likely": Contribution(
        _("Besoin à confirmer"),
        _("Probabilité, en %, à partir de laquelle nous demandons ; en dessous, rien ne répond et nous appelons."),
    ),
}

# What a score is made of: what people give points to, and what was learnt, to which nobody gives any.
PARTS = {
    **LABELS,
    "learnt": Contribution(
        _("Appris des avis"),
        lifts=_("Ce que les développeurs économiques ont retenu jusqu’ici le fait monter."),
        lowers=_("Ce que les développeurs économiques ont retenu jusqu’ici le fait descendre."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RankExplanation:
    """Why a scheme stands where it does in the order, as its firm reads it: what counts most first."""

    lifts: tuple[str, ...]
    lowers: tuple[str, ...]


def contributions() -> list[tuple[str, str, str]]:
    """Return what makes the score, in the order of the engine: name, label, when it gives its points."""
    return [(name, str(LABELS[name].label), str(LABELS[name].meaning)) for name in engine.POINTS]


def named(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the parts of a score that count for something, each with its label; what counts most first."""
    return [(str(PARTS[name].label) if name in PARTS else name, points) for name, points in _counted(parts)]


def rank_explanation(parts: Mapping[str, float], *, need: str, level: str) -> RankExplanation:
    """Return what counts most of it as sentences without a number.

    ``need`` is the one that the scheme serves best, ``level`` where it is decided, both in words.
    """
    told = [(PARTS[name], points) for name, points in _counted(parts) if name in PARTS and abs(points) >= TOLD]
    return RankExplanation(
        lifts=_said((one.lifts for one, points in told if points > 0), need=need, level=level),
        lowers=_said((one.lowers for one, points in told if points < 0)),
    )


def _counted(parts: Mapping[str, float]) -> list[tuple[str, float]]:
    ordered = sorted(parts.items(), key=lambda item: -abs(item[1]))
    return [(name, points) for name, points in ordered if points]


def _said(sentences: Iterable[Words], **words: str) -> tuple[str, ...]:
    return tuple(str(sentence).format(**words) for sentence in sentences if sentence)
