"""Of what each fact is said: what is of a project never leaves its file."""

import pytest

from backend.companies.levels import COMPANY, SITE, is_shared
from backend.companies.models import Fact
from backend.web.forms.fact_fields import FORM_OF_FACT

OF_PROJECTS = {
    "project.commune",
    "project.horizon",
    "project.spend",
    "project.spend_kinds",
    "project.started",
    "project.tenure",
}


def test_every_fact_that_is_asked_is_of_the_company_of_its_site_or_of_a_project():
    assert set(FORM_OF_FACT) - {"schemes"} == (COMPANY - {Fact.AIDS_COMPLETE}) | SITE | OF_PROJECTS


@pytest.mark.parametrize("name", [*sorted(OF_PROJECTS), f"{Fact.ANSWER}x", f"{Fact.DECLINED}headcount", "unheard.of"])
def test_what_is_of_a_project_and_what_nobody_listed_is_never_shared(name):
    assert not is_shared(name, same_site=True)


@pytest.mark.parametrize("name", [*sorted(COMPANY), f"{Fact.SCHEME}jonction:adie"])
def test_what_is_of_the_company_is_shared_whatever_the_site(name):
    assert is_shared(name, same_site=False)


@pytest.mark.parametrize("name", sorted(SITE))
def test_what_is_of_a_site_is_shared_on_the_same_site_only(name):
    assert is_shared(name, same_site=True)
    assert not is_shared(name, same_site=False)
