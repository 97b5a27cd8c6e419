# Two stages: packages are installed by hash into /opt/regwatch, the image keeps only that and runs as nobody in particular.
# Another base, such as a mirror or a later Python: docker build --build-arg BASE_IMAGE=… .
ARG BASE_IMAGE=python:3.12-slim

FROM ${BASE_IMAGE} AS build
WORKDIR /src
RUN python -m venv /opt/regwatch
COPY requirements.txt ./
RUN /opt/regwatch/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY handlers handlers
COPY schedules schedules
RUN /opt/regwatch/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps --no-build-isolation . \
 && /opt/regwatch/bin/pip uninstall --quiet --yes setuptools pip

FROM ${BASE_IMAGE}
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin regwatch \
 && install --directory --owner=regwatch --mode=0750 /data
COPY --from=build /opt/regwatch /opt/regwatch
# The bot keeps everything in /data. Inside a container the web server must listen on all addresses to be reached from outside it.
ENV PATH=/opt/regwatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    REGWATCH_DATABASE_URL=sqlite:////data/regwatch.db \
    REGWATCH_WEB_HOST=0.0.0.0
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-c", \
  "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('REGWATCH_HEALTH_PORT') or os.environ.get('REGWATCH_WEB_PORT') or 8080), timeout=4); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["regwatch"]
CMD ["run"]
