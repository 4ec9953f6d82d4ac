package dev.muster.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.muster.platform.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class QuotaSettingsTest {
    private static QuotaSettings compiled(String yaml) {
        try {
            return QuotaSettings.compiler().compile().compile(new YAMLMapper().readTree(yaml), "club.yaml");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void callsThatAreCountedApartTakeNoPlaceOfTheOthers() {
        QuotaSettings all =
                compiled("quota: { windows: [{ calls: 190, per: PT10S }], concurrent: 10, apart: { search: {"
                        + " path: '/objects/[^/]+/search', windows: [{ calls: 5, per: PT1S }], concurrent: 4 } } }");
        QuotaSettings search = all.of("/objects/contacts/search?a=/b");

        assertThat(search.windows()).containsExactly(new QuotaSettings.Window(5, Duration.ofSeconds(1)));
        assertThat(search.concurrent()).isEqualTo(4);
        assertThat(search.key("hubspot", "default")).isEqualTo("hubspot/default/search");
        assertThat(all.of("/objects/contacts")).isSameAs(all);
        assertThat(all.of("/objects/contacts?next=/objects/contacts/search")).isSameAs(all);
        assertThat(all.key("hubspot", "default")).isEqualTo("hubspot/default");
    }

    @Test
    void shareIsThatOfTheTightestWindow() {
        QuotaSettings both = compiled("quota: { windows: [{ calls: 10, per: PT1S }, { calls: 100, per: PT1M }] }");

        assertThat(both.share(5, Duration.ofMillis(1))).hasValue(0.5);
        assertThat(both.share(80, Duration.ofSeconds(60))).hasValue(0.8);
        assertThat(both.share(80, Duration.ofSeconds(120))).hasValue(0.4);
        assertThat(both.share(0, Duration.ofSeconds(1))).hasValue(0);
        assertThat(compiled("quota: { concurrent: 3 }").share(5, Duration.ofSeconds(1)))
                .isEmpty();
    }

    @Test
    void aPartWithoutPathOrWindowsIsRefused() {
        for (String part : new String[] {"path: '/a'", "windows: [{ calls: 5, per: PT1S }]"}) {
            assertThatThrownBy(() -> compiled("quota: { apart: { search: { " + part + " } } }"))
                    .isInstanceOf(ConfigException.class);
        }
        assertThatThrownBy(() ->
                        compiled("quota: { apart: { search: { path: '[', windows: [{ calls: 5, per: PT1S }] } } }"))
                .isInstanceOf(ConfigException.class);
    }
}
