package dev.muster.cli;

import java.net.BindException;
import java.nio.channels.UnresolvedAddressException;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Why a hub does not start, for a person: what it is, and what to do. No stack trace. */
final class StartFailure {
    private StartFailure() {}

    /** One line or several, each complete. */
    static List<String> lines(Throwable failure) {
        BindException bind = find(failure, BindException.class);
        if (bind != null) {
            return List.of("A port cannot be listened on (" + bind.getMessage() + "): another program has it. Stop that"
                    + " one, or choose others with --http-port and --management-port.");
        }
        if (find(failure, UnresolvedAddressException.class) != null) {
            return List.of("The address to listen on cannot be resolved: correct MUSTER_HTTP_HOST or METRICS_HOST.");
        }
        // A wrapped one says where it happened; what people can repair is said by our own, the outermost of them.
        for (Throwable cause = failure; cause != null; cause = next(cause)) {
            if (cause.getClass().getName().startsWith("dev.muster.") && cause.getMessage() != null) {
                return cause.getMessage().lines().toList();
            }
        }
        SQLException sql = find(failure, SQLException.class);
        if (sql != null) {
            return List.of("The database cannot be used: " + oneLine(sql) + ". Check MUSTER_DATABASE_URL, that the"
                    + " server runs, and the name and password.");
        }
        Throwable root = failure;
        for (Throwable cause = failure; cause != null; cause = next(cause)) {
            root = cause;
        }
        String where = failure.getMessage() == null || failure.equals(root) ? "" : oneLine(failure) + ": ";
        return List.of(where + oneLine(root));
    }

    private static String oneLine(Throwable failure) {
        String message = failure.getMessage();
        return message == null
                ? failure.getClass().getSimpleName()
                : message.strip().replaceAll("\\s*\\n\\s*", "; ").replaceAll("\\.+$", "");
    }

    private static @Nullable Throwable next(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure.equals(cause) ? null : cause;
    }

    private static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
        for (Throwable cause = failure; cause != null; cause = next(cause)) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
        }
        return null;
    }
}
