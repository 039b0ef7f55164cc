"""The jobs: the one place that says what each does, when, by which function, and how long it may take.

Celery's tasks and clock are made of it (``tasks/jobs.py``), as are the page of the jobs and the alarms.
"""

from datetime import date, time, timedelta

from django.conf import settings

from backend.accounts.api_keys import remind_of_expiring_keys
from backend.common.work import Work
from backend.jobs import alarms, works
from backend.jobs.job import HOUR, Job
from backend.matchmaking.affected import score_sheets
from backend.matchmaking.closing import close_done_files
from backend.matchmaking.dead_addresses import follow_dead_addresses
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.rematching import rematch
from backend.matchmaking.surveys import send_surveys
from backend.privacy.retention import apply_retention
from backend.schemes.catalogue.dates import check_expiry, check_reviews
from backend.schemes.catalogue.summary import send_summaries
from backend.schemes.editing import approvals
from backend.schemes.editing.enquiries import ask_owners
from backend.schemes.ingestion.duplicates.keeping import search_duplicates
from backend.schemes.ingestion.links.checking import check_pages
from backend.schemes.ingestion.observing import follow_observations
from backend.steering.facts import follow_files
from backend.steering.mailing import send_notes
from backend.steering.nightly import rebuild
from backend.steering.page_counts import keep_page_counts


def _watch(*, on: date) -> Work:
    return alarms.watch(JOBS, on=on)


JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        Job(
            name="outbox.sweep",
            label="Envoi des courriels",
            what="Envoie les courriels dus. En retard, personne ne reçoit plus rien.",
            work=works.send_what_is_due,
            seconds=60,
            every_seconds=settings.OUTBOX_SECONDS,
            is_locked=False,
            late_after=timedelta(seconds=300 + 4 * settings.OUTBOX_SECONDS),
        ),
        Job(
            name="webhooks.sweep",
            label="Envoi des webhooks",
            what="Prévient les logiciels des partenaires de ce qui change au catalogue public.",
            work=works.send_due_webhooks,
            every_seconds=settings.OUTBOX_SECONDS,
            is_locked=False,
            late_after=timedelta(seconds=900 + 4 * settings.OUTBOX_SECONDS),
        ),
        Job(
            name="bounces.read",
            label="Lecture des avis de non-remise",
            what="Lit la boîte où reviennent les courriels refusés, et note les adresses qui n’existent plus.",
            work=works.read_bounces,
            seconds=900,
            every_seconds=300.0,
            late_after=6 * HOUR,
            is_on=bool(settings.BOUNCE_IMAP),
        ),
        Job(
            name="addresses.follow",
            label="Adresses mortes",
            what="Demande d’appeler les entreprises et les agents dont l’adresse n’existe plus.",
            work=follow_dead_addresses,
            every_seconds=60.0,
            late_after=HOUR,
        ),
        Job(
            name="alerts.sweep",
            label="Alertes des entreprises",
            what="Compare les résultats à ce que les entreprises savent déjà, et prévient celles qui l’ont demandé.",
            work=works.tell_what_is_new,
            seconds=60,
            every_seconds=settings.ALERT_SECONDS,
            is_locked=False,
            late_after=timedelta(seconds=900 + 4 * settings.ALERT_SECONDS),
        ),
        Job(
            name="rematch.sweep",
            label="Reprise des correspondances",
            what="Essaie sur chaque demande les dispositifs qui ont changé, et retient les entreprises concernées.",
            work=rematch,
            seconds=60,
            every_seconds=settings.ALERT_SECONDS,
            late_after=timedelta(seconds=900 + 4 * settings.ALERT_SECONDS),
        ),
        Job(
            name="files.escalate",
            label="Dossiers et rappels qui attendent",
            what="Prévient, les matins ouvrés, le développeur économique, son suppléant, puis les responsables.",
            work=tell_who_waits,
            at=time(7, 5),
            late_after=30 * HOUR,
        ),
        Job(
            name="files.close",
            label="Dossiers terminés",
            what="Clôt les dossiers dont tout a une issue, et ceux où plus rien ne se passe depuis 90 jours.",
            work=close_done_files,
            seconds=900,
            at=time(0, 40),
            late_after=30 * HOUR,
        ),
        Job(
            name="surveys.send",
            label="Questions aux entreprises",
            what="Demande aux entreprises dont le dossier est clos si c’était utile, puis ce qu’elles ont obtenu.",
            work=send_surveys,
            seconds=900,
            at=time(9, 30),
            late_after=30 * HOUR,
        ),
        Job(
            name="steering.follow",
            label="Chiffres du jour",
            what="Compte ce qui vient d’arriver aux demandes, pour les pages du territoire.",
            work=follow_files,
            retries=0,
            every_seconds=60.0,
            late_after=HOUR,
        ),
        Job(
            name="steering.rebuild",
            label="Chiffres du pilotage",
            what="Compte à nouveau toutes les demandes, et ce que les dispositifs répondent à leurs besoins.",
            work=rebuild,
            seconds=900,
            at=time(1, 10),
            late_after=30 * HOUR,
        ),
        Job(
            name="steering.note",
            label="Note au comité",
            what="Envoie la note du mois, une fois, à ceux qui l’ont acceptée.",
            work=send_notes,
            at=time(8, 15),
            late_after=30 * HOUR,
        ),
        Job(
            name="pages.count",
            label="Pages lues",
            what="Note combien de pages publiques ont été lues : des nombres par jour, rien de qui les lit.",
            work=keep_page_counts,
            every_seconds=300.0,
            late_after=6 * HOUR,
        ),
        Job(
            name="sessions.erase",
            label="Effacement des sessions terminées",
            what="Efface les sessions terminées, avec les brouillons qu’elles contiennent.",
            work=works.erase_sessions,
            every_seconds=HOUR.total_seconds(),
            late_after=6 * HOUR,
        ),
        Job(
            name="api_keys.remind",
            label="Clés d’API qui se terminent",
            what="Prévient le chef de projet un mois, puis une semaine avant le dernier jour d’une clé de partenaire.",
            work=remind_of_expiring_keys,
            at=time(7, 20),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.publish",
            label="Publications prévues",
            what="Publie les fiches approuvées pour un jour choisi, quand ce jour est venu.",
            work=approvals.publish_due,
            seconds=240,
            every_seconds=300.0,
            late_after=6 * HOUR,
        ),
        Job(
            name="links.check",
            label="Contrôle des adresses",
            what="Ouvre les pages que citent les fiches publiées, et signale celles qui manquent ou ont changé.",
            work=check_pages,
            soft_seconds=1500,  # it stops by itself after 20 minutes; killed, it keeps nothing of the day
            seconds=1560,
            retries=0,
            at=time(4, 10),
            late_after=30 * HOUR,
            is_on=settings.CHECK_LINKS,
        ),
        Job(
            name="catalogue.expiry",
            label="Contrôle des dates de fin",
            what="Signale les dispositifs fermés dont la fiche est encore publiée, et ceux qui ferment sous 30 jours.",
            work=check_expiry,
            at=time(0, 20),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.review",
            label="Contrôle des relectures",
            what="Signale les fiches dont la relecture est dépassée.",
            work=check_reviews,
            at=time(0, 25),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.windows",
            label="Constats d’ouverture",
            what="Reporte sur les fiches ce que des pages datées disent de leur ouverture ; signale ce qui a vieilli.",
            work=follow_observations,
            at=time(0, 30),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.completeness",
            label="Complétude des fiches",
            what="Note ce qui manque à chaque fiche et combien d’entreprises l’ont, pour dire laquelle compléter.",
            work=score_sheets,
            at=time(0, 35),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.duplicates",
            label="Recherche des doublons",
            what="Compare les fiches de toutes les sources, et propose celles qui sont peut-être un même dispositif.",
            work=search_duplicates,
            seconds=900,
            retries=1,
            at=time(2, 50),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.summary",
            label="Résumé de la semaine",
            what="Écrit aux rédacteurs du catalogue, une fois par semaine, ce qui attend.",
            work=send_summaries,
            at=time(7, 30),
            late_after=30 * HOUR,
        ),
        Job(
            name="sheets.ask",
            label="Fiches à confirmer",
            what="Demande quatre fois par an à qui suit une fiche locale si elle est juste ; dit qui ne répond pas.",
            work=ask_owners,
            at=time(8, 40),
            late_after=30 * HOUR,
        ),
        Job(
            name="reports.erase",
            label="Effacement des adresses du public",
            what="Efface l’adresse des visiteurs à qui l’on a répondu il y a plus de sept jours.",
            work=works.erase_addresses,
            at=time(3, 40),
            late_after=26 * HOUR,
        ),
        Job(
            name="retention.apply",
            label="Fin de conservation",
            what="Efface ce qui a dépassé la durée que fixtures/service.yaml lui donne, et en garde une preuve.",
            work=apply_retention,
            seconds=1500,
            retries=1,
            at=time(3, 15),
            late_after=30 * HOUR,
        ),
        Job(
            name="language.learn",
            label="Apprentissage des mots",
            what="Apprend comment les entreprises parlent, de ce qu’elles ont confirmé et de ce qu’on a corrigé.",
            work=works.learn,
            seconds=900,
            retries=1,
            at=time(3, 45),
            late_after=30 * HOUR,
        ),
        Job(
            name="jobs.watch",
            label="Surveillance des tâches",
            what="Regarde les autres tâches et écrit aux administrateurs, une fois, quand l’une ne se fait plus.",
            work=_watch,
            seconds=60,
            every_seconds=300.0,
            late_after=HOUR,
        ),
    )
}
