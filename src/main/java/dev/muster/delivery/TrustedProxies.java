package dev.muster.delivery;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

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

    /** Whether the word of whoever is at the other end of the connection is believed. */
    public boolean include(String peer) {
        InetAddress address = AddressRanges.address(peer);
        return address != null && contains(address);
    }

    boolean contains(InetAddress address) {
        return ranges.contains(address);
    }
}
