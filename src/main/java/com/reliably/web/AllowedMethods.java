package com.reliably.web;

import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Knows which HTTP methods a path has. Quarkus REST answers 404 where several resource classes share the beginning of a
 * path and none of them has the method; RFC 9110 (15.5.6) wants a 405 that names those that exist.
 */
@Singleton
final class AllowedMethods {

    private static final Pattern PARAMETER = Pattern.compile("\\{[^}]*}");

    private final BeanManager beans;
    private volatile Map<Template, Set<String>> byPath;

    AllowedMethods(BeanManager beans) {
        this.beans = beans;
    }

    /**
     * The methods of a path as it was requested, in alphabetical order; empty where there is no such path. Of several templates
     * that fit, those count that say most of the path themselves (JAX-RS, 3.7.2): {@code /deployments/search} is no deployment.
     */
    Set<String> of(String path) {
        if (byPath == null) {
            byPath = collect();
        }
        Set<String> methods = new TreeSet<>();
        int said = -1;
        for (Map.Entry<Template, Set<String>> known : byPath.entrySet()) {
            Template template = known.getKey();
            if (template.literals >= said && template.pattern.matcher(path).matches()) {
                if (template.literals > said) {
                    methods.clear();
                    said = template.literals;
                }
                methods.addAll(known.getValue());
            }
        }
        return methods;
    }

    private Map<Template, Set<String>> collect() {
        Map<String, Set<String>> byTemplate = new HashMap<>();
        for (Bean<?> bean : beans.getBeans(Object.class, Any.Literal.INSTANCE)) {
            Path base = bean.getBeanClass().getAnnotation(Path.class);
            if (base != null) {
                for (Method method : bean.getBeanClass().getDeclaredMethods()) {
                    addMethod(byTemplate, base.value(), method);
                }
            }
        }
        Map<Template, Set<String>> patterns = new HashMap<>();
        byTemplate.forEach((template, methods) -> patterns.put(toPattern(template), methods));
        return patterns;
    }

    private static void addMethod(Map<String, Set<String>> byTemplate, String base, Method method) {
        for (Annotation annotation : method.getAnnotations()) {
            HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
            if (verb != null) {
                Path path = method.getAnnotation(Path.class);
                String template = path == null ? base : base + "/" + path.value();
                Set<String> methods = byTemplate.computeIfAbsent(template.replaceAll("/+", "/"), t -> new TreeSet<>());
                methods.add(verb.value());
                if (verb.value().equals(HttpMethod.GET)) {
                    methods.add(HttpMethod.HEAD);
                }
            }
        }
    }

    /** The pattern of a path, and how many characters of it are no parameter's. */
    private record Template(Pattern pattern, int literals) {}

    private static Template toPattern(String template) {
        StringBuilder regex = new StringBuilder();
        int from = 0;
        var parameters = PARAMETER.matcher(template);
        while (parameters.find()) {
            regex.append(Pattern.quote(template.substring(from, parameters.start())))
                    .append("[^/]+");
            from = parameters.end();
        }
        Pattern pattern = Pattern.compile(regex + Pattern.quote(template.substring(from)) + "/?");
        return new Template(pattern, PARAMETER.matcher(template).replaceAll("").length());
    }
}
