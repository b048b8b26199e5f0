# One image for all processes of all services: `python -m services.<name> <process>`; docker-compose.yml lists them.
# Not yet run against a Docker engine: what could be checked without one is named in deploy/README.md.

# The Python that the tests run on.
ARG PYTHON=python:3.11-slim

FROM ${PYTHON} AS packages
WORKDIR /build
COPY requirements.lock .
# Only wheels, only with the hashes of the lock file: nothing is compiled, and no package can be swapped on the way.
RUN python -m venv --without-pip /venv \
    && python -m pip --python /venv install --disable-pip-version-check --no-cache-dir --no-compile \
        --require-hashes --only-binary :all: --requirement requirements.lock \
    && /venv/bin/python -m compileall -q /venv/lib

FROM ${PYTHON}
# The base image's own installer: nothing is installed any more.
RUN python -m pip uninstall --quiet --yes --root-user-action ignore setuptools wheel pip \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin support
COPY --from=packages /venv /venv
WORKDIR /app
COPY services services
COPY shared shared
# Compiled now, because the running process may write nowhere but /tmp.
RUN /venv/bin/python -m compileall -q services shared
# Which commit this is, for /version: docker build --build-arg BUILD_COMMIT="$(git rev-parse HEAD)". Last, for the cache's sake.
ARG BUILD_COMMIT=
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BUILD_COMMIT=${BUILD_COMMIT}
USER 10001
# Ready means: this web process answers and its database is migrated. Other processes serve nothing and switch it off.
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --start-interval=1s --retries=3 CMD ["python", "-c", "\
import http.client, os, sys; \
web = http.client.HTTPConnection('127.0.0.1', int(os.environ['BIND'].rpartition(':')[2]), timeout=3); \
web.request('GET', '/readyz'); \
sys.exit(web.getresponse().status != 200)"]
