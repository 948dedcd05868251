#!/bin/bash
# Installs, on Debian and Ubuntu, the database servers that `npm run test:databases` starts. Needs root.
set -euo pipefail

export DEBIAN_FRONTEND=noninteractive
# The tests start servers of their own: the packages shall start none.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends postgresql mariadb-server redis-server
