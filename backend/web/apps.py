from typing import Any

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class WebConfig(AppConfig):
    name = "backend.web"

    def ready(self) -> None:
        from backend.web import checks, sign_in_events  # noqa: F401 -- registers them


class AdminConfig(SimpleAdminConfig):
    """The administration, whose pages are loaded with the addresses of the site and not with every command."""

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(**options: Any) -> list[checks.CheckMessage]:
    admin.autodiscover()
    return check_admin_app(**options)
