package dev.muster.admin;

import dev.muster.credential.Vault;
import dev.muster.delivery.HttpAnswer;
import java.util.List;

/** {@code POST /api/keys/rotate}: a new key for the vault, while the hub runs. */
public final class KeysResource implements AdminResource {
    private final Vault vault;

    public KeysResource(Vault vault) {
        this.vault = vault;
    }

    @Override
    public String name() {
        return "keys";
    }

    @Override
    public HttpAnswer answer(AdminRequest request, List<String> rest) {
        request.allow(rest.equals(List.of("rotate")), "POST");
        request.only();
        return HttpAnswer.json(
                200,
                Rows.JSON.createObjectNode().put("resealed", vault.rotate()).toString());
    }
}
