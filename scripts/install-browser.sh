#!/bin/bash
# Installs, on Debian, the browser that `npm run test:browser` drives, where there is none. Needs root. (Ubuntu's
# package of that name is a pointer to a snap: install Chrome there.)
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exit 0; fi
done
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium
