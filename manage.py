#!/usr/bin/env python
import gc
import os
import sys

from django.core.management import execute_from_command_line

# What the owner of the tables does, where JONCTION_OWNER_DATABASE_URL names it; the role that serves does the rest.
OWNER_COMMANDS = {
    "set_up",
    "migrate",
    "grant_roles",
    "load_reference",
    "load_naf_2025",
    "load_zones",
    "load_demo",
    "restore",
}

if __name__ == "__main__":
    gc.set_threshold(500_000)  # what a start loads stays: to look for garbage in it took a tenth of the time
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
    if OWNER_COMMANDS.intersection(sys.argv[1:2]):
        os.environ["JONCTION_BY_OWNER"] = "1"
    execute_from_command_line(sys.argv)
