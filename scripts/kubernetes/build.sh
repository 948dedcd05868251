#!/bin/bash
# Builds a Kubernetes from Debian's source package, with all that its cluster needs, once into KUBERNETES_CACHE. Nothing
# else of the machine changes: packages are unpacked, not installed. Runs again where it was ended; takes 12 minutes of CPU.
set -euo pipefail
cd "$(dirname "$0")"
. ./places.sh

skip() {
  echo "Skipped: no Kubernetes is built, since $1."
  exit 0
}
[ "$(id -u)" = 0 ] || skip 'its cluster needs root'
command -v apt-get >/dev/null || skip 'this machine has no apt-get'

mkdir -p "$KUBERNETES_CACHE"
exec 9>"$KUBERNETES_CACHE/lock"
flock 9
if [ -e "$KUBERNETES_CACHE/built" ]; then
  echo "There is a Kubernetes $(cat "$KUBERNETES_CACHE/built") in $KUBERNETES_CACHE."
  exit 0
fi

build=$KUBERNETES_CACHE/build
mkdir -p "$build/apt/partial" "$build/debs" "$build/go" "$PROGRAMS" "$ROOT"
say() { printf '%(%T)T %s\n' -1 "$*"; }

# Lists of its own, with the sources, which most machines leave out.
form='[] $(REPO_URI) $(RELEASE) $(COMPONENT)'
targets=$(apt-get indextargets --format "$form" 'Created-By: Packages' 'Origin: Debian')
printf '%s\n' "${targets//\[\]/deb}" "${targets//\[\]/deb-src}" >"$build/sources.list"
apt() {
  local own=(Dir::Etc::SourceList="$build/sources.list" Dir::Etc::SourceParts=/dev/null Dir::State::Lists="$build/apt" APT::Sandbox::User=root)
  apt-get -qq "${own[@]/#/-o}" "$@"
}
[ -n "$targets" ] || skip 'Debian is the one that has its source'
apt update

if [ ! -x "$build/go/usr/lib/go-1.19/bin/go" ] || [ ! -x "$ROOT/usr/bin/etcd" ]; then
  say 'Fetches the compiler, and what a cluster needs beside Kubernetes'
  (cd "$build/debs" && apt download golang-1.19-go golang-1.19-src) || skip 'this Debian has no Go 1.19, which its source needs'
  for deb in "$build"/debs/*.deb; do dpkg -x "$deb" "$build/go"; done
  rm "$build"/debs/*
  (
    cd "$build/debs" && apt download docker.io containerd runc tini etcd-server kubernetes-client containernetworking-plugins \
      conntrack iptables ipset ethtool libip4tc2 libip6tc2 libxtables12 libipset13 libnetfilter-conntrack3 libnfnetlink0 \
      libnftnl11 libdevmapper1.02.1
  )
  for deb in "$build"/debs/*.deb; do dpkg -x "$deb" "$ROOT"; done
fi

if [ ! -d "$build/source" ]; then
  say 'Fetches the source of Kubernetes'
  (cd "$build/debs" && apt source --download-only kubernetes)
  mkdir "$build/unpacked"
  tar -xf "$build"/debs/kubernetes_*.orig.tar.* -C "$build/unpacked"
  (cd "$build/unpacked" && echo kubernetes-* | sed 's/^kubernetes-//' >"$build/version" && mv kubernetes-* "$build/source")
fi
version=$(cat "$build/version")

# The packages that the source needs lie beside it, as of a time before Go's modules.
export GOROOT=$build/go/usr/lib/go-1.19 GOCACHE=$build/go-cache GOPATH=$build/go-path
export GO111MODULE=off GOPROXY=off CGO_ENABLED=0
export PATH=$GOROOT/bin:$PATH
mkdir -p "$GOPATH/src/k8s.io"
ln -sfn "$build/source" "$GOPATH/src/k8s.io/kubernetes"
cd "$GOPATH/src/k8s.io/kubernetes"

# What a component says that it is: the others ask.
flags='-s -w'
for package in component-base/version client-go/pkg/version; do
  for word in gitVersion=v$version gitMajor=${version%%.*} gitMinor=$(echo "$version" | cut -d. -f2) gitTreeState=clean; do
    flags+=" -X k8s.io/kubernetes/vendor/k8s.io/$package.$word"
  done
done
compile() { # compile NAME PACKAGE
  [ ! -x "$PROGRAMS/$1" ] || return 0
  say "Builds $1"
  # Complete, or not there.
  go build -tags providerless -ldflags "$flags" -o "$build/$1" "$2"
  mv "$build/$1" "$PROGRAMS/$1"
}

compile kubelet k8s.io/kubernetes/cmd/kubelet
# The API server's own description is generated, and no part of the source package.
generated=pkg/generated/openapi
if [ ! -e $generated/complete ]; then
  say "Generates the API server's description"
  go build -o "$build/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
  described=$(
    {
      find pkg cmd plugin -name '*.go' ! -name 'zz_generated*'
      # vendor/k8s.io is full of links.
      find -L vendor/k8s.io -name '*.go' ! -name 'zz_generated*' ! -path '*/code-generator/*' ! -path '*/sample-apiserver/*'
    } | { xargs grep -l '^// +k8s:openapi-gen=' || true; } | xargs -n 1 dirname | sort -u | sed 's#^#k8s.io/kubernetes/#' | paste -sd,
  )
  "$build/openapi-gen" --logtostderr -i "$described" -p k8s.io/kubernetes/$generated -O zz_generated.openapi \
    -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$build/openapi-violations" --output-base "$GOPATH/src"
  touch $generated/complete
fi
for program in kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
  compile $program k8s.io/kubernetes/cmd/$program
done
compile pause "$SCRIPTS/pause.go"

# Debian chooses between two of them by links of its own, which are not in the package.
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -sfn ../root/usr/sbin/xtables-legacy-multi "$PROGRAMS/$name"
done
cd "$SCRIPTS"
rm -rf "$build"
echo "$version" >"$KUBERNETES_CACHE/built"
say "A Kubernetes $version is in $KUBERNETES_CACHE"
