/**
 * Speaks to GitHub. {@link com.reliably.runner.github.api.GitHubApis} makes the API of a deployment's repository,
 * {@link com.reliably.runner.github.api.GitHubApi}; what GitHub does not do is a
 * {@link com.reliably.runner.github.api.GitHubFault}, which says whether it may have been done all the same. Which hosts are
 * called, redirects, times, sizes, limits, tokens of Apps and conditional requests are decided here, and nobody else sees
 * them.
 */
package com.reliably.runner.github.api;
