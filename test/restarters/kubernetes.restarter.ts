import { fatalFaults } from './kubernetes/fatal-faults.ts'
import { joinKindCluster, KIND_CLUSTER, missingKindCluster } from './kubernetes/kind-cluster.ts'
import { blockedLoop, lastWords } from './kubernetes/last-words.ts'
import { missingLocalCluster, startLocalCluster } from './kubernetes/local-cluster.ts'
import { lonePod } from './kubernetes/lone-pod.ts'
import { brokenVersion, lateCrash, rollingRestart } from './kubernetes/rollouts.ts'
import { slowPods } from './kubernetes/slow-pods.ts'
import type { OwnScenarios } from './support/restarter.ts'

/** The page: docs/restarters/kubernetes.md. */
export const restarter: OwnScenarios = {
  name: 'kubernetes',
  // CI of the repository builds none, and the workflow with kind asks for it.
  missingInCi: true,
  missing: KIND_CLUSTER === undefined ? missingLocalCluster : missingKindCluster,
  joinNetwork: KIND_CLUSTER === undefined ? startLocalCluster : () => joinKindCluster(KIND_CLUSTER!),
  scenarios: [
    ...fatalFaults,
    ...slowPods,
    ...rollingRestart,
    brokenVersion,
    ...lateCrash,
    lonePod,
    lastWords,
    blockedLoop,
  ],
}
