/**
 * Runs plans as workflows of GitHub repositories: what is dispatched, looked for, followed and ended, the schedules that
 * GitHub keeps, and what would stop a run. What knows nothing of runs is below, and knows nothing of this package either:
 *
 * <ul>
 *   <li>{@code api}: one repository, with one set of credentials, as GitHub's API has it
 *   <li>{@code workflow}: the file of a plan's workflow, as text
 *   <li>{@code repository}: what this server leaves in people's repositories
 *   <li>{@code webhook}: what GitHub tells by itself
 * </ul>
 */
package com.reliably.runner.github;
