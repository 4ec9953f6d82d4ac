package dev.muster.quota;

import dev.muster.call.CallPriority;
import dev.muster.call.PlatformAnswer;
import dev.muster.call.PlatformRequest;
import dev.muster.db.Database;
import dev.muster.db.HandClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Hubs, calls and a platform in a time of their own: nothing waits, and the same seed gives the same calls. */
final class Traffic {
    final HandClock clock;
    final List<Call> calls = new ArrayList<>();
    private final Random random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
    private long numbers;
    private int underWay;
    int mostUnderWay;
    /** What the platform answers to a call that reached it. */
    Function<Call, PlatformAnswer> platform = call -> answer(200, Map.of());
    /** The longest way to the platform, and back. */
    int wayMillis = 20;
    /** How long the store takes for a settlement. */
    int settleMillis;

    private record Event(long at, long number, Runnable task) {}

    /** One call as the platform saw it. */
    record Call(long arrivedAt, String flow, CallPriority priority, String organization) {}

    Traffic(HandClock clock, long seed) {
        this.clock = clock;
        this.random = new Random(seed);
    }

    /** A hub of its own process. */
    Quotas hub(Database database, String name) {
        return hub(database, name, 1_000);
    }

    /** The same with so many calls to a platform at once. */
    Quotas hub(Database database, String name, int callsMax) {
        return new Quotas(new QuotaStore(database, name, "1"), clock, this::settled, callsMax, 100_000);
    }

    /** The hub of this name is started once more, after it was killed. */
    Quotas again(Database database, String name) {
        QuotaStore store = new QuotaStore(database, name, "2");
        store.resume(clock.millis());
        return new Quotas(store, clock, this::settled, 1_000, 100_000);
    }

    private void settled(Runnable task, long millis) {
        later(task, millis == 0 ? settleMillis : millis);
    }

    void later(Runnable task, long millis) {
        events.add(new Event(clock.millis() + millis, numbers++, task));
    }

    /** Runs what happens in the time to come. */
    void run(Duration time) {
        long end = clock.millis() + time.toMillis();
        while (!events.isEmpty() && events.peek().at() <= end) {
            Event next = events.remove();
            clock.advance(Duration.ofMillis(Math.max(0, next.at() - clock.millis())));
            next.task().run();
        }
        clock.advance(Duration.ofMillis(end - clock.millis()));
    }

    void call(Quotas hub, QuotaSettings settings, PlatformRequest request) {
        CompletionStage<Turn> turn = hub.turn(request, settings);
        turn.thenAccept(given -> leave(given, request));
    }

    /** One who calls again soon after the last call was answered, which takes so long each time. */
    void callAgainAndAgain(Quotas hub, QuotaSettings settings, PlatformRequest request, int millis) {
        CompletionStage<Turn> turn = hub.turn(request, settings);
        turn.thenAccept(given -> {
            calls.add(new Call(clock.millis(), request.flow(), request.priority(), request.organization()));
            later(
                    () -> {
                        given.answered(answer(200, Map.of()));
                        later(() -> callAgainAndAgain(hub, settings, request, millis), 30);
                    },
                    millis);
        });
    }

    private void leave(Turn turn, PlatformRequest request) {
        underWay++;
        mostUnderWay = Math.max(mostUnderWay, underWay);
        later(
                () -> {
                    Call call = new Call(clock.millis(), request.flow(), request.priority(), request.organization());
                    calls.add(call);
                    PlatformAnswer answer = platform.apply(call);
                    later(
                            () -> {
                                underWay--;
                                turn.answered(answer);
                            },
                            random.nextInt(wayMillis));
                },
                random.nextInt(wayMillis));
    }

    PlatformAnswer answer(int status, Map<String, String> headers) {
        return new PlatformAnswer(status, headers, new byte[0], clock.instant(), "https://api.example.org");
    }

    static PlatformRequest request(String organization, String integration, String flow, CallPriority priority) {
        return PlatformRequest.get("acme", organization, integration, flow, priority, "/");
    }

    /** The most calls in any stretch of this length, wherever it begins. */
    long mostIn(Duration per) {
        List<Long> arrivals = calls.stream().map(Call::arrivedAt).sorted().toList();
        long most = 0;
        int first = 0;
        for (int last = 0; last < arrivals.size(); last++) {
            while (arrivals.get(last) - arrivals.get(first) >= per.toMillis()) {
                first++;
            }
            most = Math.max(most, last - first + 1);
        }
        return most;
    }
}
