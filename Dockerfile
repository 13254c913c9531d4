# A distroless image: the static binary, certificates, no shell.
#
#   docker build -t cvatplan --build-arg VERSION=1.2.3 .
#   docker run --rm -e CVAT_ACCESS_TOKEN -v "$PWD:/data:ro" cvatplan plan
#
# The embedded server (sandbox:DIR) writes beside the manifest: mount it writable for the user 65532.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /cvatplan ./cmd/cvatplan

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /cvatplan /usr/bin/cvatplan
WORKDIR /data
ENTRYPOINT ["/usr/bin/cvatplan"]
