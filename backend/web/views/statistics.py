"""What anybody reads of how the service is used: two tables, their definitions and the files of them."""

import csv

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.common.spreadsheets import escape_cell
from backend.common.throttles import client_network, spend
from backend.schemes.open_data.licence import LICENCE, LICENCE_URL
from backend.steering.page_counts import pages_by_month
from backend.steering.published import DEFINITIONS, NAMES, as_rows, first_day, published
from backend.web.throttles import too_many_requests


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    context = {
        "found": published(),
        "first_on": first_day(current_day()),
        "definitions": DEFINITIONS,
        "pages": pages_by_month(on=current_day()),
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
    }
    return render(request, "web/public/statistics.html", context)


@require_safe
def download(request: HttpRequest, table: str) -> HttpResponse:
    """Give one of the tables as CSV."""
    if table not in NAMES:
        raise Http404
    if wait := spend("download.network", client_network(request)):
        return too_many_requests(request, wait=wait)
    found = published()
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    of_month = f"-{found.until}" if found else ""
    response.headers["Content-Disposition"] = f'attachment; filename="demandes-{table}{of_month}.csv"'
    writer = csv.writer(response, delimiter=";")
    writer.writerow(["intercommunalité", table.removesuffix("s"), "demandes"])
    rows = as_rows(found.table(table)) if found else ()
    writer.writerows([escape_cell(value) for value in row] for row in rows)
    return response
