package dev.muster.bench;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;

/**
 * Stands before the database's own driver in a hub under measurement, and writes down how the database would carry out each question
 * that it is asked, with the values of that moment: once for each statement and plan. {@code -Djdbc.drivers} names it, and
 * {@code -Dbench.plans} the file.
 */
public final class PlansDriver implements Driver {
    private final Driver real;
    private final Path file = Path.of(System.getProperty("bench.plans"));
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    static {
        try {
            for (Driver driver : Collections.list(DriverManager.getDrivers())) {
                DriverManager.deregisterDriver(driver);
                DriverManager.registerDriver(new PlansDriver(driver));
            }
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private PlansDriver(Driver real) {
        this.real = real;
    }

    @Override
    public Connection connect(String url, Properties properties) throws SQLException {
        Connection connection = real.connect(url, properties);
        if (connection == null) {
            return null;
        }
        String explain = url.startsWith("jdbc:sqlite:") ? "EXPLAIN QUERY PLAN " : "EXPLAIN ";
        return proxy(Connection.class, connection, (method, arguments, call) -> {
            Object made = call.call();
            boolean isQuestion = method.getName().equals("prepareStatement")
                    && ((String) arguments[0]).strip().matches("(?is)(SELECT|WITH)\\b.*");
            return isQuestion ? statement(connection, (PreparedStatement) made, (String) arguments[0], explain) : made;
        });
    }

    private PreparedStatement statement(Connection connection, PreparedStatement made, String sql, String explain) {
        List<Call> bound = new ArrayList<>();
        return proxy(PreparedStatement.class, made, (method, arguments, call) -> {
            if (method.getName().startsWith("set") && arguments.length > 1) {
                bound.add(statement -> method.invoke(statement, arguments));
            } else if (method.getName().equals("executeQuery")) {
                write(connection, sql, explain, bound);
                bound.clear();
            }
            return call.call();
        });
    }

    private void write(Connection connection, String sql, String explain, List<Call> bound) throws Exception {
        List<String> plan = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(explain + sql)) {
            for (Call one : bound) {
                one.on(statement);
            }
            try (ResultSet rows = statement.executeQuery()) {
                int last = rows.getMetaData().getColumnCount();
                while (rows.next()) {
                    plan.add("    " + rows.getString(last));
                }
            }
        }
        String text = sql.strip().replaceAll("\\s+", " ") + "\n" + String.join("\n", plan) + "\n";
        // costs and values change with every row
        if (known.add(text.replaceAll("\\(cost=[^)]*\\)|'[^']*'|\\d+", ""))) {
            synchronized (this) {
                Files.writeString(file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        }
    }

    @FunctionalInterface
    private interface Call {
        void on(PreparedStatement statement) throws Exception;
    }

    @FunctionalInterface
    private interface Real {
        Object call() throws Throwable;
    }

    @FunctionalInterface
    private interface Around {
        Object handle(Method method, Object[] arguments, Real call) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, T real, Around around) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader() == null ? PlansDriver.class.getClassLoader() : type.getClassLoader(),
                new Class<?>[] {type}, (proxy, method, arguments) -> {
                    try {
                        return around.handle(method, arguments == null ? new Object[0] : arguments, () -> method.invoke(real, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    @Override
    public boolean acceptsURL(String url) throws SQLException {
        return real.acceptsURL(url);
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties properties) throws SQLException {
        return real.getPropertyInfo(url, properties);
    }

    @Override
    public int getMajorVersion() {
        return real.getMajorVersion();
    }

    @Override
    public int getMinorVersion() {
        return real.getMinorVersion();
    }

    @Override
    public boolean jdbcCompliant() {
        return real.jdbcCompliant();
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getGlobal();
    }
}
