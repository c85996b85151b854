"""A certificate authority of the tests' own, and what clients need to trust it."""

import datetime
import ipaddress
import os
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Issues certificates for this machine into a directory."""

    def __init__(self, directory):
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Carrel's tests")])
        self.certificate = self._sign(self.name, self.key.public_key(), 1, 60, x509.BasicConstraints(True, None))
        self.file = directory / "authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, key, begins, days, constraints, names=()):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=begins))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(constraints, critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, name="server", days=60, begins=1, passphrase=None, hosts=()):
        """Writes NAME.pem and NAME.key, each at once, for this machine and `hosts`; returns the certificate's serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        names += [x509.DNSName(host) for host in hosts]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        made = self._sign(subject, key.public_key(), begins, days, x509.BasicConstraints(False, None), names)
        hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
        put(self.directory / f"{name}.pem", made.public_bytes(serialization.Encoding.PEM))
        put(self.directory / f"{name}.key", secret)
        return made.serial_number

    def files(self, name="server"):
        """As `listeners.….tls` wants them."""
        return {"certificate": str(self.directory / f"{name}.pem"), "key": str(self.directory / f"{name}.key")}

    def context(self, *protocols):
        """For a client that trusts this authority and offers these protocols."""
        context = ssl.create_default_context(cafile=str(self.file))
        context.set_alpn_protocols(list(protocols))
        return context


def put(path, content):
    """A file that only its owner reads, complete from its first moment."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
    fresh.rename(path)


def serial_shown(address, authority):
    """Of the certificate that a new connection is shown."""
    with socket.create_connection(address, timeout=20) as plain:
        with authority.context("http/1.1").wrap_socket(plain, server_hostname="localhost") as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True)).serial_number
