package dev.muster.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Where the benchmarks begin: {@code bench/run NAME [options]}. */
final class Bench {
    private static final String USAGE = """
            bench/run receive   [--rounds 3] [--seconds 5] [--connections 64]
            bench/run whole-way [--rounds 4] [--members 5000] [--states 4] [--connections 64] [--postgres]
            bench/run apply     [--deliveries 200000] [--members 50000] [--roll 0] [--postgres]
            bench/run pull      [--records 200000] [--page 500] [--timeless] [--kills 0] [--seed 7] [--postgres]
            bench/run start     [--rounds 3]
            bench/run crash     [--rounds 20] [--seed 7] [--postgres]
            bench/run attack    [--requests 100000]
            bench/run fuzz      [--requests 100000] [--seed 7] [--connections 4] [--postgres]
            bench/run desk      [--members 1000000] [--operations 10000000] [--rate 1000] [--calls 40] [--data FOLDER] [--plans] [--postgres]
            bench/run quota     [--seconds 30]
            bench/run push      [--rows 200000] [--hubs 1] [--latency 1000] [--window] [--postgres]
            bench/run organizations [--organizations 10000] [--postgres]
            bench/run soak      [--edits 10000] [--people edits/2] [--rate 200] [--seed 7] [--postgres]
            """;

    private Bench() {}

    public static void main(String[] args) throws Exception {
        Options options = new Options(List.of(args).subList(Math.min(1, args.length), args.length));
        Machine.describe();
        boolean well =
                switch (args.length == 0 ? "help" : args[0]) {
                    case "receive" -> Receive.run(options);
                    case "whole-way" -> WholeWay.run(options);
                    case "apply" -> Apply.run(options);
                    case "pull" -> Pull.run(options);
                    case "start" -> Start.run(options);
                    case "crash" -> Crash.run(options);
                    case "attack" -> Attack.run(options);
                    case "fuzz" -> Fuzz.run(options);
                    case "desk" -> Desk.run(options);
                    case "quota" -> Quota.run(options);
                    case "push" -> Push.run(options);
                    case "organizations" -> Organizations.run(options);
                    case "soak" -> Soak.run(options);
                    default -> {
                        System.out.print(USAGE);
                        yield false;
                    }
                };
        System.exit(well ? 0 : 1);
    }

    /** Prints one line. */
    static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }

    /** The project's folder. */
    static Path home() {
        return Path.of(System.getProperty("muster.home", ".")).toAbsolutePath();
    }

    /** The middle of several measurements, and how far they lie apart. */
    static String spread(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        sorted.sort(Double::compare);
        double median = median(values);
        return String.format(
                Locale.ROOT,
                "%,.0f (%,.0f to %,.0f, %.0f %%)",
                median,
                sorted.get(0),
                sorted.get(sorted.size() - 1),
                100 * (sorted.get(sorted.size() - 1) - sorted.get(0)) / median);
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** {@code --name value} and {@code --flag}. */
    record Options(List<String> words) {
        int number(String name, int otherwise) {
            int at = words.indexOf("--" + name);
            return at < 0 ? otherwise : Integer.parseInt(words.get(at + 1).replace("_", ""));
        }

        String text(String name, String otherwise) {
            int at = words.indexOf("--" + name);
            return at < 0 ? otherwise : words.get(at + 1);
        }

        boolean flag(String name) {
            return words.contains("--" + name);
        }

        @Override
        public String toString() {
            return Arrays.toString(words.toArray());
        }
    }
}
