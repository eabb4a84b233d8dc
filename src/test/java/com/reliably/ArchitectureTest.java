package com.reliably;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.reliably.access.Caller;
import com.reliably.access.Permit;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.time.Instant;
import java.util.Calendar;
import java.util.Date;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.junit.jupiter.api.Test;

/** Rules of the layout that the compiler does not know. */
class ArchitectureTest {

    private static final JavaClasses SERVER =
            new ClassFileImporter().importPaths(List.of(java.nio.file.Path.of("target/classes/com/reliably")));

    private static final DescribedPredicate<JavaMethod> ENDPOINTS =
            DescribedPredicate.describe("that are endpoints", method -> method.getAnnotations().stream()
                    .anyMatch(annotation -> annotation.getRawType().isAnnotatedWith(HttpMethod.class)));

    @Test
    void everyEndpointSaysWhoMayCallIt() {
        methods()
                .that(ENDPOINTS)
                .and()
                .areDeclaredInClassesThat(belowApi())
                .should()
                .beAnnotatedWith(Permit.class)
                .check(SERVER);
    }

    @Test
    void everyEndpointIsDescribed() {
        methods()
                .that(ENDPOINTS)
                .and()
                .areDeclaredInClassesThat(belowApi())
                .should()
                .beAnnotatedWith(Operation.class)
                .check(SERVER);
    }

    @Test
    void everyEndpointIsPublicBecauseOthersAreSilentlyIgnored() {
        methods().that(ENDPOINTS).should().bePublic().check(SERVER);
    }

    @Test
    void noEndpointBlocks() {
        // One that returns a plain value runs on a worker thread, where the access filter cannot reach the database.
        methods().that(ENDPOINTS).should(returnAPipeline()).check(SERVER);
    }

    @Test
    void repositoriesAreUsedByTheirOwnFeatureOnly() {
        classes()
                .that(are(simpleNameEndingWith("Repository")))
                .should(new ArchCondition<>("be used in their own package only") {
                    @Override
                    public void check(JavaClass repository, ConditionEvents events) {
                        repository.getDirectDependenciesToSelf().stream()
                                .filter(use ->
                                        !use.getOriginClass().getPackage().equals(repository.getPackage()))
                                .forEach(use -> events.add(SimpleConditionEvent.violated(use, use.getDescription())));
                    }
                })
                .check(SERVER);
    }

    @Test
    void nothingWaitsForAPipeline() {
        noClasses()
                .should()
                .callMethodWhere(target(name("await")).and(target(owner(assignableTo(Uni.class)))))
                .check(SERVER);
    }

    @Test
    void timesAreInstantsFromTheInjectedClock() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Date.class, Calendar.class)
                .check(SERVER);
        noClasses().should().callMethod(Instant.class, "now").check(SERVER);
    }

    @Test
    void featuresDoNotDependOnEachOtherInCircles() {
        slices().matching("com.reliably.(*)..")
                .should()
                .beFreeOfCycles()
                // Making a token is audited, and the audit trail says which token acted.
                .ignoreDependency(resideInAPackage("com.reliably.audit"), type(Caller.class))
                .check(SERVER);
    }

    private static DescribedPredicate<JavaClass> belowApi() {
        return DescribedPredicate.describe(
                "below /api",
                type -> type.isAnnotatedWith(Path.class)
                        && type.getAnnotationOfType(Path.class).value().startsWith("/api"));
    }

    private static ArchCondition<JavaMethod> returnAPipeline() {
        return new ArchCondition<>("return a Uni or a Multi") {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                boolean pipeline = method.getRawReturnType().isAssignableTo(Uni.class)
                        || method.getRawReturnType().isAssignableTo(Multi.class);
                events.add(new SimpleConditionEvent(
                        method,
                        pipeline,
                        method.getDescription() + " returns "
                                + method.getRawReturnType().getName()));
            }
        };
    }
}
