"""The addresses of a service whose provider is set, as ``backend.config.urls`` mounts them then."""

from backend.config.urls import handler400, handler500, urlpatterns
from backend.notifications.webhooks import webhook_urls

__all__ = ["handler400", "handler500", "urlpatterns"]
urlpatterns = [*webhook_urls(), *urlpatterns]
