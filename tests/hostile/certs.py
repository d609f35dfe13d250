# certs.py - an authority of our own, and certificates that are wrong in one way each (RFC 5280).
# SPDX-License-Identifier: ISC

import datetime
import functools
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.utcnow()
DAY = datetime.timedelta(days=1)


def name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def p256():
    return ec.generate_private_key(ec.SECP256R1())


class Made:
    """A certificate and its key."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key
        self.der = certificate.public_bytes(serialization.Encoding.DER)
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)


def make(issuer, common, key=None, ca=False, pathlen=None, days=(-1, 30), names=None, usage=None,
         key_usage=None, constraints=None, digest=None, public=None, serial=None, extra=()):
    """Signed by `issuer`, a Made; None: by itself."""
    key = key or p256()
    signer = issuer.key if issuer else key
    names = [common] if names is None else names
    builder = (
        x509.CertificateBuilder().subject_name(name(common))
        .issuer_name(issuer.certificate.subject if issuer else name(common))
        .public_key(public or key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(NOW + days[0] * DAY).not_valid_after(NOW + days[1] * DAY))
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, pathlen), True)
    if names and not ca:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False)
    if ca and key_usage is None:
        key_usage = ("key_cert_sign", "crl_sign")
    if key_usage is not None:
        bits = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment",
                              "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
                              "encipher_only", "decipher_only"), False)
        bits.update(dict.fromkeys(key_usage, True))
        builder = builder.add_extension(x509.KeyUsage(**bits), True)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), False)
    if constraints is not None:
        builder = builder.add_extension(constraints, True)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    if digest is None and not isinstance(signer, ed25519.Ed25519PrivateKey):
        digest = hashes.SHA256()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that SHA-1 is old is the point
        return Made(builder.sign(signer, digest), key)


def crl(issuer, serials):
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(NOW - DAY).next_update(NOW + 30 * DAY)
    for serial in serials:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - DAY)
            .build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def key_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def spki_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


REVOKED_SERIAL = 0x1234567890
PEER = "cert.example"


@functools.lru_cache(None)
def pki():
    """What is made once: the authority, ours, the daemon's, raw keys."""
    found = {"ca": make(None, "hostile root", ca=True)}
    found["gw"] = make(found["ca"], "gw.example")
    found["peer"] = make(found["ca"], PEER)
    found["other"] = make(found["ca"], "other.example")
    found["raw"] = ed25519.Ed25519PrivateKey.generate()
    found["gw_raw"] = ed25519.Ed25519PrivateKey.generate()
    found["stranger"] = make(None, "hostile root", ca=True)
    return found


def wrong():
    """name: (the certificates that are sent, the key that signs)."""
    ca = pki()["ca"]

    def of(*chain):
        return [one.der for one in chain], chain[0].key

    def sub(**options):
        return make(ca, "sub", ca=options.pop("ca", True), **options)

    good_sub = sub()
    no_ca = sub(ca=False, key_usage=("digital_signature",))
    no_sign = sub(key_usage=("crl_sign",))
    below = make(sub_0 := sub(pathlen=0), "below", ca=True)
    limited = sub(constraints=x509.NameConstraints([x509.DNSName("elsewhere.example")], None))
    excluding = sub(constraints=x509.NameConstraints(None, [x509.DNSName("example")]))
    expired_sub = sub(days=(-30, -2))
    loop_a = make(good_sub, "loop", ca=True)
    strange = pki()["stranger"]
    yield "expired", of(make(ca, PEER, days=(-30, -2)))
    yield "not_yet_valid", of(make(ca, PEER, days=(2, 30)))
    yield "of_another_name", of(make(ca, "evil.example"))
    yield "without_a_name", of(make(ca, "somebody", names=[]))
    yield "name_beside_the_subject", of(make(ca, PEER, names=["evil.example"]))
    yield "wildcard", of(make(ca, "x", names=["*.example"]))
    yield "name_with_nul", of(make(ca, "x", names=["cert.example\0.evil.example"]))
    yield "revoked", of(make(ca, PEER, serial=REVOKED_SERIAL))
    yield "for_servers_of_the_web_only", of(make(ca, PEER, usage=[ExtendedKeyUsageOID.CODE_SIGNING]))
    yield "for_encipherment_only", of(make(ca, PEER, key_usage=("key_encipherment",)))
    yield "of_a_stranger_of_the_same_name", of(make(strange, PEER))
    yield "of_a_stranger_with_its_root", of(make(strange, PEER), strange)
    yield "signed_by_itself", of(make(None, PEER))
    yield "of_no_authority", of(make(no_ca, PEER), no_ca)
    yield "of_one_that_may_not_sign", of(make(no_sign, PEER), no_sign)
    yield "path_too_long", of(make(below, PEER), below, sub_0)
    yield "step_is_missing", of(make(good_sub, PEER))
    yield "step_is_expired", of(make(expired_sub, PEER), expired_sub)
    yield "name_not_permitted", of(make(limited, PEER), limited)
    yield "name_excluded", of(make(excluding, PEER), excluding)
    yield "is_an_authority_itself_and_signs_itself", of(make(ca, PEER, ca=True, names=[]))
    yield "unknown_critical_extension", of(make(ca, PEER, extra=[
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\5\0"), True)]))
    yield "sha1", of(make(ca, PEER, digest=hashes.SHA1()))
    yield "loop", ([make(loop_a, PEER).der, loop_a.der, loop_a.der, good_sub.der, loop_a.der],
                   loop_a.key)
    rsa_512 = rsa.generate_private_key(65537, 512)
    yield "rsa_512", of(make(ca, PEER, key=rsa_512))
    yield "rsa_1024", of(make(ca, PEER, key=rsa.generate_private_key(65537, 1024)))
    huge = rsa.RSAPublicNumbers(65537, (1 << 32767) + 12345).public_key()
    yield "rsa_32768", of(make(ca, PEER, public=huge))
    yield "dsa", of(make(ca, PEER, public=dsa.generate_private_key(2048).public_key()))
    yield "unknown_curve", of(make(ca, PEER, key=ec.generate_private_key(ec.BrainpoolP256R1())))
    yield "secp256k1", of(make(ca, PEER, key=ec.generate_private_key(ec.SECP256K1())))
    gw = pki()["gw"]
    yield "the_daemons_own", ([gw.der], pki()["peer"].key)
    yield "of_another_peer", of(pki()["other"])
    yield "of_another_key", ([pki()["peer"].der], pki()["other"].key)
