from django.apps import AppConfig


class SchemesConfig(AppConfig):
    name = "backend.schemes"
    verbose_name = "Catalogue"
