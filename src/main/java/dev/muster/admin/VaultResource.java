package dev.muster.admin;

import dev.muster.credential.Vault;
import dev.muster.delivery.HttpAnswer;
import java.util.List;

/** {@code POST /api/vault/rotate}: a new key for the vault, while the hub runs. */
public final class VaultResource implements AdminResource {
    private final Vault vault;

    public VaultResource(Vault vault) {
        this.vault = vault;
    }

    @Override
    public String name() {
        return "vault";
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
