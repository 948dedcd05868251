#!/bin/bash
# The first process of the namespaces that cluster.sh makes: starts the cluster in them, and ends when a part of it ends.
set -euo pipefail
. ./places.sh
folder=$1
export PATH=$PROGRAMS:$ROOT/usr/bin:$ROOT/usr/sbin:$ROOT/sbin:$PATH
export LD_LIBRARY_PATH=$ROOT/usr/lib/$(uname -m)-linux-gnu
export XTABLES_LIBDIR=$LD_LIBRARY_PATH/xtables
export DOCKER_HOST=unix://$folder/docker.sock DOCKER_CONFIG=$folder/docker-client KUBECONFIG=$folder/kubeconfig
mkdir "$folder/log"

say() { printf '%(%T)T %s\n' -1 "$*"; }
daemons=()
daemon() { # daemon PROGRAM ARGUMENT…
  "$@" >"$folder/log/$1.log" 2>&1 &
  daemons+=($!)
}
await() { # await WHAT COMMAND…
  local what=$1 end=$((SECONDS + 180))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $end ]; then
      say "Waited for $what in vain"
      tail -n 20 "$folder"/log/*.log
      exit 1
    fi
    sleep 0.2
  done
  say "$what"
}

# --- What these programs write at fixed places.
for place in run var/lib var/log; do
  mkdir -p "$folder/places/$place"
  mount --bind "$folder/places/$place" "/$place"
done
# The kubelet sets these, which are the whole machine's.
for tunable in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  copy=$folder/places/${tunable//\//.}
  cat "/proc/sys/$tunable" >"$copy"
  mount --bind "$copy" "/proc/sys/$tunable"
done

# --- The network: the node's address, and a bridge for the pods. Docker's own would not do: with every pod that goes, it
# has the kernel forget the connections of the ports that it had, which by then may be those of others.
address=192.168.77.2
ip link set lo up
ip link add node0 type bridge
ip address add $address/24 dev node0
ip link set node0 up
ip route add default via 192.168.77.1 dev node0
echo 1 >/proc/sys/net/ipv4/ip_forward
mkdir "$folder/cni"
cat >"$folder/cni/pods.conf" <<JSON
{
  "cniVersion": "0.3.1", "name": "pods", "type": "bridge", "bridge": "pods0", "isGateway": true, "isDefaultGateway": true,
  "ipam": { "type": "host-local", "subnet": "10.88.0.0/16", "dataDir": "$folder/cni-addresses" }
}
JSON

# --- The cgroup of all pods. A new cpuset has no CPU until it is told.
for controller in /sys/fs/cgroup/*/; do
  [ ! -e "$controller/cgroup.procs" ] || mkdir -p "$controller/$CGROUP"
done
for file in cpuset.cpus cpuset.mems; do cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/$CGROUP/$file"; done
# Enough for the app to boot and to answer its probes beside whatever else the machine does.
echo 8192 >"/sys/fs/cgroup/cpu/$CGROUP/cpu.shares"

# --- The containers.
if ! (echo -1 >/proc/self/oom_score_adj) 2>/dev/null; then
  # The kubelet wants a negative score for the pause container, which not every root may give.
  mkdir "$folder/programs"
  cat >"$folder/programs/runc" <<SCRIPT
#!/bin/sh
for word; do
  [ "\$before" != --bundle ] || sed -i 's/"oomScoreAdj":-[0-9]*/"oomScoreAdj":0/' "\$word/config.json"
  before=\$word
done
exec "$ROOT/usr/sbin/runc" "\$@"
SCRIPT
  chmod +x "$folder/programs/runc"
  export PATH=$folder/programs:$PATH
fi
echo '{}' >"$folder/daemon.json"
daemon containerd --config /dev/null --address "$folder/containerd.sock" --root "$folder/containerd" --state "$folder/containerd-state"
daemon dockerd --config-file "$folder/daemon.json" --host "$DOCKER_HOST" --containerd "$folder/containerd.sock" \
  --data-root "$folder/docker" --exec-root "$folder/docker-exec" --pidfile "$folder/docker.pid" \
  --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$CGROUP" --bridge=none \
  --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false
await 'the container engine' docker version
tar -C "$PROGRAMS" -c pause | docker import --change 'ENTRYPOINT ["/pause"]' - pause:1 >/dev/null

# --- The control plane.
: >"$folder/tokens.csv"
user() { # user FILE NAME GROUP…: makes FILE, by which kubectl and the others are that user.
  local token=$2-token
  echo "$token,$2,$2,\"${*:3}\"" >>"$folder/tokens.csv"
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
clusters: [{ name: test, cluster: { server: "https://$address:6443", insecure-skip-tls-verify: true } }]
users: [{ name: "$2", user: { token: "$token" } }]
contexts: [{ name: test, context: { cluster: test, user: "$2" } }]
current-context: test
YAML
}
user "$KUBECONFIG" admin system:masters
user "$folder/kubelet.conf" system:node:node system:nodes
for component in kube-controller-manager kube-scheduler kube-proxy; do user "$folder/$component.conf" system:$component; done
openssl genrsa -out "$folder/accounts.key" 2048 2>/dev/null
daemon etcd --data-dir "$folder/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379
await etcd bash -c ': </dev/tcp/127.0.0.1/2379'
daemon kube-apiserver --etcd-servers=http://127.0.0.1:2379 --advertise-address=$address --bind-address=$address --secure-port=6443 \
  --cert-dir="$folder/apiserver-certificates" --token-auth-file="$folder/tokens.csv" --authorization-mode=AlwaysAllow \
  --service-cluster-ip-range=10.96.0.0/16 --service-account-issuer=https://kubernetes.default.svc \
  --service-account-key-file="$folder/accounts.key" --service-account-signing-key-file="$folder/accounts.key" \
  --kubelet-preferred-address-types=InternalIP --endpoint-reconciler-type=lease
await 'the API server' kubectl get --raw /readyz
# A node that is late on a busy machine is not one that is gone.
daemon kube-controller-manager --kubeconfig="$folder/kube-controller-manager.conf" --leader-elect=false \
  --service-account-private-key-file="$folder/accounts.key" --root-ca-file="$folder/apiserver-certificates/apiserver.crt" \
  --cert-dir="$folder/controller-manager-certificates" --node-monitor-grace-period=5m
daemon kube-scheduler --kubeconfig="$folder/kube-scheduler.conf" --leader-elect=false --cert-dir="$folder/scheduler-certificates"

# --- The node.
daemon kubelet --kubeconfig="$folder/kubelet.conf" --hostname-override=node --node-ip=$address --root-dir="$folder/kubelet" \
  --cert-dir="$folder/kubelet-certificates" --volume-plugin-dir="$folder/volume-plugins" --resolv-conf= --fail-swap-on=false \
  --container-runtime=docker --docker-endpoint="$DOCKER_HOST" --docker-root="$folder/docker" --pod-infra-container-image=pause:1 \
  --network-plugin=cni --cni-bin-dir="$ROOT/usr/lib/cni" --cni-conf-dir="$folder/cni" --cni-cache-dir="$folder/cni-cache" \
  --cgroup-driver=cgroupfs --cgroup-root="/$CGROUP" --runtime-cgroups= --kubelet-cgroups= \
  --anonymous-auth=true --authorization-mode=AlwaysAllow --eviction-hard= --image-gc-high-threshold=100
daemon kube-proxy --kubeconfig="$folder/kube-proxy.conf" --hostname-override=node --proxy-mode=iptables --conntrack-max-per-core=0 \
  --conntrack-min=0 --conntrack-tcp-timeout-established=0 --conntrack-tcp-timeout-close-wait=0
await 'the node' kubectl wait --for=condition=Ready --timeout=1s node/node
echo ready

wait -n "${daemons[@]}" || true
say 'A part of the cluster has ended'
tail -n 20 "$folder"/log/*.log
exit 1
