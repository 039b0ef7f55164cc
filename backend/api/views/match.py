"""A question in, the explained answer out; nothing is kept of either."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.documentation import DEFAULT_LIMIT, EXAMPLES, MAX_LIMIT, QUESTION
from backend.api.errors import Error, Refused
from backend.api.exchange import RawJSONParser
from backend.api.parameters import check_parameters
from backend.api.serializers.match import AnswerSerializer
from backend.api.throttles import MatchThrottle
from backend.api.views.base import PublicView
from backend.common.days import current_day
from backend.matchmaking.answers import Answer, answer
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import Fault, LineError, Question, read_object, read_record


class MatchView(PublicView):
    http_method_names = ["post", "options"]
    parser_classes = [RawJSONParser]
    throttle_classes = [MatchThrottle]

    @extend_schema(
        operation_id="match",
        summary="Quels dispositifs pour cette entreprise ?",
        description=(
            "Une entreprise et ses besoins en entrée ; les dispositifs possibles dans l’ordre en sortie, chacun avec "
            "ses raisons condition par condition, et ce qu’il reste à demander. Rien n’est gardé. La question a la "
            "forme d’une ligne du fichier de la commande `match`."
        ),
        tags=["Mise en relation"],
        request={"application/json": QUESTION},
        responses={200: AnswerSerializer},
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        check_parameters(request)
        question, limit = read_question(request.data)
        return write_answer(request, answer(question, limit=limit))


def write_answer(request: Request, found: Answer) -> Response:
    """Write an answer, which nobody is to keep."""
    context = {"labels": load_codes().sub_needs, "root": request.build_absolute_uri("/")[:-1]}
    return Response(AnswerSerializer(context=context).to_representation(found), headers={"Cache-Control": "no-store"})


def read_question(body: Any) -> tuple[Question, int]:
    """Read the body as a line of a file is read, and the limit beside it; refuse it with everything that is wrong."""
    faults: list[Fault] = []
    try:
        raw = body if isinstance(body, bytes) else b""
        record = read_object(raw, subject="Le corps", nothing="un corps vide")
        given = record.pop("limit", None)
        limit = _limit(given)
        if limit is None:
            shown = str(given)[:60]
            sentence = f"« limit » vaut {shown} ; attendu : un nombre entier de 0 à {MAX_LIMIT}."
            faults.append(Fault("/limit", sentence))
        question = read_record(record, load_codes(), on=current_day())
    except LineError as error:
        faults += error.faults
    if faults or limit is None:
        raise Refused("question-refusee", [Error(fault.sentence, pointer=fault.pointer) for fault in faults])
    return question, limit


def _limit(given: Any) -> int | None:
    if given is None:
        return DEFAULT_LIMIT
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return int(given) if is_number and 0 <= given <= MAX_LIMIT and given == int(given) else None
