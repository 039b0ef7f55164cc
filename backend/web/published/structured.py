"""What search engines read of a page, in the words of schema.org; no fact that the page does not show."""

import json
from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from backend.notifications.services import absolute_url
from backend.schemes.catalogue.sheets import Sheet
from backend.schemes.catalogue.wording import perimeter_name
from backend.schemes.models import Criterion, Revision
from backend.schemes.open_data.licence import LICENCE_URL

CONTEXT = "https://schema.org"
# In a script tag these three could end it or start another.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}

type Json = dict[str, Any]


def as_script(content: Json) -> SafeString:
    """Write a data block: no browser runs it, so that it needs no nonce."""
    text = json.dumps({"@context": CONTEXT, **content}, ensure_ascii=False).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 -- escaped above


def government_service(sheet: Sheet) -> Json:
    """Describe a scheme as a public service for firms."""
    revision, page = sheet.revision, absolute_url("public_scheme", sheet.scheme.source_key)
    return _said(
        {
            "@type": "GovernmentService",
            "@id": page,
            "url": page,
            "identifier": str(sheet.scheme.uuid),
            "name": revision.name,
            "description": revision.summary,
            "serviceType": str(revision.get_kind_display()),
            "category": [served.sub_need.label for served in sheet.needs],
            "audience": {"@type": "BusinessAudience", "audienceType": "Entreprises"},
            "areaServed": _areas(revision.criteria.all()),
            "provider": [
                _said({"@type": "Organization", "name": operator.name, "identifier": operator.siren})
                for operator, _roles in sheet.operators
            ],
            "availableChannel": _channel(revision),
            "subjectOf": {
                "@type": "WebPage",
                "@id": page,
                "inLanguage": "fr",
                "dateModified": revision.recorded_at.date().isoformat(),
                "lastReviewed": revision.as_of.isoformat(),
                "license": LICENCE_URL,
            },
        }
    )


def dataset(*, files: Iterable[tuple[str, str, str]], changed_on: str, publisher: str) -> Json:
    """Describe the catalogue as files to take: each a name, a media type and an address."""
    return _said(
        {
            "@type": "Dataset",
            "@id": absolute_url("open_data"),
            "url": absolute_url("open_data"),
            "name": "Dispositifs publics de soutien aux entreprises",
            "description": "Les dispositifs publiés, avec leurs conditions, leurs sources et leurs dates.",
            "license": LICENCE_URL,
            "inLanguage": "fr",
            "isAccessibleForFree": True,
            "dateModified": changed_on,
            "publisher": {"@type": "Organization", "name": publisher} if publisher else None,
            "distribution": [
                {"@type": "DataDownload", "name": name, "encodingFormat": media_type, "contentUrl": url}
                for name, media_type, url in files
            ],
        }
    )


def _areas(criteria: Iterable[Criterion]) -> list[Json]:
    """Return where a scheme is for: the places that a condition names, the whole country where none does."""
    codes = [
        code
        for row in criteria
        if row.definition["kind"] == "in_territory"
        for code in row.definition.get("any_of") or ()
    ]
    if not codes:
        return [{"@type": "Country", "name": "France"}]
    return [
        {"@type": "AdministrativeArea", "name": perimeter_name(code), "identifier": code}
        for code in dict.fromkeys(codes)
    ]


def _channel(revision: Revision) -> Json | None:
    phone = {"@type": "ContactPoint", "telephone": revision.contact_phone} if revision.contact_phone else None
    url = revision.url or revision.contact_url
    return _said({"@type": "ServiceChannel", "serviceUrl": url, "servicePhone": phone}) if url or phone else None


def _said(content: Json) -> Json:
    """Leave out what is not known."""
    return {name: value for name, value in content.items() if value not in ("", None, [])}
