"""The jobs: what each does, when, and from when on it is late."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. One that has no hour runs each time beat says so; the others once a day from their hour on, in Paris.

    Beat asks for a daily job every hour: it is done again soon after a failure, and late rather than never where the
    service was down at its hour.
    """

    name: str
    label: str
    what: str
    late_after: timedelta
    every_seconds: float | None = None
    at: time | None = None
    is_on: bool = True
    is_locked: bool = True  # else two at once are harmless: each row they hand out is claimed by who takes it

    @property
    def is_frequent(self) -> bool:
        """Whether its runs are too many to keep a row for each."""
        return self.every_seconds is not None and self.every_seconds < HOUR.total_seconds()

    def last_due_at(self, now: datetime) -> datetime | None:
        """Return the moment since which a daily job should have been done once."""
        if self.at is None:
            return None
        local = timezone.localtime(now)
        due = datetime.combine(local.date(), self.at, tzinfo=local.tzinfo)
        return due if due <= local else datetime.combine(local.date() - DAY, self.at, tzinfo=local.tzinfo)


JOBS: dict[str, Job] = {
    job.name: job
    for job in (
        Job(
            name="outbox.sweep",
            label="Envoi des courriels",
            what="Envoie les courriels dus. En retard, personne ne reçoit plus rien.",
            every_seconds=settings.OUTBOX_SECONDS,
            is_locked=False,
            late_after=timedelta(seconds=300 + 4 * settings.OUTBOX_SECONDS),
        ),
        Job(
            name="bounces.read",
            label="Lecture des avis de non-remise",
            what="Lit la boîte où reviennent les courriels refusés, et note les adresses qui n’existent plus.",
            every_seconds=300.0,
            late_after=6 * HOUR,
            is_on=bool(settings.BOUNCE_IMAP),
        ),
        Job(
            name="addresses.follow",
            label="Adresses mortes",
            what="Demande d’appeler les entreprises et les agents dont l’adresse n’existe plus.",
            every_seconds=60.0,
            late_after=HOUR,
        ),
        Job(
            name="alerts.sweep",
            label="Alertes des entreprises",
            what="Compare les résultats à ce que les entreprises savent déjà, et prévient celles qui l’ont demandé.",
            every_seconds=settings.ALERT_SECONDS,
            is_locked=False,
            late_after=timedelta(seconds=900 + 4 * settings.ALERT_SECONDS),
        ),
        Job(
            name="rematch.sweep",
            label="Reprise des correspondances",
            what="Essaie sur chaque demande les dispositifs qui ont changé, et retient les entreprises concernées.",
            every_seconds=settings.ALERT_SECONDS,
            late_after=timedelta(seconds=900 + 4 * settings.ALERT_SECONDS),
        ),
        Job(
            name="files.escalate",
            label="Dossiers et rappels qui attendent",
            what="Prévient, les matins ouvrés, le développeur économique, son suppléant, puis les responsables.",
            at=time(7, 5),
            late_after=30 * HOUR,
        ),
        Job(
            name="files.close",
            label="Dossiers terminés",
            what="Clôt les dossiers dont tout a une issue, et ceux où plus rien ne se passe depuis 90 jours.",
            at=time(0, 40),
            late_after=30 * HOUR,
        ),
        Job(
            name="surveys.send",
            label="Questions aux entreprises",
            what="Demande aux entreprises dont le dossier est clos si c’était utile, puis ce qu’elles ont obtenu.",
            at=time(9, 30),
            late_after=30 * HOUR,
        ),
        Job(
            name="steering.follow",
            label="Chiffres du jour",
            what="Compte ce qui vient d’arriver aux demandes, pour les pages du territoire.",
            every_seconds=60.0,
            late_after=HOUR,
        ),
        Job(
            name="steering.rebuild",
            label="Chiffres du pilotage",
            what="Compte à nouveau toutes les demandes, et ce que les dispositifs répondent à leurs besoins.",
            at=time(1, 10),
            late_after=30 * HOUR,
        ),
        Job(
            name="sessions.erase",
            label="Effacement des sessions terminées",
            what="Efface les sessions terminées, avec les brouillons qu’elles contiennent.",
            every_seconds=HOUR.total_seconds(),
            late_after=6 * HOUR,
        ),
        Job(
            name="catalogue.publish",
            label="Publications prévues",
            what="Publie les fiches approuvées pour un jour choisi, quand ce jour est venu.",
            every_seconds=300.0,
            late_after=6 * HOUR,
        ),
        Job(
            name="links.check",
            label="Contrôle des adresses",
            what="Ouvre les pages que citent les fiches publiées, et signale celles qui manquent ou ont changé.",
            at=time(4, 10),
            late_after=30 * HOUR,
            is_on=settings.CHECK_LINKS,
        ),
        Job(
            name="catalogue.expiry",
            label="Contrôle des dates de fin",
            what="Signale les dispositifs fermés dont la fiche est encore publiée, et ceux qui ferment sous 30 jours.",
            at=time(0, 20),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.review",
            label="Contrôle des relectures",
            what="Signale les fiches dont la relecture est dépassée.",
            at=time(0, 25),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.windows",
            label="Constats d’ouverture",
            what="Reporte sur les fiches ce que des pages datées disent de leur ouverture ; signale ce qui a vieilli.",
            at=time(0, 30),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.completeness",
            label="Complétude des fiches",
            what="Note ce qui manque à chaque fiche et combien d’entreprises l’ont, pour dire laquelle compléter.",
            at=time(0, 35),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.duplicates",
            label="Recherche des doublons",
            what="Compare les fiches de toutes les sources, et propose celles qui sont peut-être un même dispositif.",
            at=time(2, 50),
            late_after=30 * HOUR,
        ),
        Job(
            name="catalogue.summary",
            label="Résumé de la semaine",
            what="Écrit aux rédacteurs du catalogue, une fois par semaine, ce qui attend.",
            at=time(7, 30),
            late_after=30 * HOUR,
        ),
        Job(
            name="reports.erase",
            label="Effacement des adresses du public",
            what="Efface l’adresse des visiteurs à qui l’on a répondu il y a plus de sept jours.",
            at=time(3, 40),
            late_after=26 * HOUR,
        ),
        Job(
            name="retention.apply",
            label="Fin de conservation",
            what="Efface ce qui a dépassé la durée que fixtures/service.yaml lui donne, et en garde une preuve.",
            at=time(3, 15),
            late_after=30 * HOUR,
        ),
        Job(
            name="language.learn",
            label="Apprentissage des mots",
            what="Apprend comment les entreprises parlent, de ce qu’elles ont confirmé et de ce qu’on a corrigé.",
            at=time(3, 45),
            late_after=30 * HOUR,
        ),
        Job(
            name="jobs.watch",
            label="Surveillance des tâches",
            what="Regarde les autres tâches et écrit aux administrateurs, une fois, quand l’une ne se fait plus.",
            every_seconds=300.0,
            late_after=HOUR,
        ),
    )
}
