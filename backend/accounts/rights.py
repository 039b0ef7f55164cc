"""What several services ask of who calls them."""

from django.core.exceptions import PermissionDenied

from backend.accounts.models import User


def check_leads_territory(user: User) -> None:
    """Raise ``PermissionDenied`` where somebody does not lead the territory."""
    if not user.posts.leads_territory:
        raise PermissionDenied
