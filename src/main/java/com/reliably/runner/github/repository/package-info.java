/**
 * What this server leaves in people's repositories, and takes away again: a plan's workflow, by a commit or a pull request
 * ({@link com.reliably.runner.github.repository.WorkflowKeeper}), and its token, as a secret of an environment
 * ({@link com.reliably.runner.github.repository.ServiceTokens}). Nothing of anybody else's is overwritten.
 */
package com.reliably.runner.github.repository;
