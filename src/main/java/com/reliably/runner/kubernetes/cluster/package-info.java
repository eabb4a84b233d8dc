/**
 * Clusters as deployments name them, and clients for them: whose credentials are taken, renewed and kept for how long
 * ({@link com.reliably.runner.kubernetes.cluster.KubernetesClusters}), and what is said of a cluster that does not answer.
 * It knows nothing of runs.
 */
package com.reliably.runner.kubernetes.cluster;
