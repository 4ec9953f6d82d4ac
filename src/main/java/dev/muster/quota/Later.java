package dev.muster.quota;

/** Runs something when its time has come; everything in one thread. */
@FunctionalInterface
interface Later {
    /** @param millis from now; 0 for as soon as possible */
    void run(Runnable task, long millis);
}
