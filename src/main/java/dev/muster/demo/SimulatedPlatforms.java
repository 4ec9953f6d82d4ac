package dev.muster.demo;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One world with its platforms, listening, and its season, not yet begun: Eventbrite, Patreon, Klaviyo and Classy, where
 * things happen; Mailchimp and HubSpot, which know nobody until they are told; Salesforce, which knew some before; and Discord,
 * whose roles follow from Patreon.
 */
public final class SimulatedPlatforms implements AutoCloseable {
    private final SimulatedWorld world;
    private final SimulatedEventbrite eventbrite;
    private final SimulatedPatreon patreon;
    private final SimulatedKlaviyo klaviyo;
    private final SimulatedClassy classy;
    private final SimulatedMailchimp mailchimp;
    private final SimulatedHubspot hubspot;
    private final SimulatedSalesforce salesforce;
    private final SimulatedDiscord discord;
    private final List<SimulatedPlatform> all;
    private final Season season;

    private SimulatedPlatforms(
            SimulatedWorld world,
            PlatformSettings settings,
            PlatformSettings forPatreon,
            List<SimulatedPlatform> started) {
        this.world = world;
        this.eventbrite = begun(started, new SimulatedEventbrite(world, settings));
        this.patreon = begun(started, new SimulatedPatreon(world, forPatreon));
        this.klaviyo = begun(started, new SimulatedKlaviyo(world, settings));
        this.classy = begun(started, new SimulatedClassy(world, settings));
        this.mailchimp = begun(started, new SimulatedMailchimp(world, settings));
        this.hubspot = begun(started, new SimulatedHubspot(world, settings));
        // what it has for 429 is the end of the day's calls, after which nobody asks for a quarter of an hour
        this.salesforce = begun(started, new SimulatedSalesforce(world, settings.withoutThrottling()));
        this.discord = begun(started, new SimulatedDiscord(world, settings));
        this.all = List.copyOf(started);
        mailchimp.addMergeField("SEGMENTS", "text");
        mailchimp.addMergeField("TIERS", "text");
        mailchimp.addMergeField("LIFETIME", "number");
        mailchimp.addMergeField("LASTGIFT", "date");
        this.season = new Season(world, eventbrite, patreon, klaviyo, classy, salesforce, discord);
    }

    private static <P extends SimulatedPlatform> P begun(List<SimulatedPlatform> started, P platform) {
        started.add(platform);
        return platform;
    }

    /**
     * Starts all with the same settings; a port other than 0 cannot be meant.
     *
     * @throws IllegalStateException when a port is taken
     */
    public static SimulatedPlatforms start(long seed, Clock clock, PlatformSettings settings) {
        return start(seed, clock, settings, settings);
    }

    /**
     * Starts all for a demo of minutes: an ordinary amount of trouble, and pauses between retries that one can
     * watch. An hour of Patreon's schedule takes two seconds, ten seconds of the others' take two.
     *
     * @param hub where the webhooks go
     */
    public static SimulatedPlatforms startForDemo(long seed, URI hub) {
        PlatformSettings brisk = new PlatformSettings(hub, 0, Mischief.ORDINARY, 0.2, 1, 16);
        return start(seed, Clock.systemUTC(), brisk, brisk.withRetryScale(1.0 / 1800));
    }

    private static SimulatedPlatforms start(
            long seed, Clock clock, PlatformSettings settings, PlatformSettings forPatreon) {
        List<SimulatedPlatform> started = new ArrayList<>();
        try {
            return new SimulatedPlatforms(new SimulatedWorld(seed, clock), settings, forPatreon, started);
        } catch (IllegalStateException e) {
            started.forEach(SimulatedPlatform::close);
            throw e;
        }
    }

    public SimulatedWorld world() {
        return world;
    }

    public SimulatedEventbrite eventbrite() {
        return eventbrite;
    }

    public SimulatedPatreon patreon() {
        return patreon;
    }

    public SimulatedKlaviyo klaviyo() {
        return klaviyo;
    }

    public SimulatedClassy classy() {
        return classy;
    }

    public SimulatedMailchimp mailchimp() {
        return mailchimp;
    }

    public SimulatedHubspot hubspot() {
        return hubspot;
    }

    public SimulatedSalesforce salesforce() {
        return salesforce;
    }

    public SimulatedDiscord discord() {
        return discord;
    }

    public Season season() {
        return season;
    }

    /** The environment a hub needs to hear all of them. */
    public Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        all.forEach(platform -> environment.putAll(platform.environment()));
        return environment;
    }

    /** The environment a hub needs beside that to tell those who want to be told. */
    public Map<String, String> pushEnvironment() {
        return Map.of(
                "MAILCHIMP_PUSH", "on",
                "HUBSPOT_PUSH", "on",
                "KLAVIYO_PUSH", "on",
                "SALESFORCE_PUSH", "on",
                "DISCORD_PUSH", "on");
    }

    /** What became of the webhooks of all. */
    public DeliveryTally deliveries() {
        return all.stream()
                .map(SimulatedPlatform::deliveries)
                .reduce(new DeliveryTally(0, 0, 0, 0, 0), DeliveryTally::plus);
    }

    /** Calls beyond a quota, of all. */
    public long quotaViolations() {
        return all.stream().mapToLong(SimulatedPlatform::quotaViolations).sum();
    }

    /** Answers 429 and 500 thrown by chance, of all. */
    public long faultsThrown() {
        return all.stream().mapToLong(SimulatedPlatform::faultsThrown).sum();
    }

    /**
     * Waits until every webhook was acknowledged or given up.
     *
     * @param atMost for each platform
     * @return false when that took longer
     */
    public boolean awaitQuiet(Duration atMost) throws InterruptedException {
        for (SimulatedPlatform platform : all) {
            if (!platform.awaitQuiet(atMost)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        all.forEach(SimulatedPlatform::close);
    }
}
