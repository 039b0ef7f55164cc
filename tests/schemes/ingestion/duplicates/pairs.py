"""Two sheets that may be of one scheme, as the search of the night would keep them, and what people say of them."""

from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.ingestion.duplicates.deciding import decide_pair
from backend.schemes.ingestion.duplicates.sheets import digest_of
from backend.schemes.models import DuplicateDecision, DuplicatePair, Scheme


def make_pair(first: Scheme, second: Scheme, **fields) -> DuplicatePair:
    one, other = in_order(first, second)
    told = {
        "one_digest": digest_of(one),
        "other_digest": digest_of(other),
        "chance": 0.8,
        "advice": "same",
        "reasons": [{"weight": 2.8, "text": "même page"}, {"weight": -1.2, "text": "formes différentes"}],
        "found_at": timezone.now(),
        **fields,
    }
    pair, _created = DuplicatePair.objects.update_or_create(one=one, other=other, defaults=told)
    return pair


def in_order(first: Scheme, second: Scheme) -> list[Scheme]:
    rows = Scheme.objects.select_related("current__scheme").filter(pk__in=(first.pk, second.pk))
    return list(rows.order_by("pk"))


def sides_of(first: Scheme, second: Scheme) -> list[int | None]:
    """Return the revisions that a page of the two shows, in its order."""
    return [scheme.current_id for scheme in in_order(first, second)]


def decide_as(pair: DuplicatePair, editor: User, verdict: str, **fields) -> DuplicateDecision:
    one, other = in_order(pair.one, pair.other)
    assert one.current is not None
    assert other.current is not None
    return decide_pair(pair=pair, editor=editor, verdict=verdict, one=one.current, other=other.current, **fields)
