package dev.muster.camel;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.FileSystemAccess;
import io.vertx.ext.web.handler.StaticHandler;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Map;
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

    private final int port;
    private final boolean loopback;
    private final @Nullable String token;

    /**
     * @param port the management port
     * @param loopback whether it can be reached from this machine only
     * @param token the admin token, asked for where it can be reached from elsewhere; null: refused there
     */
    public HawtioConsole(int port, boolean loopback, @Nullable String token) {
        this.port = port;
        this.loopback = loopback;
        this.token = token;
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

    private void guard(RoutingContext request) {
        String origin = request.request().getHeader("Origin");
        if (origin != null && !sameHost(origin, request.request().getHeader("Host"))) {
            refuse(request, 403, "A page of another origin may not manage this hub");
        } else if (loopback || knows(request.request().getHeader("Authorization"))) {
            request.next();
        } else {
            request.response().putHeader("WWW-Authenticate", "Basic realm=\"muster\"");
            refuse(request, 401, "Sign in with any name and the admin token (MUSTER_ADMIN_TOKEN) as the password");
        }
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

    private boolean knows(@Nullable String authorization) {
        if (token == null || authorization == null) {
            return false;
        }
        String given = "";
        if (authorization.startsWith("Bearer ")) {
            given = authorization.substring("Bearer ".length());
        } else if (authorization.startsWith("Basic ")) {
            try {
                String pair = new String(
                        Base64.getDecoder().decode(authorization.substring("Basic ".length())), StandardCharsets.UTF_8);
                given = pair.substring(pair.indexOf(':') + 1);
            } catch (IllegalArgumentException e) {
                return false;
            }
        }
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }
}
