package com.reliably.runner.github.workflow;

import java.util.Optional;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** What a mapping of a YAML document has, by the names of its members. */
final class Members {

    private Members() {}

    static Optional<NodeTuple> entry(MappingNode mapping, String key) {
        return mapping.getValue().stream().filter(tuple -> isKey(tuple, key)).findFirst();
    }

    static boolean isKey(NodeTuple entry, String key) {
        return scalar(entry.getKeyNode()).filter(key::equals).isPresent();
    }

    /** A member that is a mapping itself; empty where it is none. */
    static Optional<MappingNode> mapping(MappingNode mapping, String key) {
        return entry(mapping, key)
                .map(NodeTuple::getValueNode)
                .filter(MappingNode.class::isInstance)
                .map(MappingNode.class::cast);
    }

    /** A member that is a scalar, as it is read; empty where it is none. */
    static Optional<String> value(MappingNode mapping, String key) {
        return entry(mapping, key).map(NodeTuple::getValueNode).flatMap(Members::scalar);
    }

    static Optional<String> scalar(Node node) {
        return node instanceof ScalarNode scalar ? Optional.of(scalar.getValue()) : Optional.empty();
    }
}
