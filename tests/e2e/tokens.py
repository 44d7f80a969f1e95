"""Tokens as an operator makes them."""
import hashlib
import secrets

SCOPES = ("submit", "read", "admin", "metrics")


def write_tokens(path, entries):
    """Write a token file for {name: scopes}; returns {name: secret}."""
    made = {name: secrets.token_hex(32) for name in entries}
    lines = [f"{name} {scopes} {hashlib.sha256(made[name].encode()).hexdigest()}" for name, scopes in entries.items()]
    path.write_text("# who may use the API\n" + "\n".join(lines) + "\n")
    path.chmod(0o640)
    return made


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}
