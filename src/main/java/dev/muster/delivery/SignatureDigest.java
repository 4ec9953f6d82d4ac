package dev.muster.delivery;

/** The digests platforms sign with, under Java's names. */
enum SignatureDigest {
    MD5("MD5", "HmacMD5", 16),
    SHA1("SHA-1", "HmacSHA1", 20),
    SHA256("SHA-256", "HmacSHA256", 32),
    SHA512("SHA-512", "HmacSHA512", 64);

    private final String digest;
    private final String hmac;
    private final int bytes;

    SignatureDigest(String digest, String hmac, int bytes) {
        this.digest = digest;
        this.hmac = hmac;
        this.bytes = bytes;
    }

    String digest() {
        return digest;
    }

    String hmac() {
        return hmac;
    }

    /** How long a digest is. */
    int bytes() {
        return bytes;
    }
}
