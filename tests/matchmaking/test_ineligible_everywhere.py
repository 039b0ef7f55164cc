"""Which schemes no served commune could have: of ours none, of another territory those of the Oise."""

import pytest

from backend.matchmaking.ineligible_everywhere import schemes_ineligible_everywhere
from backend.territories import services
from backend.territories.models import Perimeter, ServedEpci
from tests.factories import DAY

pytestmark = pytest.mark.django_db
VIMEU = "EPCI-200070944"


@pytest.fixture
def vimeu():
    """Serve the Vimeu, in the Somme, in the place of one intercommunality of ours and of all others."""
    kept, *others = ServedEpci.objects.all()
    for other in others:
        other.delete()
    ServedEpci.objects.filter(pk=kept.pk).update(perimeter=Perimeter.objects.get(code=VIMEU))
    services.clear_caches()
    yield
    services.clear_caches()


def test_each_scheme_of_ours_is_for_some_commune_of_ours():
    assert schemes_ineligible_everywhere(on=DAY) == []


def test_elsewhere_what_is_made_for_our_communes_is_beyond_reach(vimeu):
    keys = schemes_ineligible_everywhere(on=DAY)
    assert {"cc2v-pepiniere", "arc-parcs-activites", "codefi-oise"} <= set(keys)
    assert not {"acre", "hdf-aden", "mediation-credit"} & set(keys)  # of the State, of the Region
