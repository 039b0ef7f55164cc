"""Lists what stands in the code and nothing reads: vulture from 60 % on, told what it cannot see.

It reads Python only. Here a name is read, too, where a template says it, where it stands whole in a string
("a.b.Name", "field__lookup"), where it is an argument by name, and where a framework calls it (`HOOKS`). Tests read
nothing: what only they call is listed. Ends with 1 where something is.
"""

import ast
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("matching", "backend", "tasks", "scripts")
TEMPLATES = (".html", ".txt", ".css", ".js", ".xml")
# By path, the names that something else than our code reads, reviewed one by one: a new one belongs here or is dead.
HOOKS = {
    # Django
    "backend/config/*": "[A-Z]* handler400 handler403 handler404 handler429 handler500",
    "backend/*urls.py": "urlpatterns app_name",
    "backend/*/apps.py": "*Config",
    "backend/*/management/commands/*": "Command handle add_arguments requires_system_checks",
    "backend/*/models*": "constraints indexes get_latest_by proxy pre_save",
    "backend/accounts/models.py": "create_superuser USERNAME_FIELD REQUIRED_FIELDS",
    "backend/accounts/passwords.py": "get_help_text",
    "backend/web/middleware.py": "process_view",
    "backend/web/views/open_data.py": "get_domain get_protocol lastmod",
    "backend/*admin*": "index_title list_* search_fields search_help_text inlines show_full_result_count "
    "lookups model_admin change_list_template change_view add_view form_url has_*_permission get_ordering clean_*",
    "backend/common/fields.py": "default_error_messages",
    "backend/schemes/catalogue/fields.py": "prepare_value",
    "backend/*/forms/*": "clean_* field_order label_from_instance prepare_value _should_delete_form",
    # Values of choices, which rows hold, and columns that are read by a name put together
    "backend/*/models*.py": "[A-Z]*",
    "backend/schemes/editing/forms/main.py": "amount_*",
    "backend/schemes/models/revisions.py": "rate_*_pct",
    "backend/privacy/models.py": "Treatment RetentionRun",  # the functions of the database that erase
    "backend/common/append_only.py": "append_only",  # migrations
    # REST framework, django-filter, drf-spectacular
    "backend/api/*": "serializer_class pagination_class parser_classes throttle_classes http_method_names field_class "
    "generator_class template_name template_name_js renderer_context parser_context generator allow_request "
    "authentication_classes permission_classes authenticate_header has_permission KeyScheme target_class auto_schema "
    "get_security_definition",
    "backend/api/filings.py": "clean_given_on",
    "backend/api/filters.py": "open_on changed_since",
    "backend/api/pagination.py": "page_size_query_param invalid_page_message get_page_number get_page_size "
    "get_schema_operation_parameters get_paginated_response_schema",
    "backend/api/serializers/*": "get_*",
    # django-allauth
    "backend/web/adapters.py": "is_open_for_signup pre_authenticate _rollback_login_failed_rl_usage send_mail "
    "send_notification_mail get_totp_issuer _get_site_name",
    # waitress, logging, aiosmtpd, html.parser, openpyxl, http.client
    "backend/config/server.py": "response_headers expect_continue completed parser_class error_task_class "
    "channel_class",
    "backend/common/log_lines.py": "converter default_time_format default_msec_format",
    "backend/common/redaction.py": "exc_text",
    "backend/notifications/mail_server.py": "handle_DATA",
    "scripts/image_trial.py": "handle_DATA",
    "backend/schemes/*": "handle_starttag handle_endtag handle_data freeze_panes data_type",
    # numpy
    "matching/*": "writeable",
    "matching/errors.py": "REASONS",  # tests hold the sentences against it
    "matching/tables.py": "TYPED_ELIGIBLE",  # the fourth row of a class, read with the third
}


def main() -> int:
    code = Vulture(ignore_decorators=["@receiver", "@register", "@admin.register", "@app.task", "@*.connect"])
    code.scavenge([str(ROOT / "manage.py"), *(str(ROOT / folder) for folder in FOLDERS)], exclude=["*/migrations/*"])
    read = set(_names())
    found = [item for item in code.get_unused_code(min_confidence=60) if item.name not in read and not _is_hook(item)]
    for item in found:
        print(f"{_path(item)}:{item.first_lineno}: {item.typ} {item.name}")  # noqa: T201
    return 1 if found else 0


def _path(item: Item) -> str:
    return Path(item.filename).resolve().relative_to(ROOT).as_posix()


def _is_hook(item: Item) -> bool:
    path = _path(item)
    return any(
        fnmatch(item.name, name)
        for pattern, names in HOOKS.items()
        if fnmatch(path, pattern)
        for name in names.split()
    )


def _names() -> Iterator[str]:
    """Yield what templates say, strings name, and arguments are called."""
    for path in (path for folder in FOLDERS for path in (ROOT / folder).rglob("*")):
        if path.suffix in TEMPLATES and "vendor" not in path.parts:
            yield from re.findall(r"\w+", path.read_text("utf-8"))
        elif path.suffix == ".py" and "migrations" not in path.parts and path != Path(__file__).resolve():
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if re.fullmatch(r"-?[\w.]+", node.value):
                        yield from re.split(r"\.|__", node.value.removeprefix("-"))
                elif isinstance(node, ast.keyword) and node.arg:
                    yield node.arg


if __name__ == "__main__":
    sys.exit(main())
