"""What the doctor says to do where Entra refuses: which setting, by what was refused and by Entra's number.

The error catalogue sends people to the doctor for these. Only the doctor reads this.
"""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from console.azure.errors import AzureError
from console.azure.identity import credential_kind
from console.config.findings import Finding, refused
from console.web import wire
from console.web.problems import Place

COMPARE_TENANT = "Compare ENTRA_TENANT_ID and ENTRA_AUTHORITY with the tenant's overview page in Entra."
MAKE_ANOTHER = "Make a new client secret in the app registration and set {setting} to its value."
NOT_ITS_ID = "Set {setting} to the client secret's value (not its id)."
# By kind, for the app registration that people sign in with.
REGISTRATION = {
    "tenant-not-found": COMPARE_TENANT,
    "app-not-found": "Set ENTRA_CLIENT_ID to the application (client) ID of an app registration of this tenant.",
    "client-secret-wrong": NOT_ITS_ID.format(setting="ENTRA_CLIENT_SECRET"),
    "client-secret-expired": MAKE_ANOTHER.format(setting="ENTRA_CLIENT_SECRET"),
    "entra-misconfigured": f"{COMPARE_TENANT} What answers there is not this tenant's Entra.",
}
CERTIFICATE = (
    "Set ENTRA_CLIENT_CERTIFICATE to a PEM of private key and certificate, and upload the certificate to the app "
    "registration."
)

# By Entra's number, for the console's own identity. Source: azure-facts 5.9 and Learn, "Microsoft Entra error codes".
BY_NUMBER = {
    "AADSTS7000215": NOT_ITS_ID.format(setting="AZURE_CLIENT_SECRET"),
    "AADSTS7000222": MAKE_ANOTHER.format(setting="AZURE_CLIENT_SECRET"),
    "AADSTS700016": "Set AZURE_CLIENT_ID to an app registration of the tenant that AZURE_TENANT_ID names.",
    "AADSTS90002": "Set AZURE_TENANT_ID to the tenant's ID.",
    "AADSTS700027": "Upload the certificate of AZURE_CLIENT_CERTIFICATE_PATH to the app registration.",
    "AADSTS700024": "The federated token has expired: see why AZURE_FEDERATED_TOKEN_FILE is not written anew.",
    "AADSTS70021": "Compare issuer, subject and audience of the app registration's federated credential with the token "
    "in AZURE_FEDERATED_TOKEN_FILE.",
    "AADSTS500011": "Correct FOUNDRY_TOKEN_SCOPE or ARM_ENDPOINT: the tenant does not know the service it names.",
    "AADSTS53003": "Have the identity allowed in the Conditional Access rule that stops it.",
}
# By azure-identity's class, where the number says nothing.
REFUSED = {
    "ClientSecretCredential": "Compare AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET with the app "
    "registration in Entra.",
    "CertificateCredential": "Compare AZURE_CLIENT_ID, AZURE_TENANT_ID and the certificate of "
    "AZURE_CLIENT_CERTIFICATE_PATH (and its password) with the app registration in Entra.",
    "WorkloadIdentityCredential": "Compare AZURE_CLIENT_ID, AZURE_TENANT_ID and the token in "
    "AZURE_FEDERATED_TOKEN_FILE with the app registration's federated credential.",
    "ManagedIdentityCredential": "Assign a managed identity to this machine. Where it has several, set AZURE_CLIENT_ID "
    "to the client ID of one; leave IDENTITY_ENDPOINT and IDENTITY_HEADER as the platform sets them.",
    "AzureCliCredential": "Run az login as whoever runs the console, in the tenant of AZURE_TENANT_ID.",
}
OPEN_ENTRA = (
    "Open the network from this machine to the sign-in address (ENTRA_AUTHORITY, AZURE_AUTHORITY_HOST). If its "
    "certificate is of a private CA, name that CA's file in SSL_CERT_FILE; if there is a proxy, set OUTBOUND_PROXY."
)
UNREACHABLE = {
    "ManagedIdentityCredential": "Check that managed identity is switched on for this machine and that "
    "IDENTITY_ENDPOINT, where it is set, is the platform's own.",
    "AzureCliCredential": "Install the Azure CLI where the console runs, and run az login.",
}


def told(what: str, error: AzureError, place: Place | None = None, called_as: str = "console") -> Finding:
    """A refusal as the catalogue tells it, with our remedy where the catalogue's is to ask the doctor."""
    found = refused(what, error, place, called_as)
    return replace(found, remedy=remedy(error) or found.remedy)


def remedy(error: AzureError) -> str:
    """Which setting to look at, as far as error and environment tell; "" where the catalogue knows better."""
    if error.kind == "identity-refused":
        return BY_NUMBER.get(error.code or "") or REFUSED.get(credential_kind(wire.own_environment()) or "", "")
    if error.kind == "identity-unreachable":
        return UNREACHABLE.get(credential_kind(wire.own_environment()) or "", OPEN_ENTRA)
    if settings.ENTRA_CLIENT_CERTIFICATE and about_certificate(error):
        return CERTIFICATE
    return REGISTRATION.get(error.kind, "")


def about_certificate(error: AzureError) -> bool:
    """Whether this is about the certificate, where people sign in by one; MSAL says no more than that it fails."""
    unusable = error.kind == "entra-misconfigured" and "registration's settings" in error.message
    return unusable or error.kind in ("client-secret-wrong", "client-secret-expired")
