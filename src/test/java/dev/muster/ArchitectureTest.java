package dev.muster;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may know whom: the table of contents, executable. */
class ArchitectureTest {
    private static final String BASE = "dev.muster";

    /** The chapters in reading order, then what stands around them. Each may use those before it and {@link #COMMON}. */
    private static final List<String> STORY = List.of(
            "delivery",
            "operation",
            "normalize",
            "decide",
            "golden",
            "pull",
            "push",
            "alert",
            "admin",
            "camel",
            "cli",
            "demo");

    /** What every chapter may use. */
    private static final List<String> COMMON = List.of(
            "canonical", "failure", "platform", "db", "meter", "call", "audit", "credential", "quota", "access");

    /** Where people are spoken to on the terminal. */
    private static final List<String> TERMINAL = List.of("cli", "demo");

    /** Class name to the reason why it may keep a name that says nothing. Empty is best. */
    private static final Map<String, String> NAME_WAIVERS = Map.of();

    private static final List<String> EMPTY_WORDS =
            List.of("Util", "Utils", "Helper", "Helpers", "Manager", "Processor", "Data", "Info");

    private static final JavaClasses MUSTER = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(BASE);

    @Test
    void everyPackageHasItsPlace() {
        List<String> known = Stream.concat(STORY.stream(), COMMON.stream()).toList();
        List<String> homeless = MUSTER.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> !name.equals(BASE))
                .map(name -> name.substring(BASE.length() + 1).split("\\.")[0])
                .distinct()
                .filter(name -> !known.contains(name))
                .toList();

        assertThat(MUSTER).as("classes of %s: were they compiled?", BASE).isNotEmpty();
        assertThat(homeless)
                .as("Packages that are neither a chapter nor common. Add each to STORY, at its place in the story, "
                        + "or to COMMON, in ArchitectureTest")
                .isEmpty();
    }

    @Test
    void importsPointUpstream() {
        for (int i = 0; i + 1 < STORY.size(); i++) {
            noClasses()
                    .that()
                    .resideInAPackage(packageOf(STORY.get(i)))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(packagesOf(STORY.subList(i + 1, STORY.size())))
                    .because("a chapter knows only earlier ones: move the shared type to the earlier chapter or to a "
                            + "common package, or let Wiring hand it over behind an interface of the earlier chapter")
                    .allowEmptyShould(true)
                    .check(MUSTER);
        }
    }

    @Test
    void commonPackagesKnowNoChapter() {
        noClasses()
                .that()
                .resideInAnyPackage(packagesOf(COMMON))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packagesOf(STORY))
                .because("every chapter uses the common packages: move the class to the chapter it speaks of, or hand "
                        + "it what it needs as an argument")
                .allowEmptyShould(true)
                .check(MUSTER);
    }

    @Test
    void onlyTheOutsideKnowsTheWiring() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        packagesOf(Stream.concat(STORY.subList(0, STORY.indexOf("camel")).stream(), COMMON.stream())
                                .toList()))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(BASE)
                .because("Wiring calls constructors, never the other way round: take what you need as an argument")
                .allowEmptyShould(true)
                .check(MUSTER);
    }

    @Test
    void camelStaysInItsPackage() {
        noClasses()
                .that()
                .resideOutsideOfPackages(BASE, packageOf("camel"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.camel..")
                .because("beans decide and routes connect: take the body as an argument and return a value; what needs "
                        + "an Exchange belongs to dev.muster.camel")
                .allowEmptyShould(true)
                .check(MUSTER);
    }

    @Test
    void decisionsAreAPureFunction() {
        noClasses()
                .that()
                .resideInAPackage(packageOf("decide"))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "java.net..", packageOf("db"))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Clock.class)
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .because("the same sources must give the same golden record on any day: pass instants and rows in as "
                        + "values")
                .allowEmptyShould(true)
                .check(MUSTER);
    }

    @Test
    void logsGoThroughSlf4j() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.logging..", "org.apache.logging..", "org.apache.log4j..")
                .because("log4j2.xml forms the lines: use org.slf4j.Logger")
                .check(MUSTER);
    }

    @Test
    void onlyTheTerminalPrints() {
        noClasses()
                .that()
                .resideOutsideOfPackages(packagesOf(TERMINAL))
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(Throwable.class, "printStackTrace")
                .because("what is printed past the log has no time, no level and no operation id: log it, or return it "
                        + "to dev.muster.cli")
                .check(MUSTER);
    }

    @Test
    void namesSayWhatAThingIs() {
        List<String> empty = MUSTER.stream()
                .filter(ArchitectureTest::saysNothing)
                .map(JavaClass::getName)
                .filter(name -> !NAME_WAIVERS.containsKey(name))
                .toList();

        assertThat(empty)
                .as(
                        "Classes whose names end in one of %s. Name each by what it is, by a noun that could head a page; "
                                + "a method without a home belongs to the type it is about. Or add it to NAME_WAIVERS with the "
                                + "reason",
                        EMPTY_WORDS)
                .isEmpty();
        assertThat(NAME_WAIVERS.keySet())
                .as("NAME_WAIVERS names classes that are gone: remove them there")
                .allMatch(MUSTER::contain);
    }

    private static boolean saysNothing(JavaClass type) {
        String name = type.getSimpleName();
        return EMPTY_WORDS.stream().anyMatch(name::endsWith);
    }

    private static String packageOf(String chapter) {
        return BASE + "." + chapter + "..";
    }

    private static String[] packagesOf(List<String> chapters) {
        return chapters.stream().map(ArchitectureTest::packageOf).toArray(String[]::new);
    }
}
