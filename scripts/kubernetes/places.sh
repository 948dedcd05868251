# Sourced by the scripts beside it: where what they build and run is.
SCRIPTS=$PWD
export KUBERNETES_CACHE=${KUBERNETES_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fastify-isolate/kubernetes}
# What was built.
PROGRAMS=$KUBERNETES_CACHE/programs
# Debian's packages, unpacked.
ROOT=$KUBERNETES_CACHE/root
