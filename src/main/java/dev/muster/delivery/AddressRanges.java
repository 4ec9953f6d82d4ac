package dev.muster.delivery;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A set of Internet addresses, given as CIDR ranges such as {@code 203.0.113.0/24} or as single addresses. */
final class AddressRanges {
    private static final int BITS_A_BYTE = 8;

    private record Range(byte[] network, int bits) {
        boolean contains(byte[] address) {
            if (address.length != network.length) {
                return false;
            }
            int whole = bits / BITS_A_BYTE;
            for (int at = 0; at < whole; at++) {
                if (address[at] != network[at]) {
                    return false;
                }
            }
            int rest = bits % BITS_A_BYTE;
            return rest == 0 || (address[whole] & mask(rest)) == (network[whole] & mask(rest));
        }

        private static int mask(int bits) {
            return 0xff << (BITS_A_BYTE - bits) & 0xff;
        }

        /** The address with all bits after the prefix cleared. */
        static byte[] cleared(byte[] address, int bits) {
            byte[] cleared = address.clone();
            for (int at = bits; at < address.length * BITS_A_BYTE; at++) {
                cleared[at / BITS_A_BYTE] &= (byte) ~(0x80 >> at % BITS_A_BYTE);
            }
            return cleared;
        }
    }

    private final List<Range> ranges;

    private AddressRanges(List<Range> ranges) {
        this.ranges = ranges;
    }

    /** @param problems gets one text for each that is no range */
    static AddressRanges of(List<String> texts, List<String> problems) {
        List<Range> ranges = new ArrayList<>();
        for (String text : texts) {
            Range range = range(text.strip(), problems);
            if (range != null) {
                ranges.add(range);
            }
        }
        return new AddressRanges(List.copyOf(ranges));
    }

    boolean isEmpty() {
        return ranges.isEmpty();
    }

    boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        for (Range range : ranges) {
            if (range.contains(bytes)) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable Range range(String text, List<String> problems) {
        int slash = text.indexOf('/');
        InetAddress address = address(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            problems.add(
                    "\"" + text + "\" is not an address or range; write for instance 203.0.113.0/24 or 2001:db8::/32");
            return null;
        }
        byte[] network = address.getAddress();
        int most = network.length * BITS_A_BYTE;
        int bits = slash < 0 ? most : prefixLength(text.substring(slash + 1));
        if (bits < 0 || bits > most) {
            problems.add("\"" + text + "\" has a prefix length that is not a number from 0 to " + most);
            return null;
        }
        byte[] cleared = Range.cleared(network, bits);
        if (!Arrays.equals(cleared, network)) {
            problems.add("\"" + text + "\" has bits after its prefix; is " + text(cleared) + "/" + bits + " meant, or "
                    + text(network) + "/" + most + "?");
            return null;
        }
        return new Range(network, bits);
    }

    private static int prefixLength(String text) {
        boolean number = !text.isEmpty() && text.length() <= 3 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Integer.parseInt(text) : -1;
    }

    private static String text(byte[] address) {
        try {
            return InetAddress.getByAddress(address).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("An address has 4 or 16 bytes, not " + address.length, e);
        }
    }

    /**
     * Reads a literal address; never asks a name server. An IPv4 address written as IPv6 ({@code ::ffff:203.0.113.7})
     * is the IPv4 address; a zone ({@code fe80::1%eth0}) is left out.
     *
     * @return null where the text is no address
     */
    static @Nullable InetAddress address(String text) {
        int zone = text.indexOf('%');
        String literal = zone < 0 ? text : text.substring(0, zone);
        if (literal.length() > 45) {
            return null;
        }
        try {
            if (literal.indexOf(':') < 0) {
                byte @Nullable [] four = dotted(literal);
                return four == null || zone >= 0 ? null : InetAddress.getByAddress(four);
            }
            for (int at = 0; at < literal.length(); at++) {
                char symbol = literal.charAt(at);
                boolean allowed = symbol == ':'
                        || symbol == '.'
                        || symbol >= '0' && symbol <= '9'
                        || symbol >= 'a' && symbol <= 'f'
                        || symbol >= 'A' && symbol <= 'F';
                if (!allowed) {
                    return null;
                }
            }
            // with a colon in it the text is a literal or an error, never a name to look up
            return literal.charAt(0) == '.' ? null : InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** Four decimal numbers and nothing else: Java's own reader takes {@code 10.1} for {@code 10.0.0.1}. */
    private static byte @Nullable [] dotted(String text) {
        byte[] four = new byte[4];
        int part = 0;
        int value = -1;
        int digits = 0;
        for (int at = 0; at <= text.length(); at++) {
            char symbol = at < text.length() ? text.charAt(at) : '.';
            if (symbol == '.') {
                if (value < 0 || part == four.length) {
                    return null;
                }
                four[part++] = (byte) value;
                value = -1;
                digits = 0;
            } else if (symbol < '0' || symbol > '9' || ++digits > 3 || value == 0) {
                return null;
            } else {
                value = Math.max(value, 0) * 10 + symbol - '0';
                if (value > 255) {
                    return null;
                }
            }
        }
        return part == four.length ? four : null;
    }
}
