# One image for web, worker, mailer, beat and migrate (scripts/start says how each is started). No secret, no compiler, no
# installer inside; nothing in it can be changed by the account that runs it.
#
# The base has a tag and no digest, so that building again takes Debian's security updates. Where a build must be the
# same twice: docker build --build-arg BASE=debian@sha256:…
#
# scripts/image runs the steps of this file in a bare Debian 13, without Docker; its reader knows the forms used here.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS libraries
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv
WORKDIR /srv/jonction
COPY requirements.txt ./
COPY scripts/bootstrap.sh scripts/
# As ./run does: uv pinned by its hash, then every library by its own.
RUN bash -euo pipefail -c '. scripts/bootstrap.sh; make_dot_run; install_libraries requirements.txt' \
    || { cat .run/libraries.log; exit 1; }
# Nothing that installs goes further, nor the lock that uv leaves for everybody to write.
RUN .venv/bin/python -m pip uninstall --quiet --yes uv pip && rm --force .venv/.lock

FROM ${BASE}
# pg_dump must not be older than the server of docker-compose.yml. Pango and its font draw PDF documents; fontconfig lists
# fonts once, here, since nothing can be written later.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates fontconfig fonts-dejavu-core libharfbuzz-subset0 \
       libpangoft2-1.0-0 postgresql-client-17 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin jonction \
    && install --directory --owner jonction --group jonction --mode 700 /backups /var/lib/jonction
WORKDIR /srv/jonction
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=backend.config.settings
ENV JONCTION_BIND=0.0.0.0 JONCTION_STATE_DIR=/var/lib/jonction
ENV PATH=/srv/jonction/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
COPY --from=libraries /srv/jonction/.venv .venv
COPY manage.py pyproject.toml requirements.txt ./
COPY matching matching
COPY backend backend
COPY tasks tasks
COPY fixtures fixtures
COPY scripts/start scripts/healthy.py scripts/
# The secret and the addresses are those of this step only: collectstatic signs nothing and connects to nothing.
RUN chmod -R a+rX,go-w manage.py pyproject.toml matching backend tasks fixtures scripts \
    && python -m compileall -q matching backend tasks \
    && JONCTION_SECRET_KEY=of-this-step-only DATABASE_URL=postgres://nobody REDIS_URL=redis://nobody \
       python manage.py collectstatic --noinput --verbosity 0
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --retries=3 CMD ["python", "scripts/healthy.py"]
CMD ["scripts/start", "web"]
