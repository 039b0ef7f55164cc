"""Whether firms are answered alike: what those of each size and place were answered, month by month."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.steering.fairness import compared, labels, months, thresholds
from backend.steering.scopes import scope_of
from backend.web.views.officer import signed_in


@login_required
@never_cache
@require_safe
def fairness(request: HttpRequest) -> HttpResponse:
    """Show the means of each group and what drifted, to who leads the whole territory."""
    scope = scope_of(signed_in(request))
    if not scope.is_whole:
        raise Http404
    kept, names = months(), labels(scope.epcis)
    place = {key: n for n, key in enumerate(names)}
    for rows in kept.values():
        rows.sort(key=lambda row: place.get((row.kind, row.group), len(place)))
    tables = [
        (month, [(names.get((row.kind, row.group), row.group), row) for row in rows]) for month, rows in kept.items()
    ]
    found = compared(kept, names)
    context = {
        "months": tables,
        "drifts": [each for each in found if each.has_drifted],
        "compared": list(dict.fromkeys(each.label for each in found)),
        "limits": thresholds(),
    }
    return render(request, "web/territory/fairness.html", context)
