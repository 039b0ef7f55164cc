"""What a firm's answer costs, before a name and once filed, for four very different firms, on a loaded demonstration.

    . .run/env; PYTHONPATH=. .venv/bin/python -P benchmarks/answer.py [ADDRESS OF A RUNNING SITE]

Pages are asked in this process, in a transaction that is undone: queries, weight, compressed weight, what a first
visit transfers, and the processor time of this process and of its PostgreSQL session, which must be on this machine,
beside a page of the layout alone. With an address, a browser opens the same answers on a phone of 360 × 740: screens,
where the first step ends and the first card begins. Nothing is judged here: tests bound what no clock measures.
"""

import gzip
import sys
import time
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.desk import LAYOUT, postgres_seconds
from benchmarks.phone import first_visit, measure_answer

TIMES = 15
FIRMS: dict[str, dict[str, dict[str, str]]] = {
    "welders, robot, buses": {
        "besoin": {"text": "Je ne trouve pas de soudeurs et je voudrais un robot ; mes équipes n’ont aucun bus."},
        "entreprise": {"commune": "Lacroix-Saint-Ouen", "naf": "25.62B", "legal_form": "57", "independent": "yes"},
        "projet": {"headcount": "35", "turnover_band": "2000000,10000000", "started": "no", "spend": "180 000 €"},
    },
    "IT, hiring, export": {
        "besoin": {"text": "Nous voulons recruter deux développeurs et exporter en Allemagne."},
        "entreprise": {"commune": "Compiègne", "naf": "62.01Z", "legal_form": "57", "independent": "yes"},
        "projet": {"headcount": "12", "turnover_band": "500000,2000000"},
    },
    "micro-entrepreneur": {
        "besoin": {"text": "Je veux acheter un véhicule électrique et me faire connaître sur internet."},
        "entreprise": {"commune": "Margny-lès-Compiègne", "naf": "43.34Z", "legal_form": "10-micro"},
        "projet": {"headcount": "0"},
    },
    "everything unknown": {
        "besoin": {"text": "Je cherche deux soudeurs"},
        "entreprise": {"commune": "Compiègne"},
        "projet": {},
    },
}
CONTACT = {"contact_name": "Camille Roux", "email": "camille@mesure.example", "call_slot": "any", "consent": "on"}


def main(address: str) -> None:
    settings.FILING_SECONDS = 0  # people take longer
    settings.ALLOWED_HOSTS = ["testserver"]
    connection.settings_dict["CONN_MAX_AGE"] = None  # one session for all, so that its time can be read
    with transaction.atomic():
        print(f"milliseconds of processor, median of {TIMES}")
        print("| Firm | Request | Queries | kB | Compressed | First visit | Processor | Beside the layout |")
        print("|---|---|---|---|---|---|---|---|")
        layout = median(seconds for seconds, _ in (timed(Client(), "get", LAYOUT) for _ in range(TIMES)))
        for number, (name, steps) in enumerate(FIRMS.items()):
            measure_firm(name, steps, layout=layout, number=number)
        transaction.set_rollback(True)
    for name, steps in FIRMS.items() if address else ():
        print(name, measure_answer(address, steps))


def measure_firm(name: str, steps: dict[str, dict[str, str]], *, layout: float, number: int) -> None:
    """Print what each request of a firm costs, from the one that ends its steps to the page of its file."""
    found: dict[str, list[tuple[float, Any]]] = {}
    for time_ in range(TIMES + 1):  # the first one reads what a process keeps
        client = Client(REMOTE_ADDR=f"10.{number}.{time_}.1")
        for step, typed in steps.items():
            sent = timed(client, "post", f"/demande/{step}/", typed)
        asked = {
            "the last step": sent,
            "the answer": timed(client, "get", "/demande/reponse/"),
            "filing": timed(client, "post", "/demande/contact/", CONTACT | {"email": f"{time_}@{number}.example"}),
        }
        asked["what was filed"] = timed(client, "get", asked["filing"][1]["response"]["Location"])
        for request, figures in asked.items() if time_ else ():
            found.setdefault(request, []).append(figures)
    for request, figures in found.items():
        seconds, last = median(each for each, _ in figures), figures[-1][1]
        body = last["response"].content
        sizes = (len(body), len(gzip.compress(body)), first_visit(body)) if body else ()
        kilobytes = " | ".join(f"{size / 1000:.1f}" for size in sizes) or " | | "
        cost = f"{1000 * seconds:.0f} | {seconds / layout:.1f} ×"
        print(f"| {name} | {request} | {last['queries']} | {kilobytes} | {cost} |")


def timed(client: Client, method: str, path: str, data: dict[str, str] | None = None) -> tuple[float, dict[str, Any]]:
    """Return the processor time of a request here and in PostgreSQL, its response and how many statements it sent."""
    start, before = time.process_time(), postgres_seconds()
    with CaptureQueriesContext(connection) as queries:
        response = getattr(client, method)(path, data, secure=True)
    seconds = time.process_time() - start + postgres_seconds() - before
    assert response.status_code in (200, 302), (path, response.status_code)
    return seconds, {"response": response, "queries": sum("SAVEPOINT" not in str(query["sql"]) for query in queries)}


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
