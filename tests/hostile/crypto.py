# crypto.py - keys, sealing and proofs of IKEv2 (RFC 7296 sections 2.13 to 2.18, 3.14, RFC 5282, RFC 7427).
# SPDX-License-Identifier: ISC
"""Only what the hostile peer needs, on python3-cryptography."""

import hashlib
import hmac
import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

import wire

HASHES = {wire.HMAC_SHA256: "sha256", wire.HMAC_SHA384: "sha384", wire.HMAC_SHA512: "sha512"}

# RFC 3526 section 3
MODP2048 = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A0879"
    "8E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B"
    "0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA4836"
    "1C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804"
    "F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6"
    "955817183995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF", 16)
CURVES = {wire.ECP256: ec.SECP256R1(), wire.ECP384: ec.SECP384R1()}
PUBLIC_LEN = {wire.MODP2048: 256, wire.ECP256: 64, wire.ECP384: 96, wire.X25519: 32}


@dataclass
class Suite:
    encr: int = wire.AES_GCM16
    bits: int = 256
    prf: int = wire.HMAC_SHA256
    integ: int = 0
    group: int = wire.X25519

    def transforms(self):
        found = [(wire.ENCR, self.encr, self.bits) if self.bits else (wire.ENCR, self.encr)]
        found.append((wire.PRF, self.prf))
        if self.integ:
            found.append((wire.INTEG, self.integ))
        found.append((wire.GROUP, self.group))
        return found

    def aead(self):
        return self.encr in (wire.AES_GCM16, wire.CHACHA)

    def encr_len(self):
        """Octets of SK_e, with the salt (RFC 5282 section 7.1, RFC 7634 section 2)."""
        if self.encr == wire.CHACHA:
            return 36
        return self.bits // 8 + (4 if self.aead() else 0)

    def integ_len(self):
        return 32 if self.integ else 0


class Group:
    """One private value of a group."""

    def __init__(self, group):
        self.group = group
        if group == wire.X25519:
            self.key = x25519.X25519PrivateKey.generate()
            self.public = self.key.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        elif group == wire.MODP2048:
            self.key = int.from_bytes(os.urandom(32), "big")
            self.public = pow(2, self.key, MODP2048).to_bytes(256, "big")
        else:
            self.key = ec.generate_private_key(CURVES[group])
            self.public = self.key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)[1:]

    def shared(self, public):
        if self.group == wire.X25519:
            return self.key.exchange(x25519.X25519PublicKey.from_public_bytes(public))
        if self.group == wire.MODP2048:
            return pow(int.from_bytes(public, "big"), self.key, MODP2048).to_bytes(256, "big")
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(
            CURVES[self.group], b"\x04" + public))


def prf(number, key, data):
    return hmac.new(key, data, HASHES[number]).digest()


def prf_plus(number, key, seed, length):
    out, last, n = b"", b"", 1
    while len(out) < length:
        last = prf(number, key, last + seed + bytes([n]))
        out += last
        n += 1
    return out[:length]


@dataclass
class Keys:
    suite: Suite
    d: bytes
    ai: bytes
    ar: bytes
    ei: bytes
    er: bytes
    pi: bytes
    pr: bytes


def derive(suite, shared, ni, nr, spi_i, spi_r, old=None):
    """The keys of section 2.14; with the keys of the IKE SA that is rekeyed, 2.18."""
    if old is None:
        skeyseed = prf(suite.prf, ni + nr, shared)
    else:
        skeyseed = prf(old.suite.prf, old.d, shared + ni + nr)
    size = hashlib.new(HASHES[suite.prf]).digest_size
    parts = [size, suite.integ_len(), suite.integ_len(), suite.encr_len(), suite.encr_len(),
             size, size]
    stream = prf_plus(suite.prf, skeyseed, ni + nr + spi_i + spi_r, sum(parts))
    keys = []
    for part in parts:
        keys.append(stream[:part])
        stream = stream[part:]
    return Keys(suite, *keys)


# --- What is sealed -----------------------------------------------------------

@dataclass
class Bend:
    """What can be wrong about an Encrypted payload; None: nothing is."""
    iv: bytes | None = None
    pad: bytes | None = None      # the padding, without its length
    pad_length: int | None = None
    icv: object = None            # a function of the ICV


def _nonce_and_key(key):
    return key[-4:], key[:-4]


def _aead(suite, key):
    return ChaCha20Poly1305(key) if suite.encr == wire.CHACHA else AESGCM(key)


def sealed_len(suite, plain_len):
    """Octets of the body of the SK payload, with the least padding."""
    if suite.aead():
        return 8 + plain_len + 1 + 16
    return 16 + (plain_len + 16) // 16 * 16 + 16


def seal(keys, initiator, plain, head, bend=None):
    """The body of an SK payload.  head(length of the body): what stands before."""
    bend = bend or Bend()
    suite = keys.suite
    block = 1 if suite.aead() else 16
    pad = bytes(-(len(plain) + 1) % block) if bend.pad is None else bend.pad
    length = len(pad) if bend.pad_length is None else bend.pad_length
    plain = plain + pad + bytes([length])
    key = keys.ei if initiator else keys.er
    if suite.aead():
        iv = os.urandom(8) if bend.iv is None else bend.iv
        salt, key = _nonce_and_key(key)
        before = head(len(iv) + len(plain) + 16)
        out = _aead(suite, key).encrypt(salt + iv.ljust(8, b"\0")[:8], plain, before)
        text, icv = out[:-16], out[-16:]
        return iv + text + (bend.icv(icv) if bend.icv else icv)
    iv = os.urandom(16) if bend.iv is None else bend.iv
    if len(plain) % 16 == 0 and len(iv) == 16:
        encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        text = encryptor.update(plain) + encryptor.finalize()
    else:
        text = plain
    before = head(len(iv) + len(text) + 16)
    icv = hmac.new(keys.ai if initiator else keys.ar, before + iv + text,
                   "sha256").digest()[:16]
    return iv + text + (bend.icv(icv) if bend.icv else icv)


def unseal(keys, initiator, before, body):
    """The plaintext of what `initiator` or not has sealed."""
    suite = keys.suite
    key = keys.ei if initiator else keys.er
    if suite.aead():
        salt, key = _nonce_and_key(key)
        try:
            plain = _aead(suite, key).decrypt(salt + body[:8], body[8:], before)
        except InvalidTag:
            raise wire.Malformed("an ICV that is wrong") from None
    else:
        icv = hmac.new(keys.ai if initiator else keys.ar, before + body[:-16],
                       "sha256").digest()[:16]
        if icv != body[-16:]:
            raise wire.Malformed("an ICV that is wrong")
        decryptor = Cipher(algorithms.AES(key), modes.CBC(body[:16])).decryptor()
        plain = decryptor.update(body[16:-16]) + decryptor.finalize()
    if plain[-1] + 1 > len(plain):
        raise wire.Malformed("more padding than there is")
    return plain[:len(plain) - plain[-1] - 1]


# --- What AUTH proves (section 2.15) ------------------------------------------

def signed_octets(number, message, nonce, key, id_body):
    return message + nonce + prf(number, key, id_body)


def psk_auth(number, secret, octets):
    return struct.pack(">BBH", 2, 0, 0) + prf(
        number, prf(number, secret, b"Key Pad for IKEv2"), octets)


# AlgorithmIdentifiers of RFC 7427 appendix A and RFC 8420 appendix A.
ALG_ED25519 = bytes.fromhex("300506032b6570")
ALG_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
ALG_ECDSA_SHA1 = bytes.fromhex("300906072a8648ce3d0401")
ALG_RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
ALG_RSA_SHA1 = bytes.fromhex("300d06092a864886f70d0101050500")
ALG_PSS_SHA256 = bytes.fromhex(
    "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d"
    "010108300d06096086480165030402010500a203020120")


def digital_auth(algorithm, signature, length=None):
    length = len(algorithm) if length is None else length
    return struct.pack(">BBH", 14, 0, 0) + bytes([length]) + algorithm + signature


def sign(key, octets):
    """AUTH of RFC 7427 with whatever key it is."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return digital_auth(ALG_ED25519, key.sign(octets))
    if isinstance(key, rsa.RSAPrivateKey):
        return digital_auth(ALG_PSS_SHA256, key.sign(
            octets, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()))
    return digital_auth(ALG_ECDSA_SHA256, key.sign(octets, ec.ECDSA(hashes.SHA256())))
