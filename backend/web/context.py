"""What every page shows: whose service this is, and the day where it is fixed."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from backend.common.days import current_day
from backend.territories.services import territory_name
from backend.web.identity import identity


def service(request: HttpRequest) -> dict[str, Any]:
    who = identity()
    return {
        "service": {
            "name": who.name,
            "phone": who.phone,
            "email": who.email,
            "territory": territory_name(),
            "demo": settings.DEMO,
            "day": current_day(),
        }
    }
