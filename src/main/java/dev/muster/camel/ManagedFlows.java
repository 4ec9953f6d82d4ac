package dev.muster.camel;

import dev.muster.admin.Flows;
import dev.muster.failure.FailureCode;
import dev.muster.failure.Transient;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.api.management.ManagedCamelContext;
import org.apache.camel.api.management.mbean.ManagedRouteMBean;
import org.jspecify.annotations.Nullable;

/** The routes of a Camel context, with what its management counts of them. */
public final class ManagedFlows implements Flows {
    /** The way by which whoever stops a flow came in. */
    private static final Set<String> NEVER_STOPPED = Set.of("admin-api", "dashboard", "receive");

    private final CamelContext context;

    public ManagedFlows(CamelContext context) {
        this.context = context;
    }

    @Override
    public List<Flow> all() {
        return context.getRoutes().stream()
                .map(this::flow)
                .sorted(Comparator.comparing(Flow::id))
                .toList();
    }

    @Override
    public Optional<Flow> find(String id) {
        return Optional.ofNullable(context.getRoute(id)).map(this::flow);
    }

    @Override
    public void stop(String id) {
        change(id, "stopped", () -> context.getRouteController().stopRoute(id));
    }

    @Override
    public void start(String id) {
        change(id, "started", () -> context.getRouteController().startRoute(id));
    }

    private interface Change {
        void make() throws Exception;
    }

    private static void change(String id, String wanted, Change change) {
        try {
            change.make();
        } catch (Exception e) {
            throw new Transient(
                    FailureCode.OVERLOADED,
                    "The flow " + id + " could not be " + wanted + " now: " + e.getMessage(),
                    e);
        }
    }

    private Flow flow(Route route) {
        String id = route.getRouteId();
        ServiceStatus status = context.getRouteController().getRouteStatus(id);
        String uri = route.getEndpoint().getEndpointUri();
        int options = uri.indexOf('?');
        ManagedRouteMBean counts = managed(id);
        Date started = counts == null ? null : counts.getStartTimestamp();
        return new Flow(
                id,
                route.getDescription(),
                status == null ? "stopped" : status.name().toLowerCase(Locale.ROOT),
                (options < 0 ? uri : uri.substring(0, options)).replaceFirst("^([^:]+)://", "$1:"),
                counts == null ? 0 : counts.getExchangesTotal(),
                counts == null ? 0 : counts.getExchangesFailed(),
                context.getInflightRepository().size(id),
                counts == null ? 0 : Math.max(0, counts.getMeanProcessingTime()),
                counts == null ? 0 : Math.max(0, counts.getLastProcessingTime()),
                started == null || status == null || !status.isStarted() ? null : started.toInstant(),
                !NEVER_STOPPED.contains(id));
    }

    private @Nullable ManagedRouteMBean managed(String id) {
        ManagedCamelContext management = context.getCamelContextExtension().getContextPlugin(ManagedCamelContext.class);
        return management == null ? null : management.getManagedRoute(id);
    }
}
