#!/bin/bash
# Runs the Kubernetes that build.sh has built, until its standard input ends: one node, in namespaces of its own for mounts,
# network and processes, of which nothing is left afterwards, however it ends. Needs root.
#
# Its first line of output: the process whose network is the node's, the folder of `kubeconfig`, `docker.sock` and `log`, and
# that of kubectl and docker. A line "ready" follows. With --check it only says which version it is, or what is missing.
#
# To look at it: nsenter --net=/proc/PROCESS/ns/net kubectl --kubeconfig FOLDER/kubeconfig …
set -euo pipefail
cd "$(dirname "$0")"
. ./places.sh
missing() {
  echo "$1" >&2
  exit 1
}
[ "$(id -u)" = 0 ] || missing 'a cluster needs root'
[ -e "$KUBERNETES_CACHE/built" ] || missing 'no Kubernetes is built: scripts/install-restarters.sh --kubernetes does it'
for program in ip nsenter openssl unshare; do command -v $program >/dev/null || missing "$program is not installed"; done
[ -d /sys/fs/cgroup/cpuset ] || missing 'this kubelet was run with cgroups of version 1 only'
if [ "${1-}" = --check ]; then exec cat "$KUBERNETES_CACHE/built"; fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/isolate-kubernetes-XXXXXX")
export CGROUP=${folder##*/}
remove() {
  # A cgroup outlives its processes, and is busy until the kernel has done with the last of them.
  for _ in {1..100}; do
    find /sys/fs/cgroup/*/"$CGROUP" -depth -type d -exec rmdir {} \; >/dev/null 2>&1 || true
    compgen -G "/sys/fs/cgroup/*/$CGROUP" >/dev/null || break
    sleep 0.2
  done
  rm -rf "$folder"
}
trap remove EXIT

exec 3<&0
cat <&3 >/dev/null 2>&1 &
input=$!
unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private bash ./node.sh "$folder" 3<&- </dev/null &
node=$!
echo "$node $folder $ROOT/usr/bin"

# Whichever comes first: the end of the input or of the node, or a signal.
trap : INT TERM HUP
wait -n || true
# It takes process 1 of the namespaces with it, and that one all others.
kill -KILL "$node" "$input" 2>/dev/null || true
wait "$node" "$input" 2>/dev/null || true
