"""Settings of the two servers that scripts/load compares: those of production, with one more address."""

from backend.config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.by_orm"
