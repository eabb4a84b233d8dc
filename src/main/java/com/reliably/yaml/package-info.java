/**
 * YAML of strangers, read as the program that will run it reads it: PyYAML for experiments, kubectl for manifests and
 * kubeconfigs. May use nothing of the server.
 */
package com.reliably.yaml;
