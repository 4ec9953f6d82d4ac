package dev.muster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** House rules for what no compiler reads: routes/, config/, docs/ and the text of everything. */
class TidyTest {
    private static final HouseRules HOUSE = new HouseRules(projectFolder());

    @Test
    void platformsAreWhole() {
        assertTidy(HOUSE.platformsAreWhole());
    }

    @Test
    void everyDirectHasItsConsumer() {
        assertTidy(HOUSE.everyDirectHasItsConsumer());
    }

    @Test
    void everyChoiceHasOtherwise() {
        assertTidy(HOUSE.everyChoiceHasOtherwise());
    }

    @Test
    void everyBeanExists() {
        assertTidy(HOUSE.everyBeanExists(Wiring.routeBeans().keySet()));
    }

    @Test
    void everyPropertyIsExplained() {
        assertTidy(HOUSE.everyPropertyIsExplained());
    }

    @Test
    void everyLinkLeadsSomewhere() {
        assertTidy(HOUSE.everyLinkLeadsSomewhere());
    }

    @Test
    void linesAreClean() {
        assertTidy(HOUSE.linesAreClean());
    }

    @Test
    void noPathOfOneMachine() {
        assertTidy(HOUSE.noPathOfOneMachine());
    }

    @Test
    void everyDocumentParses() {
        assertTidy(HOUSE.everyDocumentParses());
    }

    private static void assertTidy(List<String> problems) {
        assertThat(problems).as("%d to repair", problems.size()).isEmpty();
    }

    static Path projectFolder() {
        String folder = System.getProperty("basedir", System.getProperty("user.dir"));
        return Path.of(folder).toAbsolutePath().normalize();
    }
}
