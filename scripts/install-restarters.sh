#!/bin/bash
# Installs, on Debian and Ubuntu, the real programs that `npm run test:restarters` runs. Needs root.
#
# With --kubernetes it builds the one that it leaves out else: see kubernetes/build.sh.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${*-}" in
  '') ;;
  --kubernetes) exec scripts/kubernetes/build.sh ;;
  *)
    echo "usage: $0 [--kubernetes]" >&2
    exit 2
    ;;
esac

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# catatonit keeps the namespaces of a pod open.
packages=(systemd supervisor iproute2 util-linux procps podman runc catatonit conmon uidmap)
# A machine that has Docker may have it from elsewhere, and then Debian's would displace it.
command -v dockerd >/dev/null || packages+=(docker.io)
command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1 || packages+=(docker-compose)
apt-get install -y -qq --no-install-recommends "${packages[@]}"

npm install --prefix build/restarters --no-save --no-audit --no-fund pm2@7
