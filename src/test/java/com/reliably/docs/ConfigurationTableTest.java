package com.reliably.docs;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.is;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The README's table names every setting of the server, and none that does not exist. */
class ConfigurationTableTest {

    private static final Pattern SETTING = Pattern.compile("(?m)^\\| `(RELIABLY_[A-Z_]+)` \\|");

    /** Not in a mapping: the scheduler reads it by its name. */
    private static final String KEY_ROTATION = "RELIABLY_KEY_ROTATION_EVERY";

    @Test
    void everySettingIsInTheTableAndTheTableNamesNoOther() throws IOException {
        Set<String> declared = declared();
        assertThat(declared, hasItem("RELIABLY_DATA_DIR"));
        Set<String> documented = documented();
        assertThat("not in the README", without(declared, documented), is(empty()));
        assertThat("in the README only", without(documented, declared), is(empty()));
    }

    private static Set<String> declared() {
        Set<String> names = new TreeSet<>(Set.of(KEY_ROTATION));
        for (JavaClass mapping : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("com.reliably")) {
            if (mapping.isAnnotatedWith(ConfigMapping.class)) {
                String prefix = mapping.getAnnotationOfType(ConfigMapping.class).prefix();
                ConfigMappings.getProperties(new ConfigClass(mapping.reflect(), prefix))
                        .forEach((name, property) -> {
                            if (property.isLeaf()
                                    || property.isPrimitive()
                                    || property.isOptional()
                                    || property.isCollection()) {
                                names.add(name.replaceAll("\\[\\*]$", "")
                                        .replaceAll("[.-]", "_")
                                        .toUpperCase(Locale.ROOT));
                            }
                        });
            }
        }
        return names;
    }

    private static Set<String> documented() throws IOException {
        Set<String> names = new TreeSet<>();
        Matcher rows = SETTING.matcher(Files.readString(Path.of("README.md")));
        while (rows.find()) {
            names.add(rows.group(1));
        }
        return names;
    }

    private static Set<String> without(Set<String> some, Set<String> others) {
        Set<String> left = new TreeSet<>(some);
        left.removeAll(others);
        return left;
    }
}
