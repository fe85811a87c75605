"""The first message of a WireGuard handshake, dated as one likes (Noise IK, https://www.wireguard.com/protocol/).

For tests alone: what a box whose clock is ahead would send, without setting anybody's clock.
"""

import hmac
import os
import socket
import struct
from hashlib import blake2s

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

CONSTRUCTION = b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
IDENTIFIER = b"WireGuard v1 zx2c4 Jason@zx2c4.com"
RESPONSE, RESPONSE_BYTES = 2, 92


def _hash(*parts: bytes) -> bytes:
    return blake2s(b"".join(parts)).digest()


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, blake2s).digest()


def _kdf(chain: bytes, data: bytes) -> tuple[bytes, bytes]:
    """HKDF's first two outputs: the next chaining key, and a key."""
    secret = _mac(chain, data)
    first = _mac(secret, b"\x01")
    return first, _mac(secret, first + b"\x02")


def _seal(key: bytes, text: bytes, bound_to: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(bytes(12), text, bound_to)


def tai64n(unix: float) -> bytes:
    return struct.pack("!QI", 0x400000000000000A + int(unix), int(unix % 1 * 1e9))


def initiation(own: X25519PrivateKey, theirs: bytes, at: float) -> bytes:
    """148 bytes. own: the box's private key; theirs: the hub's public key; at: Unix seconds that it is dated."""
    peer, fleeting = X25519PublicKey.from_public_bytes(theirs), X25519PrivateKey.generate()
    shown = fleeting.public_key().public_bytes_raw()
    chain = _hash(CONSTRUCTION)
    digest = _hash(_hash(chain, IDENTIFIER), theirs)
    chain, digest = _kdf(chain, shown)[0], _hash(digest, shown)
    chain, key = _kdf(chain, fleeting.exchange(peer))
    sealed_name = _seal(key, own.public_key().public_bytes_raw(), digest)
    digest = _hash(digest, sealed_name)
    chain, key = _kdf(chain, own.exchange(peer))
    message = struct.pack("<B3x4s", 1, os.urandom(4)) + shown + sealed_name + _seal(key, tai64n(at), digest)
    mark = blake2s(message, digest_size=16, key=_hash(b"mac1----", theirs)).digest()
    return message + mark + bytes(16)


def is_answered(sender: socket.socket, hub: tuple[str, int], message: bytes, seconds: float) -> bool:
    """Whether the hub answers it with the handshake's second message within the time."""
    sender.settimeout(seconds)
    sender.sendto(message, hub)
    try:
        answer = sender.recv(2048)
    except TimeoutError:
        return False
    return len(answer) == RESPONSE_BYTES and answer[0] == RESPONSE
