package dev.muster.camel;

import dev.muster.platform.ConfigProblem;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.StartupSummaryLevel;
import org.apache.camel.component.kamelet.KameletComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.spi.BeanRepository;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;

/**
 * Builds routes in a Camel context of their own that is thrown away: nothing is consumed, no port or store is opened. What
 * cannot be built here, because of a component, bean, option, placeholder or Kamelet that is not there, would fail in the
 * running hub after its old routes are gone.
 */
final class RouteTrial {
    private static final Pattern LINE = Pattern.compile("line:? ?(\\d+)");
    private static final String KAMELETS = "routes/kamelets/";
    private static final Pattern METHOD_NAME = Pattern.compile("\\w+");

    private final Map<String, Class<?>> beans;
    private final Properties properties;
    private final Path home;

    /**
     * @param beans what the hub binds for routes: name to class
     * @param properties what placeholders resolve to
     */
    RouteTrial(Path home, Map<String, Class<?>> beans, Properties properties) {
        this.home = home;
        this.beans = Map.copyOf(beans);
        this.properties = properties;
    }

    /**
     * What keeps a file from being built; empty where it can be.
     *
     * @param supporting files whose route configurations it refers to
     */
    List<ConfigProblem> problems(RouteFile file, Collection<RouteFile> supporting) {
        List<ConfigProblem> problems = visibleProblems(file, supporting);
        if (problems.isEmpty() && !file.isKamelet()) {
            build(file, supporting, problems);
        }
        return problems;
    }

    /** What can be seen without building. */
    List<ConfigProblem> visibleProblems(RouteFile file, Collection<RouteFile> supporting) {
        List<ConfigProblem> problems = new ArrayList<>(ownProblems(file));
        Set<String> configurations = new HashSet<>(file.configurations());
        supporting.forEach(other -> configurations.addAll(other.configurations()));
        for (RouteFile.Flow flow : file.flows()) {
            String wanted = flow.configuration();
            if (wanted != null && !configurations.contains(wanted)) {
                problems.add(file.problem(
                        flow.line(),
                        "the flow " + flow.id() + " refers to the routeConfiguration " + wanted
                                + ", which no file has; correct the name (there are: " + sorted(configurations) + ")"));
            }
        }
        for (RouteFile.Reference kamelet : file.kamelets()) {
            String path = KAMELETS + kamelet.name() + RouteFile.KAMELET;
            if (!kamelet.name().contains("{{") && !Files.exists(home.resolve(path))) {
                problems.add(file.problem(
                        kamelet.line(),
                        "there is no Kamelet " + kamelet.name() + "; correct the name, or add " + path));
            }
        }
        return problems;
    }

    /** What can be seen in the file alone. */
    List<ConfigProblem> ownProblems(RouteFile file) {
        List<ConfigProblem> problems = new ArrayList<>();
        for (int line : file.nameless()) {
            problems.add(
                    file.problem(line, "a route has no id; write '- route:' with 'id:', so that it can be replaced"));
        }
        for (RouteFile.BeanCall call : file.beans()) {
            if (file.ownBeans().contains(call.name()) || call.name().contains("{{")) {
                continue;
            }
            Class<?> type = beans.get(call.name());
            Matcher method = METHOD_NAME.matcher(call.method());
            if (type == null) {
                problems.add(file.problem(
                        call.line(),
                        "there is no bean " + call.name() + "; correct the name (there are: " + sorted(beans.keySet())
                                + ")"));
            } else if (method.lookingAt() && !hasMethod(type, method.group())) {
                problems.add(file.problem(
                        call.line(),
                        "the bean " + call.name() + " has no method " + method.group() + "; it has: "
                                + sorted(Arrays.stream(type.getDeclaredMethods())
                                        .filter(own -> java.lang.reflect.Modifier.isPublic(own.getModifiers()))
                                        .map(Method::getName)
                                        .toList())));
            }
        }
        return problems;
    }

    private static boolean hasMethod(Class<?> type, String name) {
        return Arrays.stream(type.getMethods())
                .anyMatch(method -> method.getName().equals(name));
    }

    private static String sorted(Collection<String> names) {
        return String.join(", ", names.stream().sorted().distinct().toList());
    }

    private void build(RouteFile file, Collection<RouteFile> supporting, List<ConfigProblem> problems) {
        try (DefaultCamelContext trial = context()) {
            try {
                for (RouteFile other : supporting) {
                    if (!other.file().equals(file.file())) {
                        load(trial, other);
                    }
                }
                load(trial, file);
                trial.start();
            } catch (Exception e) {
                problems.add(problem(file, e));
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private DefaultCamelContext context() {
        DefaultCamelContext trial = FactoryFiles.lookedUpBy(new DefaultCamelContext(false));
        trial.getCamelContextExtension().setRegistry(new DefaultRegistry(new StandIns(beans)));
        trial.getCamelContextExtension().setName("trial");
        trial.disableJMX();
        trial.setStartupSummaryLevel(StartupSummaryLevel.Off);
        trial.setSourceLocationEnabled(true);
        trial.setAutoStartup(false);
        trial.setLoadHealthChecks(false);
        trial.getPropertiesComponent().setLocation("classpath:application.properties;optional=true");
        trial.getPropertiesComponent().setOverrideProperties(properties);
        KameletComponent kamelets = new KameletComponent();
        kamelets.setLocation("file:" + home.resolve(KAMELETS));
        trial.addComponent("kamelet", kamelets);
        trial.addComponent(OperationsComponent.SCHEME, new StandInComponent());
        trial.addComponent(PushesComponent.SCHEME, new StandInComponent());
        trial.addComponent(WebhookComponent.SCHEME, new StandInComponent());
        return trial;
    }

    private void load(DefaultCamelContext trial, RouteFile file) throws Exception {
        PluginHelper.getRoutesLoader(trial)
                .loadRoutes(ResourceHelper.fromBytes(
                        "file:" + home.resolve(file.file()), file.text().getBytes(StandardCharsets.UTF_8)));
    }

    /** What Camel says, in our words where it is a common mistake, and the line of what it names. */
    static ConfigProblem problem(RouteFile file, Throwable failure) {
        List<String> messages = new ArrayList<>();
        int line = 0;
        int routeLine = 0;
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof FailedToCreateRouteException route) {
                routeLine = file.lineOf(route.getRouteId());
            }
            String whole = String.valueOf(e.getMessage());
            for (Mistake mistake : Mistake.values()) {
                Matcher matcher = mistake.said.matcher(whole);
                if (matcher.find()) {
                    String name = matcher.group(1);
                    int named = mistake == Mistake.PARAMETER ? lineOfKamelet(file, whole) : file.lineWith(name);
                    return file.problem(named > 0 ? named : routeLine, mistake.told.formatted(name));
                }
            }
            Matcher matcher = LINE.matcher(whole);
            if (matcher.find()) {
                line = Integer.parseInt(matcher.group(1));
            }
            String message = whole.lines().findFirst().orElse("").strip();
            messages.removeIf(said -> said.contains(message));
            messages.add(message);
        }
        if (line == 0) {
            int named = lineOfKamelet(file, String.join(" ", messages));
            line = named > 0 ? named : routeLine;
        }
        return file.problem(line, String.join(": ", messages) + "; correct what is named here");
    }

    private static int lineOfKamelet(RouteFile file, String message) {
        return file.kamelets().stream()
                .filter(kamelet -> message.contains(kamelet.name()))
                .mapToInt(RouteFile.Reference::line)
                .findFirst()
                .orElse(0);
    }

    /** What people get wrong, as Camel says it and as we tell it. */
    private enum Mistake {
        COMPONENT(
                "No endpoint could be found for: ([\\w.+-]+):",
                "there is no component %s; correct the name before the colon"),
        OPTION("Unknown parameters=\\[\\{([\\w.-]+)=", "the endpoint has no option %s; correct its name, or remove it"),
        PLACEHOLDER("Property with key \\[([^\\]]+)\\] not found", "nothing sets the placeholder %s; correct its name"),
        STEP("Unknown node id: ([\\w.-]+)", "there is no step %s; correct its name"),
        PARAMETER(
                "following mandatory parameters must be provided: ([\\w., -]+)",
                "the Kamelet needs the parameter %s; add it after the question mark"),
        REGISTRY(
                "No bean could be found in the registry for: ([\\w.-]+)",
                "nothing of the needed kind is bound as %s; correct the name");

        private final Pattern said;
        private final String told;

        Mistake(String said, String told) {
            this.said = Pattern.compile(said);
            this.told = told;
        }
    }

    /** Objects that are never called, for names that must resolve. */
    private record StandIns(Map<String, Class<?>> classes) implements BeanRepository {
        @Override
        public @Nullable Object lookupByName(String name) {
            Class<?> type = classes.get(name);
            return type == null ? null : standIn(type);
        }

        @Override
        public <T> @Nullable T lookupByNameAndType(String name, Class<T> type) {
            Class<?> bound = classes.get(name);
            if (bound == null) {
                return null;
            }
            if (type.equals(Object.class)) {
                return type.cast(standIn(bound));
            }
            return type.isAssignableFrom(bound) ? type.cast(standIn(bound)) : null;
        }

        @Override
        public <T> Map<String, T> findByTypeWithName(Class<T> type) {
            Map<String, T> found = new HashMap<>();
            classes.keySet().forEach(name -> {
                T bean = type.equals(Object.class) ? null : lookupByNameAndType(name, type);
                if (bean != null) {
                    found.put(name, bean);
                }
            });
            return found;
        }

        @Override
        public <T> Set<T> findByType(Class<T> type) {
            return new HashSet<>(findByTypeWithName(type).values());
        }

        /**
         * Camel looks at a bean's class for the method that a route names; the objects of these classes need an open store.
         * Serialization makes objects without their constructors in the same way.
         */
        private static Object unconstructed(Class<?> type) {
            try {
                Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
                Object instance = factory.getMethod("getReflectionFactory").invoke(null);
                Constructor<?> constructor = (Constructor<?>)
                        factory.getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                                .invoke(instance, type, Object.class.getDeclaredConstructor());
                return constructor.newInstance();
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("No stand-in can be made for " + type.getName(), e);
            }
        }

        private static Object standIn(Class<?> type) {
            if (!type.isInterface()) {
                return unconstructed(type);
            }
            return Proxy.newProxyInstance(
                    type.getClassLoader(),
                    new Class<?>[] {type},
                    (proxy, method, arguments) -> switch (method.getName()) {
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "equals" -> proxy == arguments[0];
                        case "toString" -> "stand-in for " + type.getSimpleName();
                        default -> throw new UnsupportedOperationException("Only a stand-in");
                    });
        }
    }

    /** Takes the place of a component that would open something. */
    private static final class StandInComponent extends DefaultComponent {
        @Override
        protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
            if (remaining.isBlank()) {
                throw new IllegalArgumentException("a name is missing after the colon");
            }
            return new DefaultEndpoint(uri, this) {
                @Override
                public Producer createProducer() {
                    throw new IllegalArgumentException("work comes from here: use it in from");
                }

                @Override
                public Consumer createConsumer(Processor processor) {
                    return new DefaultConsumer(this, processor);
                }
            };
        }
    }
}
