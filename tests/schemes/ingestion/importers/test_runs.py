"""Each run leaves its report, whatever came of it; a file may be a path or an address, and is bounded either way."""

import json
import re
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from backend.schemes.ingestion.importers import addresses, files, loading, transition_ecologique
from backend.schemes.ingestion.importers.envelopes import records_under
from backend.schemes.ingestion.importers.loading import CHUNK, import_records
from backend.schemes.ingestion.importers.sources import FileFormat
from backend.schemes.models import ImportRun, Operator, Revision, Scheme, SourceCopy
from tests.common.sites import send, site
from tests.factories import DAY
from tests.schemes.ingestion.importers.made_up import SOURCE, current, make_programme, run, with_texts
from tests.schemes.people import make_approver, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path):
    return tmp_path / "programs.json"


@pytest.fixture
def here():
    with site() as served:
        yield served


def fetch_in(url, **options):
    output = StringIO()
    call_command("import_schemes", SOURCE, url, stdout=output, **options)
    return output.getvalue()


def last_run():
    return ImportRun.objects.first()


def page_of(client, kept):
    return client.get(reverse("admin:schemes_importrun_change", args=[kept.pk]))


# -- what is kept of a run


def test_a_run_keeps_what_was_read_and_what_became_of_each_record(path):
    run(path, [make_programme("un"), make_programme("deux")])
    run(path, [make_programme("un"), make_programme("deux", titre="Autre"), make_programme("trois"), 12])
    kept = last_run()
    assert (kept.source, kept.file_name, kept.dated, kept.is_trial) == (
        SOURCE,
        "programs.json",
        date(2026, 6, 12),
        False,
    )
    assert (kept.n_created, kept.n_updated, kept.n_unchanged, kept.n_rejected, kept.n_records) == (1, 1, 1, 1, 4)
    assert kept.report["created"] == ["trois"]
    assert kept.report["updated"] == ["deux"]
    assert [(row["row"], row["key"]) for row in kept.report["rejected"]] == [(4, "")]
    assert len(kept.digest) == 64
    assert kept.started_at <= kept.ended_at


def test_a_run_says_who_asked_for_it(path):
    editor = make_editor()
    run(path, [make_programme()], by=editor.email.upper())
    assert last_run().by == editor
    with pytest.raises(CommandError, match=r"--by vaut personne@exemple\.example"):
        run(path, [make_programme()], by="personne@exemple.example")


def test_a_trial_keeps_its_report_and_nothing_else(path):
    run(path, [make_programme(), 12], dry_run=True)
    kept = last_run()
    assert (kept.is_trial, kept.n_created, kept.n_rejected) == (True, 1, 1)
    assert not Scheme.objects.of_source(SOURCE).exists()


def test_a_file_refused_as_a_whole_leaves_why_and_changes_nothing(path):
    run(path, [make_programme()])
    with pytest.raises(CommandError):
        run(path, "{")
    kept = last_run()
    assert "n’est pas du JSON" in kept.failure
    assert kept.n_records == 0
    assert current().number == 1


def test_refusals_of_one_kind_are_printed_once_with_their_count_and_all_are_kept(path):
    staff = [make_programme(f"a{number}", company={"maxEmployees": f"vers {number}"}) for number in range(3)]
    output = run(path, [make_programme(), *staff, 12, "douze", make_programme("b", titre="")])
    told = [line for line in output.splitlines() if line.startswith("  ")]
    assert "Fiches refusées (6) :" in output
    assert [line.split(" : ")[0] for line in told] == [
        "  3 fiches, dont la fiche 2 (a0)",
        "  2 fiches, dont la fiche 5",
        "  fiche 7 (b)",
    ]
    assert '"vers 0"' in told[0]
    assert [row["row"] for row in last_run().report["rejected"]] == [2, 3, 4, 5, 6, 7]
    assert '"vers 2"' in last_run().report["rejected"][2]["reason"]


@pytest.fixture
def ten(path):
    programmes = [make_programme(f"essai-{number}") for number in range(10)]
    run(path, programmes)
    return programmes


def test_a_file_that_lost_over_a_fifth_of_its_source_is_held_until_somebody_says_yes(path, ten, client):
    fewer = [make_programme("essai-0", titre="Autre"), *ten[1:7], make_programme("neuf")]
    with pytest.raises(CommandError, match=r"n’a plus 3 des 10 fiches de sa source.*essai-7, essai-8, essai-9.*--yes"):
        run(path, fewer)
    assert (current("essai-0").name, Scheme.objects.of_source(SOURCE).count()) == ("Aide d’essai", 10)
    kept = last_run()
    assert (kept.n_records, kept.report) == (0, {"gone": ["essai-7", "essai-8", "essai-9"]})
    client.force_login(make_approver())
    assert re.search(
        r"il est retenu.*Absentes du fichier, gardées.*essai-8", text_of(page_of(client, kept)), re.DOTALL
    )
    assert "created 1, updated 1, unchanged 6" in run(path, fewer, yes=True)
    assert "unchanged 8" in run(path, fewer)  # those who left are said once


def test_a_file_that_lost_a_fifth_goes_in_and_a_fifth_of_the_rest_too(path, ten):
    assert "gardées (2)" in run(path, ten[:8])
    assert "gardées (3)" in run(path, ten[:7])
    with pytest.raises(CommandError, match="n’a plus 2 des 7 fiches"):
        run(path, ten[:5])


def test_what_had_left_by_a_report_from_before_is_not_lost_again(path, ten):
    now = timezone.now()
    gone = {"gone": ["essai-8", "essai-9"]}
    ImportRun.objects.create(source=SOURCE, file_name="x", started_at=now, ended_at=now, report=gone)
    assert "gardées (3)" in run(path, ten[:7])


def test_a_trial_of_a_file_that_would_be_held_says_so(path, ten):
    assert "n’a plus 5 des 10 fiches" in run(path, ten[:5], dry_run=True)
    with pytest.raises(CommandError, match="n’a plus 5 des 10 fiches"):
        run(path, ten[:5])


def test_what_an_address_gave_is_no_good_copy_while_it_is_held(here):
    url = here.page("/programs.json", content(make_programme("un"), make_programme("deux")), ETag='"v1"')
    fetch_in(url)
    here.page("/programs.json", content(make_programme("un")), ETag='"v2"')
    with pytest.raises(CommandError, match="n’a plus 1 des 2 fiches"):
        fetch_in(url)
    assert SourceCopy.objects.get().etag == '"v1"'
    assert "unchanged 1" in fetch_in(url, yes=True)
    assert SourceCopy.objects.get().etag == '"v2"'


def test_a_report_is_never_rewritten(path):
    run(path, [make_programme()])
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        last_run().save()


def test_editors_read_every_part_of_a_report(path, client):
    programme = with_texts("Toutes tailles", heading="taille de l'entreprise", company={"maxEmployees": "499"})
    run(path, [programme, make_programme("items", titre="")])
    client.force_login(make_approver())
    text = text_of(page_of(client, last_run()))
    for told in ("programs.json", "1 créées", "1 refusées", "items", "« titre » vaut"):
        assert told in text
    assert re.search(r"Fiches à vérifier \(1\).*au plus 499", text, re.DOTALL)
    listed = text_of(client.get(reverse("admin:schemes_importrun_changelist")))
    assert "1, 0, 0, 1" in listed


def test_editors_read_why_a_file_was_refused(path, client):
    with pytest.raises(CommandError):
        run(path, "{")
    client.force_login(make_editor())
    assert "n’est pas du JSON" in text_of(page_of(client, last_run()))


# -- many records at a time


class UpsideDown(transition_ecologique.Reader):
    """Reads as usual, and lets some records close before they open: the database alone compares both days."""

    def read(self, given, *, on):
        found = super().read(given, on=on)
        if given["opérateur de contact"].startswith("Opérateur "):
            found.record["window"] |= {"state": "dated", "opens_on": "2026-02-01", "closes_on": "2026-01-01"}
        return found


def test_one_record_that_the_database_refuses_keeps_no_other_out(monkeypatch):
    source = "essai"
    usual = FileFormat(open=records_under(), reader=UpsideDown)
    monkeypatch.setattr(loading, "SOURCES", {source: usual})
    monkeypatch.setattr(loading, "CHUNK", 8)
    rows = [make_programme(f"essai-{number}") for number in range(13)]
    for number in (3, 10):
        rows[number]["opérateur de contact"] = f"Opérateur {number}"
    report = import_records(source=source, records=rows, on=DAY)
    assert [(row.row, row.key) for row in report.rejected] == [(4, "essai-3"), (11, "essai-10")]
    assert all("La fermeture est avant l’ouverture" in row.reason for row in report.rejected)
    assert len(report.created) == len(rows) - 2
    assert Scheme.objects.of_source(source).described().count() == len(rows) - 2
    assert Scheme.objects.of_source(source).count() == len(rows) - 2
    assert Revision.objects.filter(scheme__source=source).count() == len(rows) - 2
    assert not Operator.objects.filter(name__startswith="Opérateur ").exists()
    again = import_records(source=source, records=rows, on=DAY)
    assert (len(again.unchanged), len(again.rejected)) == (len(rows) - 2, 2)


def test_a_record_filed_elsewhere_is_filed_anew_without_another_revision(path):
    programme = make_programme()
    run(path, [programme])
    programme["eligibilityData"]["priorityObjectives"] = ["water"]
    run(path, [programme])
    scheme = Scheme.objects.of_source(SOURCE).get()
    assert scheme.labels == ["nature:étude", "objective:water"]


def test_reading_many_records_asks_the_database_little(path, django_assert_max_num_queries):
    rows = [with_texts(f"Condition {number}.") | {"id": f"essai-{number}"} for number in range(CHUNK)]
    with django_assert_max_num_queries(60):
        import_records(source=SOURCE, records=rows, on=DAY)
    with django_assert_max_num_queries(25):
        import_records(source=SOURCE, records=rows, on=DAY)


# -- files too long


def test_a_file_of_200_megabytes_is_refused_unread(path):
    run(path, [make_programme()])
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(CommandError, match="pèse 200\N{NO-BREAK SPACE}Mo ; accepté : 100\N{NO-BREAK SPACE}Mo au plus"):
        call_command("import_schemes", SOURCE, path)
    assert current().number == 1


@pytest.mark.parametrize("what", ["folder", "absent"])
def test_what_is_no_file_is_refused(what, tmp_path):
    place = tmp_path if what == "folder" else tmp_path / "absent.json"
    with pytest.raises(CommandError, match="ne peut pas être lu"):
        call_command("import_schemes", SOURCE, place)


# -- addresses


def content(*programmes):
    return json.dumps(list(programmes))


def test_a_file_is_read_from_an_address_and_is_of_the_day_the_site_says(here):
    url = here.page("/a/programs.json", content(make_programme()), Last_Modified="Fri, 12 Jun 2026 22:30:00 GMT")
    output = fetch_in(f"{url}?cle=secrete")
    assert "created 1, updated 0, unchanged 0, rejected 0" in output
    kept = last_run()
    assert kept.file_name == url
    assert kept.dated == date(2026, 6, 13)
    assert current().as_of == date(2026, 6, 13)


def test_without_a_day_from_the_site_a_file_is_of_today(here):
    fetch_in(here.page("/programs.json", content(make_programme())))
    assert last_run().dated == DAY


def test_a_site_is_asked_for_changes_only_and_its_copy_is_read_again(here):
    def answer(request):
        if request.headers.get("If-None-Match") == '"v1"':
            send(request, status=304)
        else:
            send(request, content(make_programme()), ETag='"v1"', Last_Modified="Fri, 12 Jun 2026 10:00:00 GMT")

    url = here.on("/programs.json", answer)
    fetch_in(url)
    output = fetch_in(url)
    assert here.headers[1]["If-Modified-Since"] == "Fri, 12 Jun 2026 10:00:00 GMT"
    assert "rien n’a changé" in output
    assert output.endswith("created 0, updated 0, unchanged 1, rejected 0\n")
    assert "rien n’a changé" in last_run().report["notices"][0]


@pytest.mark.cases(1)
@pytest.mark.parametrize("status", [404, 500, 503])
def test_while_a_site_fails_its_last_good_copy_is_read_and_that_is_told(here, status):
    url = here.page("/programs.json", content(make_programme()))
    fetch_in(url)
    here.page("/programs.json", "Panne", status=status)
    output = fetch_in(url)
    assert f"l’adresse répond {status}" in output
    assert "unchanged 1" in output


def test_while_a_site_is_slow_its_last_good_copy_is_read(here, monkeypatch):
    monkeypatch.setattr(addresses, "LIMITS", addresses.Limits(read_seconds=0.2, total_seconds=0.5))
    url = here.page("/programs.json", content(make_programme()))
    fetch_in(url)
    here.on("/programs.json", lambda request: request.rfile.read(1))
    assert "n’a pas répondu à temps" in fetch_in(url)


def test_a_site_that_never_gave_a_file_is_told(here):
    with pytest.raises(CommandError, match=r"l’adresse répond 404. Rien n’a été changé"):
        fetch_in(f"{here.url}/absent.json")
    assert last_run().failure
    assert last_run().digest == ""


def test_what_cannot_be_read_is_no_good_copy(here):
    url = here.page("/programs.json", content(make_programme()))
    fetch_in(url)
    here.page("/programs.json", "<html>Maintenance</html>")
    with pytest.raises(CommandError, match="n’est pas du JSON"):
        fetch_in(url)
    here.page("/programs.json", "Panne", status=503)
    assert "unchanged 1" in fetch_in(url)


def test_a_trial_keeps_no_copy(here):
    fetch_in(here.page("/programs.json", content(make_programme())), dry_run=True)
    assert not SourceCopy.objects.exists()


@pytest.mark.parametrize("length", ["said", "unsaid"])
def test_an_answer_too_long_is_refused(here, monkeypatch, length):
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    monkeypatch.setattr(addresses, "LIMITS", addresses.Limits(max_bytes=1000))

    def endless(request):
        request.send_response(200)
        if length == "said":
            request.send_header("Content-Length", "5000")
        request.end_headers()
        request.wfile.write(b"[" + b" " * 4999)

    with pytest.raises(CommandError, match="pèse plus de"):
        fetch_in(here.on("/programs.json", endless))


def test_an_answer_cut_short_changes_nothing(here):
    def cut(request):
        request.send_response(200)
        request.send_header("Content-Length", "5000")
        request.end_headers()
        request.wfile.write(content(make_programme()).encode())

    with pytest.raises(CommandError, match="Rien n’a été changé"):
        fetch_in(here.on("/programs.json", cut))
    assert not Scheme.objects.of_source(SOURCE).exists()


def test_an_address_with_a_password_is_refused_and_not_repeated(here):
    with pytest.raises(CommandError) as caught:
        fetch_in(f"{here.url.replace('http://', 'http://moi:secret@')}/programs.json")
    assert "secret" not in str(caught.value)
    assert "secret" not in last_run().file_name


def test_only_the_host_that_was_typed_may_be_of_a_private_network(here, settings):
    settings.FETCH_LOOPBACK = False
    url = here.page("/programs.json", content(make_programme()))
    assert "created 1" in fetch_in(url)
    elsewhere = here.redirect("/ailleurs.json", url.replace("127.0.0.1", "localhost"))
    with pytest.raises(CommandError, match="n’est pas publique"):
        fetch_in(elsewhere)


def test_the_moment_of_a_copy_is_told_in_paris(here):
    url = here.page("/programs.json", content(make_programme()))
    fetch_in(url)
    SourceCopy.objects.update(fetched_at=datetime(2026, 6, 12, 22, 5, tzinfo=UTC))
    here.page("/programs.json", status=500)
    assert "la copie du 13/06/2026 à 00 h 05" in fetch_in(url)
