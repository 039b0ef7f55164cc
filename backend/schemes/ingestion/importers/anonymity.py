"""What other sites say of persons is not taken over: their address, number and name, also where they are hidden."""

import re

DROPPED_EMAIL = "(adresse non reprise)"
DROPPED_PHONE = "(téléphone non repris)"
DROPPED_PERSON = "(nom non repris)"

_EMAIL = re.compile(r"(?:mailto:)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
# "prenom[at]domaine", "prenom (arobase) domaine [point] fr": hidden from machines only.
_HIDDEN_AT = re.compile(r"[\[({][ ]?(?:at|arobase|@)[ ]?[\])}]", re.IGNORECASE)
_HIDDEN_EMAIL = re.compile(
    rf"[\w.+-]+[ ]?{_HIDDEN_AT.pattern}[ ]?[\w-]+(?:(?:\.|[ ]?[\[({{][ ]?(?:dot|point|\.)[ ]?[\])}}][ ]?)[\w-]+)*",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<!\d)(?:(?:(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?|0)[1-9](?:[ .-]?\d\d){4}"
    r"|\+(?!33)\d{2,3}[ .-]?\d(?:[ .-]?\d){5,10})(?!\d)"
)
_PERSON = re.compile(r"\b(?:M\.|Mme|Mlle|Mr|Monsieur|Madame)[ ]+[A-ZÀ-Ý][\w’'-]+(?:[ ]+[A-ZÀ-Ý][\w’'-]+)*")
# Words with a capital just before an address or a number that was left out: a name, unless it is a service's.
_SIGNED = re.compile(
    r"(?<!\w)(?:[A-ZÀ-Ý][\w’'-]*[ ]+)+[A-ZÀ-Ý][\w’'-]+"
    r"(?=[ ]*[:,;(–•-]*[ ]*\((?:adresse non reprise|téléphone non repris)\))"
)
_NAME = r"[A-ZÀ-Ý][\w’'-]+(?:[ ]+(?:(?:de|du|la|le|van|von)[ ]+)*[A-ZÀ-Ý][\w’'-]+){1,3}"
_WHO = (
    r"interlocut(?:eur|rice)|contact|référente?|correspondante?|conseill(?:er|ère)|personne à contacter"
    r"|chargée? (?:de mission|d[’']affaires)"
)
# "Votre interlocuteur : Jeanne Martin, Paul Durand"; "Votre interlocutrice : Jeanne" only after that word.
_INTRODUCED = re.compile(
    rf"(?<=[:\n ])(?:{_NAME}(?:(?:,| et| ou)[ ]{_NAME})*|[A-ZÀ-Ý][a-zà-ÿ-]+(?=[ ]*(?:[,(.;\n]|$)))", re.MULTILINE
)
_INTRODUCTION = re.compile(rf"\b(?:{_WHO})s?(?:[ ][^:.;!?\n]{{1,40}})?[ ]*:\s*", re.IGNORECASE)
# "Jeanne Martin, chargée de mission".
_WITH_A_ROLE = re.compile(
    rf"\b(?!(?:Appelez|Contactez|Demandez|Joignez|Rencontrez|Voir)\b){_NAME}"
    r"(?=[ ]*[,(–-][ ]*(?:(?:votre|notre)[ ])?(?:chargée? d|cheffe? d|conseill(?:er|ère)\b|référente?\b|interlocut))"
)
_ROLE = re.compile(r"chargé|chef|conseill|référent|interlocut")
_SERVICE = re.compile(
    r"\b(?:ADEME|Ademe|Agglomération|Apec|BGE|Banque|Bpifrance|CCI|CMA|CPAM|Carsat|Centre|DDETS|DDT|DRAAF|DREAL|DREETS"
    r"|Espace|Fédération|France|Guichet|Initiative|Office|Opco|Plateforme|Point|Réseau|Union|Urssaf|Ville"
    r"|Direction|Service|Pôle|Région|Département|Conseil|Chambre|Agence|Mission|Maison|Bureau|Contact|Accueil|Ministère"
    r"|Préfecture|Délégation|Communauté|Tél)\b"
)


def without_persons(text: str) -> str:
    """Return a text without the address, number or name of anybody, and with a mark where one stood.

    Names are told by what stands beside them; one in the middle of a sentence is not found.
    """
    # Most texts hold none of these, and to look for one takes ten times as long as for the sign that it needs.
    if "@" in text:
        text = _EMAIL.sub(DROPPED_EMAIL, text)
    if _HIDDEN_AT.search(text):
        text = _HIDDEN_EMAIL.sub(DROPPED_EMAIL, text)
    if "0" in text or "+" in text:
        text = _PHONE.sub(DROPPED_PHONE, text)
    if "M" in text:
        text = _PERSON.sub(DROPPED_PERSON, text)
    if DROPPED_EMAIL in text or DROPPED_PHONE in text:
        text = _SIGNED.sub(_unless_a_service, text)
    if ":" in text:
        text = _without_introduced(text)
    return _WITH_A_ROLE.sub(_unless_a_service, text) if _ROLE.search(text) else text


def names_persons(text: str) -> bool:
    """Tell whether something of a person was left out of a text."""
    return any(mark in text for mark in (DROPPED_EMAIL, DROPPED_PHONE, DROPPED_PERSON))


def _without_introduced(text: str) -> str:
    parts, at = [], 0
    for found in _INTRODUCTION.finditer(text):
        name = _INTRODUCED.match(text, found.end())
        if name and (" " in name[0] or "interlocut" in found[0].casefold()):
            parts += [text[at : name.start()], _unless_a_service(name)]
            at = name.end()
    return "".join([*parts, text[at:]])


def _unless_a_service(found: re.Match[str]) -> str:
    return found[0] if _SERVICE.search(found[0]) else DROPPED_PERSON
