# Compiles Carrel, where no Swift is installed: an image with nothing in it but /carrel and /carrel-init.
#   docker build --tag carrel/binaries --file deploy/image/binaries.Dockerfile .
ARG SWIFT=swift:6.3-bookworm
FROM ${SWIFT} AS build
RUN apt-get update --quiet && \
    apt-get install --yes --no-install-recommends libsqlite3-dev make zlib1g-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /carrel
COPY . .
RUN NO_INSTALL=1 make build

FROM scratch
COPY --from=build /carrel/.build/release/carrel /carrel/.build/release/carrel-init /
CMD ["/carrel"]
