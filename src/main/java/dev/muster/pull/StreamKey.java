package dev.muster.pull;

import dev.muster.platform.Integration;

/**
 * One stream of one account.
 *
 * @param integration unique among the platform's integrations
 */
record StreamKey(String organization, String platform, String integration, String stream) {
    static StreamKey of(Integration integration, String stream) {
        return new StreamKey(integration.organization(), integration.platform(), integration.id(), stream);
    }

    @Override
    public String toString() {
        return platform + "/" + integration + " " + stream + " of " + organization;
    }
}
