package com.reliably.deployment;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.reliably.yaml.UnreadableYaml;
import com.reliably.yaml.YamlDialect;
import com.reliably.yaml.YamlReader;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A user's own Pod in YAML, whose first container runs the CLI. A Job, a CronJob or a PodTemplate is taken too: its
 * template is the Pod.
 */
public final class PodManifest {

    private static final ObjectMapper MODEL = newModel();

    private PodManifest() {}

    /**
     * The Pod of a manifest in which {@link KubernetesJobDefinition#check} found nothing wrong.
     *
     * @throws IllegalArgumentException where it is none
     */
    public static PodTemplateSpec template(String text) {
        try {
            return template(YamlReader.readMapping(text, YamlDialect.KUBECTL));
        } catch (UnreadableYaml e) {
            throw new IllegalArgumentException("The manifest is " + e.getMessage(), e);
        }
    }

    /** What is wrong with the manifest, and what would be right; empty where nothing is. */
    static Optional<String> fault(String text) {
        try {
            return faultOf(template(YamlReader.readMapping(text, YamlDialect.KUBECTL)));
        } catch (UnreadableYaml e) {
            return Optional.of("The manifest is " + e.getMessage());
        } catch (RuntimeException e) {
            return Optional.of("The manifest is not what Kubernetes would take: " + describe(e));
        }
    }

    private static PodTemplateSpec template(Map<?, ?> manifest) throws UnreadableYaml {
        String kind = String.valueOf(manifest.get("kind"));
        String version = String.valueOf(manifest.get("apiVersion"));
        PodTemplateSpec template =
                switch (version + " " + kind) {
                    case "v1 Pod" -> templateOf(MODEL.convertValue(manifest, Pod.class));
                    case "v1 PodTemplate" ->
                        MODEL.convertValue(manifest, PodTemplate.class).getTemplate();
                    case "batch/v1 Job" -> templateOf(MODEL.convertValue(manifest, Job.class));
                    case "batch/v1 CronJob" -> templateOf(MODEL.convertValue(manifest, CronJob.class));
                    default ->
                        throw new UnreadableYaml("not a Pod: give one with 'apiVersion: v1' and 'kind: Pod'"
                                + " (or a Job or CronJob of batch/v1, whose template is then taken)");
                };
        if (template == null || template.getSpec() == null) {
            throw new UnreadableYaml("a " + kind + " without the specification of a Pod ("
                    + (kind.equals("Pod") ? "'spec'" : "'template' with a 'spec'") + "); add it");
        }
        return template;
    }

    private static PodTemplateSpec templateOf(Pod pod) {
        return new PodTemplateSpec(pod.getMetadata(), pod.getSpec());
    }

    private static PodTemplateSpec templateOf(Job job) {
        return job.getSpec() == null ? null : job.getSpec().getTemplate();
    }

    private static PodTemplateSpec templateOf(CronJob cronJob) {
        return cronJob.getSpec() == null
                        || cronJob.getSpec().getJobTemplate() == null
                        || cronJob.getSpec().getJobTemplate().getSpec() == null
                ? null
                : cronJob.getSpec().getJobTemplate().getSpec().getTemplate();
    }

    private static Optional<String> faultOf(PodTemplateSpec template) {
        PodSpec spec = template.getSpec();
        List<Container> containers = spec.getContainers();
        if (containers == null || containers.isEmpty() || containers.get(0) == null) {
            return Optional.of("The Pod has no container; the first of its 'containers' runs the Reliably CLI");
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < containers.size(); i++) {
            Container container = containers.get(i);
            if (container == null
                    || container.getName() == null
                    || KubernetesNames.labelFault(container.getName()).isPresent()) {
                return Optional.of("containers[" + i + "] needs a 'name' that is a DNS label, as in 'chaostoolkit'");
            }
            if (!names.add(container.getName())) {
                return Optional.of("containers[" + i + "] has the name of another container; give it one of its own");
            }
            if (container.getImage() == null) {
                return Optional.of("containers[" + i + "] has no 'image'"
                        + (i == 0 ? "; name the one whose entrypoint is the Reliably CLI" : ""));
            }
            Optional<String> fault = ImageReference.fault(container.getImage());
            if (fault.isPresent()) {
                return Optional.of("containers[" + i + "]: " + fault.get());
            }
        }
        if ("Always".equals(spec.getRestartPolicy())) {
            return Optional.of("A Pod that runs a plan ends; leave 'restartPolicy' out, or set it to 'Never'");
        }
        return Optional.empty();
    }

    private static String describe(RuntimeException e) {
        if (!(e.getCause() instanceof JsonMappingException mapping)) {
            return "some member has a value of the wrong type";
        }
        StringBuilder place = new StringBuilder();
        for (JsonMappingException.Reference reference : mapping.getPath()) {
            if (reference.getFieldName() == null) {
                place.append('[').append(reference.getIndex()).append(']');
            } else {
                place.append(place.isEmpty() ? "" : ".").append(reference.getFieldName());
            }
        }
        return "'" + place + "' "
                + (mapping instanceof UnrecognizedPropertyException
                        ? "is not a member that it knows"
                        : "has the wrong type");
    }

    /** As strict as the API server: nothing unknown, and no number where there should be text. */
    private static ObjectMapper newModel() {
        JsonMapper mapper = JsonMapper.builder()
                .annotationIntrospector(new WithoutAnySetter())
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
        mapper.coercionConfigFor(LogicalType.Textual)
                .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
        return mapper;
    }

    /** The model's classes keep what they do not know; here it is refused. */
    private static final class WithoutAnySetter extends JacksonAnnotationIntrospector {

        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasAnySetter(Annotated annotated) {
            return false;
        }
    }
}
