#!/bin/bash
# Boots a systemd of its own on a machine that has another PID 1, and ends it when standard input ends.
#
#   systemd-sandbox.sh FOLDER NODE
#
# FOLDER/units holds the units; the whole FOLDER is /srv inside, and the program NODE is /srv/node. Says
# "ready PID" when units can be started, PID being the manager's as seen from outside. Needs root.
#
# The manager is PID 1 of PID, mount, cgroup, IPC and UTS namespaces of its own; the network is the caller's.
# A systemd that finds itself in the machine's root cgroup would take every process of the machine into its
# own tree. Two guards make sure that this one cannot, and must stay.
set -euo pipefail

refuse() {
  echo "systemd-sandbox: $1: refusing to start systemd" >&2
  exit 90
}

refuse_unless_in_namespaces() { # before anything is mounted
  [[ $$ == 1 ]] || refuse 'not PID 1 of a namespace'
  # The root of a cgroup namespace is seen as "/".
  [[ $(grep '^0::' /proc/self/cgroup) == '0::/' ]] || refuse 'not in a cgroup namespace'
}

refuse_unless_confined() { # once the cgroups that systemd will see are mounted
  # The machine's root cgroup alone has no type.
  [[ -e /sys/fs/cgroup/cgroup.type ]] || refuse "in the machine's root cgroup"
  # A process of another PID namespace shows as 0.
  if grep -qvxE '[1-9][0-9]*' /sys/fs/cgroup/cgroup.procs; then refuse 'foreign processes in the cgroup'; fi
}

become_systemd() { # runs as PID 1 of the new namespaces
  local folder=$1 node=$2
  refuse_unless_in_namespaces
  umount -R /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  refuse_unless_confined

  # Whatever systemd and the units write stays in here.
  mount --bind /proc/sys /proc/sys
  mount -o remount,ro,bind /proc/sys
  touch "$folder/node"
  mount --bind "$folder" /srv
  mount --bind "$node" /srv/node
  mount -t tmpfs -o mode=755,size=64m tmpfs /run
  mount -t tmpfs -o mode=755,size=64m tmpfs /var/lib
  mkdir -p /run/systemd/system /run/no-generators

  cd /
  exec env -i PATH="$PATH" container=sandbox SYSTEMD_UNIT_PATH=/srv/units SYSTEMD_LOG_TARGET=null \
    SYSTEMD_GENERATOR_PATH=/run/no-generators SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/run/no-generators \
    /lib/systemd/systemd --system --unit=sandbox.target --show-status=0
}

if [[ $1 == --inside ]]; then
  become_systemd "$2" "$3"
fi

folder=$(readlink -f "$1")
node=$(readlink -f "$2")
self=$(readlink -f "$0")
cgroup=$(findmnt --types cgroup2 --noheadings --first-only --output TARGET)/isolate-systemd-$$
manager=

end() {
  [[ -z $manager ]] || kill -KILL "$manager" 2>/dev/null || true
  for _ in {1..100}; do
    [[ -d $cgroup ]] || return 0
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
    sleep 0.1
  done
  echo "systemd-sandbox: $cgroup is still there" >&2
}
trap end EXIT
trap 'exit 1' INT TERM HUP

# The targets that systemd and plain units want to exist.
for target in basic multi-user network paths sandbox shutdown sockets sysinit timers umount; do
  printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$target" >"$folder/units/$target.target"
done

mkdir "$cgroup"
# PID 1 alone enters the cgroup, and only then makes it the root of its cgroup namespace.
unshare --mount --pid --ipc --uts --fork --kill-child --propagation private --mount-proc \
  bash -c 'echo $$ >"$1/cgroup.procs"; exec unshare --cgroup "$2" --inside "$3" "$4"' \
  _ "$cgroup" "$self" "$folder" "$node" </dev/null >&2 &
outer=$!

for _ in {1..200}; do
  kill -0 "$outer" 2>/dev/null || exit 1
  manager=$(pgrep --parent "$outer" | head -n 1 || true)
  state=$([[ -z $manager ]] || nsenter --target "$manager" --mount --pid --cgroup --ipc --uts \
    systemctl is-system-running 2>/dev/null || true)
  if [[ $state == running || $state == degraded ]]; then
    echo "ready $manager"
    cat >/dev/null
    exit 0
  fi
  sleep 0.05
done
echo 'systemd-sandbox: the manager did not come up' >&2
exit 1
