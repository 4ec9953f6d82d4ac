package dev.muster.delivery;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The proxies in front of the hub whose word on a sender's address is believed. Without any, nobody's is. */
public final class TrustedProxies {
    /** No proxy is believed. */
    public static final TrustedProxies NONE = new TrustedProxies(AddressRanges.of(List.of(), new ArrayList<>()));

    private final AddressRanges ranges;

    private TrustedProxies(AddressRanges ranges) {
        this.ranges = ranges;
    }

    /**
     * @param ranges CIDR ranges or single addresses of the proxies
     * @throws IllegalArgumentException with one line for each text that is none
     */
    public static TrustedProxies of(List<String> ranges) {
        List<String> problems = new ArrayList<>();
        AddressRanges read = AddressRanges.of(ranges, problems);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", problems));
        }
        return new TrustedProxies(read);
    }

    /**
     * Whether a request came to the outermost of them by TLS.
     *
     * @param peer the address at the other end of the connection
     * @param protocols the value of the header X-Forwarded-Proto; what the nearest proxy wrote stands last
     */
    public boolean isTls(String peer, @Nullable String protocols) {
        InetAddress address = AddressRanges.address(peer);
        return protocols != null
                && address != null
                && contains(address)
                && protocols.substring(protocols.lastIndexOf(',') + 1).strip().equalsIgnoreCase("https");
    }

    boolean contains(InetAddress address) {
        return ranges.contains(address);
    }
}
