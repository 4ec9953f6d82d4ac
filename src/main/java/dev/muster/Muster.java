package dev.muster;

import dev.muster.cli.MusterCommand;
import java.nio.file.Path;

/** Where the program begins. */
public final class Muster {
    private Muster() {}

    public static void main(String[] args) {
        Path home = Path.of(System.getProperty("muster.home", "."));
        System.exit(MusterCommand.run(home, System.getenv(), args));
    }
}
