package dev.muster.demo;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the hub says of itself at one moment.
 *
 * @param reachable whether it answered; otherwise all figures are 0
 * @param members golden records that are members; all golden records where the hub does not tell them apart
 * @param p50Seconds the median time from accepted to done, 0 where nothing is done yet
 * @param p99Seconds the time within which 99 of 100 were done, 0 where nothing is done yet
 * @param traffic what goes on between the hub and the platforms' APIs
 */
public record Figures(
        boolean reachable,
        long accepted,
        long refused,
        long members,
        long goldenRecords,
        long conflictsOpen,
        long redeliveries,
        long deadLetters,
        long queueDepth,
        double p50Seconds,
        double p99Seconds,
        Traffic traffic) {

    /**
     * Pulls and pushes.
     *
     * @param pulls runs of streams that have ended well, of the last five hundred
     * @param pulled records that they read
     * @param settled pushes that came to rest: told, or found to be told already
     * @param waiting records that a target is to be told of
     * @param held records that wait for a person's word
     * @param failed records that a target refused
     * @param echoes records that only repeated the hub's own words, and were passed over
     * @param quotaUsed of the fullest quota of all platforms; 1 is full
     */
    public record Traffic(
            long pulls,
            long pulled,
            long settled,
            long waiting,
            long held,
            long failed,
            long echoes,
            double quotaUsed) {
        static final Traffic NONE = new Traffic(0, 0, 0, 0, 0, 0, 0, 0);

        Traffic withPulls(long runs, long records) {
            return new Traffic(runs, records, settled, waiting, held, failed, echoes, quotaUsed);
        }
    }

    /** The hub did not answer. */
    public static final Figures UNREACHABLE = new Figures(false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Traffic.NONE);

    private static final String BUCKET = "muster_operation_latency_seconds_bucket";

    /** @param exposition the text that Prometheus would scrape; unknown metrics and unreadable lines are passed over */
    public static Figures parse(String exposition) {
        Map<String, Double> sums = new TreeMap<>();
        TreeMap<Double, Double> buckets = new TreeMap<>();
        double members = -1;
        double settled = 0;
        double quotaUsed = 0;
        for (String line : exposition.split("\n", -1)) {
            int space = line.lastIndexOf(' ');
            if (space <= 0 || line.startsWith("#") || !line.startsWith("muster_")) {
                continue;
            }
            double value = decimal(line.substring(space + 1));
            if (Double.isNaN(value)) {
                continue;
            }
            int brace = line.indexOf('{');
            String name = line.substring(0, brace < 0 ? space : brace);
            String labels = brace < 0 ? "" : line.substring(brace, space);
            if (name.equals(BUCKET)) {
                double bound = bound(labels);
                if (!Double.isNaN(bound)) {
                    buckets.merge(bound, value, Double::sum);
                }
            } else {
                sums.merge(name, value, Double::sum);
                settled += name.equals("muster_pushes_total") && labels.contains("status=\"settled\"") ? value : 0;
                quotaUsed = name.equals("muster_quota_used") ? Math.max(quotaUsed, value) : quotaUsed;
                if (name.equals("muster_golden_records") && labels.contains("entity=\"member\"")) {
                    members = Math.max(0, members) + value;
                }
            }
        }
        long golden = whole(sums, "muster_golden_records");
        return new Figures(
                true,
                whole(sums, "muster_deliveries_accepted_total"),
                whole(sums, "muster_deliveries_refused_total"),
                members < 0 ? golden : Math.round(members),
                golden,
                whole(sums, "muster_conflicts_open"),
                whole(sums, "muster_redeliveries_total"),
                whole(sums, "muster_dead_letters"),
                whole(sums, "muster_queue_depth"),
                quantile(buckets, 0.5),
                quantile(buckets, 0.99),
                new Traffic(
                        0,
                        0,
                        Math.round(settled),
                        whole(sums, "muster_pushes_due"),
                        whole(sums, "muster_pushes_held"),
                        whole(sums, "muster_pushes_resting") - whole(sums, "muster_pushes_held"),
                        whole(sums, "muster_echoes_total"),
                        quotaUsed));
    }

    Figures withPulls(long runs, long records) {
        return new Figures(
                reachable,
                accepted,
                refused,
                members,
                goldenRecords,
                conflictsOpen,
                redeliveries,
                deadLetters,
                queueDepth,
                p50Seconds,
                p99Seconds,
                traffic.withPulls(runs, records));
    }

    private static long whole(Map<String, Double> sums, String name) {
        return Math.round(sums.getOrDefault(name, 0.0));
    }

    private static double bound(String labels) {
        int start = labels.indexOf("le=\"");
        int end = labels.indexOf('"', start + 4);
        return start < 1 || end < 0 ? Double.NaN : decimal(labels.substring(start + 4, end));
    }

    private static double decimal(String text) {
        if (text.equals("+Inf")) {
            return Double.POSITIVE_INFINITY;
        }
        try {
            return Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** As Prometheus reckons it: the buckets count up, and within one the values are taken to lie evenly. */
    private static double quantile(TreeMap<Double, Double> buckets, double share) {
        if (buckets.isEmpty() || buckets.lastEntry().getValue() == 0) {
            return 0;
        }
        double rank = share * buckets.lastEntry().getValue();
        double lowerBound = 0;
        double lowerCount = 0;
        for (Map.Entry<Double, Double> bucket : buckets.entrySet()) {
            if (bucket.getValue() >= rank) {
                double inBucket = bucket.getValue() - lowerCount;
                return bucket.getKey().isInfinite() || inBucket == 0
                        ? lowerBound
                        : lowerBound + (bucket.getKey() - lowerBound) * (rank - lowerCount) / inBucket;
            }
            lowerBound = bucket.getKey();
            lowerCount = bucket.getValue();
        }
        return lowerBound;
    }
}
