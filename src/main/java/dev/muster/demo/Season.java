package dev.muster.demo;

import dev.muster.demo.SimulatedPatreon.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What happens in the simulated world: people join one platform after another, pledge, buy tickets for themselves and
 * others, come through the gate, ask for their money back, move house, marry, and change their minds about newsletters.
 * The same seed gives the same story. For one thread at a time.
 */
public final class Season {
    private static final int STEPS_PER_PERSON = 3;
    /** How long before the first season the staff had entered what they knew. */
    private static final Duration YEARS_BEFORE = Duration.ofDays(1_000);

    /** The number of the first of those who were there before. */
    private static final int OLD_TIMES = 100_000;

    private static final int KLAVIYO_EVENTS_WAITING_MAX = 12;

    private record Sale(String order, List<String> attendees) {}

    private final SimulatedWorld world;
    private final SimulatedEventbrite eventbrite;
    private final SimulatedPatreon patreon;
    private final SimulatedKlaviyo klaviyo;
    private final SimulatedClassy classy;
    private final SimulatedSalesforce salesforce;
    private final SimulatedDiscord discord;
    private final Random random;
    private final List<Integer> met = new ArrayList<>();
    // They left Patreon, where their particulars stay as they were; if those changed elsewhere, two truths would stand.
    private final Set<Integer> left = new HashSet<>();
    private final List<Sale> sales = new ArrayList<>();
    private final Deque<Runnable> joining = new ArrayDeque<>();
    // who gives monthly, by number
    private final Map<Integer, Long> plans = new HashMap<>();
    private long lastGift;
    private int nextPerson;
    private boolean opened;

    Season(
            SimulatedWorld world,
            SimulatedEventbrite eventbrite,
            SimulatedPatreon patreon,
            SimulatedKlaviyo klaviyo,
            SimulatedClassy classy,
            SimulatedSalesforce salesforce,
            SimulatedDiscord discord) {
        this.world = world;
        this.eventbrite = eventbrite;
        this.patreon = patreon;
        this.klaviyo = klaviyo;
        this.classy = classy;
        this.salesforce = salesforce;
        this.discord = discord;
        this.random = new Random(SimulatedWorld.mix(world.seed(), 77));
    }

    /**
     * Lets so many more people come into the story, and about three times as many things happen. Returns when the last
     * webhook was handed over for sending, or early when the thread was interrupted. A second season goes on with the
     * people of the first.
     *
     * @param people how many come
     * @param eventsPerSecond how fast; {@link Double#POSITIVE_INFINITY} does not wait. One event is one to eight
     *     webhooks and, at a hub that fetches, about one call to Eventbrite, whose quota is 2,000 an hour
     */
    public void playSeason(int people, double eventsPerSecond) {
        long pauseNanos = (long) (1e9 / eventsPerSecond);
        long next = System.nanoTime();
        open();
        int peopleMax = nextPerson + people;
        for (int step = 0;
                step < people * STEPS_PER_PERSON && !Thread.currentThread().isInterrupted();
                step++) {
            step(peopleMax);
            next += pauseNanos;
            try {
                TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        close();
    }

    /**
     * At least so many webhooks, as fast as the hub takes them: the platforms have no more under way at once than their
     * settings say. Returns when the last was handed over for sending.
     *
     * @param deliveries how many; about four for every person
     */
    public void burst(int deliveries) {
        long target = sent() + deliveries;
        open();
        int peopleMax = nextPerson + Math.max(1, deliveries / 4);
        while (sent() < target && !Thread.currentThread().isInterrupted()) {
            step(peopleMax);
        }
        close();
    }

    /** People who gave through Classy before the hub was there: no webhook tells of them, only their list does. */
    public void giversOfOldTimes(int people) {
        Random chance = new Random(SimulatedWorld.mix(world.seed(), 78));
        for (int number = OLD_TIMES; people > 0; number++) {
            Person person = world.person(number);
            if (person.gives()) {
                classy.donateUnheard(
                        person, classy.campaignIds().get(1), 100L * (5 + chance.nextInt(1500)), isOptedIn(person));
                people--;
            }
        }
    }

    /**
     * Contacts that the staff had entered in Salesforce before the hub was there: Ana, and people of whom the first season will
     * tell, with the telephone number and the address of long ago.
     */
    public void contactsOfOldTimes(int people) {
        Instant then = world.now().minus(YEARS_BEFORE);
        salesforce.enter(world.longAgo(world.person(world.showcase())), then);
        int left = people;
        for (int number = 1; left > 0; number += 2) {
            Person person = world.person(number);
            if (person.emailValid() && !person.sharesEmail() && !person.agesOnEventbrite()) {
                salesforce.enter(world.longAgo(person), then);
                left--;
            }
        }
    }

    private long sent() {
        return classy.deliveries().sent()
                + eventbrite.deliveries().sent()
                + patreon.deliveries().sent()
                + klaviyo.deliveries().sent();
    }

    private void open() {
        if (opened) {
            return;
        }
        opened = true;
        eventbrite.occasionIds().forEach(eventbrite::publish);
        Person ana = world.person(world.showcase());
        sell(ana, List.of(ana), personal());
        discord.join(ana);
        patreon.pledge(ana, Tier.MATE);
        klaviyo.subscribe(ana);
        // the same address in another case
        classy.donate(ana.inCapitals(), classy.campaignIds().get(0), 120_000, true);
        classy.pledge(ana.inCapitals(), classy.campaignIds().get(1), 1_500, true);
        klaviyo.flush();
    }

    private void close() {
        while (!joining.isEmpty()) {
            joining.removeFirst().run();
        }
        klaviyo.flush();
    }

    private void step(int peopleMax) {
        int chance = random.nextInt(100);
        if (nextPerson < peopleMax && (chance < 40 || met.isEmpty())) {
            welcome(nextPerson++);
        } else if (!joining.isEmpty() && chance < 65) {
            joining.removeFirst().run();
        } else if (!met.isEmpty()) {
            live(world.person(met.get(random.nextInt(met.size()))));
        }
        if (random.nextInt(10) < 6 || klaviyo.unsent() >= KLAVIYO_EVENTS_WAITING_MAX) {
            klaviyo.flush();
        }
    }

    private void welcome(int number) {
        Person person = world.person(number);
        if (person.usesPatreon() && SimulatedPatreon.isOnDiscord(person)) {
            discord.join(person);
        }
        List<Runnable> joinings = joinings(person);
        joinings.get(0).run();
        joining.addAll(joinings.subList(1, joinings.size()));
        if (person.emailValid() && person.relative() < 0) {
            met.add(number);
        }
    }

    /** What it takes until every platform that the person uses knows the person, in the person's own order. */
    private List<Runnable> joinings(Person person) {
        int number = person.number();
        List<Runnable> joinings = new ArrayList<>();
        if (person.relative() >= 0) {
            Person elder = world.person(person.relative());
            joinings.add(() -> sell(elder, List.of(elder, person), personal()));
        } else if (!person.emailValid()) {
            // Without an address only the ticket tells who somebody is, so that there must be exactly one.
            Person friend = world.person(world.showcase());
            joinings.add(() -> sell(friend, List.of(person), personal()));
        } else if (person.agesOnEventbrite()) {
            joinings.add(() -> eventbrite.sellLongAgo(
                    world.longAgo(person), eventbrite.occasionIds().get(0)));
        } else if (person.usesEventbrite()) {
            joinings.add(() -> buy(world.person(number)));
        }
        if (person.usesPatreon()) {
            joinings.add(
                    random.nextInt(7) == 0
                            ? () -> patreon.follow(world.person(number))
                            : () -> patreon.pledge(world.person(number), tier()));
        }
        if (person.usesKlaviyo()) {
            joinings.add(() -> klaviyo.subscribe(world.person(number)));
        }
        if (person.gives()) {
            joinings.add(() -> give(world.person(number)));
        }
        if (joinings.size() > 1 && random.nextBoolean()) {
            joinings.add(joinings.remove(0));
        }
        return joinings;
    }

    /** The box beside the form: one in six leaves it unticked. */
    private static boolean isOptedIn(Person person) {
        return person.number() % 6 != 0;
    }

    /** Every other one writes the address in capitals. */
    private static Person asGiver(Person person) {
        return person.number() % 2 == 0 ? person.inCapitals() : person;
    }

    private void give(Person person) {
        List<Long> campaigns = classy.campaignIds();
        long campaign = campaigns.get(random.nextInt(campaigns.size()));
        long cents = 500L * (1 + random.nextInt(60));
        if (random.nextInt(3) == 0 && !plans.containsKey(person.number())) {
            plans.put(person.number(), classy.pledge(asGiver(person), campaign, cents, isOptedIn(person)));
        } else {
            lastGift = classy.donate(asGiver(person), campaign, cents, isOptedIn(person));
        }
    }

    private void giveAgain(Person person) {
        int chance = random.nextInt(10);
        Long plan = plans.get(person.number());
        if (plan != null && chance < 6) {
            classy.chargePlan(plan);
        } else if (plan != null && chance < 8) {
            classy.cancelPlan(plan);
            plans.remove(person.number());
        } else if (chance == 9 && lastGift != 0) {
            classy.refund(lastGift);
            lastGift = 0;
        } else {
            give(person);
        }
    }

    private Tier tier() {
        return Tier.values()[random.nextInt(Tier.values().length)];
    }

    /** An event that asks every ticket's holder for a name. */
    private String personal() {
        return eventbrite.occasionIds().get(random.nextBoolean() ? 0 : 2);
    }

    private void buy(Person buyer) {
        List<Person> holders = new ArrayList<>(List.of(buyer));
        for (int more = met.isEmpty() ? 0 : random.nextInt(3); more > 0; more--) {
            Person friend = world.person(met.get(random.nextInt(met.size())));
            if (!friend.agesOnEventbrite() && friend.number() != buyer.number() && !holders.contains(friend)) {
                holders.add(friend);
            }
        }
        List<String> occasions = eventbrite.occasionIds();
        sell(buyer, holders, occasions.get(random.nextInt(occasions.size())));
    }

    private void sell(Person buyer, List<Person> holders, String occasion) {
        String order = eventbrite.sell(buyer, holders, occasion);
        sales.add(new Sale(order, eventbrite.attendeesOf(order)));
    }

    private void live(Person person) {
        if (classy.knows(person) && random.nextInt(5) == 0) {
            giveAgain(person);
            return;
        }
        int chance = random.nextInt(100);
        if (chance < 45 && klaviyo.knows(person)) {
            read(person);
        } else if (chance < 75 && patreon.knows(person)) {
            support(person);
        } else if (chance < 92) {
            attend(person);
        } else if (!person.agesOnEventbrite() && !left.contains(person.number())) {
            Person changed = world.changeLife(person.number(), random);
            klaviyo.restate(changed);
            eventbrite.restate(changed);
            patreon.restate(changed);
            classy.restate(asGiver(changed));
        }
    }

    private void read(Person person) {
        int chance = random.nextInt(100);
        if (chance < 30) {
            klaviyo.open(person);
        } else if (chance < 50) {
            klaviyo.unsubscribe(person);
        } else if (chance < 70) {
            klaviyo.subscribe(person);
        } else if (chance < 92) {
            klaviyo.consentToSms(person, random.nextInt(3) > 0);
        } else if (chance < 96) {
            klaviyo.bounce(person);
        } else {
            klaviyo.complain(person);
        }
    }

    private void support(Person person) {
        String status = patreon.status(person);
        if (status == null) {
            // A follower: becomes a patron, or leaves without ever having paid.
            if (random.nextBoolean() || !klaviyo.knows(person)) {
                patreon.changeTier(person, tier());
            } else {
                patreon.unfollow(person);
                left.add(person.number());
            }
        } else if (patreon.tier(person) == null) {
            patreon.changeTier(person, tier());
        } else {
            int chance = random.nextInt(100);
            if (chance < 45) {
                patreon.charge(person, random.nextInt(6) > 0);
            } else if (chance < 85) {
                patreon.changeTier(person, tier());
            } else {
                patreon.cancel(person);
            }
        }
    }

    private void attend(Person person) {
        int chance = random.nextInt(100);
        if (sales.isEmpty() || (chance < 25 && !person.agesOnEventbrite())) {
            if (!person.agesOnEventbrite()) {
                buy(person);
            }
        } else {
            Sale sale = sales.get(random.nextInt(sales.size()));
            String attendee =
                    sale.attendees().get(random.nextInt(sale.attendees().size()));
            if (chance < 80) {
                eventbrite.checkIn(attendee);
            } else if (chance < 86) {
                eventbrite.checkOut(attendee);
            } else if (chance < 97) {
                eventbrite.refund(sale.order());
            } else {
                List<String> occasions = eventbrite.occasionIds();
                eventbrite.rename(
                        occasions.get(random.nextInt(occasions.size())), "Harbor Run " + (2026 + random.nextInt(5)));
            }
        }
    }
}
