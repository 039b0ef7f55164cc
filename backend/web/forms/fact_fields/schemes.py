"""Which schemes the firm has already: asked of those only that another scheme requires or excludes."""

from typing import Any

from django.utils.translation import gettext as _

from backend.companies.models import Fact
from backend.schemes.catalogue.definitions import schemes_asked
from backend.schemes.catalogue.wording import scheme_name
from backend.web.forms.answers import trilean, trilean_key
from backend.web.forms.fact_fields.base import FactFields, Facts
from backend.web.forms.fact_fields.status import yes_no


class SchemesFields(FactFields):
    """One question for each scheme; each answer is a fact of its own, named by the key of the scheme."""

    fields_of_fact = {"schemes": ()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key in schemes_asked():
            self.fields[f"{Fact.SCHEME}{key}"] = yes_no(_("Déjà obtenu : %(name)s ?") % {"name": scheme_name(key)})

    def facts(self) -> dict[str, Any]:
        answers = {name: trilean(self.cleaned_data[name]) for name in self.fields if name.startswith(Fact.SCHEME)}
        return {**super().facts(), **answers}

    def changed_facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.facts().items() if name in self.changed_data}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        shown = {name: trilean_key(value) for name, value in facts.items() if name.startswith(Fact.SCHEME)}
        return {**super().initial_of(facts), **shown}
