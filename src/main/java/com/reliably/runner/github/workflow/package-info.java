/**
 * The file of a plan's workflow: {@link com.reliably.runner.github.workflow.WorkflowFile} makes it from a template and a
 * {@link com.reliably.runner.github.workflow.WorkflowOrder}; {@link com.reliably.runner.github.workflow.GitHubCron} says a
 * schedule in GitHub's words. Text comes in and text goes out: nothing here asks GitHub, waits, or knows the time.
 */
package com.reliably.runner.github.workflow;
