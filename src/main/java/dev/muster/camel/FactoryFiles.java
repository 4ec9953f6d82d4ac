package dev.muster.camel;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultClassResolver;
import org.apache.camel.impl.engine.DefaultFactoryFinder;
import org.apache.camel.spi.FactoryFinder;
import org.jspecify.annotations.Nullable;

/**
 * What the class path holds for Camel's plug-ins, looked for once in a process. Camel asks for most of its steps,
 * components and strategies by a file that no jar has, and does so again with every step of every route; each such
 * question walks all jars. The class path of a process does not change, so one answer is good for all contexts: that of
 * the hub, and those in which {@link RouteTrial} judges files.
 */
public final class FactoryFiles extends DefaultClassResolver {
    /** The names are Camel's, and those that people write into routes; beyond this many, jars are walked again. */
    private static final int NAMES_MAX = 10_000;

    private static final Map<String, Optional<byte[]>> KNOWN = new ConcurrentHashMap<>();

    private FactoryFiles(CamelContext camel) {
        super(camel);
    }

    /** Has a context that is not started yet look here. */
    public static <C extends CamelContext> C lookedUpBy(C camel) {
        FactoryFiles files = new FactoryFiles(camel);
        camel.setClassResolver(files);
        camel.getCamelContextExtension()
                .setBootstrapFactoryFinder(new DefaultFactoryFinder(files, FactoryFinder.DEFAULT_PATH));
        return camel;
    }

    @Override
    public @Nullable InputStream loadResourceAsStream(String uri) {
        if (!uri.startsWith(FactoryFinder.DEFAULT_PATH)) {
            return super.loadResourceAsStream(uri);
        }
        Optional<byte[]> known = KNOWN.get(uri);
        if (known == null) {
            known = Optional.ofNullable(read(uri));
            if (KNOWN.size() < NAMES_MAX) {
                KNOWN.put(uri, known);
            }
        }
        return known.map(ByteArrayInputStream::new).orElse(null);
    }

    private byte @Nullable [] read(String uri) {
        try (InputStream found = super.loadResourceAsStream(uri)) {
            return found == null ? null : found.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
