package dev.muster.camel;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.ClassResolver;
import org.junit.jupiter.api.Test;

class FactoryFilesTest {
    private static final String PREFIX = "META-INF/services/org/apache/camel/";

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();

    @Test
    void whatNoJarHasIsLookedForOnceForAllContexts() throws Exception {
        String name = PREFIX + "nobody-has-this-one";

        try (DefaultCamelContext first = context();
                DefaultCamelContext second = context()) {
            assertThat(first.getClassResolver().loadResourceAsStream(name)).isNull();
            int before = times(name);
            assertThat(first.getClassResolver().loadResourceAsStream(name)).isNull();
            assertThat(second.getClassResolver().loadResourceAsStream(name)).isNull();

            assertThat(before).isPositive();
            assertThat(times(name)).isEqualTo(before);
        }
    }

    @Test
    void whatAJarHasIsReadWholeEachTime() throws Exception {
        try (DefaultCamelContext camel = context()) {
            ClassResolver files = camel.getClassResolver();
            for (int i = 0; i < 2; i++) {
                assertThat(files.loadResourceAsStream(PREFIX + "component/timer"))
                        .asString(java.nio.charset.StandardCharsets.UTF_8)
                        .contains("class=org.apache.camel.component.timer.TimerComponent");
            }
        }
    }

    @Test
    void otherFilesAreNotRemembered() throws Exception {
        try (DefaultCamelContext camel = context()) {
            camel.getClassResolver().loadResourceAsStream("nobody-has-this-one");
            int before = times("nobody-has-this-one");
            camel.getClassResolver().loadResourceAsStream("nobody-has-this-one");

            assertThat(times("nobody-has-this-one")).isGreaterThan(before);
        }
    }

    private int times(String name) {
        return (int) asked.stream().filter(name::equals).count();
    }

    private DefaultCamelContext context() {
        DefaultCamelContext camel = FactoryFiles.lookedUpBy(new DefaultCamelContext(false));
        camel.setApplicationContextClassLoader(new ClassLoader(getClass().getClassLoader()) {
            @Override
            public URL getResource(String name) {
                asked.add(name);
                return super.getResource(name);
            }
        });
        return camel;
    }
}
