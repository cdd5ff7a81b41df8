# Build the wheel in one stage, so that the image that runs holds neither sources nor build tools.
FROM python:3.12-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.12-slim-bookworm
# A numbered user, so that orchestrators can see that it is not root; with a name, because Postgres asks for one.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin gatepost \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links=/wheels gatepost

ENV GATEPOST_DATA_DIR=/data \
    GATEPOST_HOST=0.0.0.0 \
    GATEPOST_PORT=8000 \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
USER 10001:10001
# The service drains for up to 20 s, and Postgres stops after it: run with `--stop-timeout 45`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['GATEPOST_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["gatepost"]
CMD ["serve"]
