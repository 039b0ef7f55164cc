"""What became of an e-mail, in words: its outcome and, apart, what came back of its delivery."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.common.days import day_in_words
from backend.notifications.models import Notification

State, Delivery = Notification.State, Notification.Delivery

DELIVERIES = {
    Delivery.REFUSED: gettext_lazy("refusé par le serveur du destinataire"),
    Delivery.DEAD: gettext_lazy("cette adresse ne reçoit plus rien"),
    Delivery.COMPLAINED: gettext_lazy("signalé comme indésirable par le destinataire"),
}


def outcome_of(email: Notification) -> str:
    """Say whether an e-mail left, and when; or why not."""
    if email.state == State.SENT:
        return _("envoyé le %(when)s") % {"when": _moment(email)}
    if email.suppression_id and email.state == State.STOPPED:  # delivery_of says why
        return _("non envoyé")
    if email.state == State.STOPPED:
        return _("non envoyé : le destinataire ne veut pas de courriels")
    if email.state == State.FAILED:
        return _("non envoyé : abandonné le %(when)s") % {"when": _moment(email)}
    if email.attempt and email.error:
        return _("pas encore parti : nouvel essai prévu")
    return _("à envoyer")


def delivery_of(email: Notification) -> str:
    """Say what came back; silence is no proof that an e-mail arrived."""
    if email.delivery == Delivery.UNKNOWN:
        return _("pas de retour") if email.state == State.SENT else ""
    return str(DELIVERIES[Delivery(email.delivery)])


def has_failed(email: Notification) -> bool:
    """Tell whether an e-mail did not reach anybody, as far as is known."""
    return email.state == State.FAILED or email.delivery in (Delivery.REFUSED, Delivery.DEAD)


def _moment(email: Notification) -> str:
    return day_in_words(timezone.localtime(email.ended_at), "j F Y à H:i") if email.ended_at else ""
