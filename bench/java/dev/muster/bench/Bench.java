package dev.muster.bench;

import java.nio.file.Files;
import java.nio.file.Path;

/** The benchmarks' entry: {@code bench/run NAME [options]}. */
public final class Bench {
    private Bench() {}

    private interface Measurement {
        void run(Options options, Path work) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        String name = arguments.length == 0 ? "help" : arguments[0];
        Measurement measurement =
                switch (name) {
                    case "receive" -> Receive::run;
                    case "whole-way" -> WholeWay::run;
                    case "apply" -> Apply::run;
                    case "start" -> Start::run;
                    case "crash" -> Crash::run;
                    case "attack" -> Attack::run;
                    default -> null;
                };
        if (measurement == null) {
            System.out.println("bench/run receive | whole-way | apply | start | crash | attack; see bench/README.md");
            System.exit(name.equals("help") ? 0 : 2);
        }
        Options options = new Options(arguments, 1);
        Path work = Files.createTempDirectory(Path.of(options.text("work", System.getProperty("java.io.tmpdir"))), "muster-bench");
        try {
            Machine.describe(work);
            measurement.run(options, work);
        } finally {
            if (!options.flag("keep")) {
                HubProcess.remove(work);
            }
        }
    }
}
