from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "backend.web"

    def ready(self) -> None:
        from backend.web import checks, sign_in_events  # noqa: F401 -- registers them
