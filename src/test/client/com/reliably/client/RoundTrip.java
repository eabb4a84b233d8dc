package com.reliably.client;

import com.reliably.client.api.DeploymentsApi;
import com.reliably.client.api.EnvironmentsApi;
import com.reliably.client.api.ExecutionsApi;
import com.reliably.client.api.ExperimentsApi;
import com.reliably.client.api.OrganizationsApi;
import com.reliably.client.api.PlansApi;
import com.reliably.client.model.Deployment;
import com.reliably.client.model.DeploymentCreate;
import com.reliably.client.model.DeploymentDefinition;
import com.reliably.client.model.Environment;
import com.reliably.client.model.EnvironmentCreate;
import com.reliably.client.model.EnvironmentSecret;
import com.reliably.client.model.EnvironmentVar;
import com.reliably.client.model.Execution;
import com.reliably.client.model.ExecutionFinishedState;
import com.reliably.client.model.ExecutionOutcome;
import com.reliably.client.model.ExecutionReport;
import com.reliably.client.model.ExecutionState;
import com.reliably.client.model.Executions;
import com.reliably.client.model.Experiment;
import com.reliably.client.model.ExperimentCreate;
import com.reliably.client.model.JsonText;
import com.reliably.client.model.NoopDeployment;
import com.reliably.client.model.Plan;
import com.reliably.client.model.PlanCreate;
import com.reliably.client.model.PlanDeployment;
import com.reliably.client.model.PlanEnvironment;
import com.reliably.client.model.PlanSchedule;
import com.reliably.client.model.PlanScheduleType;
import com.reliably.client.model.PlanStatus;
import com.reliably.client.model.Plans;
import com.reliably.client.model.Problem;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A day in the life of a client that was generated from the OpenAPI document. Compiled with it, and run as a program, by
 * GeneratedClientIT.
 */
public final class RoundTrip {

    private final ApiClient client;
    private final UUID orgId;

    private RoundTrip(String url, String token) throws ApiException {
        client = new ApiClient();
        client.updateBaseUri(url);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        orgId = new OrganizationsApi(client).listOrganizations(null, null).getItems().get(0).getId();
    }

    /** Arguments: the server's address, and a token. */
    public static void main(String... args) throws Exception {
        new RoundTrip(args[0], args[1]).make();
        System.out.println("round trip completed");
    }

    private void make() throws Exception {
        Deployment deployment = deployment();
        Environment environment = environment();
        Experiment experiment = experiment();
        Plan plan = plan(deployment, environment, experiment);
        Execution execution = execution(experiment, plan);
        delete(deployment, environment, experiment, plan, execution);
        aProblemIsReadable(deployment.getId());
    }

    private Deployment deployment() throws ApiException {
        DeploymentsApi deployments = new DeploymentsApi(client);
        Deployment created = deployments.createDeployment(orgId, new DeploymentCreate()
                .name("round trip")
                .definition(new DeploymentDefinition(new NoopDeployment().type(NoopDeployment.TypeEnum.NOOP))));
        same("noop", deployments.getDeployment(orgId, created.getId()).getDefinition().getNoopDeployment().getType().getValue());
        same(1L, deployments.searchDeployments(orgId, "ROUND", 1L, 10).getCount());
        return created;
    }

    private Environment environment() throws ApiException {
        EnvironmentsApi environments = new EnvironmentsApi(client);
        Environment created = environments.createEnvironment(orgId, new EnvironmentCreate()
                .name("round trip")
                .addEnvvarsItem(new EnvironmentVar().varName("TARGET_URL").value("https://shop.example.com"))
                .addSecretsItem(new EnvironmentSecret().key("token").varName("TOKEN").value("only for this test")));
        same("**********", created.getSecrets().get(0).getValue());
        same("only for this test", environments.getClearEnvironment(orgId, created.getId()).getSecrets().get(0).getValue());
        return created;
    }

    private Experiment experiment() throws ApiException {
        ExperimentsApi experiments = new ExperimentsApi(client);
        Experiment created = experiments.createExperiment(orgId, new ExperimentCreate()
                .definition(new JsonText(Map.of("title", "Round trip", "description", "A round trip", "method", List.of()))));
        same("Round trip", experiments.getRawExperiment(orgId, created.getId()).get("title"));
        return created;
    }

    private Plan plan(Deployment deployment, Environment environment, Experiment experiment) throws ApiException {
        PlansApi plans = new PlansApi(client);
        Plan created = plans.createPlan(orgId, new PlanCreate()
                .title("round trip")
                .deployment(new PlanDeployment().deploymentId(deployment.getId()))
                .environment(new PlanEnvironment().id(environment.getId()))
                .schedule(new PlanSchedule().type(PlanScheduleType.NOW))
                .addExperimentsItem(experiment.getId()));
        same(environment.getId(), created.getDefinition().getEnvironment().getId());
        Plans listed = plans.listPlans(orgId, null, 1L, 10);
        same(1L, listed.getCount());
        same(created.getId(), listed.getItems().get(0).getId());
        if (listed.getItems().get(0).getStatus() == PlanStatus.ERROR) {
            throw new AssertionError(listed.getItems().get(0).getError());
        }
        return created;
    }

    private Execution execution(Experiment experiment, Plan plan) throws ApiException {
        ExecutionsApi executions = new ExecutionsApi(client);
        UUID experimentId = experiment.getId();
        Execution created = executions.createExecution(orgId, experimentId, new ExecutionReport()
                .result(new JsonText("{\"status\": \"running\"}"))
                .planId(plan.getId()), "idempotency-key-" + UUID.randomUUID());
        executions.replaceExecutionResults(orgId, experimentId, created.getId(), new ExecutionReport()
                .result(new JsonText(Map.of("status", "completed", "deviated", false, "run", List.of())))
                .planId(plan.getId())
                .log("done\n"));
        executions.replaceExecutionState(orgId, experimentId, created.getId(), new ExecutionState(
                new ExecutionFinishedState()
                        .current(ExecutionFinishedState.CurrentEnum.FINISHED)
                        .planId(plan.getId())
                        .status(ExecutionOutcome.COMPLETED)
                        .deviated(false)));
        same("completed", executions.getExecutionResults(orgId, experimentId, created.getId()).get("status"));
        same("done\n", executions.getExecutionLog(orgId, experimentId, created.getId()));
        same(ExecutionOutcome.COMPLETED,
                executions.getExecutionState(orgId, experimentId, created.getId()).getExecutionFinishedState().getStatus());
        Executions listed = executions.listExecutionsOfPlan(orgId, plan.getId(), null, null);
        same(1L, listed.getCount());
        return created;
    }

    private void delete(
            Deployment deployment, Environment environment, Experiment experiment, Plan plan, Execution execution)
            throws ApiException {
        new ExecutionsApi(client).deleteExecution(orgId, experiment.getId(), execution.getId());
        new PlansApi(client).deletePlan(orgId, plan.getId());
        new ExperimentsApi(client).deleteExperiment(orgId, experiment.getId());
        new EnvironmentsApi(client).deleteEnvironment(orgId, environment.getId());
        new DeploymentsApi(client).deleteDeployment(orgId, deployment.getId());
    }

    private void aProblemIsReadable(UUID deleted) throws Exception {
        try {
            new DeploymentsApi(client).getDeployment(orgId, deleted);
        } catch (ApiException e) {
            same(404, e.getCode());
            same(404, client.getObjectMapper().readValue(e.getResponseBody(), Problem.class).getStatus());
            return;
        }
        throw new AssertionError("A deleted deployment is still there");
    }

    private static void same(Object expected, Object actual) {
        if (!expected.equals(actual)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }
}
