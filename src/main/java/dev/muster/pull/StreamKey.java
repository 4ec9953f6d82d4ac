package dev.muster.pull;

/**
 * One stream of one account.
 *
 * @param integration unique among the platform's integrations
 */
record StreamKey(String organization, String platform, String integration, String stream) {
    @Override
    public String toString() {
        return platform + "/" + integration + " " + stream + " of " + organization;
    }
}
