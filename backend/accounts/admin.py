from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backend.accounts.models import Membership, Organisation, User
from backend.accounts.services import forget_old_addresses, invite, off_board, reset_second_factor
from backend.common import generic_classes  # noqa: F401 -- classes take their type

admin.site.unregister(Group)
admin.site.site_header = "Jonction"
admin.site.site_title = "Jonction"
admin.site.index_title = "Administration"


class MembershipInline(admin.StackedInline[Membership, User]):  # a table would leave its lists without a name
    model = Membership
    extra = 1


class UserForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "phone", "is_active", "is_staff", "is_superuser")

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    """Accounts: adding one sends its invitation; nobody types a password for somebody else."""

    form = UserForm
    inlines = (MembershipInline,)
    list_display = ("email", "last_name", "first_name", "is_active", "invited_at", "last_login")
    list_filter = ("is_active", "memberships__organisation", "memberships__role")
    search_fields = ("email", "last_name", "first_name")
    actions = ("send_invitation", "reset_second_factors", "close_accounts")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # what a person decided keeps their name: accounts are closed, not deleted

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            invite(user=obj)
            messages.info(request, _("Une invitation part à l’adresse %(email)s.") % {"email": obj.email})
        elif "is_active" in form.changed_data and not obj.is_active:
            off_board(user=obj)
        forget_old_addresses(user=obj)

    @admin.action(description="Envoyer (à nouveau) l’invitation")
    def send_invitation(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        active = list(queryset.filter(is_active=True))
        for user in active:
            invite(user=user)
        self._say(request, len(active), "invitation part dans la minute.", "invitations partent dans la minute.")

    @admin.action(description="Retirer le second facteur (téléphone perdu)")
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        by = request.user if isinstance(request.user, User) else None
        found = [user for user in queryset if reset_second_factor(user=user, by=by)]
        for user in found:
            self.log_change(request, user, _("Second facteur retiré."))
        self._say(request, len(found), "second facteur retiré.", "seconds facteurs retirés.")

    @admin.action(description="Fermer le compte (départ de la personne)")
    def close_accounts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        others = list(queryset.exclude(pk=request.user.pk or 0))
        for user in others:
            off_board(user=user)
        self._say(request, len(others), "compte fermé.", "comptes fermés.")

    def _say(self, request: HttpRequest, count: int, one: str, many: str) -> None:
        messages.success(request, f"{count} {one if count < 2 else many}")


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin[Organisation]):
    list_display = ("name", "kind", "epci", "code", "phone", "email")
