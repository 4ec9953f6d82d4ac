package dev.muster.delivery;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a request came from, as far as that can be believed.
 *
 * @param address null where it is not known, for instance on a Unix socket
 */
public record ClientAddress(@Nullable InetAddress address) {
    /** One that is not known. */
    public static final ClientAddress UNKNOWN = new ClientAddress(null);

    /** Longer chains of proxies are not followed. */
    private static final int PROXIES_MAX = 32;

    /** An IPv6 subscriber is given at least so many leading bytes to fill the rest as it likes. */
    private static final int IPV6_SITE_BYTES = 8;

    /**
     * Finds the sender behind proxies: walks from the right, where the nearest proxy wrote, and stops at the first
     * address that is not a trusted proxy. What stands left of it anybody may have made up.
     *
     * @param peer the address at the other end of the connection
     * @param forwarded the value of the one header that the trusted proxies write, X-Forwarded-For or Forwarded; null
     *     where there is none. A header that they pass on unchanged must not be given.
     */
    public static ClientAddress resolve(String peer, @Nullable String forwarded, TrustedProxies trustedProxies) {
        InetAddress nearest = AddressRanges.address(peer);
        if (nearest == null) {
            return UNKNOWN;
        }
        if (forwarded != null && trustedProxies.contains(nearest)) {
            List<String> elements = elements(forwarded);
            int last = Math.max(0, elements.size() - PROXIES_MAX);
            for (int at = elements.size() - 1; at >= last && trustedProxies.contains(nearest); at--) {
                InetAddress next = node(elements.get(at));
                if (next == null) {
                    // "unknown", a made-up name or garbage: the proxy that wrote it is the last we know
                    break;
                }
                nearest = next;
            }
        }
        return new ClientAddress(nearest);
    }

    /** What a limit per sender counts by: the address, for IPv6 the site it belongs to. */
    public String source() {
        if (address instanceof Inet6Address) {
            byte[] site = Arrays.copyOf(address.getAddress(), IPV6_SITE_BYTES);
            StringBuilder text = new StringBuilder(2 * IPV6_SITE_BYTES);
            for (byte part : site) {
                text.append(Character.forDigit(part >> 4 & 0xf, 16)).append(Character.forDigit(part & 0xf, 16));
            }
            return text.toString();
        }
        return toString();
    }

    /** The address as text; {@code unknown} where it is not known. */
    @Override
    public String toString() {
        return address == null ? "unknown" : address.getHostAddress();
    }

    private static List<String> elements(String header) {
        List<String> elements = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int at = 0; at < header.length(); at++) {
            char symbol = header.charAt(at);
            if (symbol == '"') {
                quoted = !quoted;
            } else if (symbol == ',' && !quoted) {
                elements.add(header.substring(start, at).strip());
                start = at + 1;
            }
        }
        elements.add(header.substring(start).strip());
        return elements;
    }

    /** The address in one element: {@code 203.0.113.7}, {@code [2001:db8::1]:443} or {@code for="…";proto=https}. */
    private static @Nullable InetAddress node(String element) {
        String text = element;
        if (element.indexOf('=') >= 0) {
            text = "";
            for (String pair : element.split(";", PROXIES_MAX)) {
                String trimmed = pair.strip();
                if (trimmed.toLowerCase(Locale.ROOT).startsWith("for=")) {
                    text = trimmed.substring("for=".length()).strip();
                }
            }
        }
        if (text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")) {
            text = text.substring(1, text.length() - 1);
        }
        if (text.startsWith("[")) {
            int close = text.indexOf(']');
            return close < 0 ? null : AddressRanges.address(text.substring(1, close));
        }
        int colon = text.indexOf(':');
        boolean port = colon >= 0 && colon == text.lastIndexOf(':');
        return AddressRanges.address(port ? text.substring(0, colon) : text);
    }
}
