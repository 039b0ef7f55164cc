"""The one shape of every error under ``/api/``: RFC 9457, ``application/problem+json``, in French."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.request import Request

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: ``/api/#name`` is its type, explained on the page of that address."""

    name: str
    status: int
    title: Any
    detail: Any


KINDS = {
    kind.name: kind
    for kind in (
        Kind("requete-illisible", 400, _("Requête illisible"), _("La requête ne peut pas être lue.")),
        Kind(
            "parametre-refuse",
            400,
            _("Paramètre refusé"),
            _("Un paramètre de l’adresse n’est pas accepté ; « errors » dit lequel et ce qui est attendu."),
        ),
        Kind(
            "question-refusee",
            400,
            _("Question refusée"),
            _("Le corps de la requête n’est pas accepté ; « errors » dit où et ce qui est attendu."),
        ),
        Kind(
            "depot-refuse",
            400,
            _("Dépôt refusé"),
            _("Rien n’est déposé ; « errors » dit où le corps n’est pas accepté et ce qui est attendu."),
        ),
        Kind(
            "cle-d-idempotence-refusee",
            400,
            _("Clé d’idempotence refusée"),
            _(
                "Rien n’est déposé ; attendu : un en-tête « Idempotency-Key » de 1 à 100 caractères visibles, un par "
                "demande, comme un UUID."
            ),
        ),
        Kind(
            "cle-refusee",
            401,
            _("Clé refusée"),
            _("Cette adresse demande une clé valable : « Authorization: Bearer jonction_… »."),
        ),
        Kind(
            "portee-absente",
            403,
            _("Portée absente"),
            _("La clé n’a pas la portée que cette adresse demande ; une clé ne change pas de portées."),
        ),
        Kind("introuvable", 404, _("Introuvable"), _("Il n’y a rien à cette adresse.")),
        Kind("methode-refusee", 405, _("Méthode refusée"), _("Cette méthode n’est pas acceptée ici.")),
        Kind(
            "format-indisponible",
            406,
            _("Format indisponible"),
            _("Aucun des formats demandés par l’en-tête « Accept » n’existe ici."),
        ),
        Kind(
            "condition-non-remplie",
            412,
            _("Condition non remplie"),
            _("La version demandée par l’en-tête « If-Match » n’est plus celle en vigueur."),
        ),
        Kind("corps-trop-grand", 413, _("Corps trop grand"), _("Le corps de la requête est trop grand.")),
        Kind(
            "type-refuse",
            415,
            _("Type de contenu refusé"),
            _("Le corps est d’un type qui n’est pas lu ; attendu : « Content-Type: application/json »."),
        ),
        Kind(
            "cle-d-idempotence-deja-servie",
            422,
            _("Clé d’idempotence déjà servie"),
            _("Cette « Idempotency-Key » a servi avec un autre corps ; renvoyez le même, ou donnez une autre clé."),
        ),
        Kind("trop-de-requetes", 429, _("Trop de requêtes"), _("Trop de requêtes en peu de temps.")),
        Kind(
            "panne",
            500,
            _("Panne du service"),
            _("Une erreur de notre côté a été notée ; réessayez plus tard."),
        ),
    )
}
_BY_STATUS = {kind.status: kind for kind in reversed(KINDS.values())}


@dataclass(frozen=True, slots=True)
class Error:
    """One thing wrong: a parameter of the address, or a place of the body as a JSON pointer."""

    detail: str
    parameter: str | None = None
    pointer: str | None = None

    def dump(self) -> dict[str, str]:
        named = {"parameter": self.parameter, "pointer": self.pointer, "detail": self.detail}
        return {name: value for name, value in named.items() if value is not None}


class Refused(exceptions.APIException):
    """A request that is not accepted, with everything that is wrong in it."""

    def __init__(self, kind: str, errors: Iterable[Error] = (), *, detail: str = "") -> None:
        self.kind = KINDS[kind]
        self.status_code = self.kind.status
        self.errors = tuple(errors)
        super().__init__(detail or self.kind.detail)


def refuse_parameter(name: str, detail: str) -> NoReturn:
    raise Refused("parametre-refuse", [Error(detail, parameter=name)])


def problem(
    request: HttpRequest | Request, kind: Kind, *, detail: str = "", errors: Iterable[Error] = ()
) -> HttpResponse:
    """Return the answer; a plain one, so that its shape does not hang on what the caller accepts."""
    return HttpResponse(
        problem_body(request, kind, detail=detail, errors=errors),
        status=kind.status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store"},
    )


def problem_body(
    request: HttpRequest | Request, kind: Kind, *, detail: str = "", errors: Iterable[Error] = ()
) -> bytes:
    body = {
        "type": f"/api/#{kind.name}",
        "title": str(kind.title),
        "status": kind.status,
        "detail": detail or str(kind.detail),
        "instance": request.get_full_path(),
        "errors": [error.dump() for error in errors],
    }
    return json.dumps(body, ensure_ascii=False).encode(errors="backslashreplace")


def kind_of(status: int) -> Kind:
    """Return the most general kind of a status; of its family where nothing is said of that very one."""
    return _BY_STATUS.get(status) or KINDS["panne" if status >= 500 else "requete-illisible"]


def answer_error(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Answer what a view raised; what nobody foresaw goes on to the log, and then to the middleware."""
    request: Request = context["request"]
    if isinstance(error, Refused):
        return problem(request, error.kind, detail=str(error.detail), errors=error.errors)
    if isinstance(error, Http404):
        return problem(request, KINDS["introuvable"])
    if isinstance(error, exceptions.ValidationError):
        return problem(request, KINDS["parametre-refuse"], errors=_parameter_errors(error.detail))
    if not isinstance(error, exceptions.APIException):
        return None
    kind = kind_of(error.status_code)
    wait = getattr(error, "wait", None)  # of a request too many
    if wait is None:
        response = problem(request, kind, detail=_detail(error, request))
        if challenge := getattr(error, "auth_header", ""):
            response.headers["WWW-Authenticate"] = challenge
        return response
    seconds = max(1, ceil(wait))
    detail = _("Trop de requêtes en peu de temps ; réessayez dans %d s.") % seconds
    response = problem(request, kind, detail=str(detail))
    response.headers["Retry-After"] = str(seconds)
    return response


def _parameter_errors(detail: Any) -> Iterable[Error]:
    for name, sentences in detail.items():
        for sentence in sentences:
            yield Error(str(sentence), parameter=name)


def _detail(error: exceptions.APIException, request: Request) -> str:
    """Say what was given and what is accepted, where the framework's own sentence does not."""
    if isinstance(error, exceptions.UnsupportedMediaType):
        given = request.content_type or str(_("non donné"))
        return str(_("Le type du corps est « %s » ; attendu : « application/json ».") % given)
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return str(error.detail)
    if isinstance(error, exceptions.NotFound) and error.detail != exceptions.NotFound.default_detail:
        return str(error.detail)
    return ""
