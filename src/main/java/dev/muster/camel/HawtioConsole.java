package dev.muster.camel;

import dev.muster.access.Credentials;
import dev.muster.delivery.ClientAddress;
import dev.muster.delivery.TrustedProxies;
import dev.muster.failure.Refusal;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.FileSystemAccess;
import io.vertx.ext.web.handler.StaticHandler;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.support.LifecycleStrategySupport;
import org.jspecify.annotations.Nullable;

/**
 * Hawtio on the management port: its static files, and Jolokia behind them. Reachable from this machine only, unless the
 * management port is told otherwise, and then only with the admin token. A page of another origin is refused.
 */
public final class HawtioConsole extends LifecycleStrategySupport {
    /** What Hawtio asks its server at start; it is answered here instead of by Hawtio's own web application. */
    private static final Map<String, String> ANSWERS = Map.of(
            "user", "\"operator\"",
            "plugin", "[]",
            "preset-connections", "[]",
            "auth/config", "{}",
            "auth/config/session-timeout", "{\"timeout\":-1}",
            "keycloak/enabled", "false",
            "proxy/enabled", "false");

    /** The names of this machine for itself. A page that made another name lead here is not of this hub. */
    private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]", "::1");
    /** What a page of this origin, or a person at the address bar, sends. */
    private static final Set<String> OWN_SITES = Set.of("same-origin", "none");
    /** What may be asked of Jolokia by an address alone, as pages, images and links can. */
    private static final Set<String> READING = Set.of("", "version", "list", "search", "read");

    private final int port;
    private final boolean loopback;
    private final Consumer<Credentials> door;
    private final TrustedProxies proxies;

    /**
     * @param port the management port
     * @param loopback whether it can be reached from this machine only
     * @param door refuses who may not come in; asked where it can be reached from elsewhere
     * @param proxies whose word about addresses is believed
     */
    public HawtioConsole(int port, boolean loopback, Consumer<Credentials> door, TrustedProxies proxies) {
        this.port = port;
        this.loopback = loopback;
        this.door = door;
        this.proxies = proxies;
    }

    @Override
    public void onContextStarted(CamelContext camel) {
        Router router = VertxPlatformHttpRouter.lookup(camel, VertxPlatformHttpRouter.getRouterNameFromPort(port));
        if (router == null) {
            return;
        }
        router.route("/observe/jolokia*").order(-10).handler(this::guard);
        router.route("/hawtio*").order(-10).handler(this::guard);
        router.route("/hawtio/jolokia*")
                .order(-9)
                .handler(request -> request.reroute(
                        request.request().method(), jolokia(request.request().uri())));
        ANSWERS.forEach(
                (path, answer) -> router.route("/hawtio/" + path).order(-8).handler(request -> request.response()
                        .putHeader("Content-Type", "application/json")
                        .end(answer)));
        router.route("/hawtio").order(-7).handler(request -> {
            if (request.request().path().equals("/hawtio")) {
                request.redirect("/hawtio/");
            } else {
                request.next();
            }
        });
        router.route("/hawtio/*")
                .order(-6)
                .method(HttpMethod.GET)
                .handler(StaticHandler.create(FileSystemAccess.RELATIVE, "hawtio-static"));
        // Hawtio's own pages have addresses of their own, all served by its one page.
        router.route("/hawtio/*")
                .order(-5)
                .method(HttpMethod.GET)
                .handler(request -> request.reroute("/hawtio/index.html"));
    }

    private static String jolokia(String uri) {
        return "/observe/jolokia" + uri.substring("/hawtio/jolokia".length());
    }

    /** A person who opens the console from elsewhere. What it shows is for them; nothing is done by it. */
    private static boolean followsALink(RoutingContext request) {
        return HttpMethod.GET.equals(request.request().method())
                && "navigate".equals(request.request().getHeader("Sec-Fetch-Mode"))
                && "document".equals(request.request().getHeader("Sec-Fetch-Dest"))
                && reads(request);
    }

    private void guard(RoutingContext request) {
        String origin = request.request().getHeader("Origin");
        String site = request.request().getHeader("Sec-Fetch-Site");
        if (origin != null && !sameHost(origin, request.request().getHeader("Host"))) {
            refuse(request, 403, "A page of another origin may not manage this hub");
        } else if (site != null && !OWN_SITES.contains(site) && !followsALink(request)) {
            refuse(request, 403, "A page of another site may not manage this hub: open /hawtio in a tab of its own");
        } else if (loopback && !ownName(request.request().authority())) {
            refuse(
                    request,
                    403,
                    "Use the address localhost or 127.0.0.1: the hub is managed from its own machine only");
        } else if (!HttpMethod.POST.equals(request.request().method()) && !reads(request)) {
            refuse(request, 403, "By GET Jolokia only reads: send what changes something as JSON by POST");
        } else if (loopback) {
            request.next();
        } else {
            signIn(request);
        }
    }

    private void signIn(RoutingContext request) {
        try {
            door.accept(credentials(request));
        } catch (Refusal refusal) {
            refusal.headers().forEach(request.response()::putHeader);
            refuse(request, refusal.status(), String.valueOf(refusal.getMessage()));
            return;
        }
        request.next();
    }

    private Credentials credentials(RoutingContext request) {
        SocketAddress peer = request.request().remoteAddress();
        String address = peer == null || peer.hostAddress() == null ? "" : peer.hostAddress();
        String forwarded = String.join(", ", request.request().headers().getAll("X-Forwarded-For"));
        return Credentials.of(
                request.request().getHeader("Authorization"),
                request.request().method().name(),
                ClientAddress.resolve(address, forwarded.isEmpty() ? null : forwarded, proxies)
                        .source());
    }

    private static boolean ownName(@Nullable HostAndPort authority) {
        return authority != null && OWN_NAMES.contains(authority.host().toLowerCase(Locale.ROOT));
    }

    private static boolean reads(RoutingContext request) {
        String path = request.normalizedPath();
        int jolokia = path.indexOf("/jolokia");
        if (jolokia < 0) {
            return true;
        }
        String[] steps = path.substring(jolokia).split("/", 4);
        // Jolokia takes its request out of the parameter p too
        return READING.contains(steps.length > 2 ? steps[2] : "")
                && request.queryParam("p").isEmpty();
    }

    private static void refuse(RoutingContext request, int status, String detail) {
        request.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/problem+json")
                .end("{\"status\":" + status + ",\"detail\":\"" + detail + "\"}");
    }

    private static boolean sameHost(String origin, @Nullable String host) {
        try {
            URI uri = URI.create(origin);
            return host != null && host.equals(uri.getPort() < 0 ? uri.getHost() : uri.getHost() + ":" + uri.getPort());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
