"""Finding schemes by words, as people type them: by their stem, whatever the accents and the capitals.

PostgreSQL does it (the configuration ``francais``): a sheet holds every word somewhere in its name, its summary, its
operators or the needs it serves, and one that holds them in its name comes first.
"""

import re
from functools import reduce
from operator import add, and_, or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import Lexeme, SearchQuery, SearchRank, SearchVector
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, StringAgg, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from backend.schemes.models import OperatorRole, Revision, Scheme, ServedNeed

CONFIG = "francais"
N_WORDS = 12
ALIKE = 0.75  # of the words of the shorter of two names stand in the other
SHORT = 3  # letters of a word whose last one is no plural: "gaz", "bus", "prix" is longer and matches itself too
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def in_force() -> QuerySet[Revision]:
    """Revisions that published schemes of ours are at."""
    published = Scheme.objects.shown().published()
    return Revision.objects.filter(scheme__in=published, scheme__current=F("pk")).select_related("scheme")


def words_of(text: str) -> list[str]:
    """Return the words of a search, at most a dozen.

    >>> words_of("L’aide « cyber-PME »")
    ['L', 'aide', 'cyber-PME']
    """
    return _WORD.findall(text)[:N_WORDS]


def with_words(revisions: QuerySet[Revision], text: str) -> QuerySet[Revision]:
    """Keep the revisions that hold every word, each with its ``relevance``; the beginning of a word is enough.

    A text of small words alone ("pour", "l’") is looked for in the name as it stands.
    """
    words = words_of(text)
    if not words:
        return revisions.annotate(relevance=Value(0.0)).none()
    vector = _vector()
    query = SearchQuery(reduce(and_, map(_forms, words)), config=CONFIG)
    found = revisions.annotate(relevance=SearchRank(vector, query), found_by=vector)
    as_it_stands = rf"\m{re.escape(text.strip())}"  # from the beginning of a word: "développement" holds "velo"
    return found.filter(Q(found_by=query) | Q(name__unaccent__iregex=as_it_stands))


def _forms(word: str) -> Lexeme:
    """Return a word, or its singular too: Snowball's French stemmer leaves "vélos" and "bureaux" as they are."""
    forms = [word, word[:-1]] if len(word) > SHORT and word[-1].lower() in "sx" else [word]
    found: Lexeme = reduce(or_, (Lexeme(form, prefix=True) for form in forms))
    return found


def relevance_of(revisions: QuerySet[Revision], text: str) -> dict[int, float]:
    """Return how well each of the revisions that hold every word answers, by key."""
    found: QuerySet[Any, Any] = with_words(revisions, text)
    return dict(found.values_list("pk", "relevance"))


def find_schemes(schemes: QuerySet[Scheme], text: str) -> list[Scheme]:
    """Return the schemes whose revision in force holds every word, with it, the most relevant first."""
    relevance = relevance_of(Revision.objects.filter(pk__in=schemes.values("current")), text)
    found = schemes.filter(current__in=relevance).select_related("current")
    return sorted(found, key=lambda scheme: (-relevance[scheme.current_id or 0], str(scheme).casefold()))


def names_like(revisions: QuerySet[Revision], name: str) -> list[int]:
    """Return the revisions whose name says the same as another, by key, most alike first.

    One name may be the beginning or the acronym of the other: what is held against a limit is the overlap coefficient
    of their words (Szymkiewicz, 1934), and the order is that of the Jaccard index.
    """
    rows = revisions.annotate(theirs=_lexemes("name"), ours=_lexemes(Value(name)))
    alike = []
    for pk, theirs, ours in rows.values_list("pk", "theirs", "ours"):
        n_common = len({*theirs} & {*ours})
        if n_common and n_common >= ALIKE * min(len(theirs), len(ours)):
            alike.append((-n_common / len({*theirs, *ours}), pk))
    return [pk for _, pk in sorted(alike)]


def _lexemes(text: Any) -> Func:
    """Return the words of a text that say something, each once, as PostgreSQL stems them."""
    vector = SearchVector(text, config=CONFIG)
    return Func(vector, function="tsvector_to_array", output_field=ArrayField(TextField()))


def with_operator(revisions: QuerySet[Revision], text: str) -> QuerySet[Revision]:
    """Keep the revisions with an operator whose name holds a text, whatever the accents and the capitals."""
    roles = OperatorRole.objects.filter(revision=OuterRef("pk"), operator__name__unaccent__icontains=text)
    return revisions.filter(Exists(roles))


def _vector() -> SearchVector:
    operators = OperatorRole.objects.filter(revision=OuterRef("pk")).order_by().values("revision")
    needs = ServedNeed.objects.filter(revision=OuterRef("pk")).order_by().values("revision")
    parts = (
        ("name", "A"),
        (_joined(operators, "operator__name"), "B"),
        ("summary", "C"),
        (_joined(needs, "sub_need__label"), "D"),
    )
    vector: SearchVector = reduce(add, (SearchVector(part, config=CONFIG, weight=weight) for part, weight in parts))
    return vector


def _joined(rows: QuerySet[Any, Any], field: str) -> Coalesce:
    texts = rows.annotate(texts=StringAgg(field, Value(" "), output_field=TextField())).values("texts")
    return Coalesce(Subquery(texts), Value(""), output_field=TextField())
