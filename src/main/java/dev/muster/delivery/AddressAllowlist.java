package dev.muster.delivery;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** From which addresses a platform may deliver. Without any range it may from everywhere. */
public final class AddressAllowlist {
    /** Lets everybody in. */
    public static final AddressAllowlist EVERYBODY =
            new AddressAllowlist(AddressRanges.of(List.of(), new ArrayList<>()));

    private final AddressRanges ranges;

    AddressAllowlist(AddressRanges ranges) {
        this.ranges = ranges;
    }

    /**
     * @param ranges CIDR ranges or single addresses, IPv4 and IPv6
     * @throws IllegalArgumentException with one line for each text that is none
     */
    public static AddressAllowlist of(List<String> ranges) {
        List<String> problems = new ArrayList<>();
        AddressRanges read = AddressRanges.of(ranges, problems);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", problems));
        }
        return new AddressAllowlist(read);
    }

    /** Whether a sender may deliver; one whose address is not known only where everybody may. */
    public boolean allows(ClientAddress client) {
        InetAddress address = client.address();
        return ranges.isEmpty() || address != null && ranges.contains(address);
    }
}
