"""The facts of a company that are yes, no or not known.

A row here and a field of ``matching.profiles.Profile`` are all that such a fact needs (docs/howto/add-a-fact.md): the
line of ``match``, the body of the API, forms, questions, the criterion that tests it and its screen, and what officers
and firms read of it are made of the two.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

type Text = Any  # a string, translated when it is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNoFact:
    """The French of a fact; of each pair, what is said where it is true, then where it is false.

    Parameters
    ----------
    label
        Beside the value: « Artisanat ».
    missing
        Where nobody said it, after "il manque": « si l’entreprise est artisanale ».
    values
        What the firm is: « entreprise artisanale ».
    conditions
        What a scheme wants: « être un organisme public ».
    criterion, choices
        The name of the criterion and its two choices, after "l’entreprise", for who edits a scheme.
    described
        For who calls the API.
    question, help_text
        How a firm is asked, on every form; no question where another fact tells it.
    """

    label: Text
    missing: Text
    values: tuple[Text, Text]
    conditions: tuple[str, str]
    criterion: str
    choices: tuple[str, str]
    described: str
    question: Text = ""
    help_text: Text = ""


YES_NO: dict[str, YesNoFact] = {
    "micro_entrepreneur": YesNoFact(  # told with the legal form
        label=_("Régime"),
        missing=_("le régime (micro-entrepreneur ou non)"),
        values=(_("micro-entrepreneur"), _("pas micro-entrepreneur")),
        conditions=("être micro-entrepreneur", "ne pas être micro-entrepreneur"),
        criterion="Micro-entrepreneur ou non",
        choices=("est micro-entrepreneur", "n’est pas micro-entrepreneur"),
        described="Régime micro-entrepreneur.",
    ),
    "craft_register": YesNoFact(
        label=_("Artisanat"),
        missing=_("si l’entreprise est artisanale"),
        values=(_("entreprise artisanale"), _("pas artisanale")),
        conditions=(
            "entreprise artisanale (immatriculée au secteur des métiers et de l’artisanat)",
            "entreprise qui n’est pas artisanale",
        ),
        criterion="Entreprise artisanale ou non",
        choices=("est artisanale", "n’est pas artisanale"),
        described="Entreprise artisanale : secteur des métiers et de l’artisanat.",
        question=_("L’entreprise est-elle artisanale ?"),
        help_text=_(
            "C’est-à-dire immatriculée au secteur des métiers et de l’artisanat, auprès de la chambre de métiers."
        ),
    ),
    "public_body": YesNoFact(
        label=_("Organisme public"),
        missing=_("si c’est un organisme public"),
        values=(_("organisme public"), _("pas un organisme public")),
        conditions=("être un organisme public", "ne pas être un organisme public"),
        criterion="Organisme public ou non",
        choices=("est un organisme public", "n’est pas un organisme public"),
        described="Organisme public.",
        question=_("L’entreprise est-elle un organisme public ?"),
        help_text=_("Une collectivité, un établissement public, une régie ; pas une société où l’État a des parts."),
    ),
    "in_difficulty": YesNoFact(
        label=_("Difficulté"),
        missing=_("si l’entreprise est en difficulté (au sens européen)"),
        values=(_("en difficulté (au sens européen)"), _("pas en difficulté (au sens européen)")),
        conditions=(
            "l’entreprise est en difficulté (au sens européen)",
            "l’entreprise n’est pas en difficulté (au sens européen)",
        ),
        criterion="Entreprise en difficulté ou non",
        choices=("est en difficulté (au sens européen)", "n’est pas en difficulté"),
        described="Entreprise en difficulté, au sens du règlement (UE) 651/2014.",
        question=_("L’entreprise est-elle en difficulté, au sens européen ?"),
        help_text=_(
            "Par exemple : plus de la moitié du capital perdue, procédure collective (ou conditions pour l’ouvrir),"
            " aide au sauvetage pas encore remboursée. Un mauvais mois n’en est pas une."
        ),
    ),
    "taxes_up_to_date": YesNoFact(
        label=_("Impôts et cotisations"),
        missing=_("si les impôts et cotisations sociales sont à jour"),
        values=(
            _("à jour de ses impôts et cotisations sociales"),
            _("pas à jour de ses impôts et cotisations sociales"),
        ),
        conditions=(
            "à jour de ses impôts et cotisations sociales",
            "pas à jour de ses impôts et cotisations sociales",
        ),
        criterion="Impôts et cotisations à jour ou non",
        choices=("est à jour de ses impôts et cotisations", "n’est pas à jour"),
        described="À jour de ses impôts et de ses cotisations sociales.",
        question=_("L’entreprise est-elle à jour de ses impôts et de ses cotisations sociales ?"),
    ),
}
