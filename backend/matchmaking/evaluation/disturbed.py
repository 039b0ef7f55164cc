"""The same requests as other people type them: framed by politeness, mistyped, in capitals, without accents.

None of these phrases stands among the sentences that the language is learnt from.
"""

import random
import unicodedata
from collections.abc import Callable, Mapping

OPENINGS = (
    "Bonjour, je me permets de prendre la plume au sujet de notre petite affaire familiale, qui va son chemin.",
    "Mesdames et messieurs du service, permettez que je vienne frapper à votre porte.",
    "bonsoir, c'est la première fois que j'utilise ce formulaire, soyez indulgents",
    "Bonjour ! Nous sommes une maison installée dans le canton depuis trois générations, et fiers de l'être.",
    "Chers conseillers, j'ai eu vos coordonnées par un voisin qui ne dit que du bien de vous.",
)
CLOSINGS = (
    "Vous trouverez mes coordonnées plus haut ; appelez plutôt entre midi et deux. Avec toute ma gratitude.",
    "D'avance un grand merci à qui prendra la peine de me lire jusqu'au bout. Salutations distinguées, Paul",
    "voila voila, dite moi quoi quand vous pouvez, bonne fin de semaine",
    "Je reste à votre entière disposition pour tout renseignement complémentaire. Très cordialement.",
    "Dans l'attente du plaisir de vous entendre, veuillez croire en mes sentiments les meilleurs.",
)
LONG = 6  # letters of a word that gets mistyped, one in three


def as_written(text: str) -> str:
    """Return the text as it is."""
    return text


def framed(text: str) -> str:
    """Return the text between a presentation and a closing."""
    draw = random.Random(text)  # noqa: S311 -- the same frame each time
    return f"{draw.choice(OPENINGS)}\n{text}\n{draw.choice(CLOSINGS)}"


def mistyped(text: str) -> str:
    """Return the text with a slip in one long word in three: two letters swapped, one left out or doubled."""
    draw = random.Random(text)  # noqa: S311 -- the same slips each time
    return " ".join(
        _slip(word, draw) if len(word) >= LONG and draw.random() < 1 / 3 else word for word in text.split()
    )


def _slip(word: str, draw: random.Random) -> str:
    place = draw.randrange(1, len(word) - 2)
    kind = draw.randrange(3)
    if kind == 0:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + (word[place] * 2 if kind == 1 else "") + word[place + 1 :]


def capitals(text: str) -> str:
    """Return the text in capitals without accents."""
    return "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark)).upper()


VARIANTS: Mapping[str, Callable[[str], str]] = {
    "as written": as_written,
    "framed": framed,
    "mistyped": mistyped,
    "capitals": capitals,
}
