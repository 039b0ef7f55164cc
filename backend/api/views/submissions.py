"""A partner's tool files for a firm that agreed to it, and reads where that request is."""

import re
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.models import ApiKey, ApiScope
from backend.api.errors import Refused
from backend.api.exchange import RawJSONParser
from backend.api.filing_documentation import FILING, FILING_EXAMPLES
from backend.api.filings import read_body, read_filing, refuse_at
from backend.api.keys import KeyedView
from backend.api.parameters import check_parameters
from backend.api.serializers.submissions import FiledSerializer, StatusSerializer
from backend.api.throttles import FilingThrottle, StatusThrottle
from backend.common.days import current_day
from backend.matchmaking.assisted import StaffAddress
from backend.matchmaking.in_charge import OutsideTerritory
from backend.matchmaking.models import PartnerFiling
from backend.matchmaking.partner_filings import (
    OtherRequest,
    file_as_partner,
    find_filing,
    request_key,
    status_of,
)
from backend.territories.services import territory_name

_VISIBLE = re.compile(r"[!-~]{1,100}")


class SubmissionsView(KeyedView):
    http_method_names = ["post", "options"]
    parser_classes = [RawJSONParser]
    throttle_classes = [FilingThrottle]
    scope = ApiScope.FILE

    @extend_schema(
        operation_id="file_submission",
        summary="Déposer une demande pour une entreprise",
        description=(
            "Pour une entreprise qui vous a donné son accord : dites-lui que le service économique de son "
            "intercommunalité lira sa demande et lui répondra, que vous saurez où elle en est et rien d’autre, "
            "qu’un courriel lui demande de confirmer son adresse (sans quoi, si un téléphone est donné, le service "
            "l’appelle un jour ouvré après), et qu’elle peut retirer son accord à tout moment. La même requête, "
            "renvoyée avec la même `Idempotency-Key`, reçoit la même réponse et ne dépose rien deux fois ; une "
            "requête refusée ne prend pas la clé. Un nom inconnu est refusé, pour que rien ne se perde. Demande la "
            "portée `submissions:file`."
        ),
        tags=["Demandes"],
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                location=OpenApiParameter.HEADER,
                required=True,
                description="Le nom de cette demande chez vous, comme un UUID : de 1 à 100 caractères visibles.",
            )
        ],
        request={"application/json": FILING},
        responses={201: FiledSerializer},
        examples=FILING_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        check_parameters(request)
        key = _key_of(request)
        named = request_key(key, _idempotency_key(request))
        record, digest = read_body(request.data)
        on = current_day()
        try:
            filed = find_filing(named, digest=digest)
            if filed is None:
                filing, agreement = read_filing(record, filing_key=named, on=on)
                filed = file_as_partner(filing, key=key, agreement=agreement, digest=digest, on=on)
        except OtherRequest:
            raise Refused("cle-d-idempotence-deja-servie") from None
        except StaffAddress as error:
            raise refuse_at("/contact/email", str(error)) from None
        except OutsideTerritory as error:
            sentence = (
                f"La commune {error} est hors du territoire ; attendu : une commune du territoire {territory_name()}."
            )
            raise refuse_at("/commune", sentence) from None
        url = request.build_absolute_uri(reverse("api:submission", args=[filed.public_id]))
        answer = FiledSerializer(context={"url": url}).to_representation(filed)
        return Response(answer, status=201, headers={"Cache-Control": "no-store", "Location": url})


class SubmissionView(KeyedView):
    http_method_names = ["get", "head", "options"]
    throttle_classes = [StatusThrottle]
    scope = ApiScope.STATUS

    @extend_schema(
        operation_id="submission_status",
        summary="Où en est une demande déposée",
        description=(
            "Un état et des jours, de ce que votre organisation a déposé ; rien du dossier. Demande la portée "
            "`submissions:status`."
        ),
        tags=["Demandes"],
        parameters=[
            OpenApiParameter(
                "public_id",
                OpenApiTypes.UUID,
                location=OpenApiParameter.PATH,
                description="Le nom de la demande, rendu par son dépôt (`id`).",
            )
        ],
        responses={200: StatusSerializer},
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        check_parameters(request)
        filings = PartnerFiling.objects.of_key(_key_of(request)).select_related("submission")
        filed = filings.filter(public_id=public_id).first()
        if filed is None:
            raise Http404
        answer = StatusSerializer().to_representation(status_of(filed.submission))
        return Response(answer, headers={"Cache-Control": "no-store"})


def _key_of(request: Request) -> ApiKey:
    """Return the key that opened the view."""
    if not isinstance(request.auth, ApiKey):
        raise NotAuthenticated
    return request.auth


def _idempotency_key(request: Request) -> str:
    """Return the key of a request; the quotes that its header may stand in are not of it."""
    given = request.headers.get("Idempotency-Key", "").strip()
    bare = given[1:-1] if len(given) > 1 and given[0] == given[-1] == '"' else given
    if not _VISIBLE.fullmatch(bare):
        raise Refused("cle-d-idempotence-refusee")
    return bare
