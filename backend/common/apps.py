from django.apps import AppConfig

from backend.common.redaction import redact_logs


class CommonConfig(AppConfig):
    name = "backend.common"

    def ready(self) -> None:
        redact_logs()
