from functools import partial
from importlib import import_module

from django.db import migrations

keep_answers = import_module("backend.companies.migrations.0007_answers_asked_once").keep_answers

# Answers to one sentence under the names of several sheets: the name under which all of them ask it now.
ONE_ANSWER = {
    "answer:aide-apprentissage-2026.not_already_aided": "answer:no_aid_for_same_apprentice",
    "answer:aide-unique-apprentissage.not_already_aided": "answer:no_aid_for_same_apprentice",
    "answer:asp-raccordement-fibre.liquidation": "answer:no_liquidation",
    "answer:mediateur-entreprises.no_liquidation": "answer:no_liquidation",
    "answer:bpi-pret-boost-facturation.no_procedure": "answer:no_collective_proceedings",
    "answer:bpi-pret-flash-electrique.no_proceedings": "answer:no_collective_proceedings",
    "answer:bpi-diag-360.independent": "answer:bpifrance_independent",
    "answer:bpi-diag-business-international.independent": "answer:bpifrance_independent",
    "answer:bpi-diag-cyber.independent": "answer:bpifrance_independent",
    "answer:bpi-diag-ia.independent": "answer:bpifrance_independent",
    "answer:bpi-pret-croissance.independent": "answer:bpifrance_independent",
    "answer:mte-pret-vert.independent": "answer:bpifrance_independent",
    "answer:carsat-subvention-tpe.staff_consulted": "answer:staff_informed_of_measures",
    "answer:fipu.staff_consulted": "answer:staff_informed_of_measures",
    "answer:cci-oise-eau.no_intellectual_service": "answer:no_intellectual_service",
    "answer:cci-oise-rural.no_intellectual_service": "answer:no_intellectual_service",
    "answer:exoneration-depart-retraite.five_years": "answer:activity_run_five_years",
    "answer:exoneration-vente-entreprise.five_years": "answer:activity_run_five_years",
    "answer:exoneration-rachat-salarie-famille.activity": "answer:operating_business",
    "answer:pacte-dutreil.activity": "answer:operating_business",
    "answer:hdf-booster-tpe.trade": "answer:shop_or_craft",
    "answer:hdf-vehicule-ambulant.trade": "answer:shop_or_craft",
    "answer:hdf-dacs-tpe.commune": "answer:small_or_revitalised_commune",
    "answer:hdf-reha.commune": "answer:small_or_revitalised_commune",
    "answer:hdf-pme-plus-volet1.own_production": "answer:investment_in_own_production",
    "answer:hdf-pme-plus-volet2.own_production": "answer:investment_in_own_production",
    "answer:hdf-premier-secours.equity": "answer:positive_equity",
    "answer:hdf-prevention.equity": "answer:positive_equity",
    "answer:hdf-prevention.excluded_activities": "answer:no_liberal_profession",
    "answer:inpi-pass-pi.not_liberal": "answer:no_liberal_profession",
    "answer:report-deficit-arriere.corporation_tax": "answer:corporate_tax",
}


class Migration(migrations.Migration):
    dependencies = [("companies", "0010_ascii_addresses")]

    operations = [
        migrations.RunPython(partial(keep_answers, one_answer=ONE_ANSWER, narrowed=[]), migrations.RunPython.noop)
    ]
