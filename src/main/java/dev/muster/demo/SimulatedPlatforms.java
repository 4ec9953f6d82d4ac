package dev.muster.demo;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One world with its three platforms, listening, and its season, not yet begun. */
public final class SimulatedPlatforms implements AutoCloseable {
    private final SimulatedWorld world;
    private final SimulatedEventbrite eventbrite;
    private final SimulatedPatreon patreon;
    private final SimulatedKlaviyo klaviyo;
    private final Season season;

    private SimulatedPlatforms(
            SimulatedWorld world, SimulatedEventbrite eventbrite, SimulatedPatreon patreon, SimulatedKlaviyo klaviyo) {
        this.world = world;
        this.eventbrite = eventbrite;
        this.patreon = patreon;
        this.klaviyo = klaviyo;
        this.season = new Season(world, eventbrite, patreon, klaviyo);
    }

    /** Starts all three with the same settings; a port other than 0 cannot be meant. */
    public static SimulatedPlatforms start(long seed, Clock clock, PlatformSettings settings) {
        return start(seed, clock, settings, settings, settings);
    }

    /**
     * Starts all three for a demo of minutes: an ordinary amount of trouble, and pauses between retries that one can
     * watch. An hour of Patreon's schedule takes two seconds, ten seconds of the others' take two.
     *
     * @param hub where the webhooks go
     */
    public static SimulatedPlatforms startForDemo(long seed, URI hub) {
        PlatformSettings brisk = new PlatformSettings(hub, 0, Mischief.ORDINARY, 0.2, 1, 16);
        return start(seed, Clock.systemUTC(), brisk, brisk.withRetryScale(1.0 / 1800), brisk);
    }

    /**
     * Starts all three.
     *
     * @throws IllegalStateException when a port is taken
     */
    public static SimulatedPlatforms start(
            long seed,
            Clock clock,
            PlatformSettings forEventbrite,
            PlatformSettings forPatreon,
            PlatformSettings forKlaviyo) {
        SimulatedWorld world = new SimulatedWorld(seed, clock);
        List<AutoCloseable> started = new ArrayList<>();
        try {
            SimulatedEventbrite eventbrite = new SimulatedEventbrite(world, forEventbrite);
            started.add(eventbrite);
            SimulatedPatreon patreon = new SimulatedPatreon(world, forPatreon);
            started.add(patreon);
            SimulatedKlaviyo klaviyo = new SimulatedKlaviyo(world, forKlaviyo);
            return new SimulatedPlatforms(world, eventbrite, patreon, klaviyo);
        } catch (IllegalStateException e) {
            for (AutoCloseable platform : started) {
                try {
                    platform.close();
                } catch (Exception alsoFailed) {
                    e.addSuppressed(alsoFailed);
                }
            }
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

    public Season season() {
        return season;
    }

    /** The environment a hub needs to work with all three. */
    public Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>(eventbrite.environment());
        environment.putAll(patreon.environment());
        environment.putAll(klaviyo.environment());
        return environment;
    }

    /** What became of the webhooks of all three. */
    public DeliveryTally deliveries() {
        return eventbrite.deliveries().plus(patreon.deliveries()).plus(klaviyo.deliveries());
    }

    /** Calls beyond a quota, of all three. */
    public long quotaViolations() {
        return eventbrite.quotaViolations() + patreon.quotaViolations() + klaviyo.quotaViolations();
    }

    /** Answers 429 and 500 thrown by chance, of all three. */
    public long faultsThrown() {
        return eventbrite.faultsThrown() + patreon.faultsThrown() + klaviyo.faultsThrown();
    }

    /**
     * Waits until every webhook of all three was acknowledged or given up.
     *
     * @param atMost for each of the three
     * @return false when that took longer
     */
    public boolean awaitQuiet(Duration atMost) throws InterruptedException {
        return eventbrite.awaitQuiet(atMost) && patreon.awaitQuiet(atMost) && klaviyo.awaitQuiet(atMost);
    }

    @Override
    public void close() {
        eventbrite.close();
        patreon.close();
        klaviyo.close();
    }
}
